package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestIntakeIsServedWhileTheGateIsFull has more writes of the gate wait all the
// time than all writers take at once: an event is kept meanwhile all the same.
func TestIntakeIsServedWhileTheGateIsFull(t *testing.T) {
	t.Parallel()
	s := processes(t, 1)[0]
	ctx, end := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	for range 2000 { // three writers take fifty each at once
		flood.Go(func() {
			for ctx.Err() == nil {
				_ = s.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
					_, _, err := tx.Setting("nothing")
					return err
				})
			}
		})
	}
	require.Eventually(t, func() bool { return s.Waiting(ledger.GateLane) > 0 }, 10*time.Second, time.Millisecond)
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	for i := range 5 {
		require.NoError(t, s.Write(short, ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Count("kept", 1) }), "event %d", i)
	}
	cancel()
	end()
	flood.Wait()
}
