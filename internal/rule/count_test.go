package rule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

func TestCount(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {count: {event: opened, times: 3, within: 1h}}`))
	live(p, at("opened", "02 10:00", 0), at("opened", "02 10:10", 0), at("opened", "02 10:20", 1),
		at("opened", "02 10:30", 0), at("opened", "02 11:05", 0))
	require.Equal(t, []rule.Reason{{
		At: instant(t, "02 10:20"), Key: "2026-11-02T10:20:00Z", Trigger: "opened at 02 10:20",
		Match: map[string]customer.Value{"count": customer.Number(3)},
	}}, p.reasons)
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "02 11:19")))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "02 11:20")), "10:20 left the hour")
	live(p, at("opened", "02 12:00", 0), at("opened", "02 12:01", 1))
}

// TestCountArmsBelow: the window thins out at 10:10 and at 10:24.
func TestCountArmsBelow(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {count: {event: opened, times: 2, within: 10min}}`))
	live(p, at("opened", "02 10:00", 0), at("opened", "02 10:05", 1), at("opened", "02 10:14", 1), at("opened", "02 10:24", 0),
		at("opened", "02 10:30", 1))
}

func TestCountWhereAndAbout(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {count: {event: used, where: mb > 10 and plan == \"surf\", times: 2, within: 1d}}\nabout: device"), "plan", "surf")
	use := func(at, device string, mb, reasons int) lived {
		return lived{at, "used", []any{"device", device, "mb", mb}, reasons}
	}
	live(p, use("02 10:00", "a", 11, 0), use("02 10:01", "a", 10, 0), use("02 10:02", "b", 11, 0), use("02 10:03", "a", 12, 1))
	require.Equal(t, "a", p.reasons[0].About)
	p.s.Profile.Traits["plan"] = customer.Text("basic")
	live(p, use("02 10:04", "b", 11, 0))
}

// TestALateEventCompletesACount: at the instant of what came after it.
func TestALateEventCompletesACount(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {count: {event: opened, times: 3, within: 1h}}`))
	live(p, at("opened", "02 10:00", 0), at("opened", "02 10:20", 0), at("opened", "02 10:10", 1), at("opened", "02 10:05", 0))
	require.Equal(t, instant(t, "02 10:20"), p.reasons[0].At)
}

// TestCountsWithinTheWindowKeepNoOrder: events of one window give the same
// number of reasons in any order: one.
func TestCountsWithinTheWindowKeepNoOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.IntRange(2, 5).Draw(rt, "times")
		minutes := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 5, 12, rapid.ID[int]).Draw(rt, "minutes")
		for _, order := range [][]int{minutes, slices.Sorted(slices.Values(minutes))} {
			p := newPerson(t, matcherOf(t, fmt.Sprintf("when: {count: {event: opened, times: %d, within: 1h}}", times)))
			for _, m := range order {
				p.happen(fmt.Sprintf("02 10:%02d", m), "opened")
			}
			require.Len(rt, p.reasons, 1, "%v", order)
		}
	})
}

// TestDropCountsWholePeriods: the first week is no whole one, four are enough.
func TestDropCountsWholePeriods(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {drop: {event: opened, by: 50%}}`))
	week := func(monday string, n int) {
		at := instant(t, monday+" 00:00")
		for i := range n {
			p.take(customer.Event{MessageID: fmt.Sprint(monday, i), Name: "opened", At: at.Add(time.Duration(i) * time.Hour)})
		}
	}
	p.happen("2026-10-01 12:00", "opened")
	for _, monday := range []string{"2026-10-05", "2026-10-12", "2026-10-19"} {
		week(monday, 4)
	}
	week("2026-10-26", 6)
	week("2026-11-02", 2)
	require.Equal(t, instant(t, "09 00:00"), p.m.NextDue(p.s, "", instant(t, "05 00:00")))
	require.Empty(t, p.pass(instant(t, "08 23:59")))
	require.Equal(t, []rule.Reason{{
		At: instant(t, "09 00:00"), Key: "2026-11-02",
		Match: map[string]customer.Value{"count": customer.Number(2), "usual": customer.Number(4)},
	}}, p.pass(instant(t, "09 00:00")))
	require.Empty(t, p.pass(instant(t, "15 00:00")), "once per period")
	require.Len(t, p.pass(instant(t, "16 00:00")), 1, "nothing at all is a drop too")
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "20 00:00")), "it happened")
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "2027-02-01 00:00")), "somebody who left has nothing left to lose")
}

func TestDropNeedsFourPeriods(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {drop: {event: opened, by: 50%, per: day}}`))
	live(p, at("opened", "01 12:00", 0), at("opened", "02 12:00", 0), at("opened", "03 12:00", 0), at("opened", "04 12:00", 0))
	require.Empty(t, p.pass(instant(t, "06 00:00")), "three whole days came before the 5th")
	live(p, at("opened", "06 12:00", 0))
	require.Len(t, p.pass(instant(t, "08 00:00")), 1)
}

// TestALateEventJoinsAnOldCrowd: of several crowds within one window, a late
// event brings none that was given anew.
func TestALateEventJoinsAnOldCrowd(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {count: {event: opened, times: 3, within: 10h}}`))
	live(p, at("opened", "02 00:00", 0), at("opened", "02 01:00", 0), at("opened", "02 02:00", 1), at("opened", "02 10:30", 1),
		at("opened", "02 11:30", 1), at("opened", "02 12:30", 1), at("opened", "02 10:12", 0), at("opened", "02 10:20", 0))
}

// TestAWindowOfDaysWhenClocksGoBack: the earlier 02:30 is in the window longer
// than the later 02:10.
func TestAWindowOfDaysWhenClocksGoBack(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {count: {event: opened, times: 2, within: 1d}}`))
	p.s.Zone = berlin(t)
	live(p, at("opened", "2026-10-25T00:30:00Z", 0), at("opened", "2026-10-25T01:10:00Z", 1), at("opened", "2026-10-26T01:15:00Z", 1))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2026-10-26T01:20:00Z")))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2026-10-26T01:30:00Z")))
}

// weeks lets so many events happen in each of some weeks, by the local noon of
// their Mondays.
func (p *person) weeks(monday string, counts ...int) {
	at := instant(p.t, monday+" 12:00")
	for i, n := range counts {
		for j := range n {
			p.take(customer.Event{MessageID: fmt.Sprint(monday, i, j), Name: "opened", At: at.AddDate(0, 0, 7*i).Add(time.Duration(j) * time.Hour)})
		}
	}
}

// TestADropOfExactlyThatMuch is one, whatever the share is in binary.
func TestADropOfExactlyThatMuch(t *testing.T) {
	t.Parallel()
	for by, left := range map[string]int{"80%": 2, "90%": 1, "30%": 7, "100%": 0} {
		p := newPerson(t, matcherOf(t, "when: {drop: {event: opened, by: "+by+"}}"))
		p.happen("2026-10-01 12:00", "opened")
		p.weeks("2026-10-05", 10, 10, 10, 10, left)
		require.Len(t, p.pass(instant(t, "09 00:00")), 1, by)
		p = newPerson(t, p.m)
		p.happen("2026-10-01 12:00", "opened")
		p.weeks("2026-10-05", 10, 10, 10, 10, left+1)
		require.Empty(t, p.pass(instant(t, "09 00:00")), by)
	}
}

// TestATravellerKeepsTheirWeeks: neither the week of a journey nor those
// before look emptier from another zone, and no week is told of twice.
func TestATravellerKeepsTheirWeeks(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"America/Los_Angeles", "Europe/London", "Asia/Tokyo"} {
		p := newPerson(t, matcherOf(t, "when: {drop: {event: opened, by: 50%}}"))
		p.s.Zone = berlin(t)
		p.happen("2026-09-10 12:00", "opened")
		p.weeks("2026-09-14", 6, 6, 6, 6, 6, 6, 6)
		p.s.Zone = zone(t, to)
		require.Empty(t, p.pass(instant(t, "2026-11-03 00:00")), to)
		p.weeks("2026-11-02", 6, 6, 2)
		require.Empty(t, p.pass(instant(t, "17 00:00")), to)
		require.Len(t, p.pass(instant(t, "24 00:00")), 1, to)
		p.s.Zone = berlin(t)
		require.Empty(t, p.m.Expire(p.s, "", instant(t, "24 00:00")), to)
	}
}

// TestDropsOfMoreThanAreKept: of more abouts than are kept, those that were
// quiet longest are forgotten, and the others judged as if they were alone.
func TestDropsOfMoreThanAreKept(t *testing.T) {
	t.Parallel()
	const abouts, kept = 230, 200
	p := newPerson(t, matcherOf(t, "when: {drop: {event: used, by: 50%, per: day}}\nabout: device"))
	start := instant(t, "01 12:00")
	for day := range 8 {
		for i := range abouts {
			if day == 7 && i%2 == 0 {
				continue // half of them stop
			}
			at := start.AddDate(0, 0, day).Add(time.Duration(i) * time.Second)
			p.take(customer.Event{MessageID: fmt.Sprint(day, i), Name: "used", At: at, Properties: map[string]customer.Value{"device": customer.Text(fmt.Sprintf("d%03d", i))}})
		}
		require.Len(t, p.m.Abouts(p.s.State), kept)
	}
	found := p.pass(instant(t, "09 00:00"))
	require.Empty(t, found, "each came anew every day, when another one had taken its place")

	p = newPerson(t, p.m)
	for day := range 8 {
		for i := range kept {
			if day == 7 && i%2 == 0 {
				continue
			}
			at := start.AddDate(0, 0, day).Add(time.Duration(i) * time.Second)
			p.take(customer.Event{MessageID: fmt.Sprint(day, i), Name: "used", At: at, Properties: map[string]customer.Value{"device": customer.Text(fmt.Sprintf("d%03d", i))}})
		}
	}
	p.take(p.event("08 13:00", "used", "device", "new"))
	require.Len(t, p.pass(instant(t, "09 00:00")), kept/2-1, "the one that was quiet longest had to go")
	require.Zero(t, p.m.NextDue(p.s, "d000", instant(t, "09 00:00")))
}
