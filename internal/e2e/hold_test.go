package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

func (h *house) change(fn func(ledger.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, h.running.Store.Write(context.Background(), ledger.GateLane, fn))
}

// parts gives the parts of a customer's newest outreach.
func (h *house) parts(user string) (list []ledger.Part) {
	h.t.Helper()
	ref := h.outreaches(user)[0].Ref
	require.NoError(h.t, h.running.Store.Read(context.Background(), func(tx ledger.Tx) (err error) {
		list, err = tx.PartsOf(ref)
		return err
	}))
	return list
}

// open reports whether a customer's newest outreach runs.
func (h *house) open(user string) bool {
	list := h.outreaches(user)
	return len(list) > 0 && list[0].Status == ledger.Open
}

// TestAHoldKeepsEverybodysPlace holds everything while messages are on their
// way, and lets them go: everybody's, each once.
func TestAHoldKeepsEverybodysPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	users := []string{"u1", "u2", "u3"}
	for _, user := range users {
		h.happen(user, "signed_up", nil)
	}
	h.eventually(func() bool { return h.open("u1") && h.open("u2") && h.open("u3") }, "they wait")
	h.change(func(tx ledger.Tx) error {
		return tx.SetHold(ledger.Hold{Kind: ledger.HoldRule, Name: "after-a-while", At: h.clock.Now(), By: "operator"})
	})
	paused := func() bool {
		for _, user := range users {
			if h.outreaches(user)[0].Reason != customer.Paused {
				return false
			}
		}
		return true
	}
	h.eventually(paused, "they are held")
	require.Empty(t, h.provider.keys())
	places := map[string]time.Time{}
	for _, user := range users {
		places[user] = h.parts(user)[0].Planned
	}
	h.change(func(tx ledger.Tx) error {
		if err := tx.LiftHold(ledger.Hold{Kind: ledger.HoldRule, Name: "after-a-while", Lifted: h.clock.Now(), Then: ledger.ResumeSend}); err != nil {
			return err
		}
		waiting, err := tx.Waiting(journey.WakeResume, 100)
		require.Len(t, waiting, len(users))
		for _, ref := range waiting {
			if err := tx.Hint(ref, h.clock.Now()); err != nil {
				return err
			}
		}
		return err
	})
	for _, user := range users {
		h.eventually(func() bool { return h.ended(user) == "completed" }, "it goes on")
		require.True(t, h.parts(user)[0].Planned.After(places[user]), "it goes after the lift")
	}
	require.Len(t, h.provider.keys(), len(users))
}

const answeredOrNot = `
topic: urgent
when: {event: signed_up}
steps:
  - wait_for: answered
    within: 3s
    then: [{send: second, at: now}]
    else: [{send: hello, at: now}]
`

// TestALostHintCostsOnlyTime removes the hint of an answer by hand: the answer
// counts, when the wait is over at the latest.
func TestALostHintCostsOnlyTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"answered-or-not": answeredOrNot})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.open("u1") }, "it waits")
	alone := &observe.Observer{Store: h.running.Store, Desk: h.running.Observer.Desk, Now: h.clock.Now} // it wakes nobody
	_, err := alone.Take(t.Context(), []observe.Incoming{{User: "u1", Event: customer.Event{MessageID: "a1", Name: "answered", At: h.clock.Now()}}})
	require.NoError(t, err)
	h.change(func(tx ledger.Tx) error {
		hints, err := tx.Hints("answered-or-not", 10)
		if err != nil {
			return err
		}
		ids := make([]int64, len(hints))
		for i, hint := range hints {
			ids[i] = hint.ID
		}
		return tx.DropHints(ids)
	})
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "it goes on")
	ref := h.outreaches("u1")[0].Ref
	require.Equal(t, []string{"answered-or-not." + string(ref.Customer) + ".1.second.sms"}, h.provider.keys())
}
