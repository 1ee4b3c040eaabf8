package why_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/why"
)

const hello = "when: {event: came}"

// TestWhatStandsInTheWay plays what keeps matches from being entered and
// messages from going out.
func TestWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules  map[string]string
		script string
	}{
		"audience": {map[string]string{"rule": hello + "\naudience: plan in [\"surf\", \"ultimate\"] and city == \"Rome\" and count(opened, 7d) < 3"}, `
2026-11-23T10:00 ben came
2026-11-23T13:00 until`},
		"consent": {map[string]string{"rule": hello + "\ntopic: offers\nsteps: [{send: offer}, {send: hello, topic: service, at: now}]"}, `
2026-11-23T10:00 ben identified offers=no email=ben@example.com
2026-11-23T10:00 ben came
2026-11-23T13:00 until`},
		"again": {map[string]string{"never": hello + "\nagain: never", "after": hello + "\nagain: after 90d", "period": "when: {usage: {count: came, per: month, limit: 1, reaches: 100%}}\nagain: each period"}, `
2026-11-03T09:00 ben came
2026-11-23T10:00 ben came
2026-11-23T13:00 until`},
		"running": {map[string]string{"rule": hello + "\nsteps: [{send: hello, at: now}, {wait_for: opened, within: 30d, then: [{send: hello, id: more}]}]"}, `
2026-11-20T10:00 ben came
2026-11-23T10:00 ben came
2026-11-23T13:00 until`},
		"held-out": {map[string]string{"rule": hello + "\nholdout: 99%"}, `
2026-11-23T10:00 ben came
2026-11-23T13:00 until`},
		"capped": {map[string]string{"first": hello + "\npriority: 90\nsteps: [{send: hello, at: now}, {send: hello, id: twice, at: now}]", "second": hello + "\npriority: 10\nsteps: [{send: hello, at: now, within: 2h}]"}, `
2026-11-23T14:00 ben came
2026-11-23T17:00 until`},
		"stopped": {map[string]string{"rule": hello}, `
2026-11-20T14:00 ben came
2026-11-20T15:00 ben message_replied text=STOP
2026-11-23T14:00 ben came
2026-11-23T17:00 until`},
		"no-events": {map[string]string{"rule": hello, "usage": "when: {usage: {sum: used.mb, per: month, limit: plan_mb, reaches: 80%}}",
			"silent": "when: {silent: {event: opened, for: 14d}}", "count": "when: {count: {event: pay_failed, times: 3, within: 10min}}"}, `
2026-11-23T17:00 until`},
		"seats": {map[string]string{"rule": "about: account\nwhen: {usage: {latest: seats_changed.used, limit: latest(seats_changed.bought), reaches: 90%}}"}, `
2026-11-23T10:00 ben seats_changed account=a1 used=3 bought=10
2026-11-23T10:00 ben seats_changed account=b2 used=19 bought=20
2026-11-23T10:10 ben seats_changed account=c3 used=5
2026-11-23T17:00 until`},
		"fell-below": {map[string]string{"rule": "when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}\nsteps: [{send: hello, at: now}, {wait: 3d}]"}, `
2026-11-23T10:00 ben used mb=12000.5
2026-11-23T12:00 ben topped_up mb=5000
2026-11-23T17:00 until`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, files(c.rules), ben+c.script)
			w.golden(name, w.everybody("ben")...)
		})
	}
}

// TestARuleThatIsGoneIsStillTold removes a rule under an outreach that runs.
func TestARuleThatIsGoneIsStillTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"gone": hello + "\nsteps: [{send: hello, at: now}, {wait: 3d}]"}), ben+`
2026-11-23T10:00 ben came
2026-11-23T13:00 until`)
	e := why.Explain(w.facts(check(t, files(map[string]string{"other": "when: {event: paid}"})), "ben", ""))
	require.Len(t, e.Rules, 2)
	require.Equal(t, []bool{true, false}, []bool{e.Rules[0].InForce, e.Rules[1].InForce})
	require.Contains(t, e.Text(), "\ngone: not in force any more; matched once: under way\n  match 1     under way\n")
}

// TestARuleThatIsWarmingSaysSo holds that nothing is claimed of what was not
// looked at.
func TestARuleThatIsWarmingSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), ben+"2026-11-23T13:00 until")
	f := w.facts(w.bundle, "ben", "")
	f.Rules[0].Warming = true
	e := why.Explain(f)
	require.Equal(t, why.Rule{
		Rule: "rule", Version: w.bundle.Rules[0].Version, InForce: true, Warming: true, Trigger: "event",
		Text:     "not judged yet: the rule is warming, the customer's history has not been read; outreach serve reads it",
		Standing: []why.Standing{}, Entry: []why.Check{}, Outreaches: []why.Outreach{}, Next: []why.Next{},
	}, e.Rules[0])
}

// TestAMergedCustomerIsToldAsOne holds that a device's story is its customer's.
func TestAMergedCustomerIsToldAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), `
2026-11-20T10:00 ben identified phone=+12125550101
2026-11-20T10:00 old identified phone=+12125550102
2026-11-20T11:00 old came
2026-11-21T11:00 ben came
2026-11-23T13:00 until`)
	desk := w.facts(w.bundle, "ben", "")
	require.Len(t, desk.Cases, 1)
	require.NoError(t, w.play.Store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Merge("c-old", "c-ben") }))
	for _, who := range []string{"ben", "old"} {
		e := why.Explain(w.facts(w.bundle, who, ""))
		require.Equal(t, customer.ID("c-ben"), e.Customer)
		require.Equal(t, "matched 2 times, the newest ended Sat 21 Nov 08:05: all steps are done", e.Rules[0].Text)
	}
}

// TestHoldsAreNamed holds that a pause is seen before it hits anything.
func TestHoldsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), ben+"2026-11-23T13:00 until")
	f := w.facts(w.bundle, "ben", "")
	f.Holds = []ledger.Hold{
		{Kind: ledger.HoldRule, Name: "rule", At: w.now, By: "operator", Note: "wrong price"},
		{Kind: ledger.HoldRule, Name: "other", At: w.now, By: "operator"},
		{Kind: ledger.HoldAll, At: w.now.AddDate(0, 0, -2), By: "somebody", Lifted: w.now.AddDate(0, 0, -1), Then: ledger.ResumeSend},
	}
	require.Contains(t, why.Explain(f).Text(), "  in the way  rule rule, paused Mon 23 Nov 08:00 by operator (wrong price)\n")
	require.NotContains(t, why.Explain(f).Text(), "somebody", "it stands in nobody's way any more")
}

// TestALiftedHoldIsWaitedForNoMore tells apart who is held and who was.
func TestALiftedHoldIsWaitedForNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), ben+"2026-11-23T13:00 ben came\n2026-11-23T14:00 until")
	f := w.facts(w.bundle, "ben", "")
	c := &f.Cases[0]
	c.Status, c.Reason, c.NextAt, c.Waits = ledger.Open, customer.Paused, w.now.Add(time.Hour), "paused: a hold covers this message"
	c.Parts[0].Status = ledger.Planned
	hold := ledger.Hold{Kind: ledger.HoldAll, At: w.now, By: "operator"}
	f.Holds = []ledger.Hold{hold}
	require.Contains(t, why.Explain(f).Text(), "waits for a hold to be removed: everything, paused ")
	hold.Lifted, hold.Then = w.now, ledger.ResumeDrop
	f.Holds = []ledger.Hold{hold}
	require.Contains(t, why.Explain(f).Text(), "looks again soon: the hold that it waited for is lifted\n")
}

// TestSecondsWhereTheyMatter tells instants of one minute apart.
func TestSecondsWhereTheyMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), ben+"2026-11-23T13:00 ben came\n2026-11-23T14:00 until")
	f := w.facts(w.bundle, "ben", "")
	story := f.Cases[0].Decisions
	story[len(story)-1].At = story[0].At.Add(3 * time.Second)
	var times []string
	for _, m := range why.Explain(f).Rules[0].Outreaches[0].Story {
		times = append(times, m.LocalTime)
	}
	require.Equal(t, []string{
		"Mon 23 Nov 08:00:00", "Mon 23 Nov 08:00:00", "Mon 23 Nov 08:00:00", "Mon 23 Nov 08:00:00", "Mon 23 Nov 08:00:03",
	}, times)
}

// TestNoAddressIsTold holds that an explanation names no address, nor the
// words of a message.
func TestNoAddressIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{
		"rule": hello + "\naudience: phone != \"+1\" and email in [\"a\"]",
	}), ben+"2026-11-23T10:00 ben identified email=ben@example.com\n2026-11-23T13:00 ben came\n2026-11-23T14:00 until")
	e := why.Explain(w.facts(w.bundle, "ben", ""))
	text, err := json.Marshal(e)
	require.NoError(t, err)
	for _, secret := range []string{"2125550101", "ben@example.com"} {
		require.NotContains(t, e.Text(), secret)
		require.NotContains(t, string(text), secret)
	}
	require.Contains(t, e.Text(), "email is known")
}

// TestRulesAreToldOneByOne holds that one rule alone reads as it does among
// others, and that what is not shown is counted.
func TestRulesAreToldOneByOne(t *testing.T) {
	t.Parallel()
	var script strings.Builder
	for day := 1; day <= 9; day++ {
		script.WriteString("2026-11-0" + string(rune('0'+day)) + "T12:00 ben came\n")
	}
	rules := with(map[string]string{"rule": hello}, "other", "when: {event: paid}")
	w := newWorld(t, files(rules), ben+script.String()+"2026-11-23T14:00 until")
	all, one := why.Explain(w.facts(w.bundle, "ben", "")), why.Explain(w.facts(w.bundle, "ben", "rule"))
	require.Len(t, one.Rules, 1)
	require.Equal(t, all.Rules[1], one.Rules[0])
	require.Equal(t, 9, one.Rules[0].Matches)
	require.Len(t, one.Rules[0].Outreaches, why.Shown)
	require.Equal(t, 9-why.Shown, one.Rules[0].Older)
	require.Contains(t, one.Text(), "and 6 older not shown\n")
}

func TestNothingAtAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), ben+"2026-11-23T14:00 until")
	require.Equal(t, "customer ben (c-ben), America/New_York, where it is Mon 23 Nov 09:00\n  said        zone America/New_York\n\nno rule is in force, and nothing was decided about this customer\n",
		why.Explain(w.facts(check(t, files(nil)), "ben", "")).Text())
}

func TestTheClockIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, files(map[string]string{"rule": hello}), `2026-11-01T08:00 tex identified country=US region=TX plan=surf
2026-11-01T08:00 gus identified phone=+13055550123 plan=surf
2026-11-01T08:00 nix identified plan=surf
2026-11-23T14:00 until`)
	for who, want := range map[string]string{
		"tex": "by the address; not certain, so quiet hours, laws and holidays are kept in America/Denver too",
		"gus": "by the phone number",
		"nix": "policy.yaml's own, as nothing tells theirs",
	} {
		require.Contains(t, why.Explain(w.facts(w.bundle, who, "")).Text(), "\n  clock       "+want+"\n", who)
	}
}
