package rule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// alive lives as intake and the watch let a customer live: an event, what was
// settled after it, and each due time when it comes. Between any two of them
// the state is written and read again.
type alive struct {
	*person
	rt   *rapid.T
	now  time.Time
	dues map[string]time.Time
}

func newAlive(t testing.TB, rt *rapid.T, m *rule.Matcher, zone *time.Location, start time.Time) *alive {
	a := &alive{person: newPerson(t, m), rt: rt, now: start, dues: map[string]time.Time{}}
	a.s.Zone, a.s.Profile.Since = zone, start
	return a
}

func (a *alive) reload() {
	state, err := behaviour.Decode(a.s.State.Encode())
	require.NoError(a.rt, err)
	a.s.State = state
}

// event takes an event at an instant of the clock; its own may be older.
func (a *alive) event(e customer.Event) {
	a.live(e.ReceivedAt)
	a.reload()
	a.take(e)
	if about, ok := a.m.AboutOf(e); ok && slices.Contains(a.m.TriggerEvents(), e.Name) {
		a.settle(about)
	}
	a.reload()
}

// settle does what the end of a batch does.
func (a *alive) settle(about string) {
	at := a.m.Awaited(a.s, about, a.now)
	if !at.IsZero() && !at.After(a.now) {
		a.keep(a.m.Expire(a.s, about, a.now))
		at = a.m.NextDue(a.s, about, a.now)
	}
	a.due(about, at)
}

// due keeps the earlier of two instants, as stores do.
func (a *alive) due(about string, at time.Time) {
	if known, ok := a.dues[about]; !at.IsZero() && (!ok || at.Before(known)) {
		a.dues[about] = at
	}
}

// live lets time pass.
func (a *alive) live(to time.Time) {
	for {
		next, about := time.Time{}, ""
		for k, at := range a.dues {
			if next.IsZero() || at.Before(next) || at.Equal(next) && k < about {
				next, about = at, k
			}
		}
		if next.IsZero() || next.After(to) {
			a.now = to
			return
		}
		if next.After(a.now) {
			a.now = next
		}
		a.reload()
		delete(a.dues, about)
		a.keep(a.m.Expire(a.s, about, a.now))
		if at := a.m.NextDue(a.s, about, a.now); !at.IsZero() {
			require.True(a.rt, at.After(a.now))
			a.due(about, at)
		}
	}
}

// brief gives reasons as whose, when and why, in order.
func brief(reasons []rule.Reason, match ...string) []string {
	list := []string{}
	for _, r := range reasons {
		text := r.About + " " + r.At.UTC().Format(time.RFC3339Nano) + " " + r.Key + " " + r.Trigger
		for _, name := range match {
			text += " " + r.Match[name].String()
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// zones in which clocks change, some at midnight, and one in which they do not.
func anyZone(t testing.TB, rt *rapid.T) *time.Location {
	return zone(t, rapid.SampledFrom([]string{
		"Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Asia/Beirut",
	}).Draw(rt, "zone"))
}

// anyStart is shortly before a change of the clocks, or anywhere.
func anyStart(rt *rapid.T) time.Time {
	day := rapid.SampledFrom([]string{
		"2026-03-26", "2026-10-22", "2026-03-05", "2026-10-29", "2026-04-21", "2026-11-01", "2026-07-01", "2027-02-25",
	}).Draw(rt, "start")
	at, _ := time.Parse(time.DateOnly, day)
	return at.Add(time.Duration(rapid.IntRange(0, 47).Draw(rt, "hour")) * 30 * time.Minute)
}

// anyHistory is one of an event in order, several perhaps at one instant.
func anyHistory(rt *rapid.T, start time.Time, most int, steps ...time.Duration) []customer.Event {
	at := start
	var list []customer.Event
	for i := range rapid.IntRange(1, most).Draw(rt, "events") {
		step := rapid.SampledFrom(steps).Draw(rt, "step")
		at = at.Add(step * time.Duration(rapid.IntRange(0, 7).Draw(rt, "times")))
		list = append(list, customer.Event{MessageID: fmt.Sprintf("e%03d", i), Name: "used", At: at, ReceivedAt: at, Properties: map[string]customer.Value{
			"device": customer.Text(rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "device")), "mb": customer.Number(float64(rapid.IntRange(0, 3).Draw(rt, "mb"))),
		}})
	}
	return list
}

// crowd is how many of the events are in the window at an instant.
func crowd(events []customer.Event, within sendtime.Duration, at time.Time, zone *time.Location) (n int) {
	for _, e := range events {
		if !e.At.After(at) && within.After(e.At, zone).After(at) {
			n++
		}
	}
	return n
}

// crowdReasons judges the whole list: a reason at each event that makes enough
// when an instant before there were fewer.
func crowdReasons(events []customer.Event, about string, times int, within sendtime.Duration, zone *time.Location) (list []rule.Reason) {
	enough := false
	for i, e := range events {
		now := crowd(events[:i+1], within, e.At, zone)
		if i > 0 {
			enough = enough && !thinned(events[:i], times, within, events[i-1].At, e.At, zone)
		}
		if now >= times && !enough {
			list = append(list, rule.Reason{At: e.At, About: about, Key: e.At.Format(time.RFC3339Nano), Trigger: e.MessageID,
				Match: map[string]customer.Value{"count": customer.Number(float64(now))}})
		}
		enough = now >= times
	}
	return list
}

// thinned reports whether there were fewer than enough at any instant after
// one event, up to another one that is not counted.
func thinned(events []customer.Event, times int, within sendtime.Duration, from, to time.Time, zone *time.Location) bool {
	for _, e := range events {
		if left := within.After(e.At, zone); left.After(from) && !left.After(to) && crowd(events, within, left, zone) < times {
			return true
		}
	}
	return false
}

func TestCountsEqualAModel(t *testing.T) {
	t.Parallel()
	for within, steps := range map[string][]time.Duration{
		"1h": {time.Minute, 10 * time.Minute}, "1d": {10 * time.Minute, 4 * time.Hour}, "3d": {time.Hour, 9 * time.Hour}, "1 month": {30 * time.Hour, 100 * time.Hour},
	} {
		for _, times := range []int{2, 3, 5} {
			m := matcherOf(t, fmt.Sprintf("when: {count: {event: used, where: mb > 0, times: %d, within: %s}}\nabout: device", times, within))
			t.Run(fmt.Sprint(times, " in ", within), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) {
					start := anyStart(rt)
					a := newAlive(t, rt, m, anyZone(t, rt), start)
					history := anyHistory(rt, start, 40, steps...)
					var want []rule.Reason
					byDevice := map[string][]customer.Event{}
					for _, e := range history {
						a.event(e)
						if mb, _ := e.Properties["mb"].Float(); mb > 0 {
							device := e.Properties["device"].String()
							byDevice[device] = append(byDevice[device], e)
						}
					}
					for device, events := range byDevice {
						want = append(want, crowdReasons(events, device, times, m.When.Count.Within, a.s.Zone)...)
					}
					require.Equal(rt, brief(want, "count"), brief(a.reasons, "count"))
					require.Equal(rt, brief(want), brief(a.replayed(a.now)))
					at := a.now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "minutes")) * time.Minute)
					for device, events := range byDevice {
						require.Equal(rt, crowd(events, m.When.Count.Within, at, a.s.Zone) >= times, m.Holds(a.s, rule.Reason{About: device}, at))
					}
				})
			})
		}
	}
}

// TestNoCrowdTwice: whatever the order of arrival, within the window, no two
// reasons are given for one crowd, and no crowd that all have come to is
// without one.
func TestNoCrowdTwice(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, "when: {count: {event: used, times: 3, within: 1h}}")
	rapid.Check(t, func(rt *rapid.T) {
		start := anyStart(rt)
		a := newAlive(t, rt, m, time.UTC, start)
		history := anyHistory(rt, start, 40, time.Minute, 5*time.Minute)
		for i := range history {
			late := rapid.IntRange(0, 20).Draw(rt, "late")
			history[i].ReceivedAt = history[i].At.Add(time.Duration(late) * time.Minute)
		}
		slices.SortStableFunc(history, func(x, y customer.Event) int { return x.ReceivedAt.Compare(y.ReceivedAt) })
		var seen []customer.Event
		for _, e := range history {
			before := len(a.reasons)
			a.event(e)
			seen = append(seen, e)
			slices.SortStableFunc(seen, func(x, y customer.Event) int { return x.At.Compare(y.At) })
			for i, why := range a.reasons[before:] {
				for _, old := range a.reasons[:before+i] {
					from, to := min(old.At.UnixMicro(), why.At.UnixMicro()), max(old.At.UnixMicro(), why.At.UnixMicro())
					first, last := time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC()
					earlier := slices.DeleteFunc(slices.Clone(seen), func(e customer.Event) bool { return !e.At.Before(last) })
					require.True(rt, thinned(earlier, 3, m.When.Count.Within, first, last, time.UTC), "%v and %v", old, why)
				}
			}
		}
	})
}

// TestManyTimes: so many that neighbours are joined in the window.
func TestManyTimes(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, "when: {count: {event: used, times: 200, within: 1d}}")
	rapid.Check(t, func(rt *rapid.T) {
		start := anyStart(rt)
		a := newAlive(t, rt, m, time.UTC, start)
		var history []customer.Event
		at := start
		for block := range rapid.IntRange(1, 4).Draw(rt, "blocks") {
			step := time.Duration(rapid.IntRange(1, 15).Draw(rt, "minutes")) * time.Minute
			for i := range rapid.IntRange(1, 400).Draw(rt, "events") {
				at = at.Add(step)
				history = append(history, customer.Event{MessageID: fmt.Sprintf("e%d.%03d", block, i), Name: "used", At: at, ReceivedAt: at})
			}
		}
		for _, e := range history {
			a.take(e)
		}
		// Of a crowd that falls short by one for a moment the joined neighbours may know nothing.
		within := m.When.Count.Within
		all := crowdReasons(history, "", 200, within, time.UTC)
		sure := 0
		for i, why := range all {
			before := slices.DeleteFunc(slices.Clone(history), func(e customer.Event) bool { return !e.At.Before(why.At) })
			if i == 0 || thinned(before, 190, within, all[i-1].At, why.At, time.UTC) {
				sure++
			}
		}
		require.GreaterOrEqual(rt, len(a.reasons), sure)
		require.LessOrEqual(rt, len(a.reasons), len(all))
		if len(all) > 0 {
			require.Equal(rt, all[0].Key, a.reasons[0].Key)
		}
	})
}

// naiveDrop judges every finished period up to an instant from the whole list.
func naiveDrop(m *rule.Matcher, events []customer.Event, about string, z *time.Location, now time.Time) (list []rule.Reason) {
	if len(events) == 0 {
		return nil
	}
	first := events[0].At
	var starts []time.Time // of every period, by walking days
	kind := m.When.Drop.Per.Kind
	for y, mo, d := first.In(z).AddDate(0, -2, 0).Date(); ; d++ {
		at := customer.StartOfDay(y, mo, d, z)
		noon := time.Date(y, mo, d, 12, 0, 0, 0, time.UTC)
		if at.After(now) {
			break
		}
		if kind == behaviour.Day || kind == behaviour.Week && noon.Weekday() == time.Monday || kind == behaviour.Month && noon.Day() == 1 {
			starts = append(starts, at)
		}
	}
	count := func(i int) (n float64) {
		for _, e := range events {
			if !e.At.Before(starts[i]) && e.At.Before(starts[i+1]) {
				n++
			}
		}
		return n
	}
	for i := 0; i+1 < len(starts); i++ {
		var before []float64
		for j := i - 1; j >= 0 && j >= i-8 && !starts[j].Before(first); j-- {
			before = append(before, count(j))
		}
		if len(before) < 4 {
			continue
		}
		slices.Sort(before)
		usual := (before[(len(before)-1)/2] + before[len(before)/2]) / 2
		if n := count(i); usual > 0 && n*100 <= usual*float64(100-int(m.When.Drop.By*100+0.5)) {
			list = append(list, rule.Reason{At: starts[i+1], About: about, Key: starts[i].In(z).Format(time.DateOnly), Match: map[string]customer.Value{
				"count": customer.Number(n), "usual": customer.Number(usual)}})
		}
	}
	return list
}

func TestDropsEqualAModel(t *testing.T) {
	t.Parallel()
	for per, steps := range map[string][]time.Duration{
		"day": {time.Hour, 5 * time.Hour}, "week": {6 * time.Hour, 40 * time.Hour}, "month": {30 * time.Hour, 150 * time.Hour},
	} {
		for _, by := range []string{"50%", "80%", "90%", "100%", "30%"} {
			m := matcherOf(t, fmt.Sprintf("when: {drop: {event: used, by: %s, per: %s}}\nabout: device", by, per))
			t.Run(by+" a "+per, func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) {
					start := anyStart(rt)
					a := newAlive(t, rt, m, anyZone(t, rt), start)
					byDevice := map[string][]customer.Event{}
					for _, e := range anyHistory(rt, start, 120, steps...) {
						a.event(e)
						device := e.Properties["device"].String()
						byDevice[device] = append(byDevice[device], e)
					}
					a.live(a.now.AddDate(0, rapid.IntRange(0, 12).Draw(rt, "months"), 3))
					var want []rule.Reason
					for device, events := range byDevice {
						want = append(want, naiveDrop(m, events, device, a.s.Zone, a.now)...)
					}
					require.Equal(rt, brief(want, "count", "usual"), brief(a.reasons, "count", "usual"))
				})
			})
		}
	}
}

func keysOf(reasons []rule.Reason) []string {
	list := []string{}
	for _, r := range reasons {
		list = append(list, r.Key)
	}
	slices.Sort(list)
	return list
}
