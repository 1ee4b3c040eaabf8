package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func outreaches() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"outreach_round_trip": outreachRoundTrip,
		"outreach_numbers":    outreachNumbers,
		"outreach_missing":    outreachMissing,
		"open_outreaches":     openOutreaches,
		"expected":            expected,
		"last_sent":           lastSent,
		"awaiting_goal":       awaitingGoal,
		"decisions":           decisions,
	}
}

func fullOutreach() ledger.Outreach {
	return ledger.Outreach{
		Ref:   ledger.Ref{Rule: "cart", Customer: "c1", N: 1},
		About: wide, Key: odd, Version: "v1", Topic: "offers", Priority: -3,
		At: at(1), Recorded: at(2), Match: someValues(), Trigger: "m1",
		Status: ledger.Ended, Reason: customer.GoalReached, Ended: at(3),
		Position: []byte{0, 255, 1}, Seq: 7, Answer: []byte(`{"x":1}`), NextAt: at(4),
		WakesOn: []string{"order_placed", odd}, Lease: at(5), Sent: 2, GoalAt: at(6),
	}
}

// plain gives a matched outreach with its key.
func plain(rule string, id customer.ID, key string) ledger.Outreach {
	return ledger.Outreach{
		Ref: ledger.Ref{Rule: rule, Customer: id}, Key: key, Status: ledger.Matched, At: at(0), Recorded: at(0),
	}
}

// add adds outreaches and gives them with their numbers.
func add(t *testing.T, s ledger.Store, list ...ledger.Outreach) []ledger.Outreach {
	t.Helper()
	added := make([]ledger.Outreach, len(list))
	write(t, s, func(tx ledger.Tx) error {
		for i, o := range list {
			n, ok, err := tx.AddOutreach(o)
			if err != nil || !ok {
				return errKept(err)
			}
			added[i], added[i].N = o, n
		}
		return nil
	})
	return added
}

func outreachOf(ref ledger.Ref) func(ledger.Tx) (found[ledger.Outreach], error) {
	return func(tx ledger.Tx) (found[ledger.Outreach], error) { return find(tx.Outreach(ref)) }
}

func outreachRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	full := fullOutreach()
	require.False(t, both(t, s, outreachOf(full.Ref)).OK)
	require.Equal(t, []ledger.Outreach{full}, add(t, s, full))
	require.Equal(t, found[ledger.Outreach]{full, true}, both(t, s, outreachOf(full.Ref)))
	bare := ledger.Outreach{Ref: full.Ref, Status: ledger.Open}
	write(t, s, func(tx ledger.Tx) error { return tx.SaveOutreach(bare) })
	require.Equal(t, found[ledger.Outreach]{bare, true}, both(t, s, outreachOf(full.Ref)))
	write(t, s, func(tx ledger.Tx) error { return tx.SaveOutreach(full) })
	require.Equal(t, found[ledger.Outreach]{full, true}, both(t, s, outreachOf(full.Ref)))
}

func outreachNumbers(t *testing.T, open Open) {
	s := start(t, open)
	other := plain("cart", "c1", "k1")
	other.About = "basket-2"
	steps := []struct {
		o  ledger.Outreach
		n  int
		ok bool
	}{
		{plain("cart", "c1", "k1"), 1, true},
		{plain("cart", "c1", "k1"), 0, false},
		{plain("cart", "c1", "k2"), 2, true},
		{other, 3, true},
		{other, 0, false},
		{plain("cart", "c2", "k1"), 1, true},
		{plain("late", "c1", "k1"), 1, true},
		{plain("cart", "c1", "k3"), 4, true},
	}
	for i, step := range steps {
		var n int
		var ok bool
		write(t, s, func(tx ledger.Tx) (err error) {
			n, ok, err = tx.AddOutreach(step.o)
			return err
		})
		require.Equal(t, step.ok, ok, "step %d", i)
		require.Equal(t, step.n, n, "step %d", i)
	}
	list := both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.OutreachesOf("c1", 0) })
	require.Len(t, list, 5, "what was refused is not written")
}

func outreachMissing(t *testing.T, open Open) {
	s := start(t, open)
	err := s.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SaveOutreach(fullOutreach()) })
	require.ErrorContains(t, err, "outreach/cart/c1/1", "a save of what is not there")
}

func openOutreaches(t *testing.T, open Open) {
	s := start(t, open)
	running, ended := plain("cart", "c1", "k2"), plain("cart", "c1", "k3")
	running.Status, ended.Status = ledger.Open, ledger.Ended
	running.At, ended.At = at(5), at(4)
	added := add(t, s, plain("late", "c1", "k1"), plain("cart", "c1", "k1"), running, ended, plain("cart", "c2", "k1"))
	require.Equal(t, []ledger.Outreach{added[1], added[2], added[0]},
		both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.OpenOutreaches("c1") }))
	of := func(limit int) []ledger.Outreach {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.OutreachesOf("c1", limit) })
	}
	require.Equal(t, []ledger.Outreach{added[2], added[3], added[1], added[0]}, of(0), "newest first")
	require.Equal(t, []ledger.Outreach{added[2], added[3]}, of(2))
}

// expected has a write say whose open outreaches it will ask for: what it does to
// them meanwhile is seen all the same.
func expected(t *testing.T, open Open) {
	s := start(t, open)
	added := add(t, s, plain("cart", "c1", "k1"), plain("late", "c1", "k1"), plain("cart", "c2", "k1"))
	write(t, s, func(tx ledger.Tx) error {
		if err := tx.Expect(ledger.Need{Running: []customer.ID{"c1", "c2", "c4"}}); err != nil {
			return err
		}
		now := func(id customer.ID) []ledger.Outreach {
			list, err := tx.OpenOutreaches(id)
			require.NoError(t, err)
			return list
		}
		require.Equal(t, added[:2], now("c1"))
		require.Equal(t, added[2:], now("c2"))
		require.Empty(t, now("c4"))

		now("c1")[0].Seq = 7 // theirs alone
		ended := added[1]
		ended.Status = ledger.Ended
		require.NoError(t, tx.SaveOutreach(ended))
		require.Equal(t, added[:1], now("c1"))
		more := plain("more", "c4", "k1")
		n, fresh, err := tx.AddOutreach(more)
		require.NoError(t, err)
		require.True(t, fresh)
		more.N = n
		require.Equal(t, []ledger.Outreach{more}, now("c4"))
		claimed, err := tx.Claim("cart", at(30), at(40), 5)
		require.NoError(t, err)
		require.Len(t, claimed, 2)
		require.Equal(t, at(40), now("c2")[0].Lease)
		require.NoError(t, tx.SaveOutreach(claimed[0]))
		require.NoError(t, tx.SaveOutreach(claimed[1]))
		return nil
	})
}

func lastSent(t *testing.T, open Open) {
	s := start(t, open)
	ended := func(key string, minute, sent int, reason customer.Reason) ledger.Outreach {
		o := plain("cart", "c1", key)
		o.Status, o.At, o.Sent, o.Reason = ledger.Ended, at(minute), sent, reason
		return o
	}
	last := func(about string) found[ledger.Outreach] {
		return both(t, s, func(tx ledger.Tx) (found[ledger.Outreach], error) {
			return find(tx.LastSent("cart", "c1", about))
		})
	}
	add(t, s, ended("k1", 1, 0, customer.NotFresh))
	require.False(t, last("").OK, "one that sent nothing")
	sent := add(t, s, ended("k2", 5, 1, customer.Completed))[0]
	add(t, s, ended("k3", 3, 2, customer.Completed), ended("k4", 9, 0, customer.NotAgain))
	require.Equal(t, found[ledger.Outreach]{sent, true}, last(""), "the newest by its own instant")
	held := add(t, s, ended("k5", 6, 0, customer.HeldOut))[0]
	require.Equal(t, found[ledger.Outreach]{held, true}, last(""))
	waiting := plain("cart", "c1", "k6")
	waiting.At = at(7)
	matched := add(t, s, waiting)[0]
	require.Equal(t, found[ledger.Outreach]{matched, true}, last(""), "one that waits for its start is open too")
	require.False(t, last("basket-2").OK)
}

func awaitingGoal(t *testing.T, open Open) {
	s := start(t, open)
	make := func(key string, minute int, status ledger.Status, goal time.Time) ledger.Outreach {
		o := plain("cart", "c1", key)
		o.At, o.Status, o.GoalAt = at(minute), status, goal
		return o
	}
	added := add(t, s,
		make("old", 1, ledger.Ended, time.Time{}), make("edge", 2, ledger.Ended, time.Time{}),
		make("open", 3, ledger.Open, time.Time{}), make("reached", 4, ledger.Ended, at(5)),
		make("new", 6, ledger.Ended, time.Time{}))
	require.Equal(t, []ledger.Outreach{added[1], added[4]},
		both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.AwaitingGoal("c1", "cart", at(2)) }))
}

func decisions(t *testing.T, open Open) {
	s := start(t, open)
	ref := ledger.Ref{Rule: "cart", Customer: "c1", N: 1}
	full := ledger.Decision{
		Ref: ref, At: at(2), Kind: ledger.KindPlan, Step: "s1", Channel: customer.SMS, Template: odd,
		Planned: at(9), Reason: customer.QuietHours, Note: wide,
	}
	same := ledger.Decision{Ref: ledger.Ref{Rule: "late", Customer: "c1", N: 4}, At: at(2), Kind: ledger.KindSend}
	early := ledger.Decision{Ref: ref, At: at(1), Kind: ledger.KindEnter}
	strange := ledger.Decision{Ref: ledger.Ref{Rule: "cart", Customer: "c2", N: 1}, At: at(1), Kind: ledger.KindEnd}
	write(t, s, func(tx ledger.Tx) error { return tx.Decide(full, same, strange) })
	write(t, s, func(tx ledger.Tx) error { return tx.Decide(early) })
	write(t, s, func(tx ledger.Tx) error { return tx.Decide() })
	story := func(limit int) []ledger.Decision {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Decision, error) { return tx.Decisions("c1", limit) })
	}
	require.Equal(t, []ledger.Decision{early, full, same}, story(0))
	require.Equal(t, []ledger.Decision{full, same}, story(2), "the newest, oldest first")
}
