package sendtime

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseWhen reads lines such as "Mon 20:30", "Mon-Fri 18:00-21:00", "Sat,Sun 10:00-12:00", "daily
// 21:00-08:00", "1st 09:00", "1st,15th 09:00", "last 09:00" (the month's last day), "cron 30 20 * * MON" and
// "any time"; one string may hold several, separated by ";". Weekdays are English names, short or whole, in
// any case. A window whose end is before its start ends on the next day and belongs to the day on which it
// starts; 24:00 is an end only. The 29th to 31st are skipped in months that do not have them.
// The error names the first bad line, its trouble and how to mend it. No line at all gives the zero When.
func ParseWhen(lines ...string) (When, error) {
	var parsed []line
	for _, text := range lines {
		for part := range strings.SplitSeq(text, ";") {
			l, hint := parseLine(part)
			if hint != "" {
				return When{}, fmt.Errorf("time line %q: %s", strings.TrimSpace(part), hint)
			}
			parsed = append(parsed, l)
		}
	}
	return compile(parsed), nil
}

const lineExample = "write for example Mon 20:30 or Mon-Fri 18:00-21:00"

func parseLine(text string) (line, string) {
	fields := strings.Fields(text)
	switch {
	case len(fields) == 0:
		return line{}, "is empty, " + lineExample
	case strings.EqualFold(fields[0], "cron"):
		return parseCron(fields[1:])
	case strings.EqualFold(strings.Join(fields, " "), "any time"):
		return line{any: true}, ""
	case strings.ContainsAny(text, "–—"):
		return line{}, "has a long dash, write a hyphen as in Mon-Fri 18:00-21:00"
	}
	fields = strings.Fields(closeUp(text))
	l, hint := parseClock(fields[len(fields)-1])
	switch {
	case hint != "" && len(fields) == 1:
		return line{}, dayAloneHint(fields[0], hint)
	case hint != "":
		return line{}, hint
	case len(fields) == 1:
		return line{}, "has no day, write daily " + fields[0]
	}
	if hint = parseDays(&l, fields[:len(fields)-1]); hint != "" {
		return line{}, cmp.Or(speechHint(fields), hint)
	}
	return l, ""
}

// speechHint mends days that are written as they are spoken: every Sunday at
// 18:00. It is "" for others.
func speechHint(fields []string) string {
	last := len(fields) - 1
	days := slices.DeleteFunc(slices.Clone(fields[:last]), func(word string) bool {
		return slices.Contains([]string{"every", "each", "on", "at"}, strings.ToLower(word))
	})
	if len(days) != 1 || len(days) == last {
		return ""
	}
	day := strings.TrimSuffix(strings.ToLower(days[0]), "s")
	switch day {
	case "day":
		day = "daily"
	case "weekday", "workday":
		day = "Mon-Fri"
	case "weekend":
		day = "Sat,Sun"
	}
	var l line
	if parseDays(&l, []string{day}) != "" {
		return ""
	}
	if l.dates == 0 {
		day = weekdaysText(l.weekdays)
	}
	return "has words beside day and time, write " + day + " " + fields[last]
}

// closeUp takes the spaces around commas and hyphens away.
func closeUp(text string) string {
	for _, mark := range []string{",", "-"} {
		parts := strings.Split(text, mark)
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		text = strings.Join(parts, mark)
	}
	return text
}

func dayAloneHint(field, clockHint string) string {
	var l line
	if parseDays(&l, []string{field}) == "" {
		return fmt.Sprintf("has no time, write %[1]s 09:00, or %[1]s 00:00-24:00 for the whole day", field)
	}
	return clockHint
}

// parseDays sets the line's weekdays or dates.
func parseDays(l *line, fields []string) string {
	if len(fields) > 1 {
		return fmt.Sprintf("has %d words before the time, separate days by commas as in Sat,Sun 10:00", len(fields))
	}
	if strings.EqualFold(fields[0], "daily") {
		l.weekdays = everyWeekday
		return ""
	}
	for item := range strings.SplitSeq(fields[0], ",") {
		hint := parseDay(l, item)
		if hint != "" {
			return hint
		}
	}
	if l.weekdays != 0 && l.dates != 0 {
		return "mixes weekdays and days of the month, write two lines when either may be the day"
	}
	return ""
}

func parseDay(l *line, item string) string {
	if strings.EqualFold(item, "last") {
		l.dates |= lastOfMonth
		return ""
	}
	if item != "" && item[0] >= '0' && item[0] <= '9' {
		return parseDate(l, item)
	}
	first, last, isRange := strings.Cut(item, "-")
	from, hint := parseWeekday(first)
	if hint != "" || !isRange {
		l.weekdays |= 1 << from
		return hint
	}
	to, hint := parseWeekday(last)
	switch {
	case hint != "":
		return hint
	case from == to:
		return fmt.Sprintf("range %q begins and ends on the same day, write %s or daily", item, from.String()[:3])
	}
	for day := from; day != to; day = (day + 1) % 7 {
		l.weekdays |= 1 << day
	}
	l.weekdays |= 1 << to
	return ""
}

func parseWeekday(name string) (time.Weekday, string) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(name, day.String()) || strings.EqualFold(name, day.String()[:3]) {
			return day, ""
		}
	}
	return 0, weekdayHint(strings.ToLower(name))
}

func weekdayHint(name string) string {
	switch name {
	case "":
		return "lacks a day beside a comma or a hyphen, write for example Sat,Sun or Mon-Fri"
	case "daily", "everyday", "day", "every":
		return fmt.Sprintf("day %q cannot stand here, write daily alone", name)
	case "weekday", "weekdays", "workdays":
		return fmt.Sprintf("day %q is unknown, write Mon-Fri", name)
	case "weekend", "weekends":
		return fmt.Sprintf("day %q is unknown, write Sat,Sun", name)
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		short := day.String()[:3]
		if len(name) >= 2 && strings.HasPrefix(name, strings.ToLower(short[:2])) {
			return fmt.Sprintf("day %q is unknown, write %s", name, short)
		}
	}
	return fmt.Sprintf("day %q is unknown, use Mon, Tue, Wed, Thu, Fri, Sat, Sun, daily, 1st to 31st or last", name)
}

func parseDate(l *line, item string) string {
	digits := strings.TrimRight(strings.ToLower(item), "sthndr.")
	date, err := strconv.Atoi(digits)
	switch {
	case strings.Contains(item, "-"):
		return fmt.Sprintf("range %q of dates is not supported, write each as in 1st,2nd,3rd", item)
	case err != nil || date < 1 || date > 31:
		return fmt.Sprintf("day of the month %q is unknown, use 1st to 31st or last", item)
	case !strings.EqualFold(item, ordinal(date)):
		return fmt.Sprintf("day of the month %q is unknown, write %s", item, ordinal(date))
	}
	l.dates |= 1 << date
	return ""
}

// parseClock reads "20:30" or "18:00-21:00".
func parseClock(text string) (line, string) {
	if strings.Contains(text, ",") {
		return line{}, "has several times, write one line for each"
	}
	first, last, isWindow := strings.Cut(text, "-")
	from, hint := parseMinute(first)
	switch {
	case hint != "":
		return line{}, hint
	case from == minutesPerDay:
		return line{}, "begins at 24:00, write 00:00 and the next day"
	case !isWindow:
		return line{from: from, to: from}, ""
	}
	to, hint := parseMinute(last)
	switch {
	case hint != "":
		return line{}, hint
	case to == from:
		return line{}, fmt.Sprintf("window %q has no length, write 00:00-24:00 for the whole day", text)
	case to < from:
		to += minutesPerDay
	}
	return line{from: from, to: to}, ""
}

func parseMinute(text string) (int, string) {
	hours, minutes, found := strings.Cut(text, ":")
	hour, hourOK := digits(hours)
	minute, minuteOK := digits(minutes)
	switch {
	case !found || !hourOK || !minuteOK || len(hours) > 2 || len(minutes) != 2:
		return 0, clockHint(strings.ToLower(text))
	case hour > 24 || minute > 59 || (hour == 24 && minute > 0):
		return 0, fmt.Sprintf("time %q does not exist, use 00:00 to 23:59, or 24:00 as an end", text)
	}
	return hour*60 + minute, ""
}

func digits(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// clockHint mends the common other ways to write a time.
func clockHint(text string) string {
	if text == "" {
		return "lacks a time beside a hyphen, write for example 18:00-21:00"
	}
	for _, half := range []string{"am", "pm"} {
		hours, found := strings.CutSuffix(text, half)
		if minute, ok := readLoose(hours); found && ok && minute >= 60 && minute < 13*60 {
			minute %= 12 * 60
			if half == "pm" {
				minute += 12 * 60
			}
			return fmt.Sprintf("time %q is not on the 24-hour clock, write %s", text, clockText(minute))
		}
	}
	if minute, ok := readLoose(text); ok {
		return fmt.Sprintf("time %q is not complete, write %s", text, clockText(minute))
	}
	return fmt.Sprintf("time %q cannot be read, write hours and minutes as in 20:30", text)
}

// readLoose reads "8", "8:30", "8.30" and "20h30".
func readLoose(text string) (int, bool) {
	hours, minutes, found := strings.Cut(strings.NewReplacer(".", ":", "h", ":").Replace(text), ":")
	if !found || minutes == "" {
		minutes = "00"
	}
	hour, hourOK := digits(hours)
	minute, minuteOK := digits(minutes)
	return hour*60 + minute, hourOK && minuteOK && len(minutes) == 2 && hour < 24 && minute < 60
}

// parseCron reads the five fields of a cron line.
func parseCron(fields []string) (line, string) {
	const want = "write minute, hour, day of month, month and weekday as in cron 30 20 * * MON"
	text := strings.ToUpper(strings.Join(fields, " "))
	switch {
	case strings.ContainsAny(text, "@="):
		return line{}, "has a shorthand or a zone, each customer's own zone counts, " + want
	case len(fields) == 6:
		return line{}, "has six fields, seconds cannot be set, " + want
	case len(fields) != 5:
		return line{}, fmt.Sprintf("has %d fields, %s", len(fields), want)
	}
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		return line{}, fmt.Sprintf("is not a cron line (%v), %s", err, want)
	}
	schedule, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return line{}, "is not a cron line, " + want
	}
	if hint := cronTrap(schedule); hint != "" {
		return line{}, hint
	}
	return line{cron: &cronLine{text: text, schedule: schedule, minutes: cronMinutes(schedule)}}, ""
}

// cronStar is robfig/cron's mark of a field that is not restricted.
const cronStar = 1 << 63

// cronTrap names the lines that do what nobody means.
func cronTrap(s *cron.SpecSchedule) string {
	if s.Minute == 0 || s.Hour == 0 || s.Dom == 0 || s.Month == 0 || s.Dow == 0 {
		return "has a field without a value, write * where any will do"
	}
	if s.Dom&cronStar == 0 && s.Dow&cronStar == 0 {
		return "has a day of the month and a weekday, cron fires on each of both, write two lines with * in one of them"
	}
	for month := time.January; month <= time.December; month++ {
		const leapYear = 2000
		if s.Month>>month&1 == 1 && s.Dom&(1<<(daysIn(leapYear, month)+1)-2) != 0 {
			return ""
		}
	}
	return "names a day that none of its months has, mend the third or the fourth field"
}

func cronMinutes(s *cron.SpecSchedule) (m dayMask) {
	for minute := range minutesPerDay {
		if s.Hour>>(minute/60)&1 == 1 && s.Minute>>(minute%60)&1 == 1 {
			m.set(minute, minute+1)
		}
	}
	return m
}
