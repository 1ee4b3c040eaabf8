package activities_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// fleet is the store of several processes on one PostgreSQL: each call is made
// by another one.
type fleet struct {
	processes []*postgres.Store
	calls     atomic.Int64
}

func newFleet(t testing.TB, processes int) *fleet {
	return &fleet{processes: postgrestest.Stores(t, processes, postgres.Options{Writers: 3, Readers: 2})}
}

func (f *fleet) next() ledger.Store { return f.processes[int(f.calls.Add(1))%len(f.processes)] }

// Write implements ledger.Store.
func (f *fleet) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	return f.next().Write(ctx, lane, fn)
}

// Read implements ledger.Store.
func (f *fleet) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	return f.next().Read(ctx, fn)
}

// Close does nothing: the processes end with the test.
func (f *fleet) Close() error { return nil }

// bothStores runs a test on SQLite, and on two processes' PostgreSQL.
func bothStores(t *testing.T, test func(t *testing.T, store ledger.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		store := sqlitetest.Open(t, sqlite.Options{})
		test(t, store)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			t.Skip("it takes seconds")
		}
		test(t, newFleet(t, 2))
	})
}

func newDeskOn(t *testing.T, store ledger.Store, f bundle.Files) *desk {
	t.Helper()
	return deskOf(newBenchOn(t, store, "2026-11-23T12:00:00Z", f))
}

// TestTwoProcessesStartOnce has two processes work on one rule at the same
// time: each match is started once.
func TestTwoProcessesStartOnce(t *testing.T) {
	t.Parallel()
	b := newBenchOn(t, newFleet(t, 2), "2026-11-23T12:00:00Z", files(map[string]string{"bought": plainRule(ordered)}))
	for i := range 60 {
		in := incoming(fmt.Sprint("m", i), fmt.Sprint("u", i), "order_placed", b.now, nil)
		in.Change = observe.Change{Email: text("anna@example.com")}
		b.record(in)
	}
	other := b.another()
	done := make(chan int, 2)
	for _, process := range []*bench{b, other} {
		go func() {
			for {
				w, err := process.engine.Work(t.Context(), "bought")
				if err != nil {
					t.Error(err)
				}
				if err != nil || !w.More {
					break
				}
			}
			done <- len(process.waiting)
		}()
	}
	require.Equal(t, 60, <-done+<-done)
	require.Len(t, b.matches("bought"), 60)
}
