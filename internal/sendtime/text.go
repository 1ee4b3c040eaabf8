package sendtime

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Label is an instant for people, in a zone (nil is UTC): "Mon 30 Nov 20:30 America/New_York".
func Label(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("Mon 2 Jan 15:04") + " " + zone.String()
}

// String is the canonical form, read back by ParseWhen as the same set; the zero value is empty.
func (w When) String() string {
	if w.c == nil {
		return ""
	}
	texts := make([]string, len(w.c.lines))
	for i, l := range w.c.lines {
		texts[i] = l.String()
	}
	return strings.Join(texts, "; ")
}

func (l line) String() string {
	switch {
	case l.any:
		return "any time"
	case l.cron != nil:
		return "cron " + l.cron.text
	case l.point():
		return l.days() + " " + clockText(l.from)
	}
	end := l.to
	if end > minutesPerDay {
		end -= minutesPerDay
	}
	return l.days() + " " + clockText(l.from) + "-" + clockText(end)
}

func (l line) days() string {
	if l.dates != 0 {
		return datesText(l.dates)
	}
	return weekdaysText(l.weekdays)
}

// String tells the hours by days, "Mon 19:00-21:00, Sat-Sun 10:00-12:00"; the zero value is empty.
func (h Hours) String() string {
	var parts []string
	for _, s := range h.stretches() {
		end := s.from + s.length
		if end > hoursPerDay {
			end -= hoursPerDay
		}
		parts = append(parts, weekdayRanges(s.weekdays, 2)+" "+clockText(s.from*60)+"-"+clockText(end*60))
	}
	return strings.Join(parts, ", ")
}

func datesText(dates uint32) string {
	var parts []string
	for date := 1; date <= 31; date++ {
		if dates>>date&1 == 1 {
			parts = append(parts, ordinal(date))
		}
	}
	if dates&lastOfMonth != 0 {
		parts = append(parts, "last")
	}
	return strings.Join(parts, ",")
}

// weekdaysText counts from Monday and writes three or more days in a row as a range.
func weekdaysText(days uint8) string { return weekdayRanges(days, 3) }

// weekdayRanges writes as many days in a row as given, or more, as a range.
func weekdayRanges(days uint8, least int) string {
	if days == everyWeekday {
		return "daily"
	}
	fromMonday := days>>1 | days&1<<6
	var parts []string
	for day := 0; day < 7; {
		run := bits.TrailingZeros8(^(fromMonday >> day))
		switch {
		case run == 0:
			day++
			continue
		case run < least:
			parts = append(parts, shortName(day))
			day++
		default:
			parts = append(parts, shortName(day)+"-"+shortName(day+run-1))
			day += run
		}
	}
	return strings.Join(parts, ",")
}

// shortName is the name of a day counted from Monday.
func shortName(fromMonday int) string {
	return time.Weekday((fromMonday + 1) % 7).String()[:3]
}

func clockText(minute int) string {
	return twoDigits(minute/60) + ":" + twoDigits(minute%60)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func ordinal(n int) string {
	suffix := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
