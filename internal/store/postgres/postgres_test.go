package postgres_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

// ours is a database with our tables in it.
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

// place gives the way to open one empty database.
func place(options postgres.Options) func(t *testing.T) storetest.Open {
	return func(t *testing.T) storetest.Open {
		url := ours.Database(t)
		return func(t *testing.T) ledger.Store {
			s, err := postgres.Open(t.Context(), url, options)
			require.NoError(t, err)
			return s
		}
	}
}

// TestStore holds that the store keeps what every store promises. One writer
// lets the suite say what is done together, and in which order.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place(postgres.Options{Writers: 1, Readers: 2}))
}

// TestStoreWithSeveralWriters holds the same of a store as servers have it.
func TestStoreWithSeveralWriters(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place(postgres.Options{}))
}
