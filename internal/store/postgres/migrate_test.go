package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// TestTwoProcessesBeginOnAnEmptyDatabase has another process about to make the
// schema while a store is opened.
func TestTwoProcessesBeginOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	other, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	begun, err := other.Begin(t.Context())
	require.NoError(t, err)
	_, err = begun.Exec(t.Context(), "CREATE SCHEMA "+postgres.Schema)
	require.NoError(t, err)

	opened := make(chan error)
	go func() {
		store, err := postgres.Open(t.Context(), url, postgres.Options{})
		if err == nil {
			err = store.Close()
		}
		opened <- err
	}()
	look, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var waits bool
		err := look.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'CREATE SCHEMA%')").Scan(&waits)
		return err == nil && waits
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, begun.Commit(t.Context()))
	require.NoError(t, <-opened)
	require.NoError(t, errors.Join(other.Close(t.Context()), look.Close(t.Context())))
}
