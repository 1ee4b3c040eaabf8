package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func work() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"claim_order":     claimOrder,
		"claim_leases":    claimLeases,
		"overdue":         overdue,
		"late":            late,
		"not_ended":       notEnded,
		"running":         runningOnes,
		"waiting":         waiting,
		"restart":         restart,
		"hints":           hints,
		"dues":            dues,
		"rechecks":        rechecks,
		"rules_with_work": rulesWithWork,
		"backlog":         backlog,
	}
}

func claim(t *testing.T, s ledger.Store, rule string, now, until time.Time, limit int) (list []ledger.Outreach) {
	t.Helper()
	write(t, s, func(tx ledger.Tx) (err error) {
		list, err = tx.Claim(rule, now, until, limit)
		return err
	})
	return list
}

func leased(until time.Time, list ...ledger.Outreach) []ledger.Outreach {
	for i := range list {
		list[i].Lease = until
	}
	return list
}

func claimOrder(t *testing.T, open Open) {
	s := start(t, open)
	match := func(key string, priority, next int) ledger.Outreach {
		o := plain("cart", "c1", key)
		o.Priority, o.NextAt = priority, at(next)
		return o
	}
	atOnce := match("once", 5, 0)
	atOnce.NextAt = time.Time{}
	running, ended := match("running", 9, 1), match("ended", 9, 1)
	running.Status, ended.Status = ledger.Open, ledger.Ended
	a := add(t, s, match("late", 5, 4), match("low", -1, 1), match("soon", 5, 3), match("soon-2", 5, 3),
		match("high", 9, 9), atOnce, running, ended, plain("late", "c1", "k"))
	want := leased(at(30), a[4], a[5], a[2], a[3], a[0], a[1])
	got := claim(t, s, "cart", at(20), at(30), 4)
	require.Equal(t, want[:4], got)
	require.Equal(t, want[4:], claim(t, s, "cart", at(20), at(30), 4), "the rest")
	require.Empty(t, claim(t, s, "cart", at(20), at(30), 4))
	require.Equal(t, found[ledger.Outreach]{want[0], true}, both(t, s, outreachOf(want[0].Ref)), "the lease is kept")
}

func claimLeases(t *testing.T, open Open) {
	s := start(t, open)
	a := add(t, s, plain("cart", "c1", "k1"), plain("cart", "c2", "k1"))
	require.Equal(t, leased(at(10), a[0]), claim(t, s, "cart", at(0), at(10), 1))
	require.Equal(t, leased(at(12), a[1]), claim(t, s, "cart", at(2), at(12), 5))
	require.Empty(t, claim(t, s, "cart", at(9), at(19), 5))
	require.Equal(t, leased(at(20), a[0]), claim(t, s, "cart", at(10), at(20), 5), "its lease ended")
	started := a[1]
	started.Status = ledger.Open
	write(t, s, func(tx ledger.Tx) error { return tx.SaveOutreach(started) })
	require.Equal(t, leased(at(60), a[0]), claim(t, s, "cart", at(40), at(60), 5), "the other one was started")
}

func overdue(t *testing.T, open Open) {
	s := start(t, open)
	running := func(rule, key string, next time.Time) ledger.Outreach {
		o := plain(rule, "c1", key)
		o.Status, o.NextAt = ledger.Open, next
		return o
	}
	waiting := plain("cart", "c1", "waiting")
	waiting.NextAt = at(1)
	a := add(t, s, running("cart", "k1", at(3)), running("cart", "k2", at(2)), running("cart", "k3", at(5)),
		running("cart", "k4", time.Time{}), waiting, running("late", "k1", at(1)))
	late := func(limit int) []ledger.Outreach {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.Overdue("cart", at(5), limit) })
	}
	require.Equal(t, []ledger.Outreach{a[1], a[0]}, late(0))
	require.Equal(t, []ledger.Outreach{a[1]}, late(1))
}

func late(t *testing.T, open Open) {
	s := start(t, open)
	outreach := func(rule, key string, status ledger.Status, next time.Time) ledger.Outreach {
		o := plain(rule, "c1", key)
		o.Status, o.NextAt = status, next
		return o
	}
	a := add(t, s, outreach("cart", "k1", ledger.Open, at(2)), outreach("cart", "k2", ledger.Open, at(3)),
		outreach("cart", "k3", ledger.Open, at(5)), outreach("cart", "k4", ledger.Open, time.Time{}),
		outreach("cart", "k5", ledger.Matched, at(4)), outreach("cart", "k6", ledger.Ended, at(4)),
		outreach("late", "k1", ledger.Open, at(4)))
	between := func(from, before time.Time, limit int) []ledger.Outreach {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.Late(from, before, limit) })
	}
	require.ElementsMatch(t, []ledger.Outreach{a[1], a[6]}, between(at(3), at(5), 0))
	require.Len(t, between(at(2), at(6), 3), 3)
	require.Empty(t, between(at(6), at(9), 0))
}

func notEnded(t *testing.T, open Open) {
	s := start(t, open)
	outreach := func(rule, key string, status ledger.Status) ledger.Outreach {
		o := plain(rule, "c1", key)
		o.Status = status
		return o
	}
	leased := outreach("cart", "k2", ledger.Matched)
	leased.Lease = at(50)
	a := add(t, s, outreach("cart", "k1", ledger.Open), leased, outreach("cart", "k3", ledger.Ended), outreach("late", "k1", ledger.Open))
	left := func(limit int) []ledger.Outreach {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.NotEnded("cart", limit) })
	}
	require.ElementsMatch(t, []ledger.Outreach{a[0], a[1]}, left(0))
	require.Len(t, left(1), 1)
	a[0].Status = ledger.Ended
	write(t, s, func(tx ledger.Tx) error { return tx.SaveOutreach(a[0]) })
	require.Equal(t, []ledger.Outreach{a[1]}, left(1), "the next page, once the first has ended")
}

func runningOnes(t *testing.T, open Open) {
	s := start(t, open)
	outreach := func(rule string, id customer.ID, key string, status ledger.Status) ledger.Outreach {
		o := plain(rule, id, key)
		o.Status = status
		return o
	}
	a := add(t, s, outreach("cart", "c2", "k1", ledger.Open), outreach("cart", "c1", "k1", ledger.Ended),
		outreach("cart", "c1", "k2", ledger.Matched), outreach("cart", "c1", "k3", ledger.Open), outreach("late", "c1", "k1", ledger.Open))
	page := func(after ledger.Ref, limit int) []ledger.Outreach {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.Running("cart", after, limit) })
	}
	require.Equal(t, []ledger.Outreach{a[2], a[3], a[0]}, page(ledger.Ref{}, 0), "by customer and number")
	require.Equal(t, []ledger.Outreach{a[2], a[3]}, page(ledger.Ref{}, 2))
	require.Equal(t, []ledger.Outreach{a[0]}, page(a[3].Ref, 2), "behind the last of the page before")
	require.Empty(t, page(a[0].Ref, 2))
}

func waiting(t *testing.T, open Open) {
	s := start(t, open)
	open1 := func(rule, key string, status ledger.Status, wakes ...string) ledger.Outreach {
		o := plain(rule, "c1", key)
		o.Status, o.WakesOn = status, wakes
		return o
	}
	a := add(t, s, open1("cart", "k1", ledger.Open, "order_placed", "$resume"), open1("cart", "k2", ledger.Open, "order_placed"),
		open1("cart", "k3", ledger.Open), open1("late", "k1", ledger.Open, "$resume"), open1("cart", "k4", ledger.Open, "$resumed"),
		open1("cart", "k5", ledger.Matched, "$resume"), open1("cart", "k6", ledger.Ended, "$resume"), open1("cart", "k7", ledger.Open, odd))
	on := func(wake string, limit int) []ledger.Ref {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Ref, error) { return tx.Waiting(wake, limit) })
	}
	require.ElementsMatch(t, []ledger.Ref{a[0].Ref, a[3].Ref}, on("$resume", 0))
	require.Len(t, on("$resume", 1), 1)
	require.Equal(t, []ledger.Ref{a[7].Ref}, on(odd, 9))
	require.Empty(t, on("nothing", 9))
}

func restart(t *testing.T, open Open) {
	s := start(t, open)
	running, ended := plain("cart", "c1", "k1"), plain("cart", "c1", "k2")
	running.Status, running.Lease, ended.Status = ledger.Open, at(50), ledger.Ended
	a := add(t, s, running, ended, plain("late", "c1", "k1"))
	var n int64
	write(t, s, func(tx ledger.Tx) (err error) {
		n, err = tx.Restart()
		return err
	})
	require.EqualValues(t, 1, n)
	a[0].Status = ledger.Matched
	require.Equal(t, leased(at(20), a[0]), claim(t, s, "cart", at(10), at(20), 5))
	require.Equal(t, found[ledger.Outreach]{a[1], true}, both(t, s, outreachOf(a[1].Ref)))
	require.Equal(t, found[ledger.Outreach]{a[2], true}, both(t, s, outreachOf(a[2].Ref)))
}

func hints(t *testing.T, open Open) {
	s := start(t, open)
	ref := func(rule string, n int) ledger.Ref { return ledger.Ref{Rule: rule, Customer: "c1", N: n} }
	hint := func(refs ...ledger.Ref) {
		write(t, s, func(tx ledger.Tx) error {
			for _, r := range refs {
				if err := tx.Hint(r, at(1)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	list := func(rule string, limit int) (ids []int64, refs []ledger.Ref) {
		for _, h := range both(t, s, func(tx ledger.Tx) ([]ledger.Hint, error) { return tx.Hints(rule, limit) }) {
			ids, refs = append(ids, h.ID), append(refs, h.Ref)
		}
		return ids, refs
	}
	hint(ref("cart", 2), ref("late", 1), ref("cart", 1))
	hint(ref("cart", 3))
	ids, refs := list("cart", 2)
	require.Equal(t, []ledger.Ref{ref("cart", 2), ref("cart", 1)}, refs, "oldest first")
	write(t, s, func(tx ledger.Tx) error { return tx.DropHints(ids) })
	last, refs := list("cart", 9)
	require.Equal(t, []ledger.Ref{ref("cart", 3)}, refs)
	write(t, s, func(tx ledger.Tx) error { return tx.DropHints(last) })
	hint(ref("cart", 4))
	write(t, s, func(tx ledger.Tx) error { return tx.DropHints(append(ids, last...)) })
	_, refs = list("cart", 9)
	require.Equal(t, []ledger.Ref{ref("cart", 4)}, refs, "dropping twice drops no newer hint")
	_, refs = list("late", 9)
	require.Equal(t, []ledger.Ref{ref("late", 1)}, refs)
}

func dues(t *testing.T, open Open) {
	s := start(t, open)
	due := func(id customer.ID, about string, minute int) ledger.Due {
		return ledger.Due{Rule: "cart", Customer: id, About: about, At: at(minute)}
	}
	set := func(list ...ledger.Due) {
		write(t, s, func(tx ledger.Tx) error {
			for _, d := range list {
				if err := tx.SetDue(d); err != nil {
					return err
				}
			}
			return nil
		})
	}
	list := func(minute, limit int) []ledger.Due {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Due, error) { return tx.Dues("cart", at(minute), limit) })
	}
	set(due("c1", "", 5), due("c2", "", 3), due("c1", wide, 4), ledger.Due{Rule: "late", Customer: "c1", At: at(1)})
	set(due("c1", "", 9), due("c2", "", 2))
	require.Empty(t, list(1, 9))
	require.Equal(t, []ledger.Due{due("c2", "", 2), due("c1", wide, 4)}, list(4, 9), "at now, and the earlier is kept")
	require.Equal(t, []ledger.Due{due("c2", "", 2), due("c1", wide, 4), due("c1", "", 5)}, list(9, 9))
	require.Equal(t, []ledger.Due{due("c2", "", 2)}, list(9, 1))
	write(t, s, func(tx ledger.Tx) error { return tx.DropDue("cart", "c1", wide) })
	write(t, s, func(tx ledger.Tx) error { return tx.DropDue("cart", "c9", "") })
	set(due("c1", wide, 8))
	require.Equal(t, []ledger.Due{due("c2", "", 2), due("c1", "", 5), due("c1", wide, 8)}, list(9, 9),
		"a later one, once dropped")
}

func rechecks(t *testing.T, open Open) {
	s := start(t, open)
	list := func() map[string]ledger.Ref { return both(t, s, ledger.Tx.Rechecks) }
	require.Nil(t, list())
	set := func(rule string, after ledger.Ref) {
		write(t, s, func(tx ledger.Tx) error { return tx.SetRecheck(rule, after) })
	}
	set("cart", ledger.Ref{Customer: "c7", N: 2})
	set("late", ledger.Ref{Rule: "late", Customer: wide, N: 1})
	require.Equal(t, map[string]ledger.Ref{
		"cart": {Rule: "cart", Customer: "c7", N: 2}, "late": {Rule: "late", Customer: wide, N: 1},
	}, list())
	set("cart", ledger.Ref{})
	write(t, s, func(tx ledger.Tx) error { return tx.DropRecheck("late") })
	write(t, s, func(tx ledger.Tx) error { return tx.DropRecheck("gone") })
	require.Equal(t, map[string]ledger.Ref{"cart": {Rule: "cart"}}, list(), "from the start again")
}

func rulesWithWork(t *testing.T, open Open) {
	s := start(t, open)
	rules := func(now, overdue int) []string {
		return both(t, s, func(tx ledger.Tx) ([]string, error) { return tx.RulesWithWork(at(now), at(overdue)) })
	}
	require.Empty(t, rules(10, 5))
	running, idle := plain("overdue", "c1", "k"), plain("idle", "c1", "k")
	running.Status, running.NextAt = ledger.Open, at(5)
	idle.Status = ledger.Open
	ended := plain("ended", "c1", "k")
	ended.Status = ledger.Ended
	add(t, s, running, idle, ended, plain("matched", "c1", "k"))
	write(t, s, func(tx ledger.Tx) error {
		if err := tx.Hint(ledger.Ref{Rule: "hinted", Customer: "c1", N: 1}, at(1)); err != nil {
			return err
		}
		return tx.SetDue(ledger.Due{Rule: "due", Customer: "c1", At: at(10)})
	})
	require.Equal(t, []string{"hinted", "matched"}, rules(9, 5))
	require.Equal(t, []string{"due", "hinted", "matched"}, rules(10, 5))
	require.Equal(t, []string{"due", "hinted", "matched", "overdue"}, rules(10, 6))
	write(t, s, func(tx ledger.Tx) error { return tx.SetRecheck("again", ledger.Ref{}) })
	require.Equal(t, []string{"again", "due", "hinted", "matched"}, rules(10, 5))
	write(t, s, func(tx ledger.Tx) error { return tx.DropRecheck("again") })
	claim(t, s, "matched", at(10), at(20), 1)
	require.Equal(t, []string{"due", "hinted"}, rules(19, 5), "somebody is starting it")
	require.Equal(t, []string{"due", "hinted", "matched"}, rules(20, 5), "the lease ended")
}
