//go:build unix

// Package postgrestest gives tests stores in PostgreSQL. It decides that the
// tables are made once for a test binary, and what makes them like new again.
// It refuses to know what tests keep in them.
package postgrestest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// Database gives the URL of a database with our tables, empty, that no other
// test sees. Where there is no PostgreSQL the test is skipped, with words.
func Database(t testing.TB) string {
	t.Helper()
	return ours.Database(t)
}

// Stores opens a number of stores on one such database, each of which stands
// for a process. They are closed with the test.
func Stores(t testing.TB, n int, options postgres.Options) []*postgres.Store {
	t.Helper()
	url := Database(t)
	stores := make([]*postgres.Store, n)
	for i := range stores {
		s, err := postgres.Open(t.Context(), url, options)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		stores[i] = s
	}
	return stores
}

var ours = pgtest.NewTemplate(func(ctx context.Context, url string) error {
	s, err := postgres.Open(ctx, url, postgres.Options{Writers: 1, Readers: 1})
	if err != nil {
		return err
	}
	return s.Close()
}, `DO $$ DECLARE named text; filled bool; BEGIN
	FOR named IN SELECT tablename FROM pg_tables WHERE schemaname = 'outreach' AND tablename <> 'goose_db_version' LOOP
		EXECUTE format('SELECT EXISTS (SELECT 1 FROM outreach.%I)', named) INTO filled;
		IF filled THEN
			EXECUTE format('DELETE FROM outreach.%I', named);
		END IF;
	END LOOP;
	PERFORM setval(format('outreach.%I', sequencename), 1, false) FROM pg_sequences
		WHERE schemaname = 'outreach' AND sequencename <> 'goose_db_version_id_seq' AND last_value IS NOT NULL;
END $$`)
