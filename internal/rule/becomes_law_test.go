package rule_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// turning is a condition, as it is written and as it is judged on paper: from
// how many events, and how much in all, there were within its window, whether
// there ever was one, for how long not, and the plan.
type turning struct {
	window sendtime.Duration
	holds  func(n int, mb float64, ever bool, since time.Duration, plan string) bool
}

func turnings() map[string]turning {
	return map[string]turning{
		"count(used, 5h) >= 3": {sendtime.Duration{Elapsed: 5 * time.Hour}, func(n int, _ float64, _ bool, _ time.Duration, _ string) bool { return n >= 3 }},
		"count(used, 1d) == 2": {sendtime.Duration{Days: 1}, func(n int, _ float64, _ bool, _ time.Duration, _ string) bool { return n == 2 }},
		"not happened(used, 1d) and happened(used)": {sendtime.Duration{Days: 1}, func(n int, _ float64, ever bool, _ time.Duration, _ string) bool {
			return n == 0 && ever
		}},
		"since(used) > 30h": {sendtime.Duration{Elapsed: 30 * time.Hour}, func(_ int, _ float64, ever bool, since time.Duration, _ string) bool {
			return ever && since >= 30*time.Hour // a span is over at its last instant
		}},
		"sum(used.mb, 2d) < 4 and plan == \"surf\"": {sendtime.Duration{Days: 2}, func(_ int, mb float64, _ bool, _ time.Duration, plan string) bool {
			return mb < 4 && plan == "surf"
		}},
		"count(used, 3d) >= 2 or plan == \"surf\"": {sendtime.Duration{Days: 3}, func(n int, _ float64, _ bool, _ time.Duration, plan string) bool {
			return n >= 2 || plan == "surf"
		}},
	}
}

// paper follows a condition look by look.
type paper struct {
	turning
	zone         *time.Location
	events       []customer.Event
	plan         string
	last         time.Time
	looked, held bool
	turns        []string
}

func (p *paper) at(t time.Time) bool {
	n, mb, ever, since := 0, 0.0, false, time.Duration(0)
	for _, e := range p.events {
		ever, since = true, t.Sub(e.At)
		if p.window.After(e.At, p.zone).After(t) {
			f, _ := e.Properties["mb"].Float()
			n, mb = n+1, mb+f
		}
	}
	return p.holds(n, mb, ever, since, p.plan)
}

func (p *paper) look(t time.Time) {
	holds := p.at(t)
	if key := t.UTC().Format(time.RFC3339Nano); p.looked && holds && !p.held && !slices.Contains(p.turns, key) {
		p.turns = append(p.turns, key) // twice at one instant is one reason
	}
	p.looked, p.held, p.last = true, holds, t
}

// pass looks at each instant at which something leaves the window.
func (p *paper) pass(to time.Time) {
	var leaves []time.Time
	for _, e := range p.events {
		if at := p.window.After(e.At, p.zone); at.After(p.last) && !at.After(to) {
			leaves = append(leaves, at)
		}
	}
	slices.SortFunc(leaves, time.Time.Compare)
	for _, at := range leaves {
		if p.looked {
			p.look(at)
		}
	}
}

// TestBecomesEqualsAModel that looks after each event and at each instant at
// which one leaves the window.
func TestBecomesEqualsAModel(t *testing.T) {
	t.Parallel()
	for text, turning := range turnings() {
		m := matcherOf(t, "when:\n  becomes: "+text)
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start := anyStart(rt)
				a := newAlive(t, rt, m, anyZone(t, rt), start)
				p := &paper{turning: turning, zone: a.s.Zone}
				for _, e := range anyHistory(rt, start, 40, time.Minute, time.Hour, 9*time.Hour) {
					p.pass(e.At)
					if rapid.IntRange(0, 3).Draw(rt, "change") == 0 {
						p.plan = rapid.SampledFrom([]string{"surf", "basic"}).Draw(rt, "plan")
						a.identify(e.At, func() { a.s.Profile.Traits["plan"] = customer.Text(p.plan) })
						if slices.Contains(m.TriggerEvents(), customer.Identified) {
							p.look(e.At)
						}
						continue
					}
					a.event(e)
					p.events = append(p.events, e)
					p.look(e.At)
				}
				now := a.now.AddDate(0, 0, 5)
				p.pass(now)
				a.live(now)
				require.ElementsMatch(rt, p.turns, keysOf(a.reasons))
				require.Equal(rt, p.at(now), m.Condition(m.When.Becomes.Cond, a.s, now, "", nil))
				require.Empty(rt, a.replayed(now))
			})
		})
	}
}
