package journey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// entry is a match that is entered on Monday 23 November 2026 at noon in
// Berlin.
func entry(t *testing.T, keys string) (*world, rule.Reason, journey.Entry) {
	t.Helper()
	w := newWorld(t, "topic: service\nwhen: {event: signed_up}\nsteps: [{send: hello-sms}]\n"+keys, housePolicy, "2026-11-23 12:00")
	why := rule.Reason{At: w.now, Key: "m1", Trigger: "m1"}
	return w, why, journey.Entry{
		Now: w.now, Subject: w.subject, Policy: w.policy, Texts: texts, Story: &rule.Story{},
		Suppressed: func(customer.Channel) bool { return false },
	}
}

func TestEnter(t *testing.T) {
	t.Parallel()
	last := func(w *world, days int) ledger.Outreach {
		return ledger.Outreach{Ref: ledger.Ref{Rule: "mine", Customer: "c1", N: 1}, At: w.now.AddDate(0, 0, -days), Status: ledger.Ended}
	}
	for name, c := range map[string]struct {
		keys string
		set  func(*world, *rule.Reason, *journey.Entry)
		want customer.Reason
	}{
		"entered":                  {"", func(*world, *rule.Reason, *journey.Entry) {}, ""},
		"as old as may be":         {"", func(w *world, r *rule.Reason, _ *journey.Entry) { r.At = w.now.Add(-24 * time.Hour) }, ""},
		"too old":                  {"", func(w *world, r *rule.Reason, _ *journey.Entry) { r.At = w.now.Add(-24*time.Hour - 1) }, customer.NotFresh},
		"never too old":            {"fresh: any", func(w *world, r *rule.Reason, _ *journey.Entry) { r.At = w.now.AddDate(-1, 0, 0) }, ""},
		"running":                  {"", func(_ *world, _ *rule.Reason, e *journey.Entry) { e.Running = true }, customer.AlreadyRunning},
		"always again":             {"", func(w *world, _ *rule.Reason, e *journey.Entry) { e.Last = last(w, 0) }, ""},
		"never again":              {"again: never", func(w *world, _ *rule.Reason, e *journey.Entry) { e.Last = last(w, 999) }, customer.NotAgain},
		"the first of never again": {"again: never", func(*world, *rule.Reason, *journey.Entry) {}, ""},
		"again, too early":         {"again: after 10d", func(w *world, _ *rule.Reason, e *journey.Entry) { e.Last = last(w, 9) }, customer.NotAgain},
		"again, just so":           {"again: after 10d", func(w *world, _ *rule.Reason, e *journey.Entry) { e.Last = last(w, 10) }, ""},
		"not in the audience":      {`audience: plan == "gold"`, func(*world, *rule.Reason, *journey.Entry) {}, customer.NotInAudience},
		"consent withdrawn":        {"", func(w *world, _ *rule.Reason, _ *journey.Entry) { w.set("consent.service", "no") }, customer.NoConsent},
		"no address":               {"", func(w *world, _ *rule.Reason, _ *journey.Entry) { w.set("phone", "") }, customer.NoAddress},
		"suppressed": {"", func(_ *world, _ *rule.Reason, e *journey.Entry) {
			e.Suppressed = func(c customer.Channel) bool { return c == customer.SMS }
		}, customer.Suppressed},
		"held out": {"holdout: 99.9%", func(*world, *rule.Reason, *journey.Entry) {}, customer.HeldOut},
		"the first reason counts": {"holdout: 99.9%\nagain: never", func(w *world, r *rule.Reason, e *journey.Entry) {
			r.At, e.Running, e.Last = w.now.AddDate(0, 0, -2), true, last(w, 1)
		}, customer.NotFresh},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, why, e := entry(t, c.keys)
			c.set(w, &why, &e)
			require.Equal(t, c.want, journey.Enter(w.matcher, why, e))
		})
	}
}

// TestHoldoutsStickToTheCustomer draws the same people each time: for one rule
// by the rule, for all rules the same people of all rules.
func TestHoldoutsStickToTheCustomer(t *testing.T) {
	t.Parallel()
	const customers = 4000
	drawn := func(name string, own, all float64) map[int]bool {
		w, why, e := entry(t, "")
		r := *w.matcher.Rule
		r.Name, r.Holdout = name, own
		m := *w.matcher
		m.Rule = &r
		e.Policy.Holdout = all
		out := map[int]bool{}
		for i := range customers {
			profile := *e.Subject.Profile
			profile.ID = customer.ID(fmt.Sprint("c", i))
			e.Subject.Profile = &profile
			if journey.Enter(&m, why, e) == customer.HeldOut {
				out[i] = true
			}
		}
		return out
	}
	one := drawn("one", 0.2, 0)
	require.InDelta(t, customers/5, len(one), customers/50)
	require.Equal(t, one, drawn("one", 0.2, 0))
	require.NotEqual(t, one, drawn("other", 0.2, 0))
	require.Equal(t, drawn("one", 0, 0.1), drawn("other", 0, 0.1), "nobody of them is reached by any rule")
}
