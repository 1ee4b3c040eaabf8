package memory_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

// door is one way into a store that others have ways into too: the suite opens
// and closes several. A store in memory lasts as long as one way is held.
type door struct {
	*memory.Store
	closed atomic.Bool
}

func (d *door) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	if d.closed.Load() {
		return memory.ErrClosed
	}
	return d.Store.Write(ctx, lane, fn)
}

func (d *door) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	if d.closed.Load() {
		return memory.ErrClosed
	}
	return d.Store.Read(ctx, fn)
}

func (d *door) Close() error {
	d.closed.Store(true)
	return nil
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Open {
		s := memory.New()
		return func(*testing.T) ledger.Store { return &door{Store: s} }
	})
}
