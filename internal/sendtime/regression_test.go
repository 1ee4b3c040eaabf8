package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// What other engines are known to get wrong, by name.

// Adding a day's length and then the hours of the offset of today gives 10:00 in spring and 08:00 in autumn.
func TestNext_nineInNewYorkAskedTheDayBeforeAClockChange(t *testing.T) {
	t.Parallel()
	newYork := zone(t, "America/New_York")
	for _, c := range []struct{ day, want string }{
		{"2026-03-07", "2026-03-08T09:00:00-04:00"},
		{"2026-10-31", "2026-11-01T09:00:00-05:00"},
	} {
		for hour := 10; hour < 24; hour++ {
			midnight, err := time.ParseInLocation(time.DateOnly, c.day, newYork)
			require.NoError(t, err)
			now := midnight.Add(time.Duration(hour)*time.Hour + time.Minute)
			for _, text := range []string{"daily 09:00", "daily 09:00-10:00", "cron 0 9 * * *", "Sun 09:00"} {
				got := sendtime.Next(sendtime.Request{Now: now, Zone: newYork, When: when(t, text)})
				require.Equal(t, c.want, reads(got.At, newYork), "%s asked at %s", text, now)
			}
			got := sendtime.Next(sendtime.Request{Now: now, Zone: newYork, Hours: hours(sunday + 9)})
			require.Equal(t, c.want, reads(got.At, newYork), "hours asked at %s", now)
		}
	}
}

// In UTC that is Tuesday: the weekday has to be looked up on the customer's clock, whatever day it is elsewhere.
func TestNext_mondayEveningInLosAngelesIsMondayThere(t *testing.T) {
	t.Parallel()
	losAngeles := zone(t, "America/Los_Angeles")
	for hour := range 7 * 24 {
		now := at(t, "2026-11-24T05:01:00Z").Add(time.Duration(hour) * time.Hour)
		for _, r := range []sendtime.Request{
			{When: when(t, "Mon 20:30")},
			{When: when(t, "cron 30 20 * * MON")},
			{Hours: hours(monday+20, monday+19), Spread: threeQuarters},
		} {
			r.Now, r.Zone = now, losAngeles
			require.Equal(t, "2026-11-30T20:30:00-08:00", reads(sendtime.Next(r).At, losAngeles), "asked at %s", now)
		}
	}
}

// One zone for all of the United States writes to California at six in the morning.
func TestNext_oneCountryHasManyClocks(t *testing.T) {
	t.Parallel()
	ask := sendtime.Request{Now: at(t, "2026-11-23T05:00:00Z"), When: when(t, "daily 09:00"), Legal: []sendtime.When{when(t, "daily 08:00-21:00")}}
	for name, want := range map[string]string{
		"America/New_York":    "2026-11-23T09:00:00-05:00",
		"America/Chicago":     "2026-11-23T09:00:00-06:00",
		"America/Phoenix":     "2026-11-23T09:00:00-07:00",
		"America/Los_Angeles": "2026-11-23T09:00:00-08:00",
		"Pacific/Honolulu":    "2026-11-23T09:00:00-10:00",
	} {
		ask.Zone = zone(t, name)
		require.Equal(t, want, reads(sendtime.Next(ask).At, ask.Zone))
	}
	// Whoever may be in any of them is reached when all of them are open.
	ask.Zone, ask.When = zone(t, "America/New_York"), when(t, "daily 09:00-21:00")
	for _, name := range []string{"America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu"} {
		ask.Also = append(ask.Also, zone(t, name))
	}
	got := sendtime.Next(ask)
	require.Equal(t, "2026-11-23T13:00:00-05:00", reads(got.At, ask.Zone))
	require.True(t, got.Moved.Has(elsewhere|byLegal))
	ask.Also[3] = zone(t, "Asia/Kolkata")
	require.Equal(t, "2027-03-14T11:00:00-04:00", reads(sendtime.Next(ask).At, ask.Zone), "in winter it is never daytime in all of them")
}

// A message that meets quiet hours waits for their end: it is not skipped.
func TestNext_quietHoursDeferAndDoNotSkip(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	got := sendtime.Next(sendtime.Request{Now: at(t, "2026-11-23T22:00:00+01:00"), Zone: berlin, Quiet: when(t, "daily 21:00-08:00")})
	require.Equal(t, sendtime.Answer{At: at(t, "2026-11-24T08:00:00+01:00"), OK: true, Moved: byQuiet}, got)
}
