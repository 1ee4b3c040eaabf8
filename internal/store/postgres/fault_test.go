package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
)

// grow adds one event, one byte and one count to a customer.
func grow(id customer.ID, message string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		r, _, err := tx.Customer(id)
		if err != nil {
			return err
		}
		r.Profile.ID = id
		r.State = append(r.State, 'x')
		if _, err := tx.Append(customer.Event{MessageID: message, Customer: id, Name: "seen", At: monday}); err != nil {
			return err
		}
		return errors.Join(tx.Count("grown", 1), tx.SaveCustomer(r))
	}
}

// account keeps what writes were answered. It is safe for concurrent use.
type account struct {
	mu      sync.Mutex
	kept    map[string]bool
	refused map[string]error
}

func newAccount() *account { return &account{kept: map[string]bool{}, refused: map[string]error{}} }

func (a *account) note(message string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.kept[message] = true
	} else {
		a.refused[message] = err
	}
}

func (a *account) size() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.kept) + len(a.refused)
}

// crowd grows a few customers from many goroutines until ctx ends or it is
// done, and returns when all have their answers.
func (a *account) crowd(ctx context.Context, s ledger.Store, goroutines, each int) {
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for j := 0; j < each && ctx.Err() == nil; j++ {
				message := fmt.Sprint("m-", i, "-", j)
				lane := ledger.Lane(j % 2)
				a.note(message, s.Write(context.Background(), lane, grow(customer.ID(fmt.Sprint("c", (i+j)%7)), message)))
			}
		})
	}
	wg.Wait()
}

// require holds that what was answered with nil is there once, and what was
// answered with an error is not.
func (a *account) require(t *testing.T, s ledger.Store) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		there, bytes := map[string]bool{}, 0
		list, err := tx.CustomersAfter("", 0)
		if err != nil {
			return err // a connection that had been cut
		}
		for _, r := range list {
			bytes += len(r.State)
			events, err := tx.Events(ledger.EventQuery{Customer: r.Profile.ID})
			require.NoError(t, err)
			for _, e := range events {
				require.False(t, there[e.MessageID], "%s is there twice", e.MessageID)
				there[e.MessageID] = true
			}
		}
		require.Equal(t, a.kept, there)
		log, err := tx.CountEvents()
		require.NoError(t, err)
		counts, err := tx.Counts()
		n := len(there)
		require.Equal(t, []int{n, n, n}, []int{bytes, int(log), int(counts["grown"])}, "bytes, log, count")
		return err
	}))
}

// every calls fn at random moments until ctx ends.
func every(ctx context.Context, about time.Duration, fn func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rand.N(2 * about)):
			fn()
		}
	}
}

// TestConnectionsCut ends connections at random moments of many writes and
// reads: no write has an error, nothing is lost, and nothing done twice.
func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	url := postgrestest.Database(t)
	s := open(t, url, postgres.Options{})
	other, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close(context.Background())) })
	ctx, stop := context.WithCancel(t.Context())
	a, cuts := newAccount(), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		every(ctx, 20*time.Millisecond, func() {
			_, err := other.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`)
			if err == nil {
				cuts++
			}
		})
	})
	var asked, unanswered int
	wg.Go(func() {
		every(ctx, time.Millisecond, func() {
			asked++
			if _, err := s.Time(context.Background()); err != nil {
				unanswered++ // cut again and again
			}
		})
	})
	a.crowd(t.Context(), s, 16, 75)
	stop()
	wg.Wait()
	t.Log("cuts", cuts, "tried again", s.Retries())
	require.Greater(t, cuts, 10)
	require.Positive(t, s.Retries()["lost"])
	require.Empty(t, a.refused)
	require.LessOrEqual(t, unanswered, asked/10, "of %d reads", asked)
	a.require(t, s)
}

// TestServerKilled kills the server, as a power cut would, while writes and
// reads are under way: they wait, and go on when it is back. What was answered
// is there.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	require.NoError(t, server.CreateDatabase(t.Context(), "o"))
	s := open(t, server.URL("o"), postgres.Options{Away: time.Minute})
	ctx, stop := context.WithCancel(t.Context())
	a := newAccount()
	var wg sync.WaitGroup
	wg.Go(func() { a.crowd(ctx, s, 8, 1<<30) })
	var read error
	wg.Go(func() {
		every(ctx, time.Millisecond, func() {
			err := s.Read(context.Background(), func(tx ledger.Tx) error {
				_, err := tx.CountEvents()
				return err
			})
			if err != nil {
				read = err
			}
		})
	})
	for range 3 {
		before := a.size()
		require.Eventually(t, func() bool { return a.size() > before+50 }, time.Minute, time.Millisecond)
		require.NoError(t, server.Kill())
		require.NoError(t, server.Restart(t.Context()))
	}
	before := a.size()
	require.Eventually(t, func() bool { return a.size() > before+50 }, time.Minute, time.Millisecond)
	stop()
	wg.Wait()
	t.Log("written", a.size(), "tried again", s.Retries(), "a read said", read)
	require.Empty(t, a.refused)
	a.require(t, s)
}

func stateOf(t *testing.T, s ledger.Store, id customer.ID) (state string) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		r, _, err := tx.Customer(id)
		state = string(r.State)
		return err
	}))
	return state
}
