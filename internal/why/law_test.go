package why_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/why"
)

// barring is a rule that has everything that keeps matches out.
const barring = `when: {event: came}
audience: plan in ["surf", "ultimate"] and count(opened, 3d) < 2
again: after 4d
holdout: 30%
steps: [{send: offer, topic: offers}, {send: hello, at: now, channel: [sms]}, {wait: 1d}, {send: hello, id: more, channel: [sms]}]`

// TestWhatStandsInTheWayIsWhatKeepsTheNextOneOut holds explanations to what
// happens: whoever comes at the instant of one is turned away for the reason
// of its first check that does not pass, and enters when all do.
func TestWhatStandsInTheWayIsWhatKeepsTheNextOneOut(t *testing.T) {
	t.Parallel()
	f := files(map[string]string{"rule": barring})
	seen := map[customer.Reason]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		who := rapid.SampledFrom([]string{"ann", "ben", "cid", "dan", "eve"}).Draw(rt, "who")
		script, end := anyScript(rt, who)
		before := newWorld(t, f, script+end+" until")
		e := why.Explain(before.facts(before.bundle, who, ""))
		after := newWorld(t, f, script+end+" "+who+" came\n"+end+" until")
		cases := after.facts(after.bundle, who, "").Cases
		newest := cases[0]
		got := newest.Reason
		if slices.ContainsFunc(newest.Decisions, func(d ledger.Decision) bool { return d.Kind == ledger.KindEnter }) {
			got = ""
		}
		seen[got] = true
		require.Equal(rt, firstReason(e.Rules[0].Entry), got, "%s\n%s", script, e.Text())
	})
	if !testing.Short() { // a few draws meet fewer
		require.Greater(t, len(seen), 4, "the draws reach most reasons")
	}
}

// firstReason gives the reason that comes first in the order of entering.
func firstReason(checks []why.Check) customer.Reason {
	for _, name := range []string{why.Running, why.Again, why.Audience, why.Consent, why.Address, why.Holdout} {
		for _, c := range checks {
			if c.Check == name && c.Reason != "" {
				return c.Reason
			}
		}
	}
	return ""
}

// anyScript gives what may happen to somebody within ten days, and when it ends.
func anyScript(t *rapid.T, who string) (script, end string) {
	at := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	stamp := func() string { return at.Format("2006-01-02T15:04") }
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s identified zone=Europe/Berlin", stamp(), who)
	for _, word := range []string{"phone=+4915112345678", "email=a@example.com", "plan=surf", "offers=yes", "offers=no"} {
		if rapid.IntRange(0, 3).Draw(t, word) > 0 {
			b.WriteString(" " + word)
		}
	}
	b.WriteString("\n")
	for range rapid.IntRange(0, 8).Draw(t, "acts") {
		at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
		act := rapid.SampledFrom([]string{"came", "came", "opened", "identified plan=basic", "identified plan=surf"}).Draw(t, "act")
		fmt.Fprintf(&b, "%s %s %s\n", stamp(), who, act)
	}
	at = at.Add(time.Duration(rapid.IntRange(1, 80).Draw(t, "rest"))*time.Hour - time.Minute) // when no wait ends
	return b.String(), stamp()
}
