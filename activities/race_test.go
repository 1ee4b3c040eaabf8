package activities_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestTwoProcessesDeliverOnce has two engines on one store ask for the same
// part at the same time.
func TestTwoProcessesDeliverOnce(t *testing.T) {
	t.Parallel()
	bothStores(t, twoProcessesDeliverOnce)
}

func twoProcessesDeliverOnce(t *testing.T, store ledger.Store) {
	d := newDeskOn(t, store, greetings(openPolicy, "Hello"))
	one, other := d.another(), d.another()
	for i := range 40 {
		q := d.start(fmt.Sprint("c", i))
		var both sync.WaitGroup
		for _, engine := range []interface {
			Deliver(context.Context, activities.Question) (activities.Answer, error)
		}{one, other} {
			both.Go(func() {
				_, err := engine.Deliver(t.Context(), q)
				require.NoError(t, err)
			})
		}
		both.Wait()
		require.Equal(t, i+1, d.provider.calls())
		require.Equal(t, 1, d.outreach(q.Ref).Sent)
		require.Equal(t, ledger.Accepted, d.part(q.Ref).Status)
	}
}

// TestAnEventBeforeTheAttemptWins lets an event that ends the outreach run
// against the attempt. Either the event was first, and nobody was called, or
// the attempt was, and the message went out: never both, never neither.
func TestAnEventBeforeTheAttemptWins(t *testing.T) {
	t.Parallel()
	bothStores(t, anEventBeforeTheAttemptWins)
}

func anEventBeforeTheAttemptWins(t *testing.T, store ledger.Store) {
	d := newDeskOn(t, store, greetings(openPolicy, "Hello"))
	events, attempts := 0, 0
	for i := range 200 {
		user := fmt.Sprint("c", i)
		q := d.start(user)
		var taken, before atomic.Bool
		called := 0
		d.provider.answer = func(int, channel.Message) error { called++; return nil }
		var both sync.WaitGroup
		both.Go(func() {
			d.take(user, "order_cancelled")
			taken.Store(true)
		})
		both.Go(func() {
			for start := time.Now(); time.Since(start) < time.Duration(i%20)*100*time.Microsecond; {
				before.Store(taken.Load())
			}
			_, err := d.engine.Deliver(t.Context(), q)
			require.NoError(t, err)
		})
		both.Wait()
		part, o := d.part(q.Ref), d.outreach(q.Ref)
		require.Equal(t, ledger.Ended, o.Status)
		switch part.Status {
		case ledger.Withdrawn:
			events++
			require.Equal(t, []any{0, 0, customer.Stop}, []any{called, o.Sent, part.Reason})
		default:
			attempts++
			require.Equal(t, []any{1, 1, ledger.Accepted}, []any{called, o.Sent, part.Status})
			require.False(t, before.Load(), "the event was committed before the attempt was asked for")
		}
	}
	t.Logf("the event was first %d times, the attempt %d times", events, attempts)
	require.NotZero(t, events)
	require.NotZero(t, attempts)
}
