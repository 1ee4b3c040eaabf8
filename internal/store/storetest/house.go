package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func house() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"holds":       holds,
		"holds_again": holdsAgain,
		"rejections":  rejections,
		"counters":    counts,
		"settings":    settings,
		"tallies":     tallies,
		"processes":   processes,
	}
}

func holds(t *testing.T, open Open) {
	s := start(t, open)
	list := func() []ledger.Hold { return both(t, s, ledger.Tx.Holds) }
	require.Empty(t, list())
	every := ledger.Hold{Kind: ledger.HoldAll, At: at(1), By: "operator", Note: wide}
	sms := ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", At: at(2), By: "twilio", Note: odd}
	email := ledger.Hold{Kind: ledger.HoldChannel, Name: "email", At: at(3)}
	for _, h := range []ledger.Hold{sms, every, email} {
		write(t, s, func(tx ledger.Tx) error { return tx.SetHold(h) })
	}
	require.Equal(t, []ledger.Hold{every, email, sms}, list())
	write(t, s, func(tx ledger.Tx) error {
		return tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", At: at(4), By: "operator"})
	})
	sms.By, sms.Note = "operator", ""
	require.Equal(t, []ledger.Hold{every, email, sms}, list(), "one in force keeps its instant")
	every.Lifted, every.Then, every.Over = at(5), ledger.ResumeSend, time.Hour
	lift(t, s, every)
	lift(t, s, ledger.Hold{Kind: ledger.HoldRule, Name: "gone", Lifted: at(5), Then: ledger.ResumeDrop})
	require.Equal(t, []ledger.Hold{every, email, sms}, list())
	lift(t, s, ledger.Hold{Kind: ledger.HoldAll, Lifted: at(6), Then: ledger.ResumeDrop})
	require.Equal(t, []ledger.Hold{every, email, sms}, list(), "it was lifted before")
}

func lift(t *testing.T, s ledger.Store, h ledger.Hold) {
	t.Helper()
	write(t, s, func(tx ledger.Tx) error { return tx.LiftHold(h) })
}

// holdsAgain holds that what was held before is remembered beside what is held,
// for as long as the ledger says.
func holdsAgain(t *testing.T, open Open) {
	s := start(t, open)
	list := func() []ledger.Hold { return both(t, s, ledger.Tx.Holds) }
	set := func(h ledger.Hold) ledger.Hold {
		write(t, s, func(tx ledger.Tx) error { return tx.SetHold(h) })
		return h
	}
	lifted := func(h ledger.Hold, when time.Time, then ledger.Resumption) ledger.Hold {
		h.Lifted, h.Then = when, then
		lift(t, s, h)
		return h
	}
	cart := ledger.Hold{Kind: ledger.HoldRule, Name: "cart", At: at(1), By: "operator", Note: wide}
	first := lifted(set(cart), at(2), ledger.ResumeDrop)
	cart.At, cart.Note = at(3), ""
	again := set(cart)
	require.Equal(t, []ledger.Hold{again, first}, list(), "in force beside the lifted one")
	second := lifted(again, at(4), ledger.ResumeShift)
	require.Equal(t, []ledger.Hold{first, second}, list(), "as they were lifted")
	cart.At = at(4)
	lifted(set(cart), at(4), ledger.ResumeSend)
	second.Then = ledger.ResumeSend
	require.Equal(t, []ledger.Hold{first, second}, list(), "paused and resumed at the instant of the lift")

	late := ledger.Hold{Kind: ledger.HoldTemplate, Name: "late", At: at(2)}
	third := lifted(set(late), at(3).Add(ledger.HoldKept), ledger.ResumeSend)
	require.Equal(t, []ledger.Hold{second, third}, list(), "what was lifted long ago is forgotten")
}

func rejections(t *testing.T, open Open) {
	s := start(t, open)
	type page struct {
		list []ledger.Rejection
		all  int64
	}
	newest := func(limit int) page {
		return both(t, s, func(tx ledger.Tx) (p page, err error) {
			p.list, p.all, err = tx.Rejections(limit)
			for i := range p.list {
				p.list[i].ID = 0
			}
			return p, err
		})
	}
	first := ledger.Rejection{At: at(1), Source: "segment", Reason: wide, Body: []byte{0, 255}}
	second := ledger.Rejection{At: at(2), Source: "import", Reason: odd}
	long := ledger.Rejection{At: at(3), Body: bytes.Repeat([]byte("x"), 40_000)}
	write(t, s, func(tx ledger.Tx) error { return tx.Reject(first, second) })
	write(t, s, func(tx ledger.Tx) error { return tx.Reject(long) })
	long.Body = long.Body[:32<<10]
	require.Equal(t, page{[]ledger.Rejection{long, second}, 3}, newest(2))
	require.Equal(t, page{[]ledger.Rejection{long, second, first}, 3}, newest(9))
}

func counts(t *testing.T, open Open) {
	s := start(t, open)
	list := func() map[string]int64 { return both(t, s, ledger.Tx.Counts) }
	require.Empty(t, list())
	var within map[string]int64
	write(t, s, func(tx ledger.Tx) (err error) {
		if err := tx.Count("late", 2); err != nil {
			return err
		}
		within, err = tx.Counts()
		return err
	})
	require.Equal(t, map[string]int64{"late": 2}, within, "within its own transaction")
	err := s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return errKept(tx.Count("late", 5)) })
	require.Equal(t, errRefused, err)
	write(t, s, func(tx ledger.Tx) error { return tx.Count("late", -1) })
	write(t, s, func(tx ledger.Tx) error { return tx.Count(odd, 7) })
	require.Equal(t, map[string]int64{"late": 1, odd: 7}, list())
}

func settings(t *testing.T, open Open) {
	s := start(t, open)
	setting := func(key string) found[string] {
		return both(t, s, func(tx ledger.Tx) (found[string], error) { return find(tx.Setting(key)) })
	}
	require.Equal(t, found[string]{}, setting("secret"))
	write(t, s, func(tx ledger.Tx) error { return tx.SetSetting("secret", odd) })
	require.Equal(t, found[string]{odd, true}, setting("secret"))
	write(t, s, func(tx ledger.Tx) error { return tx.SetSetting("secret", "") })
	require.Equal(t, found[string]{"", true}, setting("secret"))
}

func tallies(t *testing.T, open Open) {
	s := start(t, open)
	ended := func(key string, reason customer.Reason) ledger.Outreach {
		o := plain("cart", "c1", key)
		o.Status, o.Reason = ledger.Ended, reason
		return o
	}
	require.Empty(t, both(t, s, ledger.Tx.Tallies))
	add(t, s, plain("cart", "c1", "k1"), plain("cart", "c2", "k1"), ended("k2", customer.Completed),
		ended("k3", customer.NotFresh), ended("k4", customer.Completed), plain("another", "c1", "k1"))
	require.Equal(t, []ledger.Tally{
		{Rule: "another", Status: ledger.Matched, Count: 1},
		{Rule: "cart", Status: ledger.Ended, Reason: customer.Completed, Count: 2},
		{Rule: "cart", Status: ledger.Ended, Reason: customer.NotFresh, Count: 1},
		{Rule: "cart", Status: ledger.Matched, Count: 2},
	}, both(t, s, ledger.Tx.Tallies))
}
