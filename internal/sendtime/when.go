package sendtime

import (
	"time"

	"github.com/robfig/cron/v3"
)

// When is a set of times on a customer's wall clock: a union of lines, each a point ("Mon 20:30", one minute
// long), a window ("Mon-Fri 18:00-21:00", from its start up to but not including its end) or "any time".
// The zero value has no line. A When is immutable and safe to share.
type When struct {
	c *calendar
}

// calendar is a When made ready for search. Weekly lines are laid out minute by minute; lines that hang on
// the date are asked day by day.
type calendar struct {
	lines      []line
	any        bool // every minute of every week
	hasWindows bool
	hasPoints  bool
	windows    *[7]dayMask // nil: no weekly window
	points     *[7]dayMask // nil: no weekly point
	dated      []line
}

// line is one line of a When: days, and minutes of the day.
type line struct {
	any      bool
	weekdays uint8  // bit 0 is Sunday, as in time.Weekday
	dates    uint32 // bits 1 to 31 are days of the month, bit 0 is its last day
	from, to int    // minutes since midnight; to is beyond 1440 when the window ends on the next day, from for a point
	cron     *cronLine
}

// cronLine is a parsed cron line; all its times are points.
type cronLine struct {
	text     string
	schedule *cron.SpecSchedule
	minutes  dayMask
}

const (
	everyWeekday = 1<<7 - 1
	lastOfMonth  = 1 << 0
)

// compile lays the lines out. It keeps the slice.
func compile(lines []line) When {
	if len(lines) == 0 {
		return When{}
	}
	c := &calendar{lines: lines}
	for _, l := range lines {
		c.hasPoints = c.hasPoints || l.point()
		c.hasWindows = c.hasWindows || !l.point()
		switch {
		case l.any:
			c.any = true
		case l.dated():
			c.dated = append(c.dated, l)
		case l.point():
			c.points = layOut(c.points, l)
		default:
			c.windows = layOut(c.windows, l)
		}
	}
	c.any = c.any || fullWeek(c.windows)
	return When{c: c}
}

// layOut adds a weekly line to the week. What ends after midnight reaches into the next weekday.
func layOut(week *[7]dayMask, l line) *[7]dayMask {
	if week == nil {
		week = new([7]dayMask)
	}
	for day := range 7 {
		if l.weekdays>>day&1 == 0 {
			continue
		}
		week[day].set(l.from, min(l.end(), minutesPerDay))
		week[(day+1)%7].set(0, l.end()-minutesPerDay)
	}
	return week
}

func fullWeek(week *[7]dayMask) bool {
	if week == nil {
		return false
	}
	full := fullDay()
	for i := range week {
		if week[i] != full {
			return false
		}
	}
	return true
}

func (l line) point() bool { return l.cron != nil || (!l.any && l.to == l.from) }

func (l line) dated() bool { return l.cron != nil || l.dates != 0 }

// end is the minute after the line's last one.
func (l line) end() int {
	if l.point() {
		return l.from + 1
	}
	return l.to
}

// on says that a dated line begins on a day.
func (l line) on(day int64) bool {
	year, month, date := dateOf(day)
	if l.cron == nil {
		return l.dates>>date&1 == 1 || (l.dates&lastOfMonth != 0 && date == daysIn(year, month))
	}
	s := l.cron.schedule
	return s.Month>>month&1 == 1 && s.Dom>>date&1 == 1 && s.Dow>>weekdayOf(day)&1 == 1
}

// windowsOn adds the minutes of a day that windows cover, by what the wall clock reads.
func (c *calendar) windowsOn(day int64, out *dayMask) {
	if c.any {
		out.set(0, minutesPerDay)
		return
	}
	if c.windows != nil {
		out.add(&c.windows[weekdayOf(day)])
	}
	for _, l := range c.dated {
		if l.point() {
			continue
		}
		if l.on(day) {
			out.set(l.from, min(l.to, minutesPerDay))
		}
		if l.to > minutesPerDay && l.on(day-1) {
			out.set(0, l.to-minutesPerDay)
		}
	}
}

// pointsOn adds the points of a day.
func (c *calendar) pointsOn(day int64, out *dayMask) {
	if c.points != nil {
		out.add(&c.points[weekdayOf(day)])
	}
	for _, l := range c.dated {
		switch {
		case !l.point() || !l.on(day):
		case l.cron != nil:
			out.add(&l.cron.minutes)
		default:
			out.set(l.from, l.from+1)
		}
	}
}

// IsZero says that there is no line.
func (w When) IsZero() bool { return w.c == nil }

// HasPoints says that a line names an instant rather than a window.
func (w When) HasPoints() bool { return w.c != nil && w.c.hasPoints }

// OnlyWindows says that there is a line and every line is a window or "any time", as quiet and legal hours
// must be.
func (w When) OnlyWindows() bool { return w.c != nil && !w.c.hasPoints }

// OnlyPoints says that there is a line and every line names an instant.
func (w When) OnlyPoints() bool { return w.c != nil && !w.c.hasWindows && !w.c.any }

// Contains says that an instant is in a window by what the wall clock of the zone (nil is UTC) reads then,
// or in the minute of a point. A point in the gap of a clock change is the first minute after the gap; one
// in a fold happens in the first of the two passes. The zero When contains nothing.
func (w When) Contains(t time.Time, zone *time.Location) bool {
	if w.c == nil {
		return false
	}
	if w.c.any {
		return true
	}
	at := t.Unix()
	c := newClock(at, zone)
	day, second := dayOf(c.wall(at))
	var windows dayMask
	w.c.windowsOn(day, &windows)
	if windows.has(int(second / 60)) {
		return true
	}
	if !w.c.hasPoints {
		return false
	}
	search := searchPoints(w.c, c, at)
	_, found := search.next(at + 1)
	return found
}

// Starts gives the points at which the lines of w begin; lines for any time
// begin at none.
func (w When) Starts() When {
	if w.c == nil {
		return When{}
	}
	var lines []line
	for _, l := range w.c.lines {
		if l.any {
			continue
		}
		if l.cron == nil {
			l.to = l.from
		}
		lines = append(lines, l)
	}
	return compile(lines)
}

// After gives the first minute of w that begins after an instant, on the wall
// clock of a zone (nil is UTC); zero when none does within the search's horizon.
func (w When) After(t time.Time, zone *time.Location) time.Time {
	answer := Next(Request{Now: t.UTC().Truncate(time.Minute).Add(time.Minute), Zone: zone, When: w})
	if w.IsZero() || !answer.OK {
		return time.Time{}
	}
	return answer.At
}
