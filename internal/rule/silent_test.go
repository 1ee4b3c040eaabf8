package rule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

func at(event, at string, reasons int) lived { return lived{at, event, nil, reasons} }

func TestSilentOfAnyAct(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {silent: {for: 7d}}`))
	require.Empty(t, p.pass(instant(t, "2027-01-01 00:00")), "never heard of them")
	live(p, at("opened", "02 10:00", 0), at("bought", "08 10:00", 0), at("billed", "09 10:00", 0))
	require.Equal(t, instant(t, "15 10:00"), p.m.NextDue(p.s, "", instant(t, "09 10:00")), "a bill is no act of theirs")
	require.Empty(t, p.pass(instant(t, "15 09:59")))
	require.Equal(t, []rule.Reason{{At: instant(t, "15 10:00"), Key: "2026-11-08T10:00:00Z"}}, p.pass(instant(t, "15 10:00")))
	require.Empty(t, p.pass(instant(t, "20 10:00")), "once per silence")
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "15 10:00")))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "20 10:00")))
	live(p, at("opened", "20 11:00", 0))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "20 11:00")))
	require.Equal(t, instant(t, "27 11:00"), p.m.NextDue(p.s, "", instant(t, "20 11:00")))
}

// TestANewSilenceIsAnotherOne: the old reason does not come back with it.
func TestANewSilenceIsAnotherOne(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {silent: {for: 7d}}`))
	live(p, at("opened", "02 10:00", 0), at("opened", "20 10:00", 1), at("opened", "28 10:00", 1))
	require.Equal(t, instant(t, "09 10:00"), p.reasons[0].At)
	require.Equal(t, instant(t, "27 10:00"), p.reasons[1].At)
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2026-12-30 10:00")))
	require.Len(t, p.pass(instant(t, "2026-12-30 10:00")), 1)
	live(p, at("opened", "25 10:00", 0))
	require.Len(t, p.reasons, 3, "an older act changes nothing")
}

func TestSilentOfOneEvent(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {silent: {event: bought, for: 1 month}}`))
	live(p, at("opened", "01 10:00", 0))
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "01 10:00")), "they never bought")
	live(p, at("bought", "02 10:00", 0), at("opened", "2026-12-01 10:00", 0))
	require.Len(t, p.pass(instant(t, "2026-12-02 10:00")), 1)
	require.Equal(t, []string{"bought"}, p.m.HistoryEvents())
}

func TestSilentByAbout(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {silent: {event: used, for: 7d}}\nabout: device"))
	live(p, lived{"02 10:00", "used", []any{"device", "a"}, 0}, lived{"05 10:00", "used", []any{"device", "b"}, 0}, at("used", "06 10:00", 0))
	require.Equal(t, []string{"a", "b"}, p.m.Abouts(p.s.State))
	require.Equal(t, instant(t, "12 10:00"), p.m.NextDue(p.s, "b", instant(t, "05 10:00")))
	require.Equal(t, []rule.Reason{{At: instant(t, "09 10:00"), About: "a", Key: "2026-11-02T10:00:00Z"}}, p.pass(instant(t, "10 10:00")))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "10 10:00")))
	live(p, lived{"10 11:00", "used", []any{"device", "a"}, 0})
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "10 12:00")))
}

// TestSilenceKeepsTheWallClock: days are days on the customer's clock, hours
// are hours.
func TestSilenceKeepsTheWallClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for patience, want := range map[string]string{"2d": "2026-10-26T09:00:00Z", "48h": "2026-10-26T08:00:00Z"} {
		p := newPerson(t, matcherOf(t, `when: {silent: {for: `+patience+`}}`))
		p.s.Zone = berlin
		live(p, at("opened", "2026-10-24T08:00:00Z", 0))
		require.Equal(t, want, p.m.NextDue(p.s, "", instant(t, "2026-10-24T08:00:00Z")).Format(time.RFC3339), patience)
	}
}

// TestAMoveIsNoNewSilence: the instant moves with the zone, the reason's
// identity does not.
func TestAMoveIsNoNewSilence(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	p := newPerson(t, matcherOf(t, `when: {silent: {for: 1 month}}`))
	p.s.Zone = berlin
	live(p, at("opened", "2026-10-10T08:00:00Z", 0))
	require.Len(t, p.pass(instant(t, "2026-11-10T09:00:00Z")), 1)
	p.s.Zone = time.UTC
	require.Empty(t, p.pass(instant(t, "2026-11-20T09:00:00Z")))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2026-11-20T09:00:00Z")))
}

func TestEventWhere(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {event: bought, where: total > 100 and plan == \"surf\"}"), "plan", "surf")
	live(p, lived{"02 10:00", "bought", []any{"total", 100}, 0}, lived{"02 11:00", "bought", []any{"total", 101}, 1},
		at("bought", "02 12:00", 0), lived{"02 13:00", "bought", []any{"total", "a lot"}, 0}, at("opened", "02 14:00", 0))
	require.Equal(t, []rule.Reason{{At: instant(t, "02 11:00"), Key: "bought at 02 11:00", Trigger: "bought at 02 11:00"}}, p.reasons)
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "2030-01-01 00:00")), "it happened")
	p.s.Profile.Traits["plan"] = customer.Text("basic")
	live(p, lived{"03 11:00", "bought", []any{"total", 101}, 0})
}

func TestEventByAbout(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {event: ordered}\nabout: order"))
	live(p, lived{"02 10:00", "ordered", []any{"order", "007"}, 1}, at("ordered", "02 11:00", 0))
	require.Equal(t, "007", p.reasons[0].About)
	event := p.event("03 10:00", "arrived", "order", "007")
	require.True(t, p.m.Joins(event, "007"))
	require.False(t, p.m.Joins(event, "7"))
	require.True(t, p.m.Joins(p.event("03 10:00", "opened"), "007"), "what has no order concerns all of them")
}
