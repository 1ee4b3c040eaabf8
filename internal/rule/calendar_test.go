package rule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

// points gives the instants and lengths of a date's reasons.
func points(side string, reasons []rule.Reason) []string {
	var list []string
	for _, r := range reasons {
		list = append(list, r.At.Format("2006-01-02 15:04 ")+r.Match[side].String())
	}
	return list
}

func TestDate(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {date: {of: ends, before: [30d, 7d, 1d]}}`), "ends", "2026-12-01")
	p.s.Zone = berlin(t)
	require.Equal(t, instant(t, "2026-10-31T23:00:00Z"), p.m.NextDue(p.s, "", instant(t, "2026-10-20 00:00")))
	require.Empty(t, p.pass(instant(t, "2026-10-31T22:59:00Z")))
	found := p.pass(instant(t, "2026-10-31T23:00:00Z"))
	require.Equal(t, []rule.Reason{{
		At: instant(t, "2026-10-31T23:00:00Z"), Key: "2026-12-01/before/30d",
		Match: map[string]customer.Value{"day": customer.Text("2026-12-01"), "before": customer.Text("30d")},
	}}, found)
	require.Empty(t, p.pass(instant(t, "2026-11-20 00:00")))
	require.Equal(t, []string{"2026-11-23 23:00 7d", "2026-11-29 23:00 1d"}, points("before", p.pass(instant(t, "2026-12-10 00:00"))))
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "2026-12-10 00:00")))
	require.True(t, p.m.Holds(p.s, found[0], instant(t, "2026-12-10 00:00")))
	p.s.Profile.Traits["ends"] = customer.Text("2027-12-01")
	require.False(t, p.m.Holds(p.s, found[0], instant(t, "2026-12-10 00:00")), "the day has moved")
	require.Equal(t, instant(t, "2027-10-31T23:00:00Z"), p.m.Awaited(p.s, "", instant(t, "2026-12-10 00:00")))
}

// TestDateAfterAnInstant: the local day counts, not the hour.
func TestDateAfterAnInstant(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {date: {of: started, after: 2w}}\naudience: match.after == 14d"), "started", "2026-10-24T22:30:00Z")
	p.s.Zone = berlin(t) // 25 October 00:30, the clocks go back that day
	require.Equal(t, "2026-11-07T23:00:00Z", p.m.NextDue(p.s, "", instant(t, "2026-10-25 12:00")).Format(time.RFC3339))
	found := p.pass(instant(t, "2026-11-08 12:00"))
	require.Len(t, found, 1)
	require.True(t, p.m.Fits(p.s, found[0].At, "", &rule.Story{Match: found[0].Match}))
}

// TestADateLongGone: of what was told late only the last month is looked at.
func TestADateLongGone(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {date: {of: ends, before: [60d, 3d]}}`), "ends", "2026-11-12")
	now := instant(t, "20 12:00")
	require.Equal(t, instant(t, "09 00:00"), p.m.Awaited(p.s, "", now))
	require.Equal(t, []string{"2026-11-09 00:00 3d"}, points("before", p.pass(now)))
	require.Zero(t, p.m.Awaited(p.s, "", now))
	p.s.Profile.Traits["ends"] = customer.Text("soon")
	require.Empty(t, p.pass(now))
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {schedule: [Mon 18:00-20:00, \"Wed 02:30\"]}\naudience: plan == \"surf\""), "plan", "surf")
	p.s.Zone, p.s.Profile.Since = berlin(t), instant(t, "2027-03-22 12:00")
	require.Equal(t, instant(t, "2027-03-22T17:00:00Z"), p.m.NextDue(p.s, "", p.s.Profile.Since))
	found := p.pass(instant(t, "2027-03-22T17:00:30Z"))
	require.Equal(t, []rule.Reason{{At: instant(t, "2027-03-22T17:00:00Z"), Key: "2027-03-22T18:00"}}, found)
	require.Equal(t, instant(t, "2027-03-24T01:30:00Z"), p.m.NextDue(p.s, "", instant(t, "2027-03-22T18:00:00Z")), "not again within the window")
	p.s.Profile.Traits["plan"] = customer.Text("basic")
	require.Empty(t, p.pass(instant(t, "2027-03-24T01:30:00Z")), "not in the audience then")
	p.s.Profile.Traits["plan"] = customer.Text("surf")
	require.Empty(t, p.pass(instant(t, "2027-03-24T12:00:00Z")), "nor later")
	require.Equal(t, instant(t, "2027-03-29T16:00:00Z"), p.m.NextDue(p.s, "", instant(t, "2027-03-25 00:00")), "summer time")
	require.Len(t, p.pass(instant(t, "2027-04-12T17:00:00Z")), 1, "of what was missed the newest")
}

// TestATimeBeforeSomebodyWasKnown is not theirs.
func TestATimeBeforeSomebodyWasKnown(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {schedule: Mon 18:00}"))
	p.s.Profile.Since = instant(t, "23 18:00")
	require.Empty(t, p.pass(instant(t, "23 19:00")))
	require.Len(t, p.pass(instant(t, "30 18:00")), 1)
}

// TestATravellerHasEachTimeOnce: by the reading of their clock.
func TestATravellerHasEachTimeOnce(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {schedule: Mon 18:00}"))
	p.s.Zone = berlin(t)
	require.Len(t, p.pass(instant(t, "23 17:00")), 1)
	p.s.Zone = zone(t, "America/Los_Angeles")
	require.Empty(t, p.pass(instant(t, "24 02:00")), "18:00 again, west of here")
	require.Len(t, p.pass(instant(t, "2026-12-01 02:00")), 1)
}

func TestBecomes(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when:\n  becomes: count(bought, 30d) >= 2 and plan == \"surf\""), "plan", "surf")
	live(p, at("bought", "01 10:00", 0), at("bought", "05 10:00", 1), at("bought", "06 10:00", 0))
	require.Equal(t, []rule.Reason{{At: instant(t, "05 10:00"), Key: "2026-11-05T10:00:00Z", Trigger: "bought at 05 10:00"}}, p.reasons)
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "10 10:00")))
	p.s.Profile.Traits["plan"] = customer.Text("basic")
	live(p, at(customer.Identified, "10 10:00", 0))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "10 10:00")))
	p.s.Profile.Traits["plan"] = customer.Text("surf")
	live(p, at(customer.Identified, "11 10:00", 1))
}

// TestBecomesByTime: nothing happens but that time passes.
func TestBecomesByTime(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when:\n  becomes: happened(bought) and not happened(bought, 7d)"))
	live(p, at("bought", "01 10:00", 0))
	require.Equal(t, instant(t, "08 10:00"), p.m.NextDue(p.s, "", instant(t, "01 10:00")))
	require.Equal(t, instant(t, "08 10:00"), p.m.Awaited(p.s, "", instant(t, "20 10:00")), "which is past by then")
	require.Equal(t, []rule.Reason{{At: instant(t, "08 10:00"), Key: "2026-11-08T10:00:00Z"}}, p.pass(instant(t, "09 12:00")))
	require.Empty(t, p.pass(instant(t, "20 12:00")))
	live(p, at("bought", "21 10:00", 0), at("bought", "29 10:00", 1))
}

// TestBecomesOnlyUnderItsEyes: what was so before the rule came is no turn.
func TestBecomesOnlyUnderItsEyes(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when:\n  becomes: plan == \"surf\""), "plan", "surf")
	live(p, at(customer.Identified, "01 10:00", 0), at(customer.Identified, "02 10:00", 0))
	require.Empty(t, p.replayed(instant(t, "03 10:00")))
}

func TestUnusualSilence(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {silent: {event: opened, for: unusual}}`))
	live(p, at("opened", "01 10:00", 0), at("opened", "02 10:00", 0), at("opened", "02 18:00", 0), at("opened", "04 10:00", 0),
		at("opened", "05 10:00", 0), at("opened", "07 10:00", 0))
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "07 10:00")), "four gaps say nothing")
	live(p, at("opened", "08 10:00", 0))
	require.Equal(t, instant(t, "12 10:00"), p.m.NextDue(p.s, "", instant(t, "08 10:00")), "twice two days")
	require.Len(t, p.pass(instant(t, "12 10:00")), 1)
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "20 10:00")))
	live(p, at("opened", "21 10:00", 0))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "21 10:00")))
}

func TestUnusualSilenceOfAnyAct(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {silent: {for: unusual}}`))
	for _, day := range []string{"01", "02", "03", "04", "05", "06"} {
		live(p, at("opened", day+" 10:00", 0), at("billed", day+" 12:00", 0))
	}
	require.Equal(t, instant(t, "09 10:00"), p.m.NextDue(p.s, "", instant(t, "06 12:00")), "three days at least")
}

func berlin(t testing.TB) *time.Location { return zone(t, "Europe/Berlin") }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// TestOneOddGapMovesNothing: a holiday does not switch the rule off for weeks.
func TestOneOddGapMovesNothing(t *testing.T) {
	t.Parallel()
	for n := behaviour.EnoughGaps; n <= 20; n++ {
		gaps := make([]int, n)
		for i := range gaps {
			gaps[i] = 2
		}
		usual, ok := behaviour.Unusual(gaps)
		require.True(t, ok)
		gaps[n/2] = 20
		odd, _ := behaviour.Unusual(gaps)
		require.Equal(t, usual, odd, "%d gaps", n)
	}
}
