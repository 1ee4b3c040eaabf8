package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, canonical string
		want            sendtime.Duration
	}{
		{"90s", "90s", sendtime.Duration{Elapsed: 90 * time.Second}},
		{"30min", "30min", sendtime.Duration{Elapsed: 30 * time.Minute}},
		{"120 seconds", "2min", sendtime.Duration{Elapsed: 2 * time.Minute}},
		{"24h", "24h", sendtime.Duration{Elapsed: 24 * time.Hour}},
		{"1.5h", "90min", sendtime.Duration{Elapsed: 90 * time.Minute}},
		{"0.0025h", "9s", sendtime.Duration{Elapsed: 9 * time.Second}},
		{" 2 D ", "2d", sendtime.Duration{Days: 2}},
		{"1 day", "1d", sendtime.Duration{Days: 1}},
		{"010d", "10d", sendtime.Duration{Days: 10}},
		{"1w", "7d", sendtime.Duration{Days: 7}},
		{"2 weeks", "14d", sendtime.Duration{Days: 14}},
		{"1 month", "1 month", sendtime.Duration{Months: 1}},
		{"3 months", "3 months", sendtime.Duration{Months: 3}},
		{"2 years", "24 months", sendtime.Duration{Months: 24}},
		{"100years", "1200 months", sendtime.Duration{Months: 1200}},
		{"0d", "0s", sendtime.Duration{}},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := sendtime.ParseDuration(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, c.canonical, got.String())
			again, err := sendtime.ParseDuration(got.String())
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
}

func TestParseDuration_refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         `duration "": is empty, write a number and a unit, for example 30min, 24h or 2d`,
		"30":                       `duration "30": has no unit, write 30min or 30d`,
		"3m":                       `duration "3m": has two readings, write 3min or 3 months`,
		"3 M":                      `duration "3 M": has two readings, write 3min or 3 months`,
		"-2d":                      `duration "-2d": is negative, write it without the minus`,
		"two days":                 `duration "two days": does not begin with a number, write for example 30min, 24h or 2d`,
		"1,5h":                     `duration "1,5h": has a comma, write a decimal point as in 1.5h`,
		"1h30min":                  `duration "1h30min": has more than one length, write it in one unit, for example 90min`,
		"5 fortnights":             `duration "5 fortnights": unit "fortnights" is unknown, use s, min, h, d, w, months or years`,
		"5 mins":                   `duration "5 mins": unit "mins" is unknown, write 5min`,
		"5sec":                     `duration "5sec": unit "sec" is unknown, write 5s`,
		"5hrs":                     `duration "5hrs": unit "hrs" is unknown, write 5h`,
		"5wk":                      `duration "5wk": unit "wk" is unknown, write 5w`,
		"5mo":                      `duration "5mo": unit "mo" is unknown, write 5 months`,
		"5y":                       `duration "5y": unit "y" is unknown, write 5 years`,
		"1.5d":                     `duration "1.5d": is not a whole number of days, weeks, months or years, write hours for a part of a day, for example 36h`,
		"0.333h":                   `duration "0.333h": is not a whole number of seconds, write it in a smaller unit`,
		"0.00001h":                 `duration "0.00001h": is not a whole number of seconds, write it in a smaller unit`,
		"1.2.3h":                   `duration "1.2.3h": number "1.2.3" cannot be read, write for example 1.5h`,
		"101 years":                `duration "101 years": is longer than 100 years, write a shorter one`,
		"9999999h":                 `duration "9999999h": is longer than 100 years, write a shorter one`,
		"99999999999999999999999d": `duration "99999999999999999999999d": is longer than 100 years, write a shorter one`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := sendtime.ParseDuration(text)
			require.EqualError(t, err, want)
			require.True(t, got.IsZero())
		})
	}
}

func TestDuration_After(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, from, length, want string }{
		"hours run through a clock change":        {"America/New_York", "2026-03-07T09:00:00-05:00", "24h", "2026-03-08T10:00:00-04:00"},
		"a day keeps the clock in spring":         {"America/New_York", "2026-03-07T09:00:00-05:00", "1d", "2026-03-08T09:00:00-04:00"},
		"a day keeps the clock in autumn":         {"America/New_York", "2026-10-31T09:00:00-04:00", "1d", "2026-11-01T09:00:00-05:00"},
		"a gap moves forward to its end":          {"America/New_York", "2026-03-07T02:30:10.5-05:00", "1d", "2026-03-08T03:00:00-04:00"},
		"a fold takes the first pass":             {"America/New_York", "2026-10-31T01:30:00.25-04:00", "1d", "2026-11-01T01:30:00.25-04:00"},
		"a day from the second pass":              {"America/New_York", "2026-11-01T01:30:00-05:00", "1d", "2026-11-02T01:30:00-05:00"},
		"Berlin in spring":                        {"Europe/Berlin", "2026-03-28T02:30:00+01:00", "1d", "2026-03-29T03:00:00+02:00"},
		"Berlin in autumn":                        {"Europe/Berlin", "2026-10-24T02:30:00+02:00", "1d", "2026-10-25T02:30:00+02:00"},
		"half an hour of gap on Lord Howe":        {"Australia/Lord_Howe", "2026-10-03T02:15:00+10:30", "1d", "2026-10-04T02:30:00+11:00"},
		"half an hour of fold on Lord Howe":       {"Australia/Lord_Howe", "2026-04-04T01:45:00+11:00", "1d", "2026-04-05T01:45:00+11:00"},
		"three quarters of an hour in Nepal":      {"Asia/Kathmandu", "2026-12-31T23:50:00+05:45", "1d", "2027-01-01T23:50:00+05:45"},
		"a day that Samoa skipped":                {"Pacific/Apia", "2011-12-29T10:00:00-10:00", "1d", "2011-12-31T00:00:00+14:00"},
		"over the day that Samoa skipped":         {"Pacific/Apia", "2011-12-29T10:00:00-10:00", "2d", "2011-12-31T10:00:00+14:00"},
		"midnight is skipped in Sao Paulo":        {"America/Sao_Paulo", "2018-11-03T00:00:00-03:00", "1d", "2018-11-04T01:00:00-02:00"},
		"a month to a shorter month":              {"Europe/Berlin", "2026-01-31T09:00:00+01:00", "1 month", "2026-02-28T09:00:00+01:00"},
		"a month to 29 February":                  {"Europe/Berlin", "2028-01-31T09:00:00+01:00", "1 month", "2028-02-29T09:00:00+01:00"},
		"a year from 29 February":                 {"Europe/Berlin", "2028-02-29T09:00:00+01:00", "1 year", "2029-02-28T09:00:00+01:00"},
		"months over the new year":                {"Europe/Berlin", "2026-11-30T09:00:00+01:00", "3 months", "2027-02-28T09:00:00+01:00"},
		"months before 1970":                      {"UTC", "1968-12-31T09:00:00Z", "2 months", "1969-02-28T09:00:00Z"},
		"nothing leaves the second pass in place": {"America/New_York", "2026-11-01T01:30:00-05:00", "0d", "2026-11-01T01:30:00-05:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			length, err := sendtime.ParseDuration(c.length)
			require.NoError(t, err)
			where := zone(t, c.zone)
			require.Equal(t, c.want, reads(length.After(at(t, c.from), where), where))
		})
	}
}

func TestDuration_Before(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, from, length, want string }{
		"the day before a clock change keeps 09:00": {"America/New_York", "2026-03-08T09:00:00-04:00", "1d", "2026-03-07T09:00:00-05:00"},
		"hours run through it":                      {"America/New_York", "2026-03-08T09:00:00-04:00", "24h", "2026-03-07T08:00:00-05:00"},
		"back into the gap moves forward":           {"America/New_York", "2026-03-09T02:30:00-04:00", "1d", "2026-03-08T03:00:00-04:00"},
		"back into the fold takes the first":        {"America/New_York", "2026-11-02T01:30:00-05:00", "1d", "2026-11-01T01:30:00-04:00"},
		"a month back to a shorter month":           {"Europe/Berlin", "2026-03-31T09:00:00+02:00", "1 month", "2026-02-28T09:00:00+01:00"},
		"a month back over the new year":            {"Europe/Berlin", "2027-01-15T09:00:00+01:00", "1 month", "2026-12-15T09:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			length, err := sendtime.ParseDuration(c.length)
			require.NoError(t, err)
			where := zone(t, c.zone)
			require.Equal(t, c.want, reads(length.Before(at(t, c.from), where), where))
		})
	}
}

func TestDuration_withSeveralFields(t *testing.T) {
	t.Parallel()
	d := sendtime.Duration{Months: 1, Days: 2, Elapsed: 90 * time.Minute}
	require.Equal(t, "1 month+2d+90min", d.String())
	require.Equal(t, 32*24*time.Hour+90*time.Minute, d.Approx())
	require.Equal(t, at(t, "2026-03-02T10:30:00Z"), d.After(at(t, "2026-01-31T09:00:00Z"), nil))
	require.Equal(t, "1.5s", sendtime.Duration{Elapsed: 1500 * time.Millisecond}.String())
}

// Whole days and months keep the wall clock wherever it exists, and never go the wrong way.
func TestDuration_keepsTheWallClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		where := drawZone(rt, t)
		from := drawInstant(rt)
		d := sendtime.Duration{Days: rapid.IntRange(0, 400).Draw(rt, "days")}
		after := d.After(from, where)
		if after.Before(from) {
			rt.Fatalf("%v after %s is %s", d, reads(from, where), reads(after, where))
		}
		year, month, day := from.In(where).Date()
		hour, minute, second := from.In(where).Clock()
		want := time.Date(year, month, day+d.Days, hour, minute, second, 0, time.UTC)
		const layout = "2006-01-02 15:04:05"
		got := after.In(where).Format(layout)
		if got == want.Format(layout) {
			if earlier := after.Add(-foldOf(after, where)); earlier != after && d.Days > 0 && earlier.In(where).Format(layout) == got {
				rt.Fatalf("%s is the second pass", reads(after, where))
			}
			return
		}
		before := after.Add(-time.Second)
		if got < want.Format(layout) || before.In(where).Format(layout) >= want.Format(layout) {
			rt.Fatalf("%s is not the end of the gap that holds %s", reads(after, where), want.Format(layout))
		}
	})
}

// foldOf is how far the clock went back within the day before an instant.
func foldOf(instant time.Time, where *time.Location) time.Duration {
	_, offset := instant.In(where).Zone()
	_, earlier := instant.Add(-24 * time.Hour).In(where).Zone()
	return max(0, time.Duration(earlier-offset)*time.Second)
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"90s", "30min", "24h", "1.5h", "2 d", "3m", "1 month", "-1d", "", "1e9h", "9.99999h", "0.0h", "..d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := sendtime.ParseDuration(text)
		if err != nil {
			require.Zero(t, d)
			require.Contains(t, err.Error(), "duration ")
			return
		}
		require.GreaterOrEqual(t, d.Approx(), time.Duration(0))
		again, err := sendtime.ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}
