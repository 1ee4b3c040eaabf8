package behaviour_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind           behaviour.PeriodKind
		day            float64
		zone, at       string
		from, to, what string
	}{
		{behaviour.Day, 0, "Europe/Berlin", "2026-11-23T22:59:59Z", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", "the last second"},
		{behaviour.Day, 0, "Europe/Berlin", "2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z", "the first instant is in"},
		{behaviour.Day, 0, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "23 hours"},
		{behaviour.Day, 0, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "25 hours"},
		{behaviour.Day, 0, "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", "midnight is skipped"},
		{behaviour.Day, 0, "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "the day before it"},
		{behaviour.Day, 0, "America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z", "an hour before midnight comes again"},
		{behaviour.Day, 0, "America/Havana", "2026-11-01T04:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", "midnight comes twice"},
		{behaviour.Day, 0, "America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", "a minute of the next day"},
		{behaviour.Day, 0, "America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", "then 23:01 again: still the one period"},
		{behaviour.Day, 0, "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "before the day that did not happen"},
		{behaviour.Day, 0, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "after it"},
		{behaviour.Week, 0, "Europe/Berlin", "2026-11-23T00:00:00Z", "2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z", "Monday"},
		{behaviour.Week, 0, "Europe/Berlin", "2026-11-22T22:00:00Z", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z", "Sunday night"},
		{behaviour.Week, 0, "America/New_York", "2026-01-01T12:00:00Z", "2025-12-29T05:00:00Z", "2026-01-05T05:00:00Z", "across the year"},
		{behaviour.Month, 0, "Europe/Berlin", "2026-12-31T22:59:00Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z", "December"},
		{behaviour.Month, 0, "Europe/Berlin", "2026-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z", "January"},
		{behaviour.Month, 0, "Europe/Berlin", "2026-03-31T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "a clock change inside"},
		{behaviour.MonthFrom, 15, "UTC", "2026-11-14T23:59:59Z", "2026-10-15T00:00:00Z", "2026-11-15T00:00:00Z", "the day before"},
		{behaviour.MonthFrom, 15, "UTC", "2026-11-15T00:00:00Z", "2026-11-15T00:00:00Z", "2026-12-15T00:00:00Z", "the day itself"},
		{behaviour.MonthFrom, 15, "UTC", "2027-01-03T00:00:00Z", "2026-12-15T00:00:00Z", "2027-01-15T00:00:00Z", "across the year"},
		{behaviour.MonthFrom, 31, "UTC", "2026-02-27T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "January has a 31st"},
		{behaviour.MonthFrom, 31, "UTC", "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "February's last"},
		{behaviour.MonthFrom, 31, "UTC", "2024-02-28T12:00:00Z", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "a leap year"},
		{behaviour.MonthFrom, 30, "UTC", "2024-02-29T12:00:00Z", "2024-02-29T00:00:00Z", "2024-03-30T00:00:00Z", "29 February"},
		{behaviour.MonthFrom, 31, "UTC", "2026-04-30T00:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z", "30 days"},
		{behaviour.MonthFrom, 1, "Africa/Cairo", "2026-11-23T00:00:00Z", "2026-10-31T22:00:00Z", "2026-11-30T22:00:00Z", "on the wall"},
		{behaviour.NoPeriod, 0, "UTC", "2026-11-23T00:00:00Z", "0001-01-01T00:00:00Z", "", "for ever"},
	} {
		day := customer.Value{}
		if c.day > 0 {
			day = customer.Number(c.day)
		}
		p := behaviour.Period{Kind: c.kind}
		if c.kind == behaviour.MonthFrom {
			p.Of = "day"
		}
		from, to, ok := p.Bounds(instant(t, c.at), clock(zone(t, c.zone), day))
		require.True(t, ok, c.what)
		require.Equal(t, c.from, from.Format(time.RFC3339), "%s %s: %s", p, c.at, c.what)
		if c.to != "" {
			require.Equal(t, c.to, to.Format(time.RFC3339), "%s %s: %s", p, c.at, c.what)
		}
	}
}

func TestBoundsNeedADayOfAMonth(t *testing.T) {
	t.Parallel()
	p := behaviour.Period{Kind: behaviour.MonthFrom, Of: "day"}
	for _, day := range []customer.Value{{}, customer.Number(0), customer.Number(32), customer.Number(1.5), customer.Text("first"), customer.Number(-3)} {
		_, _, ok := p.Bounds(start, clock(time.UTC, day))
		require.False(t, ok, day.String())
	}
	_, _, ok := p.Bounds(start, behaviour.Clock{Zone: time.UTC})
	require.False(t, ok, "nobody knows traits")
	_, _, ok = p.Bounds(start, clock(time.UTC, customer.Text("15")))
	require.True(t, ok, "a text that is a number")
}

// TestPeriodsFollowEachOther holds every calendar to its law: each instant is
// in the one period that Bounds gives, which ends where the next one begins.
func TestPeriodsFollowEachOther(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Pacific/Apia",
		"Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "America/Asuncion", "Pacific/Kiritimati", "Asia/Tehran"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		p := behaviour.Period{
			Kind: rapid.SampledFrom([]behaviour.PeriodKind{behaviour.Day, behaviour.Week, behaviour.Month, behaviour.MonthFrom}).Draw(t, "kind"),
			Of:   "day",
		}
		c := clock(rapid.SampledFrom(zones).Draw(t, "zone"), customer.Number(float64(rapid.IntRange(1, 31).Draw(t, "day"))))
		at := time.Unix(rapid.Int64Range(946_684_800, 2_000_000_000).Draw(t, "at"), 0).UTC()
		if rapid.Bool().Draw(t, "near a clock change") {
			if _, change := at.In(c.Zone).ZoneBounds(); !change.IsZero() {
				at = change.Add(time.Duration(rapid.IntRange(-7200, 7200).Draw(t, "from the change")) * time.Second).UTC()
			}
		}
		from, to, ok := p.Bounds(at, c)
		if !ok || at.Before(from) || !at.Before(to) {
			t.Fatalf("%s at %s: %s to %s", p, at, from, to)
		}
		for _, inside := range []time.Time{from, to.Add(-time.Microsecond)} {
			if f, e, _ := p.Bounds(inside, c); !f.Equal(from) || !e.Equal(to) {
				t.Fatalf("%s at %s: %s to %s, at %s: %s to %s", p, at, from, to, inside, f, e)
			}
		}
		if next, _, _ := p.Bounds(to, c); !next.Equal(to) {
			t.Fatalf("%s: one ends at %s, the next begins at %s", p, to, next)
		}
	})
}
