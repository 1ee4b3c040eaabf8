package rule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

// lived is a history as a table: an instant, an event, its properties, and the
// number of new reasons that it brings.
type lived struct {
	at, event  string
	properties []any
	reasons    int
}

func used(at string, mb, reasons int) lived { return lived{at, "used", []any{"mb", mb}, reasons} }

func live(p *person, history ...lived) {
	p.t.Helper()
	for _, h := range history {
		require.Equal(p.t, h.reasons, p.happen(h.at, h.event, h.properties...), "%s %s %v", h.at, h.event, h.properties)
	}
}

func TestUsageOnceAPeriod(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb, reaches: 80%}}`)
	p := newPerson(t, m, "plan_mb", 1000)
	live(p,
		used("02 10:00", 799, 0), used("03 10:00", 1, 1), used("04 10:00", 500, 0),
		used("2026-12-01 10:00", 799, 0), used("2026-12-02 10:00", 1, 1))
	num := customer.Number
	require.Equal(t, []rule.Reason{
		{At: instant(t, "03 10:00"), Key: "2026-11-01T00:00:00Z/1000", Trigger: "used at 03 10:00",
			Match: map[string]customer.Value{"used": num(800), "limit": num(1000), "share": num(.8), "left": num(200)}},
		{At: instant(t, "2026-12-02 10:00"), Key: "2026-12-01T00:00:00Z/1000", Trigger: "used at 02 10:00",
			Match: map[string]customer.Value{"used": num(800), "limit": num(1000), "share": num(.8), "left": num(200)}},
	}, p.reasons)
	require.Zero(t, p.asked, "nothing came out of order")
}

func TestUsageOverTheLimitLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: day, limit: plan_mb, reaches: 80%}}`), "plan_mb", 100)
	live(p, used("02 10:00", 250, 1))
	require.Equal(t, customer.Number(0), p.reasons[0].Match["left"])
	require.Equal(t, customer.Number(2.5), p.reasons[0].Match["share"])
}

func TestUsageAgainWhenTheLimitGrows(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}`)
	p := newPerson(t, m, "plan_mb", 1000)
	topUp := func(at string, mb, reasons int) lived { return lived{at, "topped_up", []any{"mb", mb}, reasons} }
	live(p,
		used("02 10:00", 850, 1), topUp("03 10:00", 1000, 0), used("04 10:00", 700, 0), used("05 10:00", 50, 1),
		topUp("06 10:00", 10, 0), used("07 10:00", 8, 1), topUp("08 10:00", 1, 0), used("09 10:00", 500, 1), used("10 10:00", 500, 0))
	keys := []string{}
	for _, r := range p.reasons {
		keys = append(keys, r.Key)
	}
	require.Equal(t, []string{"2026-11-01T00:00:00Z/1000", "2026-11-01T00:00:00Z/2000", "2026-11-01T00:00:00Z/2010", "2026-11-01T00:00:00Z/2011"}, keys)
	// The top-ups of November are no part of December's limit.
	live(p, used("2026-12-01 10:00", 799, 0), used("2026-12-01 11:00", 1, 1))
	require.Equal(t, customer.Number(1000), p.reasons[4].Match["limit"])
}

func TestUsageNeverWithoutALimit(t *testing.T) {
	t.Parallel()
	for limit, traits := range map[string][]any{
		"plan_mb":            {},
		"plan_mb * 1":        {"plan_mb", 0},
		"plan_mb - 5000":     {"plan_mb", 1000},
		"plan_mb / seats":    {"plan_mb", 1000, "seats", 0},
		"plan_mb / 1":        {"plan_mb", "many"},
		"plan_mb + seats":    {"plan_mb", 1000},
		"latest(level.most)": {},
	} {
		p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: "`+limit+`", reaches: 80%}}`), traits...)
		live(p, used("02 10:00", 1_000_000, 0))
		require.Empty(t, p.periods(p.replayed(instant(t, "03 10:00"))), limit)
	}
	p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb / seats, reaches: 80%}}`), "plan_mb", 1000, "seats", 4)
	live(p, used("02 10:00", 199, 0), used("02 11:00", 1, 1))
}

// TestDecimalsReachTheLimit: eight times a tenth is four fifths, though not in
// binary fractions.
func TestDecimalsReachTheLimit(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb, reaches: 80%}}`), "plan_mb", 1)
	for i := range 7 {
		require.Zero(t, p.happen(fmt.Sprintf("02 10:0%d", i), "used", "mb", "0.1"))
	}
	require.Equal(t, 1, p.happen("02 11:00", "used", "mb", "0.1"))
}

func TestUsageCounts(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {count: opened, per: week, limit: 3, reaches: 100%}}`))
	open := func(at string, reasons int) lived { return lived{at, "opened", nil, reasons} }
	live(p, open("02 10:00", 0), open("03 10:00", 0), open("04 10:00", 1), open("05 10:00", 0),
		open("09 00:00", 0), open("09 00:01", 0), open("15 23:59", 1))
}

func TestUsageWithoutAPeriod(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {count: opened, limit: 3, reaches: 100%}}`))
	open := func(at string, reasons int) lived { return lived{at, "opened", nil, reasons} }
	live(p, open("02 10:00", 0), open("2026-12-03 10:00", 0), open("2027-12-04 10:00", 1), open("2028-12-05 10:00", 0))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2030-01-01 00:00")))
	require.Zero(t, p.m.PeriodEnd(p.s, instant(t, "02 10:00")))
}

func TestUsageOfTheLatestArmsAgainBelow(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {latest: level.percent, limit: latest(level.most), reaches: 90%}}`))
	level := func(at string, percent, reasons int) lived {
		return lived{at, "level", []any{"percent", percent, "most", 100}, reasons}
	}
	live(p, level("02 10:00", 95, 1), level("02 11:00", 99, 0), level("02 12:00", 89, 0), level("02 13:00", 90, 1),
		level("02 14:00", 20, 0), level("2027-01-01 00:00", 100, 1))
	require.Equal(t, p.reasons, p.replayed(instant(t, "2027-01-02 00:00")))
	live(p, lived{"2027-01-03 00:00", "level", []any{"most", 200}, 0}, level("2027-01-04 00:00", 91, 0))
}

func TestUsageOfTheLatestInAPeriod(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {latest: level.percent, per: day, limit: 100, reaches: 90%}}`))
	level := func(at string, percent, reasons int) lived {
		return lived{at, "level", []any{"percent", percent}, reasons}
	}
	live(p, level("02 10:00", 95, 1), level("02 12:00", 80, 0), level("02 13:00", 95, 1), level("03 10:00", 95, 1), level("03 11:00", 96, 0))
}

func TestUsageByAbout(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, "when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}\nabout: device")
	p := newPerson(t, m, "plan_mb", 100)
	use := func(at, device string, mb, reasons int) lived {
		return lived{at, "used", []any{"mb", mb, "device", device}, reasons}
	}
	live(p, use("02 10:00", "a", 70, 0), use("02 11:00", "b", 80, 1), use("02 12:00", "a", 10, 1), used("02 13:00", 500, 0),
		lived{"02 14:00", "topped_up", []any{"mb", 100, "device", "a"}, 0}, use("02 15:00", "b", 10, 0), use("02 16:00", "a", 79, 0), use("02 17:00", "a", 1, 1))
	abouts := []string{}
	for _, r := range p.reasons {
		abouts = append(abouts, r.About)
	}
	require.Equal(t, []string{"b", "a", "a"}, abouts)
	// The plan is everybody's: a change of the profile concerns every device.
	// Who stays above the share with the grown limit is not told again.
	p.s.Profile.Traits["plan_mb"] = customer.Number(110)
	require.Empty(t, p.take(p.event("02 18:00", customer.Identified)), "b has 90 of 110")
	live(p, use("02 18:10", "b", 1, 0))
	p.s.Profile.Traits["plan_mb"] = customer.Number(120)
	require.Empty(t, p.take(p.event("02 18:20", customer.Identified)), "b has 91 of 120: below, and armed anew")
	live(p, use("02 18:30", "b", 5, 1))
	require.Len(t, m.Stands(p.s, instant(t, "02 19:00")), 2)
}

func TestUsageSinceAnEvent(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: since renewed, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}`), "plan_mb", 100)
	renewed := func(at string, reasons int) lived { return lived{at, "renewed", nil, reasons} }
	live(p, used("02 10:00", 80, 1), renewed("03 10:00", 0), used("03 11:00", 79, 0), used("03 12:00", 1, 1))
	require.Zero(t, p.asked)
	// A renewal that is heard of late splits what was counted as one.
	live(p, used("04 12:00", 79, 0), renewed("04 10:00", 0), used("04 13:00", 1, 1))
	require.Equal(t, p.periodsSince(), p.periodsOfReplay(t))
	require.True(t, p.m.Holds(p.s, p.reasons[2], instant(t, "05 10:00")))
	require.False(t, p.m.Holds(p.s, p.reasons[1], instant(t, "05 10:00")), "that period is over")
}

// TestATurnComesBeforeTheRestOfItsInstant, whichever is heard of first and
// whatever their message ids.
func TestATurnComesBeforeTheRestOfItsInstant(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {usage: {count: opened, per: since renewed, limit: 2, reaches: 100%}}`)
	for name, order := range map[string][]string{"the turn first": {"renewed", "opened"}, "the turn last": {"opened", "renewed"}} {
		p := newPerson(t, m)
		live(p, at("opened", "02 10:00", 0), at("renewed", "02 10:30", 0))
		for _, event := range order {
			p.happen("02 11:00", event)
		}
		live(p, at("opened", "02 12:00", 1))
		require.Equal(t, "2026-11-02T11:00:00Z/2", p.reasons[0].Key, name)
		require.Equal(t, p.reasons, p.replayed(instant(t, "03 00:00")), name)
	}
}

func (p *person) periodsSince() (keys []string) {
	for _, r := range p.reasons {
		keys = append(keys, r.Key)
	}
	return keys
}

func (p *person) periodsOfReplay(t *testing.T) (keys []string) {
	for _, r := range p.replayed(instant(t, "2027-01-01 00:00")) {
		keys = append(keys, r.Key)
	}
	return keys
}

func TestUsageHoldsWhileItDoes(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {usage: {sum: used.mb, per: month from billing_day, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}`)
	p := newPerson(t, m, "plan_mb", 100, "billing_day", 15)
	live(p, used("20 10:00", 85, 1))
	why := p.reasons[0]
	require.Equal(t, "2026-11-15T00:00:00Z/100", why.Key)
	require.Equal(t, instant(t, "2026-12-15 00:00"), m.PeriodEnd(p.s, why.At))
	require.True(t, m.Holds(p.s, why, instant(t, "2026-12-14 23:59")))
	require.False(t, m.Holds(p.s, why, instant(t, "2026-12-15 00:00")), "the period turned")
	live(p, lived{"21 10:00", "topped_up", []any{"mb", 100}, 0})
	require.False(t, m.Holds(p.s, why, instant(t, "21 10:00")), "a top-up took it away")
	p.s.Profile.Traits["plan_mb"] = customer.Value{}
	require.False(t, m.Holds(p.s, why, instant(t, "20 11:00")), "nobody knows the limit")
}

// TestALateEventIsJudgedAtItsInstant: the crossing is the event's that made
// the total cross, not of the one that came last.
func TestALateEventIsJudgedAtItsInstant(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb, reaches: 80%}}`), "plan_mb", 100)
	live(p, used("02 10:00", 40, 0), used("09 10:00", 39, 0), used("03 10:00", 1, 1), used("04 10:00", 50, 0))
	require.Equal(t, instant(t, "09 10:00"), p.reasons[0].At)
	require.Equal(t, 1, p.asked, "the log is read when something crossed, and only then")
	require.Equal(t, customer.Number(80), p.reasons[0].Match["used"])

	live(p, used("2027-01-05 10:00", 1, 0), used("10 10:00", 500, 0))
	require.Len(t, p.reasons, 1, "November is too long ago to count")
}

// TestALimitIsThatOfTheInstant: a top-up that came later does not hide that
// the limit of before was nearly reached.
func TestALimitIsThatOfTheInstant(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}`)
	p := newPerson(t, m, "plan_mb", 100)
	live(p, lived{"05 10:00", "topped_up", []any{"mb", 100}, 0}, used("03 10:00", 90, 1))
	require.Equal(t, customer.Number(100), p.reasons[0].Match["limit"])
	require.False(t, m.Holds(p.s, p.reasons[0], instant(t, "05 11:00")))
}

func TestTheMarksOfTwoPeriodsAreKept(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {usage: {count: opened, per: day, limit: 1, reaches: 100%}}`))
	for day := range 20 {
		at := instant(t, "01 10:00").AddDate(0, 0, day)
		require.Equal(t, 1, p.happen(at.Format(time.RFC3339), "opened"))
		require.Equal(t, 0, p.happen(at.Add(time.Hour).Format(time.RFC3339), "opened"))
		require.Equal(t, 0, p.happen(at.Add(-time.Hour).Format(time.RFC3339), "opened"))
	}
	require.Len(t, p.s.State.Marks["mine"], 2)
}

// TestALateTopUpArmsAnew hears of a top-up after the use that followed it: the
// grown limit is reached anew.
func TestALateTopUpArmsAnew(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}"), "plan_mb", 100)
	live(p, used("02 10:00", 85, 1), used("02 12:00", 2, 0), lived{"02 11:00", "topped_up", []any{"mb", 100}, 0}, used("02 13:00", 80, 1))
}
