package storetest

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// errRefused is what the closures of these tests give to be undone.
var errRefused = errors.New("refused on purpose")

// errKept gives err, and errRefused when there is none.
func errKept(err error) error {
	if err != nil {
		return err
	}
	return errRefused
}

func commits() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"undone_alone":          undoneAlone,
		"undone_first":          undoneFirst,
		"undone_unasked":        undoneUnasked,
		"goexit":                goexit,
		"seen_by_neighbours":    seenByNeighbours,
		"panic":                 panics,
		"snapshot":              snapshot,
		"read_only":             readOnly,
		"reopened":              reopened,
		"gate_before_intake":    gateBeforeIntake,
		"cancelled_in_queue":    cancelledInQueue,
		"cancelled_before":      cancelledBefore,
		"served_in_a_flood":     servedInAFlood,
		"closed":                closed,
		"closed_with_queue":     closedWithQueue,
		"another_store_writes":  anotherStoreWrites,
		"another_store_renames": anotherStoreRenames,
	}
}

// waiter is a store that tells how many writes wait for their turn.
type waiter interface {
	Waiting(lane ledger.Lane) int
}

// single gives the store as one whose queue can be looked at, and of which one
// write holds up all others.
func single(s ledger.Store) (w waiter, ok bool) {
	if many, ok := s.(interface{ Writers() int }); ok && many.Writers() > 1 {
		return nil, false
	}
	w, ok = s.(waiter)
	return w, ok
}

// blocked runs during while another write holds up the store, and gives up
// where that cannot be.
func blocked(t *testing.T, s ledger.Store, during func(waiter)) {
	t.Helper()
	w, ok := single(s)
	if !ok {
		t.Skip("the store has no queue that can be looked at, or several writers, so that one write holds up none")
	}
	entered, leave, left := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		left <- s.Write(context.Background(), ledger.GateLane, func(ledger.Tx) error {
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	during(w)
	close(leave)
	require.NoError(t, <-left)
}

// queued starts a write and returns once it waits for its turn.
func queued(s waiter, lane ledger.Lane, run func() error) <-chan error {
	before, answer := s.Waiting(lane), make(chan error, 1)
	go func() { answer <- run() }()
	for s.Waiting(lane) == before {
		runtime.Gosched()
	}
	return answer
}

// together runs closures in their order, in one commit where the store groups
// them and has one writer, and gives their errors.
func together(t *testing.T, s ledger.Store, closures ...func(ledger.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(closures))
	if _, ok := single(s); !ok {
		for i, fn := range closures {
			errs[i] = s.Write(t.Context(), ledger.IntakeLane, fn)
		}
		return errs
	}
	answers := make([]<-chan error, len(closures))
	blocked(t, s, func(w waiter) {
		for i, fn := range closures {
			answers[i] = queued(w, ledger.IntakeLane, func() error {
				return s.Write(context.Background(), ledger.IntakeLane, fn)
			})
		}
	})
	for i := range answers {
		errs[i] = <-answers[i]
	}
	return errs
}

// everything writes one row by each kind of write.
func everything(name string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		id := customer.ID(name)
		if err := tx.SaveCustomer(fullRecord(id)); err != nil {
			return err
		}
		if err := tx.Join("app-"+name, id); err != nil {
			return err
		}
		if _, _, err := tx.Resolve("app-" + name); err != nil {
			return err
		}
		if _, err := tx.Append(customer.Event{MessageID: "m-" + name, Customer: id, Name: "seen", At: at(1)}); err != nil {
			return err
		}
		if _, _, err := tx.AddOutreach(plain("cart", id, "k")); err != nil {
			return err
		}
		return tx.Count("seen", 1)
	}
}

// traces gives what everything left of each name.
func traces(names ...string) func(ledger.Tx) (map[string]int, error) {
	return func(tx ledger.Tx) (map[string]int, error) {
		counts, err := tx.Counts()
		if err != nil {
			return nil, err
		}
		left := map[string]int{"all": int(counts["seen"])}
		for _, name := range names {
			_, hasRecord, err1 := tx.Customer(customer.ID(name))
			_, hasName, err2 := tx.Resolve("app-" + name)
			events, err3 := tx.Events(ledger.EventQuery{Customer: customer.ID(name)})
			list, err4 := tx.OutreachesOf(customer.ID(name), 0)
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return nil, err
			}
			left[name] = len(events) + len(list)
			for _, there := range []bool{hasRecord, hasName} {
				if there {
					left[name]++
				}
			}
		}
		return left, nil
	}
}

func undoneAlone(t *testing.T, open Open) {
	s := start(t, open)
	failing := func(tx ledger.Tx) error { return errKept(everything("b")(tx)) }
	errs := together(t, s, everything("a"), failing, everything("c"), failing, everything("b"))
	require.Equal(t, []error{nil, errRefused, nil, errRefused, nil}, errs)
	want := map[string]int{"a": 4, "b": 4, "c": 4, "all": 3}
	require.Equal(t, want, both(t, s, traces("a", "b", "c")))
	require.Equal(t, want, both(t, start(t, open), traces("a", "b", "c")))
}

// undoneUnasked holds that a closure that gave up before it asked anything, or
// after it had only put something off, takes nothing of its neighbours along.
func undoneUnasked(t *testing.T, open Open) {
	s := start(t, open)
	refuse := func(ledger.Tx) error { return errRefused }
	putOff := func(tx ledger.Tx) error { return errKept(tx.Join("app-z", "z")) }
	fall := func(ledger.Tx) error { panic("on purpose") }
	errs := together(t, s, refuse, putOff, everything("a"), refuse, everything("b"), putOff, fall, everything("c"), refuse, putOff)
	require.ErrorContains(t, errs[6], "on purpose")
	errs[6] = nil
	require.Equal(t, []error{errRefused, errRefused, nil, errRefused, nil, errRefused, nil, nil, errRefused, errRefused}, errs)
	want := map[string]int{"a": 4, "b": 4, "c": 4, "z": 0, "all": 3}
	require.Equal(t, want, both(t, s, traces("a", "b", "c", "z")))
	require.Equal(t, want, both(t, start(t, open), traces("a", "b", "c", "z")))
}

// goexit holds that a closure that ends its goroutine has an answer, that
// nothing of it is kept, and that the store goes on.
func goexit(t *testing.T, open Open) {
	s := start(t, open)
	if _, ok := s.(waiter); !ok {
		t.Skip("the store runs closures on their callers' goroutines")
	}
	quit := func(tx ledger.Tx) error {
		if err := everything("b")(tx); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	}
	write(t, s, everything("a"))
	require.Error(t, s.Write(t.Context(), ledger.IntakeLane, quit))
	write(t, s, everything("c"))
	require.Error(t, s.Write(t.Context(), ledger.GateLane, quit))
	require.Equal(t, map[string]int{"a": 4, "b": 0, "c": 4, "all": 2}, both(t, s, traces("a", "b", "c")))
}

func undoneFirst(t *testing.T, open Open) {
	s := start(t, open)
	failing := func(tx ledger.Tx) error { return errKept(everything("a")(tx)) }
	require.Equal(t, errRefused, s.Write(t.Context(), ledger.GateLane, failing))
	require.Equal(t, map[string]int{"a": 0, "all": 0}, both(t, s, traces("a")))
	write(t, s, everything("a"))
	require.Equal(t, errRefused, s.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "a"}}); err != nil {
			return err
		}
		return errKept(tx.Join("app-a", "b"))
	}))
	require.Equal(t, map[string]int{"a": 4, "all": 1}, both(t, s, traces("a")))
	require.Equal(t, found[ledger.Record]{fullRecord("a"), true}, both(t, s, customerOf("a")))
}

func seenByNeighbours(t *testing.T, open Open) {
	s := start(t, open)
	var seen map[string]int
	errs := together(t, s, everything("a"), func(tx ledger.Tx) (err error) {
		if err := everything("b")(tx); err != nil {
			return err
		}
		seen, err = traces("a", "b")(tx)
		return err
	})
	require.Equal(t, []error{nil, nil}, errs)
	require.Equal(t, map[string]int{"a": 4, "b": 4, "all": 2}, seen)
}

func panics(t *testing.T, open Open) {
	s := start(t, open)
	errs := together(t, s, everything("a"), func(tx ledger.Tx) error {
		if err := everything("b")(tx); err != nil {
			return err
		}
		panic("on purpose")
	}, everything("c"))
	require.NoError(t, errs[0])
	require.ErrorContains(t, errs[1], "on purpose")
	require.NoError(t, errs[2])
	require.ErrorContains(t, s.Read(t.Context(), func(ledger.Tx) error { panic("on purpose") }), "on purpose")
	require.Equal(t, map[string]int{"a": 4, "b": 0, "c": 4, "all": 2}, both(t, s, traces("a", "b", "c")))
}

func snapshot(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, everything("a"))
	var before, after map[string]int
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) (err error) {
		if before, err = traces("a", "b")(tx); err != nil {
			return err
		}
		if err = s.Write(context.Background(), ledger.IntakeLane, everything("b")); err != nil {
			return err
		}
		after, err = traces("a", "b")(tx)
		return err
	}))
	require.Equal(t, map[string]int{"a": 4, "b": 0, "all": 1}, before)
	require.Equal(t, before, after, "a read sees one moment")
	require.Equal(t, map[string]int{"a": 4, "b": 4, "all": 2}, both(t, s, traces("a", "b")))
}

func readOnly(t *testing.T, open Open) {
	s := start(t, open)
	ref := ledger.Ref{Rule: "cart", Customer: "c1", N: 1}
	add(t, s, plain("cart", "c1", "k1"))
	writes := map[string]func(ledger.Tx) error{
		"save customer": save(fullRecord("c1")),
		"join":          func(tx ledger.Tx) error { return tx.Join("app", "c1") },
		"merge":         func(tx ledger.Tx) error { return tx.Merge("c1", "c2") },
		"append": func(tx ledger.Tx) error {
			_, err := tx.Append(customer.Event{MessageID: "m1", Name: "seen"})
			return err
		},
		"add outreach": func(tx ledger.Tx) error {
			_, _, err := tx.AddOutreach(plain("cart", "c1", "k2"))
			return err
		},
		"save outreach": func(tx ledger.Tx) error {
			o := plain("cart", "c1", "k1")
			o.N = 1
			return tx.SaveOutreach(o)
		},
		"claim": func(tx ledger.Tx) error {
			_, err := tx.Claim("cart", at(1), at(2), 1)
			return err
		},
		"save part": saveParts(fullPart()),
		"decide":    func(tx ledger.Tx) error { return tx.Decide(decided(ref, 1)) },
		"share":     shareAs("c1", nil),
		"news":      func(tx ledger.Tx) error { return tx.AddNews(someNews("m1")) },
		"hint":      func(tx ledger.Tx) error { return tx.Hint(ref, at(1)) },
		"count":     func(tx ledger.Tx) error { return tx.Count("x", 1) },
		"setting":   func(tx ledger.Tx) error { return tx.SetSetting("x", "y") },
		"hold":      func(tx ledger.Tx) error { return tx.SetHold(ledger.Hold{Kind: ledger.HoldAll}) },
		"lift":      func(tx ledger.Tx) error { return tx.LiftHold(ledger.Hold{Kind: ledger.HoldAll, Lifted: at(1)}) },
		"testify":   func(tx ledger.Tx) error { return tx.Testify(fullEvidence()) },
		"pace":      func(tx ledger.Tx) error { return tx.SavePace(ledger.Pace{Scope: "sms"}) },
		"recheck":   func(tx ledger.Tx) error { return tx.SetRecheck("cart", ref) },
	}
	for name, fn := range writes {
		require.Error(t, s.Read(t.Context(), fn), name)
	}
	require.Equal(t, map[string]int{"c1": 1, "all": 0}, both(t, s, traces("c1")))
}

func reopened(t *testing.T, open Open) {
	s := open(t)
	write(t, s, everything("a"))
	add(t, s, fullOutreach())
	require.NoError(t, s.Close())
	again := start(t, open)
	require.Equal(t, map[string]int{"a": 4, "all": 1}, both(t, again, traces("a")))
	require.Equal(t, found[ledger.Record]{fullRecord("a"), true}, both(t, again, customerOf("a")))
	require.Equal(t, found[ledger.Outreach]{fullOutreach(), true}, both(t, again, outreachOf(fullOutreach().Ref)))
}
