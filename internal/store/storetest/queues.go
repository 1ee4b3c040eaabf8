package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// gateBeforeIntake has writes of both lanes wait, and not for so long that
// intake has its turn.
func gateBeforeIntake(t *testing.T, open Open) {
	s := start(t, open)
	want := []string{"gate 0", "gate 1", "gate 2", "intake 0", "intake 1", "intake 2"}
	for {
		began := time.Now()
		if order := ordered(t, s); time.Since(began) < 50*time.Millisecond {
			require.Equal(t, want, order)
			return
		}
	}
}

// ordered gives the order in which three writes of each lane run that waited
// together, those of intake first.
func ordered(t *testing.T, s ledger.Store) (order []string) {
	t.Helper()
	var answers []<-chan error
	blocked(t, s, func(w waiter) {
		add := func(lane ledger.Lane, name string) {
			answers = append(answers, queued(w, lane, func() error {
				return s.Write(context.Background(), lane, func(ledger.Tx) error {
					order = append(order, name)
					return nil
				})
			}))
		}
		for i := range 3 {
			add(ledger.IntakeLane, fmt.Sprint("intake ", i))
		}
		for i := range 3 {
			add(ledger.GateLane, fmt.Sprint("gate ", i))
		}
	})
	for _, answer := range answers {
		require.NoError(t, <-answer)
	}
	return order
}

// servedInAFlood has more writes of one lane wait all the time than are taken
// at once: a write of the other one is kept meanwhile all the same.
func servedInAFlood(t *testing.T, open Open) {
	for flooded, other := range map[ledger.Lane]ledger.Lane{ledger.GateLane: ledger.IntakeLane, ledger.IntakeLane: ledger.GateLane} {
		s := start(t, open)
		w, ok := ledger.As[waiter](s)
		if !ok {
			t.Skip("the store has no lanes")
		}
		ctx, end := context.WithCancel(t.Context())
		var flood sync.WaitGroup
		for range 2000 { // the most that is grouped is a few hundred
			flood.Go(func() {
				for ctx.Err() == nil {
					_ = s.Write(ctx, flooded, func(tx ledger.Tx) error {
						time.Sleep(100 * time.Microsecond) // so that the others are back before it is over
						_, _, err := tx.Setting("nothing")
						return err
					})
				}
			})
		}
		require.Eventually(t, func() bool { return w.Waiting(flooded) > 0 }, 10*time.Second, time.Millisecond)
		short, cancel := context.WithTimeout(ctx, 10*time.Second)
		for i := range 5 {
			require.NoError(t, s.Write(short, other, func(tx ledger.Tx) error { return tx.Count("kept", 1) }), "write %d", i)
		}
		cancel()
		end()
		flood.Wait()
	}
}

func cancelledInQueue(t *testing.T, open Open) {
	s := start(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	ran := false
	blocked(t, s, func(w waiter) {
		answer := queued(w, ledger.IntakeLane, func() error {
			return s.Write(ctx, ledger.IntakeLane, func(ledger.Tx) error {
				ran = true
				return nil
			})
		})
		cancel()
		require.ErrorIs(t, <-answer, context.Canceled)
		require.Zero(t, w.Waiting(ledger.IntakeLane))
	})
	write(t, s, func(ledger.Tx) error { return nil })
	require.False(t, ran)
}

func cancelledBefore(t *testing.T, open Open) {
	s := start(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := func(ledger.Tx) error { return errRefused }
	require.ErrorIs(t, s.Write(ctx, ledger.GateLane, ran), context.Canceled)
	require.ErrorIs(t, s.Read(ctx, ran), context.Canceled)
}

func closed(t *testing.T, open Open) {
	s := open(t)
	write(t, s, everything("a"))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second time")
	require.Error(t, s.Write(t.Context(), ledger.GateLane, everything("b")))
	require.Error(t, s.Read(t.Context(), func(ledger.Tx) error { return nil }))
}

// closedWithQueue holds that who waits for a write when the store is closed is
// still served.
func closedWithQueue(t *testing.T, open Open) {
	s := open(t)
	var answer <-chan error
	shut := make(chan error, 1)
	blocked(t, s, func(w waiter) {
		answer = queued(w, ledger.IntakeLane, func() error {
			return s.Write(context.Background(), ledger.IntakeLane, everything("a"))
		})
		go func() { shut <- s.Close() }()
	})
	require.NoError(t, <-answer)
	require.NoError(t, <-shut)
	require.Equal(t, map[string]int{"a": 4, "all": 1}, both(t, start(t, open), traces("a")))
}

func anotherStoreWrites(t *testing.T, open Open) {
	s, other := start(t, open), start(t, open)
	for i := range 5 {
		for _, store := range []ledger.Store{s, other} {
			write(t, store, func(tx ledger.Tx) error {
				r, _, err := tx.Customer("c1")
				r.Profile.ID = "c1"
				r.State = append(r.State, 'x')
				if err != nil {
					return err
				}
				return tx.SaveCustomer(r)
			})
		}
		want := ledger.Record{Profile: customer.Profile{ID: "c1"}, State: make([]byte, 2*(i+1))}
		for j := range want.State {
			want.State[j] = 'x'
		}
		require.Equal(t, found[ledger.Record]{want, true}, both(t, s, customerOf("c1")))
		require.Equal(t, found[ledger.Record]{want, true}, both(t, other, customerOf("c1")))
	}
}

func anotherStoreRenames(t *testing.T, open Open) {
	s, other := start(t, open), start(t, open)
	resolve := func(tx ledger.Tx) (found[customer.ID], error) { return find(tx.Resolve("app-1")) }
	write(t, s, func(tx ledger.Tx) error { return tx.Join("app-1", "c1") })
	require.Equal(t, found[customer.ID]{"c1", true}, both(t, s, resolve))
	write(t, other, func(tx ledger.Tx) error { return tx.Join("app-1", "c2") })
	require.Equal(t, found[customer.ID]{"c2", true}, both(t, s, resolve))
}

func crowds() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"crowd_of_writers": crowdOfWriters,
		"crowd_of_claims":  crowdOfClaims,
	}
}

// crowdOfWriters lets many goroutines on two stores add to few customers; not
// one addition may be lost.
func crowdOfWriters(t *testing.T, open Open) {
	const writers, rounds = 16, 10
	stores := []ledger.Store{start(t, open), start(t, open)}
	var wg sync.WaitGroup
	errs := make(chan error, writers*rounds*2)
	for i := range writers {
		wg.Go(func() {
			s := stores[i%len(stores)]
			for j := range rounds {
				errs <- s.Write(t.Context(), ledger.Lane(j%2), grow(customer.ID(fmt.Sprint("c", j%3)), fmt.Sprint(i, "-", j)))
				errs <- s.Read(t.Context(), func(tx ledger.Tx) error {
					_, err := tx.CustomersAfter("", 10)
					return err
				})
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	var size int
	for _, r := range get(t, stores[0], func(tx ledger.Tx) ([]ledger.Record, error) { return tx.CustomersAfter("", 10) }) {
		size += len(r.State)
	}
	require.Equal(t, writers*rounds, size)
	require.EqualValues(t, writers*rounds, both(t, stores[1], ledger.Tx.CountEvents))
}

func grow(id customer.ID, message string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		r, _, err := tx.Customer(id)
		if err != nil {
			return err
		}
		r.Profile.ID = id
		r.State = append(r.State, 'x')
		if _, err := tx.Append(customer.Event{MessageID: message, Customer: id, Name: "seen", At: at(1)}); err != nil {
			return err
		}
		return tx.SaveCustomer(r)
	}
}

// crowdOfClaims holds that no two claims give the same outreach.
func crowdOfClaims(t *testing.T, open Open) {
	const matches, claimers = 60, 6
	stores := []ledger.Store{start(t, open), start(t, open)}
	list := make([]ledger.Outreach, matches)
	for i := range list {
		list[i] = plain("cart", customer.ID(fmt.Sprint("c", i)), "k")
	}
	add(t, stores[0], list...)
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[ledger.Ref]int{}
	errs := make(chan error, claimers*4)
	for i := range claimers {
		wg.Go(func() {
			for range 4 {
				var claimed []ledger.Outreach
				errs <- stores[i%2].Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) (err error) {
					claimed, err = tx.Claim("cart", at(1), at(2), 3)
					return err
				})
				mu.Lock()
				for _, o := range claimed {
					seen[o.Ref]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, seen, matches)
	for ref, times := range seen {
		require.Equal(t, 1, times, ref)
	}
}
