package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func processes(t *testing.T, open Open) {
	s := start(t, open)
	living := func(since time.Time) []ledger.Process {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Process, error) { return tx.Processes(since) })
	}
	beat := func(p ledger.Process) ledger.Process {
		write(t, s, func(tx ledger.Tx) error { return tx.Beat(p) })
		return p
	}
	require.Empty(t, living(time.Time{}))
	second := beat(ledger.Process{ID: "b", Role: "worker", Version: odd, Host: wide, Started: at(2), Beat: at(3)})
	first := beat(ledger.Process{ID: "c", Role: "intake", Version: "v1", Host: "h1", Started: at(1), Beat: at(5), Slowed: 130})
	twin := beat(ledger.Process{ID: "a", Role: "all", Version: "v1", Host: "h1", Started: at(2), Beat: at(4)})
	require.Equal(t, []ledger.Process{first, twin, second}, living(time.Time{}), "by when they started, and their id")
	require.Equal(t, []ledger.Process{first, twin}, living(at(4)), "the instant itself counts")
	second.Beat, second.Role = at(6), "all"
	beat(second)
	require.Equal(t, []ledger.Process{first, second}, living(at(5)))

	err := s.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return errKept(tx.Beat(ledger.Process{ID: "lost", Beat: at(9)}))
	})
	require.Equal(t, errRefused, err)
	late := beat(ledger.Process{ID: "late", Role: "all", Started: at(7), Beat: at(5).Add(ledger.BeatsKept)})
	require.Equal(t, []ledger.Process{first, second, late}, living(time.Time{}), "who has been silent for long is forgotten")
}

func backlog(t *testing.T, open Open) {
	s := start(t, open)
	waits := func(now, overdue time.Time) ledger.Backlog {
		return both(t, s, func(tx ledger.Tx) (ledger.Backlog, error) { return tx.Backlog(now, overdue) })
	}
	require.Zero(t, waits(at(30), at(30)))
	match := func(rule, key string, status ledger.Status, next time.Time) ledger.Outreach {
		o := plain(rule, "c1", key)
		o.Status, o.NextAt = status, next
		return o
	}
	add(t, s, match("cart", "k1", ledger.Matched, time.Time{}), match("cart", "k2", ledger.Matched, at(9)), match("late", "k1", ledger.Matched, at(8)),
		match("cart", "k3", ledger.Open, at(5)), match("late", "k2", ledger.Open, at(4)), match("late", "k3", ledger.Open, at(6)),
		match("more", "k1", ledger.Open, time.Time{}), match("more", "k2", ledger.Ended, at(1)))
	write(t, s, func(tx ledger.Tx) error {
		for i, rule := range []string{"cart", "late", "cart"} {
			if err := tx.Hint(ledger.Ref{Rule: rule, Customer: "c1", N: 1}, at(5+i)); err != nil {
				return err
			}
		}
		for i, id := range []customer.ID{"c1", "c2", "c3"} {
			if err := tx.SetDue(ledger.Due{Rule: []string{"late", "cart", "late"}[i], Customer: id, At: at(10 + i)}); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, ledger.Backlog{
		Matched: ledger.Queue{Count: 3, First: at(8)}, Hints: ledger.Queue{Count: 3, First: at(5)},
		Due: ledger.Queue{Count: 2, First: at(10)}, Overdue: ledger.Queue{Count: 2, First: at(4)},
	}, waits(at(11), at(6)), "the instant itself is due, and not overdue")
	require.Equal(t, ledger.Backlog{
		Matched: ledger.Queue{Count: 3, First: at(8)}, Hints: ledger.Queue{Count: 3, First: at(5)},
	}, waits(at(9), at(4)))
}
