package sendtime

import (
	"math"
	"time"
)

const (
	secondsPerDay = 24 * 60 * 60
	minutesPerDay = 24 * 60

	// farthestOffset bounds the distance of any real zone from UTC, in seconds.
	// The widest in the IANA data are the local mean times of Manila and Juneau, just under 16 hours.
	farthestOffset = 26 * 60 * 60
)

// period is a stretch of instants [from, to) with one offset from UTC. All are Unix seconds. It holds the
// instant that it was asked for, and need not be the longest such stretch.
type period struct {
	from, to, offset int64
}

func periodAt(at int64, zone *time.Location) period {
	t := time.Unix(at, 0).In(zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	p := period{from: math.MinInt64, to: math.MaxInt64, offset: int64(offset)}
	if !start.IsZero() {
		p.from = start.Unix()
	}
	if !end.IsZero() {
		p.to = end.Unix()
	}
	if p.to <= at {
		p.to = nextMidnight(at)
	}
	return p
}

// nextMidnight is that of UTC. Where a zone's data tells a rule instead of the years to come, the time package
// ends every year after 365 days: on the last day of a leap year it gives a period that is over.
func nextMidnight(at int64) int64 {
	day, _ := dayOf(at)
	return (day + 1) * secondsPerDay
}

// clock converts between instants and the wall clock of one zone, both in seconds: an instant counts from
// the Unix epoch in UTC, a wall reading counts from the same date and time on the local clock.
// It remembers the last period, because neighbouring questions share it.
type clock struct {
	zone *time.Location
	last period
}

func newClock(at int64, zone *time.Location) clock {
	if zone == nil {
		zone = time.UTC
	}
	return clock{zone: zone, last: periodAt(at, zone)}
}

func (c *clock) period(at int64) period {
	if at < c.last.from || at >= c.last.to {
		c.last = periodAt(at, c.zone)
	}
	return c.last
}

// wall is what the local clock reads at an instant.
func (c *clock) wall(at int64) int64 { return at + c.period(at).offset }

// instant is the first instant at which the local clock has reached a reading: the first of the two in a
// fold, the end of the gap when the reading is skipped. time.Date promises neither.
func (c *clock) instant(wall int64) int64 {
	at := wall - c.last.offset
	if at < c.last.to && at-farthestOffset >= c.last.from {
		return at
	}
	p := c.period(wall - farthestOffset)
	for wall-p.offset >= p.to {
		p = c.period(p.to)
	}
	return max(wall-p.offset, p.from)
}

// dayOf splits a wall reading into its day, counted from 1 January 1970, and the second of that day.
func dayOf(wall int64) (day, second int64) {
	day = wall / secondsPerDay
	second = wall % secondsPerDay
	if second < 0 {
		day, second = day-1, second+secondsPerDay
	}
	return day, second
}

func weekdayOf(day int64) time.Weekday {
	return time.Weekday(((day+int64(time.Thursday))%7 + 7) % 7)
}

func dateOf(day int64) (int, time.Month, int) {
	return time.Unix(day*secondsPerDay, 0).UTC().Date()
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
