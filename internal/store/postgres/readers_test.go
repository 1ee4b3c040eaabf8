package postgres

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
)

// TestReadsShareAConnection holds that reads one after the other are made on
// the connection that the store was opened on, and that no more are made than
// reads at the same time.
func TestReadsShareAConnection(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), pgtest.Database(t), Options{Writers: 1, Readers: 3})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	pid := func() (pid uint32) {
		require.NoError(t, s.reading(t.Context(), func(c *conn) error {
			pid = c.raw.PgConn().PID()
			return c.Query("SELECT 1", nil)
		}))
		return pid
	}
	first := pid()
	for range 5 {
		require.Equal(t, first, pid())
	}
	require.Len(t, s.readers.idle, 1)

	var together, all sync.WaitGroup
	together.Add(2)
	for range 2 {
		all.Go(func() {
			_ = s.reading(t.Context(), func(*conn) error {
				together.Done()
				together.Wait()
				return nil
			})
		})
	}
	all.Wait()
	require.Len(t, s.readers.idle, 2)
	require.Len(t, s.readers.absent, 1)
}
