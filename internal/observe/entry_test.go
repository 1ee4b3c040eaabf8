package observe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

func TestMatchesAreNumbered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase, "order": "when: {event: ordered}\nabout: order"})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	w.happen("anna", "", "bought")
	w.happen("anna", "", "ordered", "order", "a")
	w.happen("anna", "", "ordered", "order", "b")
	w.happen("anna", "", "ordered", "order", "a")
	require.Equal(t, []string{"buy 1 matched", "buy 2 already_running", "order 1 matched", "order 2 matched", "order 3 already_running"}, sortedFates(w, "anna"))
	w.finish("anna", 1)
	list := w.outreaches("anna")
	first := list[0]
	require.Equal(t, []any{w.now, w.now, ledger.Matched, w.now, customer.Topic("service"), 50}, []any{first.At, first.Recorded, first.Status, first.NextAt, first.Topic, first.Priority})
	w.read(func(tx ledger.Tx) {
		decisions, err := tx.Decisions(w.idIn(tx, "anna"), 2)
		require.NoError(t, err)
		require.Equal(t, []ledger.Kind{ledger.KindMatch, ledger.KindDrop}, []ledger.Kind{decisions[0].Kind, decisions[1].Kind})
		require.Equal(t, customer.AlreadyRunning, decisions[1].Reason)
	})
}

func TestAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again string
		sent  int
		wait  time.Duration
		fate  string
	}{
		"always":                            {"always", 1, time.Hour, "matched"},
		"never":                             {"never", 1, 400 * 24 * time.Hour, "not_again"},
		"never, and nothing was sent":       {"never", 0, time.Hour, "matched"},
		"after a week, too early":           {"after 7d", 1, 7*24*time.Hour - time.Second, "not_again"},
		"after a week":                      {"after 7d", 1, 7 * 24 * time.Hour, "matched"},
		"after a week, nothing was sent":    {"after 7d", 0, time.Hour, "matched"},
		"each period, the same":             {"each period", 1, time.Hour, "not_again"},
		"each period, the next":             {"each period", 1, 31 * 24 * time.Hour, "matched"},
		"each period, and nothing was sent": {"each period", 0, time.Hour, "matched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trigger := "when: {usage: {sum: used.mb, per: month, limit: plan_mb, reaches: 80%}}"
			w := newWorld(t, map[string]string{"limit": trigger + "\nagain: " + c.again})
			w.identify("anna", reachable("plan_mb", 100))
			w.happen("anna", "", "used", "mb", 90)
			w.finish("anna", c.sent)
			w.now = w.now.Add(c.wait)
			w.identify("anna", observe.Change{Traits: pairs([]any{"plan_mb", 120})})
			w.happen("anna", "", "used", "mb", 99)
			fates := w.fates("anna")
			require.Equal(t, "limit 1 completed", fates[0])
			require.Equal(t, "limit 2 "+c.fate, fates[1])
		})
	}
}

func TestWhyNot(t *testing.T) {
	t.Parallel()
	address := func(phone, email string) observe.Change {
		return observe.Change{Phone: pointer(phone), Email: pointer(email)}
	}
	for name, c := range map[string]struct {
		rule   string
		who    observe.Change
		at     string
		before func(*world)
		want   string
	}{
		"all is well":         {onPurchase, address("+4915112345678", ""), "", nil, "matched"},
		"fresh by a hair":     {onPurchase, address("+4915112345678", ""), "22 12:00", nil, "matched"},
		"not fresh":           {onPurchase, address("+4915112345678", ""), "22 11:59", nil, "not_fresh"},
		"fresh: any":          {onPurchase + "\nfresh: any", address("+4915112345678", ""), "2020-01-01 00:00", nil, "matched"},
		"fresh: 1h":           {onPurchase + "\nfresh: 1h", address("+4915112345678", ""), "23 10:59", nil, "not_fresh"},
		"not in the audience": {onPurchase + "\naudience: plan == \"surf\"", address("+4915112345678", ""), "", nil, "not_in_audience"},
		"no address":          {onPurchase, address("", ""), "", nil, "no_address"},
		"suppressed":          {onPurchase, address("+4915112345678", ""), "", suppress, "suppressed"},
		"no consent":          {onPurchase, address("+4915112345678", ""), "", withdraw, "no_consent"},
		"the other address":   {onPurchase, address("+4915112345678", "anna@example.com"), "", suppress, "matched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"buy": c.rule})
			w.identify("anna", c.who)
			if c.before != nil {
				c.before(w)
			}
			w.happen("anna", c.at, "bought")
			require.Equal(t, []string{"buy 1 " + c.want}, w.fates("anna"))
		})
	}
}

func withdraw(w *world) {
	w.identify("anna", observe.Change{Consents: map[customer.Topic]bool{"service": false}})
}

func suppress(w *world) {
	w.write(func(tx ledger.Tx) error {
		return tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: "+4915112345678", Reason: "stop_reply", At: w.now})
	})
}

// TestAnOlderWordDoesNotUndoANewerOne: consent goes by when it was said.
func TestAnOlderWordDoesNotUndoANewerOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase})
	w.identify("anna", reachable())
	withdraw(w)
	w.take(observe.Incoming{User: "anna", Event: w.event("23 11:00", customer.Identified), Change: observe.Change{Consents: map[customer.Topic]bool{"service": true}}})
	w.happen("anna", "", "bought")
	require.Equal(t, []string{"buy 1 no_consent"}, w.fates("anna"))
}

func TestHoldoutIsStickyAndOfItsShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase + "\nholdout: 30%", "order": "when: {event: ordered}\nholdout: 30%"})
	const all = 200
	held := map[string]int{}
	var batch []observe.Incoming
	for i := range all {
		user := fmt.Sprint("u", i)
		batch = append(batch, observe.Incoming{User: user, Event: w.event("", customer.Identified), Change: reachable()},
			observe.Incoming{User: user, Event: w.event("", "bought")}, observe.Incoming{User: user, Event: w.event("", "ordered")})
	}
	w.take(batch...)
	for i := range all {
		user := fmt.Sprint("u", i)
		fates := sortedFates(w, user)
		for _, fate := range fates {
			held[fate]++
		}
		if i < 20 && fates[0] == "buy 1 held_out" {
			w.happen(user, "", "bought")
			require.Contains(t, w.fates(user), "buy 2 held_out", "always the same draw")
		}
	}
	require.InDelta(t, 0.3*all, held["buy 1 held_out"], 32)
	require.InDelta(t, 0.3*all, held["order 1 held_out"], 32)
	require.Equal(t, 2*all, held["buy 1 held_out"]+held["buy 1 matched"]+held["order 1 held_out"]+held["order 1 matched"])
}

// TestWhoCannotBeReachedIsNotHeldOut: the draw comes last, so that both
// groups are alike.
func TestWhoCannotBeReachedIsNotHeldOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase + "\nholdout: 90%"})
	for i := range 20 {
		unknown, silent := fmt.Sprint("u", i), fmt.Sprint("s", i)
		w.happen(unknown, "", "bought")
		w.identify(silent, reachable())
		w.identify(silent, observe.Change{Consents: map[customer.Topic]bool{"service": false}})
		w.happen(silent, "", "bought")
		require.Equal(t, []string{"buy 1 no_address", "buy 1 no_consent"}, append(w.fates(unknown), w.fates(silent)...))
	}
}

func TestDueTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"quiet": "when: {silent: {event: opened, for: 7d}}", "late": "when: {missing: {event: arrived, after: ordered, within: 2d}}\nabout: order"})
	w.identify("anna", reachable())
	w.happen("anna", "", "opened")
	require.Equal(t, []string{"11-30 12:00 "}, w.dues("quiet"))
	w.now = moment(t, "25 12:00")
	w.happen("anna", "", "opened")
	require.Equal(t, []string{"11-30 12:00 "}, w.dues("quiet"), "only ever earlier: it is checked again when it comes")
	w.take(observe.Incoming{User: "anna", Event: w.event("25 11:00", "ordered", "order", "b")}, observe.Incoming{User: "anna", Event: w.event("25 10:00", "ordered", "order", "a")})
	require.Equal(t, []string{"11-27 10:00 a", "11-27 11:00 b"}, w.dues("late"))
	w.happen("anna", "25 09:00", "ordered", "order", "b")
	require.Equal(t, []string{"11-27 09:00 b", "11-27 10:00 a"}, w.dues("late"))
	w.happen("anna", "25 12:00", "arrived", "order", "a")
	require.Equal(t, []string{"11-27 09:00 b", "11-27 10:00 a"}, w.dues("late"))
	require.Empty(t, w.fates("anna"))
}

// TestATimeThatHasJustPassedIsDueAtOnce when all of its batch was taken in.
func TestATimeThatHasJustPassedIsDueAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"late": "when: {missing: {event: arrived, after: ordered, within: 2h}}\nabout: order"})
	w.identify("anna", reachable())
	w.take(observe.Incoming{User: "anna", Event: w.event("23 09:30", "ordered", "order", "a")},
		observe.Incoming{User: "anna", Event: w.event("23 09:30", "ordered", "order", "b")},
		observe.Incoming{User: "anna", Event: w.event("23 11:00", "arrived", "order", "b")})
	require.Equal(t, []string{"late 1 matched"}, w.fates("anna"))
	require.Equal(t, "a", w.outreaches("anna")[0].About)
	require.Equal(t, moment(t, "23 11:30"), w.outreaches("anna")[0].At)
	require.Empty(t, w.dues("late"))
}

// TestAHistoryIsNoSilence: while a history is taken in, batch by batch, its
// newest event is never the last. What it says is believed a while later.
func TestAHistoryIsNoSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"quiet": "when: {silent: {for: 7d}}\nfresh: any"})
	w.identify("anna", reachable())
	for day := 1; day <= 30; day++ {
		w.happen("anna", fmt.Sprintf("09-%02d 10:00", day), "opened")
	}
	require.Empty(t, w.fates("anna"))
	require.Equal(t, []string{"11-23 12:10 "}, w.dues("quiet"))
	w.happen("anna", "10-20 10:00", "opened")
	require.Equal(t, []string{"quiet 1 reason_gone"}, w.fates("anna"), "a silence that the history itself ends")
	require.Equal(t, moment(t, "10-07 10:00"), w.outreaches("anna")[0].At)
}
