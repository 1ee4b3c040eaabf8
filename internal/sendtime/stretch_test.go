package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestEnds(t *testing.T) {
	t.Parallel()
	when := func(text string) sendtime.When {
		w, err := sendtime.ParseWhen(text)
		require.NoError(t, err)
		return w
	}
	monday := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		request sendtime.Request
		want    time.Time
	}{
		"in a window":               {sendtime.Request{Now: monday(9, 30), When: when("daily 09:00-10:00")}, monday(10, 0)},
		"in none":                   {sendtime.Request{Now: monday(10, 30), When: when("daily 09:00-10:00")}, monday(10, 30)},
		"until quiet hours":         {sendtime.Request{Now: monday(19, 0), Quiet: when("daily 21:00-08:00")}, monday(21, 0)},
		"until the law's hours end": {sendtime.Request{Now: monday(19, 0), When: when("daily 18:00-22:00"), Legal: []sendtime.When{when("daily 08:00-20:00")}}, monday(20, 0)},
		"until the deadline":        {sendtime.Request{Now: monday(9, 30), When: when("daily 09:00-10:00"), Deadline: monday(9, 45)}, monday(9, 45)},
		"across midnight":           {sendtime.Request{Now: monday(23, 0), When: when("daily 22:00-02:00")}, monday(26, 0)},
		"nothing ever closes":       {sendtime.Request{Now: monday(9, 0)}, monday(9, 0).AddDate(0, 0, 14)},
		"a point is no stretch":     {sendtime.Request{Now: monday(9, 0), When: when("Mon 09:00")}, monday(9, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, sendtime.Ends(c.request))
		})
	}
}

// TestUntilItEndsAllIsAllowed asks the calendar itself.
func TestUntilItEndsAllIsAllowed(t *testing.T) {
	t.Parallel()
	windows := []string{"daily 09:00-10:00", "Mon-Fri 08:00-20:00", "daily 22:00-02:00", "Sat-Sun 00:00-24:00"}
	zones := []*time.Location{time.UTC, time.FixedZone("+0545", 20700)}
	rapid.Check(t, func(t *rapid.T) {
		when, err := sendtime.ParseWhen(rapid.SampledFrom(windows).Draw(t, "when"))
		require.NoError(t, err)
		quiet, err := sendtime.ParseWhen(rapid.SampledFrom(windows).Draw(t, "quiet"))
		require.NoError(t, err)
		r := sendtime.Request{
			Now:  time.Unix(1_772_442_000+rapid.Int64Range(0, 14*24*3600).Draw(t, "now"), 0),
			Zone: rapid.SampledFrom(zones).Draw(t, "zone"), When: when, Quiet: quiet,
		}
		ends := sendtime.Ends(r)
		open := func(at time.Time) bool {
			r.Now = at
			answer := sendtime.Next(r)
			return answer.OK && answer.At.Equal(at)
		}
		require.Equal(t, open(r.Now), ends.After(r.Now))
		if !ends.After(r.Now) {
			return
		}
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		within := r.Now.Add(time.Duration(share * float64(ends.Sub(r.Now)-time.Second))).Truncate(time.Second)
		require.True(t, open(within), "%s of %s", within, ends)
		require.False(t, open(ends) && ends.Before(within.AddDate(0, 0, 13)), "%s is open still", ends)
	})
}
