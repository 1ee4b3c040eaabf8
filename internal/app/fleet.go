package app

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// fleet knows how many processes run outreaches. Its zero value is that this one
// is alone. It is safe for concurrent use.
type fleet struct{ workers atomic.Int64 }

// mine decides whether an outreach begins in this process, at once, or is left
// to whoever asks Temporal for work first: of several processes each keeps its
// share, so that one whose rule is busy does not do the work of all.
func (f *fleet) mine() bool {
	n := f.workers.Load()
	return n < 2 || rand.Int64N(n) == 0
}

// follow counts the processes that lived of late, until ctx ends. What cannot be
// read stays as it was.
func (f *fleet) follow(ctx context.Context, store ledger.Store, now func() time.Time) {
	ticker := time.NewTicker(ledger.BeatEvery)
	defer ticker.Stop()
	for {
		if n, err := workersOf(ctx, store, now().Add(-ledger.BeatGone)); err == nil {
			f.workers.Store(n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// workersOf counts the processes that run outreaches and said since an instant
// that they live.
func workersOf(ctx context.Context, store ledger.Store, since time.Time) (n int64, err error) {
	err = store.Read(ctx, func(tx ledger.Tx) error {
		all, err := tx.Processes(since)
		n = 0
		for _, p := range all {
			if Role(p.Role).works() {
				n++
			}
		}
		return err
	})
	return n, err
}
