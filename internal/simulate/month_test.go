package simulate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

// calendar says how full a customer's own days and weeks are. It asks nothing
// of the engine.
type calendar struct {
	days, weeks, texts map[string]int
}

func newCalendar() calendar {
	return calendar{days: map[string]int{}, weeks: map[string]int{}, texts: map[string]int{}}
}

// spans names the day and the week, from Monday, that a clock shows.
func spans(at time.Time, zone *time.Location) (day, week string) {
	local := at.In(zone)
	year, number := local.ISOWeek()
	return local.Format(time.DateOnly), fmt.Sprint(year, "-", number)
}

// room reports whether one more message keeps all caps.
func (c calendar) room(at time.Time, p *post) bool {
	day, week := spans(at, p.zone)
	return c.days[day] < 1 && c.weeks[week] < 4 && (p.channel != customer.SMS || c.texts[week] < 2)
}

func (c calendar) add(at time.Time, p *post) {
	day, week := spans(at, p.zone)
	c.days[day]++
	c.weeks[week]++
	if p.channel == customer.SMS {
		c.texts[week]++
	}
}

// fate is when a message went out that wanted to at an instant; zero: never.
type fate struct {
	priority     int
	wanted, sent time.Time
}

// skipping lets whoever comes first have a place, and drops the others.
func skipping(wanted []*post) (fates []fate) {
	full := newCalendar()
	for _, p := range wanted {
		f := fate{priority: p.priority, wanted: p.sent}
		if full.room(p.sent, p) {
			full.add(p.sent, p)
			f.sent = p.sent
		}
		fates = append(fates, f)
	}
	return fates
}

// deferring lets whoever comes first have a place, and the others come again on
// the next day at the same hour, by the same channel, until their within is
// over.
func deferring(wanted []*post) (fates []fate) {
	type try struct {
		*post
		at time.Time
	}
	var queue []try
	for _, p := range wanted {
		queue = append(queue, try{p, p.sent})
	}
	full := newCalendar()
	for len(queue) > 0 {
		slices.SortStableFunc(queue, func(a, b try) int { return a.at.Compare(b.at) })
		next := queue[0]
		queue = queue[1:]
		again := next.at.In(next.zone).AddDate(0, 0, 1)
		switch {
		case full.room(next.at, next.post):
			full.add(next.at, next.post)
			fates = append(fates, fate{next.priority, next.post.sent, next.at})
		case again.After(next.ends):
			fates = append(fates, fate{priority: next.priority, wanted: next.post.sent})
		default:
			queue = append(queue, try{next.post, again})
		}
	}
	return fates
}

// arbitrated gives what became of each wanted message under the caps.
func arbitrated(wanted []*post, got map[postKey]*post) (fates []fate) {
	for _, p := range wanted {
		f := fate{priority: p.priority, wanted: p.sent}
		if under := got[p.key()]; under != nil {
			f.sent = under.sent
		}
		fates = append(fates, f)
	}
	return fates
}

// score counts the messages of one class of priority.
type score struct{ wanted, inTime, late, dropped int }

func (s *score) add(f fate) {
	s.wanted++
	switch {
	case f.sent.IsZero():
		s.dropped++
	case f.sent.After(f.wanted.Add(24 * time.Hour)):
		s.late++
	default:
		s.inTime++
	}
}

func (s score) delivered() int { return s.inTime + s.late }

func (s score) String() string {
	share := func(n int) float64 { return 100 * float64(n) / float64(max(s.wanted, 1)) }
	return fmt.Sprintf("%6d wanted, %5.1f %% within a day, %5.1f %% later, %5.1f %% dropped", s.wanted, share(s.inTime), share(s.late), share(s.dropped))
}

// class is what a message's priority makes of it.
func class(priority int) int {
	switch {
	case priority >= high:
		return 0
	case priority >= 40:
		return 1
	}
	return 2
}

// TestAMonthOfArbitration plays ten rules over a month of 10,000 customers under
// caps that hold a half of what they want. No cap is broken in any customer's own
// days and weeks, nothing of a high priority is lost without naming who had its
// place, and more of it arrives, and sooner, than where the first to come is
// served.
func TestAMonthOfArbitration(t *testing.T) {
	t.Parallel()
	customers := 10_000
	if testing.Short() {
		customers = 200
	}
	free, capped := month(t, "caps: {any: 1000 per day}\n", customers), month(t, monthCaps, customers)
	var scores [3][3]score // by way and class
	breaches, without := 0, 0
	for i := range free {
		breaches, without = breaches+breached(capped[i]), without+breached(free[i])
		wanted := slices.DeleteFunc(free[i], func(p *post) bool { return p.sent.IsZero() })
		slices.SortStableFunc(wanted, func(a, b *post) int { return a.sent.Compare(b.sent) })
		got := byKey(capped[i])
		for _, p := range wanted {
			if p.priority >= high {
				namesTheWinner(t, p, got[p.key()])
			}
		}
		for way, fates := range [][]fate{arbitrated(wanted, got), deferring(wanted), skipping(wanted)} {
			for _, f := range fates {
				scores[way][class(f.priority)].add(f)
			}
		}
	}
	for c, name := range []string{"high priority", "middle", "low"} {
		for way, of := range []string{"ours", "first come, else next day", "first come, else skipped"} {
			t.Logf("%-13s  %-24s  %s", name, of, scores[way][c])
		}
	}
	require.Zero(t, breaches, "messages beyond a cap")
	require.Greater(t, without, customers, "the caps are tight")
	ours := scores[0][0]
	require.Greater(t, ours.wanted, customers)
	for _, theirs := range []score{scores[1][0], scores[2][0]} {
		require.GreaterOrEqual(t, ours.delivered(), theirs.delivered())
		require.GreaterOrEqual(t, ours.inTime, theirs.inTime)
	}
}

// breached counts the messages of a customer that went out beyond a cap.
func breached(got []*post) (n int) {
	sent := slices.DeleteFunc(slices.Clone(got), func(p *post) bool { return p.sent.IsZero() })
	slices.SortStableFunc(sent, func(a, b *post) int { return a.sent.Compare(b.sent) })
	full := newCalendar()
	for _, p := range sent {
		if !full.room(p.sent, p) {
			n++
		}
		full.add(p.sent, p)
	}
	return n
}

// namesTheWinner holds that a message that was wanted went out under the caps,
// or says which rule had its place.
func namesTheWinner(t *testing.T, wanted, got *post) {
	t.Helper()
	require.NotNil(t, got, "%s of %s: nothing is known of it", wanted.step, wanted.Ref)
	named := slices.ContainsFunc(monthRules(), func(r monthRule) bool { return strings.Contains(got.notes, r.name) })
	require.True(t, !got.sent.IsZero() || got.reason != "" && named, "%s of %s: %q, and it says %q", got.step, got.Ref, got.reason, got.notes)
}
