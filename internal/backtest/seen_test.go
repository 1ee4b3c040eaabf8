package backtest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// TestTheLastDaysAlone reports the end of the past as From would.
func TestTheLastDaysAlone(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), afterwards(t), company(t, 60)...)
	o.Workers = 2
	all := play(t, o)
	o.Days = 10
	last := play(t, o)
	require.Equal(t, all.To.AddDate(0, 0, -10), last.From)
	require.Less(t, last.Matched, all.Matched)
	o.Days, o.From = 0, last.From
	require.Equal(t, last, play(t, o))
	o.Days, o.From = 10_000, time.Time{}
	require.Equal(t, all, play(t, o), "more days than there are")
}

// TestEveryGroupIsSeenAtItsEnd gives every play once, with its store.
func TestEveryGroupIsSeenAtItsEnd(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), afterwards(t), company(t, 60)...)
	o.Workers = 3
	var mu sync.Mutex
	seen, customers := 0, int64(0)
	var ends []time.Time
	o.Seen = func(ctx context.Context, play *simulate.Play, end time.Time) error {
		mu.Lock()
		defer mu.Unlock()
		seen, ends = seen+1, append(ends, end)
		return play.Store.Read(ctx, func(tx ledger.Tx) error {
			n, err := tx.CountCustomers()
			customers += n
			return err
		})
	}
	report := play(t, o)
	require.Equal(t, report.Customers, seen)
	require.GreaterOrEqual(t, customers, int64(seen))
	for _, end := range ends {
		require.Equal(t, report.To, end)
	}
	trouble := errors.New("nobody looks any more")
	o.Seen = func(context.Context, *simulate.Play, time.Time) error { return trouble }
	_, err := backtest.Run(t.Context(), o)
	require.ErrorIs(t, err, trouble)
}
