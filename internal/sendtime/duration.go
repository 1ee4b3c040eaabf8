package sendtime

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as a rule writes it. Elapsed time (90s, 30min, 24h) runs through clock
// changes; days and months (2d, 1w, 3 months) keep the customer's wall clock across them.
// ParseDuration sets one field at most; where code sets several, months are added first, then days, then
// elapsed time. The zero value is no time at all. None of the fields is negative.
type Duration struct {
	Elapsed time.Duration
	Days    int
	Months  int
}

const (
	// longest bounds a duration; what is longer is a slip of the pen.
	longestYears = 100
	longestHours = longestYears * 365 * 24

	approxDay   = 24 * time.Hour
	approxMonth = 30 * approxDay
)

// unit is one way to write a length: exactly one field is set.
type unit struct {
	elapsed time.Duration
	days    int
	months  int
}

func unitOf(word string) (unit, bool) {
	switch word {
	case "s", "second", "seconds":
		return unit{elapsed: time.Second}, true
	case "min", "minute", "minutes":
		return unit{elapsed: time.Minute}, true
	case "h", "hour", "hours":
		return unit{elapsed: time.Hour}, true
	case "d", "day", "days":
		return unit{days: 1}, true
	case "w", "week", "weeks":
		return unit{days: 7}, true
	case "month", "months":
		return unit{months: 1}, true
	case "year", "years":
		return unit{months: 12}, true
	}
	return unit{}, false
}

// ParseDuration reads a whole number and a unit, with or without spaces between them: s, min, h, d, w,
// month, year, or the unit's English word in one or many; case does not matter. Seconds, minutes and hours
// may have a decimal point when whole seconds come out. Zero is allowed ("0d": on the day itself).
// A bare number and "3m" are refused with both readings named, and so are negative and compound lengths
// and what is longer than 100 years. The error names the text and how to mend it.
func ParseDuration(text string) (Duration, error) {
	trimmed := strings.ToLower(strings.TrimSpace(text))
	end := strings.IndexFunc(trimmed, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(trimmed)
	}
	number, word := trimmed[:end], strings.TrimSpace(trimmed[end:])
	if number == "" {
		return Duration{}, durationError(text, numberHint(word))
	}
	u, known := unitOf(word)
	if !known {
		return Duration{}, durationError(text, unitHint(number, word))
	}
	d, hint := scale(number, u)
	if hint != "" {
		return Duration{}, durationError(text, hint)
	}
	return d, nil
}

func durationError(text, hint string) error {
	return fmt.Errorf("duration %q: %s", text, hint)
}

func numberHint(word string) string {
	switch {
	case word == "":
		return "is empty, write a number and a unit, for example 30min, 24h or 2d"
	case strings.HasPrefix(word, "-"):
		return "is negative, write it without the minus"
	}
	return "does not begin with a number, write for example 30min, 24h or 2d"
}

func unitHint(number, word string) string {
	switch word {
	case "":
		return fmt.Sprintf("has no unit, write %[1]smin or %[1]sd", number)
	case "m":
		return fmt.Sprintf("has two readings, write %[1]smin or %[1]s months", number)
	case "sec", "secs":
		return fmt.Sprintf("unit %q is unknown, write %ss", word, number)
	case "mins":
		return fmt.Sprintf("unit %q is unknown, write %smin", word, number)
	case "hr", "hrs":
		return fmt.Sprintf("unit %q is unknown, write %sh", word, number)
	case "wk", "wks":
		return fmt.Sprintf("unit %q is unknown, write %sw", word, number)
	case "mo", "mon", "mos":
		return fmt.Sprintf("unit %q is unknown, write %s months", word, number)
	case "y", "yr", "yrs":
		return fmt.Sprintf("unit %q is unknown, write %s years", word, number)
	}
	if strings.HasPrefix(word, ",") {
		return "has a comma, write a decimal point as in 1.5h"
	}
	if strings.ContainsAny(word, "0123456789") {
		return "has more than one length, write it in one unit, for example 90min"
	}
	return fmt.Sprintf("unit %q is unknown, use s, min, h, d, w, months or years", word)
}

// scale multiplies a unit; the hint says why it cannot.
func scale(number string, u unit) (Duration, string) {
	if u.elapsed == 0 {
		return scaleWhole(number, u)
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return Duration{}, fmt.Sprintf("number %q cannot be read, write for example 1.5h", number)
	}
	if value*u.elapsed.Hours() > longestHours {
		return Duration{}, "is longer than 100 years, write a shorter one"
	}
	elapsed, whole := exactly(number, u.elapsed)
	if !whole {
		return Duration{}, "is not a whole number of seconds, write it in a smaller unit"
	}
	return Duration{Elapsed: elapsed}, ""
}

// exactly multiplies a unit of whole seconds by a decimal number without the rounding of floats, and says
// whether whole seconds come out.
func exactly(number string, u time.Duration) (time.Duration, bool) {
	integer, fraction, _ := strings.Cut(number, ".")
	fraction = strings.TrimRight(fraction, "0")
	seconds := int64(u / time.Second)
	total, err := strconv.ParseInt("0"+integer, 10, 64)
	if err != nil {
		return 0, false
	}
	total *= seconds
	if fraction == "" {
		return time.Duration(total) * time.Second, true
	}
	// 3600 divides by ten twice and by five twice: no more than four decimals can come out whole.
	if len(fraction) > 4 {
		return 0, false
	}
	part, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return 0, false
	}
	denominator := int64(1)
	for range fraction {
		denominator *= 10
	}
	if part*seconds%denominator != 0 {
		return 0, false
	}
	return time.Duration(total+part*seconds/denominator) * time.Second, true
}

func scaleWhole(number string, u unit) (Duration, string) {
	if strings.Contains(number, ".") {
		return Duration{}, "is not a whole number of days, weeks, months or years, write hours for a part of a day, for example 36h"
	}
	value, err := strconv.Atoi(number)
	if err != nil || value > longestYears*366 {
		return Duration{}, "is longer than 100 years, write a shorter one"
	}
	d := Duration{Days: value * u.days, Months: value * u.months}
	if d.Days > longestYears*366 || d.Months > longestYears*12 {
		return Duration{}, "is longer than 100 years, write a shorter one"
	}
	return d, ""
}

// After is the instant a duration after t, in UTC. Days and months keep the wall clock of the zone (nil is
// UTC): a reading that a clock change skips becomes the end of the gap, one that happens twice is the
// first, and a day that the month does not have becomes its last (31 January and 1 month is 28 or 29
// February). The zero duration gives t.
func (d Duration) After(t time.Time, zone *time.Location) time.Time {
	return d.shift(t, zone, 1)
}

// Before is the instant a duration before t, by the rules of After: elapsed time is taken off last.
func (d Duration) Before(t time.Time, zone *time.Location) time.Time {
	return d.shift(t, zone, -1)
}

func (d Duration) shift(t time.Time, zone *time.Location, sign int) time.Time {
	t = t.UTC()
	if d.Days != 0 || d.Months != 0 {
		t = shiftWall(t, zone, sign*d.Months, sign*d.Days)
	}
	return t.Add(time.Duration(sign) * d.Elapsed)
}

func shiftWall(t time.Time, zone *time.Location, months, days int) time.Time {
	c := newClock(t.Unix(), zone)
	day, second := dayOf(c.wall(t.Unix()))
	wall := (addMonths(day, months)+int64(days))*secondsPerDay + second
	at := c.instant(wall)
	if c.wall(at) != wall {
		return time.Unix(at, 0).UTC()
	}
	return time.Unix(at, int64(t.Nanosecond())).UTC()
}

// addMonths moves a day by whole months and keeps to the target month's last day.
func addMonths(day int64, months int) int64 {
	if months == 0 {
		return day
	}
	year, month, date := dateOf(day)
	first := time.Date(year, month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	date = min(date, daysIn(first.Year(), first.Month()))
	return first.Unix()/secondsPerDay + int64(date-1)
}

// IsZero says that the duration is no time at all.
func (d Duration) IsZero() bool { return d == Duration{} }

// String is the shortest exact form: 90s, 30min, 24h, 14d, 3 months. What ParseDuration gave is read back
// as itself. Several fields are joined with "+".
func (d Duration) String() string {
	var parts []string
	switch {
	case d.Months == 1:
		parts = append(parts, "1 month")
	case d.Months != 0:
		parts = append(parts, strconv.Itoa(d.Months)+" months")
	}
	if d.Days != 0 {
		parts = append(parts, strconv.Itoa(d.Days)+"d")
	}
	if d.Elapsed != 0 || len(parts) == 0 {
		parts = append(parts, elapsedText(d.Elapsed))
	}
	return strings.Join(parts, "+")
}

func elapsedText(e time.Duration) string {
	switch {
	case e == 0:
		return "0s"
	case e%time.Hour == 0:
		return strconv.FormatInt(int64(e/time.Hour), 10) + "h"
	case e%time.Minute == 0:
		return strconv.FormatInt(int64(e/time.Minute), 10) + "min"
	}
	return strconv.FormatFloat(e.Seconds(), 'f', -1, 64) + "s"
}

// Approx is the duration for comparisons and bounds: a day counts 24 hours, a month 30 days.
func (d Duration) Approx() time.Duration {
	return d.Elapsed + time.Duration(d.Days)*approxDay + time.Duration(d.Months)*approxMonth
}
