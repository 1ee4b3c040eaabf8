package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

const (
	sumRule    = "when: {usage: {sum: used.mb, per: month from billing_day, limit: plan_mb, reaches: 80%}}"
	topUpRule  = "when: {usage: {sum: used.mb, per: month from billing_day, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}"
	joinedRule = "when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}\nabout: device"
	countRule  = "when: {usage: {count: opened, per: week, limit: 4, reaches: 75%}}"
	latestRule = "when: {usage: {latest: level.percent, per: month, limit: 100, reaches: 90%}}"
	sinceRule  = "when: {usage: {sum: used.mb, per: since renewed, limit: plan_mb, reaches: 80%}}"
	windowRule = "when: {usage: {sum: used.mb, per: week, limit: \"plan_mb + sum(topped_up.mb, 5d)\", reaches: 80%}}"
	quietRule  = "when: {silent: {for: 3d}}"
	deviceRule = "when: {silent: {event: used, for: 2d}}\nabout: device"
	unpaidRule = "when: {missing: {event: arrived, after: ordered, within: 2d}}\nabout: order"
	lateRule   = "when: {missing: {event: arrived, after: ordered, by: promised}}"
	boughtRule = "when: {event: bought, where: total > 100}"
)

// minutes are the instants of a history: no two events at one.
func minutes(from time.Time, days, most int) *rapid.Generator[[]time.Time] {
	return rapid.Custom(func(t *rapid.T) []time.Time {
		least := rapid.SampledFrom([]int{1, most / 2}).Draw(t, "least")
		list := rapid.SliceOfNDistinct(rapid.IntRange(0, days*24*60), least, most, rapid.ID[int]).Draw(t, "minutes")
		slices.Sort(list)
		times := make([]time.Time, len(list))
		for i, m := range list {
			times[i] = from.Add(time.Duration(m) * time.Minute)
		}
		return times
	})
}

// happening is any event at an instant.
func happening(t *rapid.T, at time.Time, names ...string) customer.Event {
	e := customer.Event{Name: rapid.SampledFrom(names).Draw(t, "event"), At: at, Properties: map[string]customer.Value{}}
	e.MessageID = fmt.Sprintf("%s at %s", e.Name, at.Format(time.RFC3339))
	put := func(name string, v customer.Value) { e.Properties[name] = v }
	switch e.Name {
	case "used":
		put("mb", customer.Number(float64(rapid.IntRange(0, 60).Draw(t, "mb"))))
		put("device", customer.Text(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "device")))
	case "topped_up":
		put("mb", customer.Number(float64(rapid.IntRange(1, 60).Draw(t, "mb"))))
		put("device", customer.Text(rapid.SampledFrom([]string{"", "a"}).Draw(t, "device")))
	case "level":
		put("percent", customer.Number(float64(rapid.IntRange(60, 110).Draw(t, "percent"))))
	case "bought":
		put("total", customer.Number(float64(rapid.IntRange(50, 150).Draw(t, "total"))))
	case "ordered":
		put("promised", customer.Text(at.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours"))*time.Hour).Format(time.RFC3339)))
		fallthrough
	case "arrived":
		put("order", customer.Text(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "order")))
	}
	return e
}

func eventNames() []string {
	return []string{"used", "used", "used", "topped_up", "level", "opened", "bought", "billed", "ordered", "arrived", customer.Identified}
}

func someone(t testing.TB, m *rule.Matcher, day int) *person {
	return newPerson(t, m, "plan_mb", 100, "billing_day", day)
}

// TestReplayJudgesAsLife: a history in order gives the same reasons when it
// is lived and when it is read.
func TestReplayJudgesAsLife(t *testing.T) {
	t.Parallel()
	for _, text := range []string{sumRule, topUpRule, joinedRule, countRule, latestRule, sinceRule, windowRule, quietRule,
		deviceRule, unpaidRule, lateRule, boughtRule} {
		m := matcherOf(t, text)
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				p := someone(t, m, rapid.IntRange(1, 31).Draw(rt, "day"))
				start := instant(t, "01 00:00")
				for _, at := range minutes(start, 60, 40).Draw(rt, "at") {
					p.take(happening(rt, at, append(eventNames(), "renewed")...))
				}
				now := start.AddDate(0, 0, 70)
				p.pass(now)
				byKey := func(a, b rule.Reason) int { return strings.Compare(a.About+a.Key, b.About+b.Key) }
				replayed := p.replayed(now)
				slices.SortFunc(replayed, byKey)
				slices.SortFunc(p.reasons, byKey)
				require.Equal(rt, p.reasons, replayed)
				require.Zero(rt, p.asked-1, "nothing but this look at the history")
				held := func(why rule.Reason) bool { return p.m.Holds(p.s, why, now) }
				p.replaceState()
				for _, why := range replayed {
					require.Equal(rt, held(why), p.m.Holds(p.s, why, now), "%v by the state that the replay left", why)
				}
			})
		})
	}
}

// replaceState gives the person the state that a replay leaves.
func (p *person) replaceState() {
	events, _ := p.log(p.m.HistoryEvents(), time.Time{}, time.Time{})
	_, state := p.m.Replay(p.s, events, time.Time{})
	fresh := &behaviour.State{LastAct: p.s.State.LastAct}
	p.m.Adopt(fresh, state)
	p.s.State = fresh
}

// TestTheOrderOfArrivalDoesNotMatter: within a period and the one before it,
// the same periods give a reason whatever the order in which events arrive.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, text := range []string{sumRule, countRule, latestRule} {
		m := matcherOf(t, text)
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				p := shuffled(t, rt, m, "used", "used", "opened", "level", "billed")
				require.Equal(rt, p.periods(p.replayed(instant(t, "2027-03-01 00:00"))), p.periods(p.reasons))
			})
		})
	}
}

// TestNothingIsMissedOutOfOrder: what raised the limit, or began the period,
// may be heard of after a reason was given, which nobody can take back. But no
// period is missed, and only such an event gives one too many.
func TestNothingIsMissedOutOfOrder(t *testing.T) {
	t.Parallel()
	for text, lifts := range map[string]string{topUpRule: "topped_up", joinedRule: "topped_up", windowRule: "topped_up", sinceRule: "renewed"} {
		m := matcherOf(t, text)
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				names := []string{"used", "used", "used", "used", "topped_up", "billed"}
				p := shuffled(t, rt, m, names...)
				if lifts == "renewed" {
					at := p.events[0].At.Add(30 * time.Second)
					p.take(happening(rt, at, "renewed"))
				}
				replayed, lived := periodsByKey(p.replayed(instant(t, "2027-03-01 00:00"))), periodsByKey(p.reasons)
				require.Subset(rt, lived, replayed)
				if !slices.ContainsFunc(p.events, func(e customer.Event) bool { return e.Name == lifts }) {
					require.Equal(rt, replayed, lived)
				}
			})
		})
	}
}

// shuffled lives a history that spans two periods, in any order.
func shuffled(t testing.TB, rt *rapid.T, m *rule.Matcher, names ...string) *person {
	day := rapid.IntRange(1, 28).Draw(rt, "day")
	days := 28
	if m.When.Usage.Per.Kind == behaviour.Week {
		days = 7
	}
	p := someone(t, m, day)
	var history []customer.Event
	for _, at := range minutes(instant(t, "01 00:00").AddDate(0, 0, rapid.IntRange(0, 40).Draw(rt, "first")), days, 25).Draw(rt, "at") {
		history = append(history, happening(rt, at, names...))
	}
	for _, e := range rapid.Permutation(history).Draw(rt, "shuffled") {
		p.take(e)
	}
	return p
}

func periodsByKey(reasons []rule.Reason) []string {
	list := []string{}
	for _, r := range reasons {
		start, _, _ := strings.Cut(r.Key, "/")
		list = append(list, r.About+" "+start)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestWhatIsMissingDoesNotDependOnTheOrder of arrival.
func TestWhatIsMissingDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	for _, text := range []string{unpaidRule, lateRule} {
		m := matcherOf(t, text)
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start := instant(t, "01 00:00")
				inOrder, shuffled := someone(t, m, 1), someone(t, m, 1)
				var history []customer.Event
				for _, at := range minutes(start, 20, 15).Draw(rt, "at") {
					history = append(history, happening(rt, at, "ordered", "arrived"))
				}
				for _, e := range history {
					inOrder.take(e)
				}
				for _, e := range rapid.Permutation(history).Draw(rt, "shuffled") {
					shuffled.take(e)
				}
				now := start.AddDate(0, 0, 40)
				inOrder.pass(now)
				shuffled.pass(now)
				for _, p := range []*person{inOrder, shuffled} {
					for _, pending := range p.s.State.Pending {
						pending.Fired = pending.Fired && pending.Came.Before(pending.After) // of what is answered nobody asks
					}
				}
				require.Equal(rt, inOrder.s.State.Pending, shuffled.s.State.Pending)
				for _, why := range inOrder.reasons {
					require.True(rt, slices.ContainsFunc(shuffled.reasons, func(r rule.Reason) bool { return r.About == why.About && r.Key == why.Key }), "%v", why)
				}
			})
		})
	}
}
