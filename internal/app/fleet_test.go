package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

func TestWhoRunsOutreaches(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	store := memory.New()
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		for id, p := range map[string]ledger.Process{
			"a": {Role: string(All), Beat: now}, "b": {Role: string(Worker), Beat: now.Add(-time.Second)},
			"c": {Role: string(Intake), Beat: now}, "d": {Role: string(Worker), Beat: now.Add(-time.Hour)},
		} {
			p.ID, p.Started = id, now.Add(-2*time.Hour)
			if err := tx.Beat(p); err != nil {
				return err
			}
		}
		return nil
	}))
	n, err := workersOf(t.Context(), store, now.Add(-ledger.BeatGone))
	require.NoError(t, err)
	require.Equal(t, int64(2), n)
}

func TestAProcessKeepsItsShareOfOutreaches(t *testing.T) {
	t.Parallel()
	for workers, want := range map[int64]int{0: 3000, 1: 3000, 3: 1000} {
		var f fleet
		f.workers.Store(workers)
		kept := 0
		for range 3000 {
			if f.mine() {
				kept++
			}
		}
		require.InDelta(t, want, kept, 150, workers)
	}
}
