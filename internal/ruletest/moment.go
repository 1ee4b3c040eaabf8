package ruletest

import (
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// form is how a time is written.
type form int

const (
	onWeekday form = iota // Mon 14:20, Mon 18:00-21:00
	onDate                // 2026-12-01 10:00, 2026-12-01 18:00-21:00
	later                 // +3d, +2h30min
)

// moment is a time as a test writes it: on the wall clock of a customer, or as
// a distance from the line before.
type moment struct {
	form    form
	weekday time.Weekday
	date    time.Time // the day, at midnight
	from    int       // minutes since midnight
	to      int       // of a window; beyond 1440 when it ends on the next day; from for a point
	spans   []sendtime.Duration
}

const (
	minutesPerDay = 24 * 60
	daysPerWeek   = 7

	dateLayout   = "2006-01-02"
	minuteLayout = "2006-01-02 15:04"

	momentExample = "write Mon 14:20, 2026-12-01 10:00, or +3d for three days after the line before"
)

// window reports whether the moment is a stretch of time.
func (m moment) window() bool { return m.to > m.from }

// between gives the first instant that is meant and the first one beyond, at
// or after an instant, on a zone's clock. A point is as long as its minute. Of
// weekdays it is the next one; a window of which something is left counts.
func (m moment) between(base time.Time, zone *time.Location) (from, to time.Time) {
	switch m.form {
	case later:
		from = base
		for _, d := range m.spans {
			from = d.After(from, zone)
		}
		return from, from.Add(time.Minute)
	case onDate:
		return m.on(m.date, zone)
	}
	wall := sendtime.OnWall(base, zone)
	today := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	ahead := (int(m.weekday-today.Weekday()) + daysPerWeek) % daysPerWeek
	first := today.AddDate(0, 0, ahead)
	if m.to > minutesPerDay && ahead == daysPerWeek-1 {
		if from, to = m.on(first.AddDate(0, 0, -daysPerWeek), zone); to.After(base) {
			return from, to // yesterday's window, still open
		}
	}
	from, to = m.on(first, zone)
	if m.window() && !to.After(base) || !m.window() && from.Before(base) {
		return m.on(first.AddDate(0, 0, daysPerWeek), zone)
	}
	return from, to
}

func (m moment) on(day time.Time, zone *time.Location) (from, to time.Time) {
	from = sendtime.Reading(day.Add(time.Duration(m.from)*time.Minute), zone)
	if !m.window() {
		return from, from.Add(time.Minute)
	}
	return from, sendtime.Reading(day.Add(time.Duration(m.to)*time.Minute), zone)
}

// parseMoment reads a time. The hint says what is wrong and how to mend it; it
// is "" when nothing is.
func parseMoment(text string) (m moment, trouble, hint string) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "+"); ok {
		return parseLater(rest)
	}
	if strings.ContainsAny(text, "–—") {
		return moment{}, "has a long dash", "write a hyphen as in Mon 18:00-21:00"
	}
	day, clock, found := strings.Cut(text, " ")
	if !found {
		return moment{}, "is not a time", aloneHint(text)
	}
	if m, trouble, hint = parseDay(day); trouble != "" {
		return moment{}, trouble, hint
	}
	m.from, m.to, trouble, hint = parseHours(strings.ReplaceAll(clock, " ", ""))
	return m, trouble, hint
}

func aloneHint(text string) string {
	if _, trouble, _ := parseDay(text); trouble == "" {
		return "add the time of day: " + text + " 09:00"
	}
	if _, trouble, _ := minuteOf(text); trouble == "" {
		return "add the day: Mon " + text
	}
	if _, err := sendtime.ParseDuration(text); err == nil {
		return "for so long after the line before write +" + text
	}
	return momentExample
}

func parseDay(text string) (m moment, trouble, hint string) {
	if day, err := time.Parse(dateLayout, text); err == nil {
		return moment{form: onDate, date: day}, "", ""
	}
	word := strings.ToLower(text)
	var names []string
	for day := range daysPerWeek {
		name := time.Weekday(day).String()
		names = append(names, name[:3])
		if word == strings.ToLower(name) || word == strings.ToLower(name[:3]) {
			return moment{form: onWeekday, weekday: time.Weekday(day)}, "", ""
		}
	}
	switch {
	case text != "" && text[0] >= '0' && text[0] <= '9':
		return moment{}, "does not begin with a day that there is", "write a date as year-month-day: 2026-12-01 10:00"
	case word == "daily" || strings.ContainsAny(text, "-,"):
		return moment{}, "names more than one day", "write one line for each day: Mon 14:20"
	}
	if near := source.Nearest(text, names); near != "" && len(text) > 1 {
		return moment{}, "does not begin with a day", "did you mean " + near + "?"
	}
	return moment{}, "does not begin with a day", momentExample
}

// parseHours reads 14:20 and 18:00-21:00. A window whose end is before its
// start ends on the next day; 24:00 is an end only.
func parseHours(text string) (from, to int, trouble, hint string) {
	first, last, isWindow := strings.Cut(text, "-")
	if from, trouble, hint = minuteOf(first); trouble != "" || !isWindow {
		return from, from, trouble, hint
	}
	if last == "24:00" {
		return from, minutesPerDay, "", ""
	}
	to, trouble, hint = minuteOf(last)
	if trouble == "" && to == from {
		return from, to, "begins and ends at the same time", "write a later end, or 00:00-24:00 for the whole day"
	}
	if to < from {
		to += minutesPerDay
	}
	return from, to, trouble, hint
}

func minuteOf(text string) (minute int, trouble, hint string) {
	hours, minutes, ok := strings.Cut(text, ":")
	h, err := strconv.Atoi(hours)
	min, errMinutes := strconv.Atoi(minutes)
	const how = "write hours and minutes of a 24-hour clock: 09:00, 18:30"
	switch {
	case !ok || err != nil || errMinutes != nil || len(minutes) != 2 || len(hours) > 2:
		return 0, "has no time of day that can be read", how
	case h < 0 || h > 23 || min < 0 || min > 59:
		return 0, "has a time of day that no clock shows", how
	}
	return h*60 + min, "", ""
}

// parseLater reads what stands behind the plus: one length, or several in a
// row.
func parseLater(text string) (m moment, trouble, hint string) {
	m.form = later
	for _, part := range lengths(text) {
		d, err := sendtime.ParseDuration(part)
		if err != nil {
			return moment{}, reasonOf(err), ""
		}
		m.spans = append(m.spans, d)
	}
	if len(m.spans) == 0 {
		return moment{}, "has no length of time", "write +3d, +90min or +2h30min"
	}
	return m, "", ""
}

// lengths cuts 2h30min into 2h and 30min: before each number but the first.
func lengths(text string) []string {
	var parts []string
	start, word := 0, false
	for i := range len(text) {
		digit := text[i] >= '0' && text[i] <= '9' || text[i] == '.'
		if digit && word {
			parts, start, word = append(parts, text[start:i]), i, false
		}
		word = word || !digit && text[i] != ' '
	}
	if strings.TrimSpace(text[start:]) != "" {
		parts = append(parts, text[start:])
	}
	return parts
}

// reasonOf gives an error's text behind the value that it quotes.
func reasonOf(err error) string {
	const quoteEnds = `": `
	text := err.Error()
	if i := strings.LastIndex(text, quoteEnds); i >= 0 {
		return text[i+len(quoteEnds):]
	}
	return text
}
