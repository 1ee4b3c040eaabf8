package sendtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestParseWhen(t *testing.T) {
	t.Parallel()
	for text, canonical := range map[string]string{
		"Mon 20:30":                          "Mon 20:30",
		"monday 9:05":                        "Mon 09:05",
		"Mon-Fri 18:00-21:00":                "Mon-Fri 18:00-21:00",
		" MON - FRI  18:00 - 21:00 ":         "Mon-Fri 18:00-21:00",
		"Fri-Mon 10:00":                      "Mon,Fri-Sun 10:00",
		"Sat, Sun 10:00-12:00":               "Sat,Sun 10:00-12:00",
		"Wed,Mon,Tue,Sat 10:00":              "Mon-Wed,Sat 10:00",
		"Mon-Sun 10:00":                      "daily 10:00",
		"daily 21:00-08:00":                  "daily 21:00-08:00",
		"daily 21:00-00:00":                  "daily 21:00-24:00",
		"Daily 00:00-24:00":                  "daily 00:00-24:00",
		"1st 09:00":                          "1st 09:00",
		"15th,1st,22nd,31st 09:00":           "1st,15th,22nd,31st 09:00",
		"1st,last 09:00-11:00":               "1st,last 09:00-11:00",
		"Any  Time":                          "any time",
		"cron  30 20 * *  mon":               "cron 30 20 * * MON",
		"cron 0 9 29 2 *":                    "cron 0 9 29 2 *",
		"cron */15 9-17 * * mon-fri":         "cron */15 9-17 * * MON-FRI",
		"Mon 20:30;Tue 09:00-10:00":          "Mon 20:30; Tue 09:00-10:00",
		"Mon 20:30; cron 0 9 1 * *;1st 8:00": "Mon 20:30; cron 0 9 1 * *; 1st 08:00",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := when(t, text)
			require.Equal(t, canonical, got.String())
			require.Equal(t, got, when(t, got.String()))
		})
	}
}

func TestParseWhen_refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         `time line "": is empty, write for example Mon 20:30 or Mon-Fri 18:00-21:00`,
		"Mon 20:30;":               `time line "": is empty, write for example Mon 20:30 or Mon-Fri 18:00-21:00`,
		"Mon 20:30; Tue 25:00":     `time line "Tue 25:00": time "25:00" does not exist, use 00:00 to 23:59, or 24:00 as an end`,
		"Mon 20:60":                `time line "Mon 20:60": time "20:60" does not exist, use 00:00 to 23:59, or 24:00 as an end`,
		"Mon 24:00":                `time line "Mon 24:00": begins at 24:00, write 00:00 and the next day`,
		"Mon 18:00-24:30":          `time line "Mon 18:00-24:30": time "24:30" does not exist, use 00:00 to 23:59, or 24:00 as an end`,
		"Mon 09:00-09:00":          `time line "Mon 09:00-09:00": window "09:00-09:00" has no length, write 00:00-24:00 for the whole day`,
		"daily 00:00-00:00":        `time line "daily 00:00-00:00": window "00:00-00:00" has no length, write 00:00-24:00 for the whole day`,
		"Mon 24:00-24:00":          `time line "Mon 24:00-24:00": begins at 24:00, write 00:00 and the next day`,
		"1st 09:00-09:00":          `time line "1st 09:00-09:00": window "09:00-09:00" has no length, write 00:00-24:00 for the whole day`,
		"Tue 10:00; Mon 9:00-9:00": `time line "Mon 9:00-9:00": window "9:00-9:00" has no length, write 00:00-24:00 for the whole day`,
		"Mon 8pm":                  `time line "Mon 8pm": time "8pm" is not on the 24-hour clock, write 20:00`,
		"Mon 12:30am":              `time line "Mon 12:30am": time "12:30am" is not on the 24-hour clock, write 00:30`,
		"Mon 12pm":                 `time line "Mon 12pm": time "12pm" is not on the 24-hour clock, write 12:00`,
		"Mon 20":                   `time line "Mon 20": time "20" is not complete, write 20:00`,
		"Mon 20.30":                `time line "Mon 20.30": time "20.30" is not complete, write 20:30`,
		"Mon 20h30":                `time line "Mon 20h30": time "20h30" is not complete, write 20:30`,
		"Mon noon":                 `time line "Mon noon": time "noon" cannot be read, write hours and minutes as in 20:30`,
		"Mon 20:3":                 `time line "Mon 20:3": time "20:3" cannot be read, write hours and minutes as in 20:30`,
		"Mon 18:00-":               `time line "Mon 18:00-": lacks a time beside a hyphen, write for example 18:00-21:00`,
		"Mon 09:00,18:00":          `time line "Mon 09:00,18:00": has several times, write one line for each`,
		"Mon–Fri 09:00":            `time line "Mon–Fri 09:00": has a long dash, write a hyphen as in Mon-Fri 18:00-21:00`,
		"09:00":                    `time line "09:00": has no day, write daily 09:00`,
		"18:00 - 21:00":            `time line "18:00 - 21:00": has no day, write daily 18:00-21:00`,
		"Mon":                      `time line "Mon": has no time, write Mon 09:00, or Mon 00:00-24:00 for the whole day`,
		"Mo 20:30":                 `time line "Mo 20:30": day "mo" is unknown, write Mon`,
		"Thurs 20:30":              `time line "Thurs 20:30": day "thurs" is unknown, write Thu`,
		"weekdays 20:30":           `time line "weekdays 20:30": day "weekdays" is unknown, write Mon-Fri`,
		"Weekend 20:30":            `time line "Weekend 20:30": day "weekend" is unknown, write Sat,Sun`,
		"everyday 20:30":           `time line "everyday 20:30": day "everyday" cannot stand here, write daily alone`,
		"Montag 20:30":             `time line "Montag 20:30": day "montag" is unknown, write Mon`,
		"holiday 20:30":            `time line "holiday 20:30": day "holiday" is unknown, use Mon, Tue, Wed, Thu, Fri, Sat, Sun, daily, 1st to 31st or last`,
		"Mon,,Tue 20:30":           `time line "Mon,,Tue 20:30": lacks a day beside a comma or a hyphen, write for example Sat,Sun or Mon-Fri`,
		"Mon-Mon 20:30":            `time line "Mon-Mon 20:30": range "Mon-Mon" begins and ends on the same day, write Mon or daily`,
		"Mon at 20:30":             `time line "Mon at 20:30": has words beside day and time, write Mon 20:30`,
		"every Sunday at 18:00":    `time line "every Sunday at 18:00": has words beside day and time, write Sun 18:00`,
		"every Monday 9:00":        `time line "every Monday 9:00": has words beside day and time, write Mon 9:00`,
		"on Sundays 10:00-12:00":   `time line "on Sundays 10:00-12:00": has words beside day and time, write Sun 10:00-12:00`,
		"every day at 18:00":       `time line "every day at 18:00": has words beside day and time, write daily 18:00`,
		"every weekend at 10:00":   `time line "every weekend at 10:00": has words beside day and time, write Sat,Sun 10:00`,
		"every 1st at 10:00":       `time line "every 1st at 10:00": has words beside day and time, write 1st 10:00`,
		"Sat and Sun 10:00":        `time line "Sat and Sun 10:00": has 3 words before the time, separate days by commas as in Sat,Sun 10:00`,
		"Mon,1st 20:30":            `time line "Mon,1st 20:30": mixes weekdays and days of the month, write two lines when either may be the day`,
		"2st 20:30":                `time line "2st 20:30": day of the month "2st" is unknown, write 2nd`,
		"1 20:30":                  `time line "1 20:30": day of the month "1" is unknown, write 1st`,
		"32nd 20:30":               `time line "32nd 20:30": day of the month "32nd" is unknown, use 1st to 31st or last`,
		"1st-5th 20:30":            `time line "1st-5th 20:30": range "1st-5th" of dates is not supported, write each as in 1st,2nd,3rd`,
		"cron 30 20 1 * MON":       `time line "cron 30 20 1 * MON": has a day of the month and a weekday, cron fires on each of both, write two lines with * in one of them`,
		"cron 0 9 30 2 *":          `time line "cron 0 9 30 2 *": names a day that none of its months has, mend the third or the fourth field`,
		"cron 0 9 31 4,6,9,11 *":   `time line "cron 0 9 31 4,6,9,11 *": names a day that none of its months has, mend the third or the fourth field`,
		"cron 0 9 30,31 FEB *":     `time line "cron 0 9 30,31 FEB *": names a day that none of its months has, mend the third or the fourth field`,
		"cron 0 9 0 * *":           `time line "cron 0 9 0 * *": is not a cron line (beginning of range (0) below minimum (1): 0), write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron 0 9 * 13 *":          `time line "cron 0 9 * 13 *": is not a cron line (end of range (13) above maximum (12): 13), write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron 60 * * * *":          `time line "cron 60 * * * *": is not a cron line (end of range (60) above maximum (59): 60), write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron */0 * * * *":         `time line "cron */0 * * * *": is not a cron line (step of range should be a positive number: */0), write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron":                     `time line "cron": has 0 fields, write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron 0 0 9 * * *":         `time line "cron 0 0 9 * * *": has six fields, seconds cannot be set, write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron 0 9 * *":             `time line "cron 0 9 * *": has 4 fields, write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron @daily":              `time line "cron @daily": has a shorthand or a zone, each customer's own zone counts, write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron TZ=UTC 0 9 * * *":    `time line "cron TZ=UTC 0 9 * * *": has a shorthand or a zone, each customer's own zone counts, write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
		"cron , 9 * * *":           `time line "cron , 9 * * *": has a field without a value, write * where any will do`,
		"cron 0 25 * * *":          `time line "cron 0 25 * * *": is not a cron line (end of range (25) above maximum (23): 25), write minute, hour, day of month, month and weekday as in cron 30 20 * * MON`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := sendtime.ParseWhen(text)
			require.EqualError(t, err, want)
			require.True(t, got.IsZero())
		})
	}
}

func TestWhen_kinds(t *testing.T) {
	t.Parallel()
	type kinds struct{ zero, points, onlyWindows bool }
	for text, want := range map[string]kinds{
		"none":                      {zero: true},
		"any time":                  {onlyWindows: true},
		"daily 21:00-08:00":         {onlyWindows: true},
		"1st 09:00-10:00":           {onlyWindows: true},
		"Mon 20:30":                 {points: true},
		"last 20:30":                {points: true},
		"cron 30 20 * * *":          {points: true},
		"Mon 20:30; Tue 9:00-10:00": {points: true},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var w sendtime.When
			if text != "none" {
				w = when(t, text)
			}
			require.Equal(t, want, kinds{w.IsZero(), w.HasPoints(), w.OnlyWindows()})
		})
	}
	require.Empty(t, sendtime.When{}.String())
	require.False(t, sendtime.When{}.Contains(at(t, "2026-11-23T09:00:00Z"), nil))
}

func TestWhen_Contains(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, when, at string
		want           bool
	}{
		"a window holds its start":                   {"Europe/Berlin", "Mon 18:00-21:00", "2026-11-23T18:00:00+01:00", true},
		"and not its end":                            {"Europe/Berlin", "Mon 18:00-21:00", "2026-11-23T21:00:00+01:00", false},
		"it holds its last moment":                   {"Europe/Berlin", "Mon 18:00-21:00", "2026-11-23T20:59:59.999+01:00", true},
		"after midnight it is still Monday's":        {"Europe/Berlin", "Mon 22:00-02:00", "2026-11-24T01:59:00+01:00", true},
		"before midnight it is not Sunday's":         {"Europe/Berlin", "Mon 22:00-02:00", "2026-11-23T01:59:00+01:00", false},
		"Saturday reaches into Sunday":               {"Europe/Berlin", "Sat 22:00-02:00", "2026-11-29T01:00:00+01:00", true},
		"the last of the month reaches into the 1st": {"Europe/Berlin", "last 22:00-02:00", "2026-12-01T01:00:00+01:00", true},
		"the last of February in a leap year":        {"Europe/Berlin", "last 09:00-10:00", "2028-02-29T09:30:00+01:00", true},
		"28 February of a leap year is not last":     {"Europe/Berlin", "last 09:00-10:00", "2028-02-28T09:30:00+01:00", false},
		"a point is a minute long":                   {"Europe/Berlin", "Mon 20:30", "2026-11-23T20:30:59.9+01:00", true},
		"and no longer":                              {"Europe/Berlin", "Mon 20:30", "2026-11-23T20:31:00+01:00", false},
		"the wall clock of the zone counts":          {"Asia/Kathmandu", "Mon 20:30", "2026-11-23T14:45:30Z", true},
		"a point in the gap is its end":              {"America/New_York", "Sun 02:30", "2026-03-08T03:00:59-04:00", true},
		"for a minute":                               {"America/New_York", "Sun 02:30", "2026-03-08T03:01:00-04:00", false},
		"a point in the fold is the first pass":      {"America/New_York", "Sun 01:30", "2026-11-01T01:30:00-04:00", true},
		"and not the second":                         {"America/New_York", "Sun 01:30", "2026-11-01T01:30:00-05:00", false},
		"a window in the fold is both: first":        {"America/New_York", "Sun 01:00-02:00", "2026-11-01T01:30:00-04:00", true},
		"a window in the fold is both: second":       {"America/New_York", "Sun 01:00-02:00", "2026-11-01T01:30:00-05:00", true},
		"a cron point":                               {"Europe/Berlin", "cron 30 20 * * MON", "2026-11-23T20:30:10+01:00", true},
		"any time":                                   {"Europe/Berlin", "any time", "2026-11-23T20:30:10+01:00", true},
		"a point of a day that did not exist":        {"Pacific/Apia", "Fri 00:00", "2011-12-31T00:00:30+14:00", false},
		"a night of a day that did not exist":        {"Pacific/Apia", "Fri 22:00-02:00", "2011-12-31T01:00:00+14:00", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, when(t, c.when).Contains(at(t, c.at), zone(t, c.zone)))
		})
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	instant := at(t, "2026-12-01T01:30:00Z")
	require.Equal(t, "Mon 30 Nov 20:30 America/New_York", sendtime.Label(instant, zone(t, "America/New_York")))
	require.Equal(t, "Tue 1 Dec 01:30 UTC", sendtime.Label(instant, nil))
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{
		"Mon 20:30", "Mon-Fri 18:00-21:00", "daily 21:00-08:00", "Sat,Sun 10:00-12:00; any time", "1st,last 09:00",
		"cron 30 20 * * MON", "cron */7 1-5/2,8 ? 2-4 *", "cron , , , , ,", "Mon 8pm", "Fri-Mon 9:00", "-", ",", "24:00-24:00", "cron TZ= * * *",
	} {
		f.Add(text)
	}
	now := at(f, "2026-11-01T05:30:00Z")
	where := zone(f, "America/New_York")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := sendtime.ParseWhen(text)
		if err != nil {
			require.True(t, w.IsZero())
			require.Contains(t, err.Error(), "time line ")
			return
		}
		require.Equal(t, w.String(), when(t, w.String()).String())
		answer := sendtime.Next(sendtime.Request{Now: now, Zone: where, When: w})
		if answer.OK {
			require.True(t, w.Contains(answer.At, where))
		}
	})
}
