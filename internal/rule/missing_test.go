package rule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

func TestMissingWithin(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {missing: {event: bought, after: opened, within: 2h}}`))
	live(p, at("opened", "02 10:00", 0))
	require.Equal(t, instant(t, "02 12:00"), p.m.NextDue(p.s, "", instant(t, "02 10:00")))
	require.Empty(t, p.pass(instant(t, "02 11:59")))
	require.Equal(t, []rule.Reason{{At: instant(t, "02 12:00"), Key: "opened at 02 10:00", Trigger: "opened at 02 10:00"}}, p.pass(instant(t, "02 12:00")))
	require.Empty(t, p.pass(instant(t, "02 13:00")))
	require.Zero(t, p.m.NextDue(p.s, "", instant(t, "02 12:00")))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "05 10:00")), "it stays until it is answered")
	live(p, at("opened", "02 14:00", 0))
	require.True(t, p.m.Holds(p.s, p.reasons[0], instant(t, "05 10:00")), "the earliest that is not answered counts")
	live(p, at("bought", "02 15:00", 0))
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "02 15:00")))
	require.Empty(t, p.pass(instant(t, "30 10:00")))
	live(p, at("opened", "03 10:00", 0))
	require.Len(t, p.pass(instant(t, "03 12:00")), 1)
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "03 12:00")), "that is another reason")
}

func TestMissingCameInTime(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, `when: {missing: {event: bought, after: opened, within: 2h}}`)
	for name, history := range map[string][]lived{
		"after it":                         {at("opened", "02 10:00", 0), at("bought", "02 11:00", 0)},
		"at the same instant":              {at("opened", "02 10:00", 0), at("bought", "02 10:00", 0)},
		"heard of first":                   {at("bought", "02 11:00", 0), at("opened", "02 10:00", 0)},
		"at the same instant, heard first": {at("bought", "02 10:00", 0), at("opened", "02 10:00", 0)},
		"the first of two":                 {at("opened", "02 10:00", 0), at("opened", "02 10:30", 0), at("bought", "02 11:00", 0)},
		"only the other":                   {at("bought", "02 10:00", 0)},
	} {
		p := newPerson(t, m)
		live(p, history...)
		require.Empty(t, p.pass(instant(t, "30 10:00")), name)
		require.Empty(t, p.replayed(instant(t, "30 10:00")), name)
	}
}

func TestMissingCameTooLate(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {missing: {event: bought, after: opened, within: 2h}}`))
	live(p, at("opened", "02 10:00", 0), at("bought", "02 13:00", 1))
	require.Equal(t, instant(t, "02 12:00"), p.reasons[0].At)
	require.False(t, p.m.Holds(p.s, p.reasons[0], instant(t, "02 13:00")), "and it is over at once")
	before := newPerson(t, p.m)
	live(before, at("bought", "02 09:00", 0), at("opened", "02 10:00", 0))
	require.Len(t, before.pass(instant(t, "02 12:00")), 1, "what came before does not count")
}

// TestMissingOutOfOrder: an answer that is heard of late leaves what came
// after it unanswered.
func TestMissingOutOfOrder(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {missing: {event: bought, after: opened, within: 2h}}`))
	live(p, at("opened", "02 10:00", 0), at("opened", "02 11:00", 0), at("bought", "02 10:30", 0))
	require.Equal(t, 1, p.asked)
	require.Equal(t, instant(t, "02 13:00"), p.m.NextDue(p.s, "", instant(t, "02 11:00")))
	require.Equal(t, []rule.Reason{{At: instant(t, "02 13:00"), Key: "opened at 02 11:00", Trigger: "opened at 02 11:00"}}, p.pass(instant(t, "03 00:00")))
	live(p, at("opened", "02 10:45", 0))
	require.Equal(t, instant(t, "02 12:45"), p.pass(instant(t, "03 00:00"))[0].At, "an earlier one was not answered")
}

func TestMissingByAPromise(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, "when: {missing: {event: arrived, after: ordered, by: promised}}\nabout: order"))
	order := func(at, order string, promised any) lived {
		return lived{at, "ordered", []any{"order", order, "promised", promised}, 0}
	}
	arrived := func(at, order string, reasons int) lived { return lived{at, "arrived", []any{"order", order}, reasons} }
	live(p, order("02 10:00", "a", "2026-11-05T18:00:00Z"), order("02 11:00", "b", "2026-11-04T18:00:00Z"), order("02 12:00", "c", "soon"),
		lived{"02 12:00", "ordered", []any{"order", "d"}, 0}, arrived("04 10:00", "a", 0))
	require.Equal(t, []string{"a", "b"}, p.m.Abouts(p.s.State))
	require.Equal(t, []rule.Reason{{At: instant(t, "04 18:00"), About: "b", Key: "ordered at 02 11:00", Trigger: "ordered at 02 11:00",
		Match: map[string]customer.Value{"promised": customer.Text("2026-11-04T18:00:00Z")}}}, p.pass(instant(t, "20 10:00")))
	live(p, arrived("20 11:00", "b", 0), arrived("20 12:00", "e", 0))
	require.Empty(t, p.pass(instant(t, "30 10:00")))
	require.Len(t, p.replayed(instant(t, "30 10:00")), 1)
}

// TestAPromisedDayIsKeptUntilItEnds on the customer's clock.
func TestAPromisedDayIsKeptUntilItEnds(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	p := newPerson(t, matcherOf(t, `when: {missing: {event: arrived, after: ordered, by: day}}`))
	p.s.Zone = berlin
	live(p, lived{"02 10:00", "ordered", []any{"day", "2026-11-05"}, 0})
	require.Equal(t, instant(t, "2026-11-05T23:00:00Z"), p.m.NextDue(p.s, "", instant(t, "02 10:00")))
}

func TestAPromiseOfThePast(t *testing.T) {
	t.Parallel()
	p := newPerson(t, matcherOf(t, `when: {missing: {event: arrived, after: ordered, by: promised}}`))
	live(p, lived{"02 10:00", "ordered", []any{"promised", "2026-11-01T10:00:00Z"}, 0})
	require.Equal(t, instant(t, "01 10:00"), p.pass(instant(t, "02 10:00"))[0].At)
}

func TestMissingForgets(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, "when: {missing: {event: arrived, after: ordered, within: 3d}}\nabout: order")
	p := newPerson(t, m)
	live(p, lived{"01 10:00", "ordered", []any{"order", "answered"}, 0}, lived{"01 11:00", "arrived", []any{"order", "answered"}, 0},
		lived{"01 10:00", "ordered", []any{"order", "open"}, 0})
	p.take(p.event("2027-01-01 10:00", "ordered", "order", "new"))
	require.Equal(t, []string{"new", "open"}, m.Abouts(p.s.State), "what was answered is forgotten after two months")
	for i := range 250 {
		e := p.event(instant(t, "2027-02-01 10:00").Add(time.Duration(i)*time.Minute).Format(time.RFC3339), "ordered", "order", fmt.Sprintf("x%03d", i))
		e.MessageID = fmt.Sprint("x", i)
		p.take(e)
		if i%2 == 0 {
			e.Name, e.MessageID, e.At = "arrived", e.MessageID+" arrived", e.At.Add(time.Second)
			p.take(e)
		}
	}
	abouts := m.Abouts(p.s.State)
	require.Len(t, abouts, 200)
	require.Contains(t, abouts, "open", "answered ones go first")
	require.Contains(t, abouts, "x249")
	require.NotContains(t, abouts, "x000")
}
