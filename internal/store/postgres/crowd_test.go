package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// open opens a store that is closed with the test.
func open(t *testing.T, url string, options postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// processes opens several stores on one database: each stands for a process.
func processes(t *testing.T, n int) []*postgres.Store {
	t.Helper()
	return postgrestest.Stores(t, n, postgres.Options{Writers: 3, Readers: 1})
}

// together runs fn n times at once on every store, and gives the errors.
func together(stores []*postgres.Store, n int, fn func(s *postgres.Store, i int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, n*len(stores))
	for i := range n * len(stores) {
		wg.Go(func() { errs <- fn(stores[i%len(stores)], i) })
	}
	wg.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// take brings events in as intake does: whoever is not known by an outside id
// becomes somebody new. Each event that counts leaves one byte, one outreach
// and one count.
func take(source *rand.Rand, externals, messages []string) func(ledger.Tx) error {
	fresh := fmt.Sprintf("c%016x", source.Uint64())
	return func(tx ledger.Tx) error {
		if err := tx.Expect(ledger.Need{Externals: externals, Messages: messages}); err != nil {
			return err
		}
		for i, external := range externals {
			if err := takeOne(tx, external, customer.ID(fmt.Sprint(fresh, "-", i)), messages[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

func takeOne(tx ledger.Tx, external string, fresh customer.ID, message string) error {
	id, ok, err := tx.Resolve(external)
	if err != nil {
		return err
	}
	if !ok {
		if id = fresh; tx.Join(external, id) != nil {
			return errors.New("join")
		}
	}
	r, known, err := tx.Customer(id)
	if err != nil {
		return err
	}
	if ok && !known {
		return fmt.Errorf("%s is the id of %s, who is not there", external, id)
	}
	counts, err := tx.Append(customer.Event{MessageID: message, Customer: id, Name: "seen", At: monday})
	if err != nil {
		return err
	}
	r.Profile.ID = id
	if counts {
		r.State = append(r.State, 'x')
		o := ledger.Outreach{Ref: ledger.Ref{Rule: "cart", Customer: id}, Key: message, Status: ledger.Matched, At: monday}
		if _, added, err := tx.AddOutreach(o); err != nil || !added {
			return errors.Join(err, fmt.Errorf("added %v", added))
		}
		if err := tx.Count("taken", 1); err != nil {
			return err
		}
	}
	return tx.SaveCustomer(r)
}

// unite makes two outside ids one customer's, with all that both did.
func unite(one, other string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		a, ok1, err1 := tx.Resolve(one)
		b, ok2, err2 := tx.Resolve(other)
		if err := errors.Join(err1, err2); err != nil || !ok1 || !ok2 || a == b {
			return err
		}
		gone, _, err1 := tx.Customer(a)
		kept, _, err2 := tx.Customer(b)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		kept.State = append(kept.State, gone.State...)
		if err := tx.Merge(a, b); err != nil {
			return err
		}
		return errors.Join(tx.SaveCustomer(kept), tx.Count("united", 1))
	}
}

// TestCrowd lets three processes take the same events for the same customers,
// whom they merge meanwhile, each in an order of its own. Every event counts
// once, whoever was first; each outside id has one customer; nothing is lost
// with a merge.
func TestCrowd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const people, batches, size = 12, 40, 5
	stores := processes(t, 3)
	seed := rand.Uint64()
	t.Log("seed", seed)
	require.NoError(t, together(stores, 4, func(s *postgres.Store, i int) error {
		source := rand.New(rand.NewPCG(seed, uint64(i)))
		for range batches {
			externals, messages := make([]string, size), make([]string, size)
			for j := range size {
				externals[j] = fmt.Sprint("app-", source.IntN(people))
				messages[j] = fmt.Sprint("m-", source.IntN(batches*size))
			}
			if err := s.Write(context.Background(), ledger.IntakeLane, take(source, externals, messages)); err != nil {
				return err
			}
			if source.IntN(8) == 0 {
				fn := unite(fmt.Sprint("app-", source.IntN(people)), fmt.Sprint("app-", source.IntN(people)))
				if err := s.Write(context.Background(), ledger.GateLane, fn); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	for _, s := range stores {
		t.Log("tried again:", s.Retries())
	}
	requireConsistent(t, stores[0], people)
}

// requireConsistent holds that all ways to count what was taken agree, and that
// whoever has an outside id is there.
func requireConsistent(t *testing.T, s ledger.Store, people int) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		list, err := tx.CustomersAfter("", 0)
		require.NoError(t, err)
		all, err := tx.CountEvents()
		require.NoError(t, err)
		counts, err := tx.Counts()
		require.NoError(t, err)
		bytes, events, outreaches := 0, map[string]bool{}, 0
		there := map[customer.ID]bool{}
		for _, r := range list {
			there[r.Profile.ID] = true
			bytes += len(r.State)
			theirs, err := tx.Events(ledger.EventQuery{Customer: r.Profile.ID})
			require.NoError(t, err)
			for _, e := range theirs {
				require.False(t, events[e.MessageID], "%s is there twice", e.MessageID)
				events[e.MessageID] = true
			}
			did, err := tx.OutreachesOf(r.Profile.ID, 0)
			require.NoError(t, err)
			outreaches += len(did)
			require.NotEmpty(t, theirs, "%s was made for nothing", r.Profile.ID)
		}
		known := map[customer.ID]bool{}
		for i := range people {
			if id, ok, err := tx.Resolve(fmt.Sprint("app-", i)); ok {
				require.NoError(t, err)
				require.True(t, there[id], "app-%d is %s, who is not there", i, id)
				known[id] = true
			}
		}
		require.Len(t, known, len(list), "customers whom nobody can name")
		n := len(events)
		require.Equal(t, []int{n, n, n, n}, []int{bytes, int(all), int(counts["taken"]), outreaches}, "bytes, log, count, outreaches")
		return nil
	}))
}

// TestOneNewCustomer holds that two processes who hear of somebody at the same
// time make one customer.
func TestOneNewCustomer(t *testing.T) {
	t.Parallel()
	stores := processes(t, 4)
	require.NoError(t, together(stores, 4, func(s *postgres.Store, i int) error {
		source := rand.New(rand.NewPCG(1, uint64(i)))
		for round := range 10 {
			fn := take(source, []string{fmt.Sprint("app-", round)}, []string{fmt.Sprint("m-", i, "-", round)})
			if err := s.Write(context.Background(), ledger.IntakeLane, fn); err != nil {
				return err
			}
		}
		return nil
	}))
	requireConsistent(t, stores[1], 10)
	require.NoError(t, stores[0].Read(t.Context(), func(tx ledger.Tx) error {
		n, err := tx.CountCustomers()
		require.EqualValues(t, 10, n)
		events, _ := tx.CountEvents()
		require.EqualValues(t, 160, events)
		return err
	}))
}

// TestNobodysEventOnce holds that an event that names nobody is taken once, and
// told of once, however many processes hear it.
func TestNobodysEventOnce(t *testing.T) {
	t.Parallel()
	stores := processes(t, 3)
	require.NoError(t, together(stores, 3, func(s *postgres.Store, i int) error {
		for m := range 10 {
			err := s.Write(context.Background(), ledger.IntakeLane, func(tx ledger.Tx) error {
				e := customer.Event{MessageID: fmt.Sprint("m-", m), Name: "price", At: monday}
				fresh, err := tx.Append(e)
				if err != nil || !fresh {
					return err
				}
				return tx.AddNews(ledger.News{Event: e, Trait: "team", Value: "red"})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	var mu sync.Mutex
	told := map[string]int{}
	require.NoError(t, together(stores, 2, func(s *postgres.Store, i int) error {
		for range 4 {
			var heard []string
			err := s.Write(context.Background(), ledger.IntakeLane, func(tx ledger.Tx) error {
				list, err := tx.News(3)
				heard = nil
				for _, n := range list {
					heard = append(heard, n.Event.MessageID)
					err = errors.Join(err, tx.DropNews(n.ID))
				}
				return err
			})
			mu.Lock()
			for _, m := range heard {
				told[m]++
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	}))
	want := map[string]int{}
	for m := range 10 {
		want[fmt.Sprint("m-", m)] = 1
	}
	require.Equal(t, want, told)
}

// TestReadThenWritten holds that what is read before it is written, a pace, a
// setting, a number, is changed by one process at a time.
func TestReadThenWritten(t *testing.T) {
	t.Parallel()
	const rounds, each = 5, 4
	stores := processes(t, 3)
	require.NoError(t, together(stores, each, func(s *postgres.Store, i int) error {
		for round := range rounds {
			for lane, fn := range map[ledger.Lane]func(ledger.Tx) error{
				ledger.GateLane: hasten, ledger.IntakeLane: numberOf(fmt.Sprint(i, "-", round)),
			} {
				if err := s.Write(context.Background(), lane, fn); err != nil {
					return err
				}
			}
		}
		return s.Write(context.Background(), ledger.GateLane, func(tx ledger.Tx) error {
			if _, there, err := tx.Setting("first"); there || err != nil {
				return err
			}
			return errors.Join(tx.SetSetting("first", strconv.Itoa(i)), tx.Count("first", 1))
		})
	}))
	const all = rounds * each * 3
	require.NoError(t, stores[0].Read(t.Context(), func(tx ledger.Tx) error {
		pace, _, err := tx.Pace("sms")
		require.NoError(t, err)
		require.Equal(t, monday.Add(all*time.Second), pace.Next)
		counter, _, err := tx.Setting("counter")
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(all), counter)
		counts, err := tx.Counts()
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"first": 1, "added": all}, counts)
		list, err := tx.OutreachesOf("c1", 0)
		require.Len(t, list, all)
		for i, o := range list {
			require.Equal(t, all-i, o.N)
		}
		return err
	}))
}

// hasten moves a pace and a setting on by one.
func hasten(tx ledger.Tx) error {
	if err := tx.Alter(); err != nil {
		return err
	}
	pace, ok, err := tx.Pace("sms")
	if err != nil {
		return err
	}
	if !ok {
		pace = ledger.Pace{Scope: "sms", Next: monday}
	}
	pace.Next = pace.Next.Add(time.Second)
	if err := tx.SavePace(pace); err != nil {
		return err
	}
	said, _, err := tx.Setting("counter")
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(said)
	return tx.SetSetting("counter", strconv.Itoa(n+1))
}

// numberOf adds an outreach without a look at its customer.
func numberOf(key string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		_, _, err := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "cart", Customer: "c1"}, Key: key, Status: ledger.Ended, At: monday})
		return errors.Join(err, tx.Count("added", 1))
	}
}

// TestManyStrangersAtOnce holds that a batch may bring any number of new
// customers: the server has room for a few thousand locks of its own kind.
func TestManyStrangersAtOnce(t *testing.T) {
	t.Parallel()
	const each = 3000
	stores := processes(t, 2)
	require.NoError(t, together(stores, 2, func(s *postgres.Store, i int) error {
		externals, messages := make([]string, each), make([]string, each)
		for j := range each {
			externals[j], messages[j] = fmt.Sprint("app-", i, "-", j), fmt.Sprint("m-", i, "-", j)
		}
		return s.Write(context.Background(), ledger.IntakeLane, func(tx ledger.Tx) error {
			if err := tx.Expect(ledger.Need{Externals: externals, Messages: messages}); err != nil {
				return err
			}
			for j, external := range externals {
				id := customer.ID(fmt.Sprint("c", i, "-", j))
				if _, known, err := tx.Resolve(external); err != nil || known {
					return errors.Join(err, errors.New("a stranger is known"))
				}
				err := errors.Join(tx.Join(external, id), tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id}}))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}))
	require.NoError(t, stores[0].Read(t.Context(), func(tx ledger.Tx) error {
		n, err := tx.CountCustomers()
		require.EqualValues(t, 4*each, n)
		return err
	}))
}
