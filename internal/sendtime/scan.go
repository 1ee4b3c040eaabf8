package sendtime

import (
	"math"
	"time"
)

// scanner tells open from closed time in one zone, one run of equal minutes after another. It lays the day out once:
// neighbouring questions share it.
type scanner struct {
	clock   clock
	when    *calendar // nil: any time
	hours   Hours     // zero: any hour
	quiet   *calendar // nil: nothing is quiet
	legal   []When    // none: no law
	holiday func(year int, month time.Month, day int) bool

	loaded bool
	day    int64 // the one laid out below, counted from 1 January 1970
	wanted dayMask
	hushed dayMask // and lawful: as left by an earlier day when nothing is wanted
	lawful dayMask
	open   dayMask // wanted, not hushed, lawful, and no holiday
	closed bool    // the day is a holiday
}

// run is a stretch of instants [from, to) that are all open or all closed: within one local day and one
// offset from UTC. It need not be the longest such stretch.
type run struct {
	from, to int64
	open     bool
	why      Moved // what closes some part of it from the asked instant on
}

// clocks are the scanners of all zones that have to be open: the customer's own one first, then the others.
type clocks []scanner

func (c clocks) run(at int64) run {
	r := c[0].here(at, run{from: math.MinInt64, to: math.MaxInt64})
	for i := 1; i < len(c) && r.open; i++ {
		r = c[i].here(at, r)
		if !r.open {
			r.why |= MovedElsewhere
		}
	}
	return r
}

// here is the run of an instant by this zone alone, no longer than the one given.
func (s *scanner) here(at int64, within run) run {
	p := s.clock.period(at)
	day, second := dayOf(at + p.offset)
	s.load(day)
	minute := int(second / 60)
	first, end := s.open.runStart(minute), s.open.runEnd(minute)
	midnight := day*secondsPerDay - p.offset
	r := run{
		from: max(midnight+int64(first)*60, p.from, within.from),
		to:   min(midnight+int64(end)*60, p.to, within.to),
		open: s.open.has(minute),
	}
	if !r.open {
		r.why = s.why(minute, int(min(int64(end), (r.to-midnight+59)/60)))
	}
	return r
}

func (s *scanner) load(day int64) {
	if s.loaded && s.day == day {
		return
	}
	s.loaded, s.day = true, day
	s.wanted, s.open, s.closed = dayMask{}, dayMask{}, false
	s.layOutWanted(day)
	if s.wanted.empty() {
		return
	}
	s.layOutClosed(day)
	for i := range s.open {
		s.open[i] = s.wanted[i] &^ s.hushed[i] & s.lawful[i]
	}
	s.closed = s.holiday != nil && !s.open.empty() && s.holiday(dateOf(day))
	if s.closed {
		s.open = dayMask{}
	}
}

// layOutWanted adds the minutes of a day in which the message may start.
func (s *scanner) layOutWanted(day int64) {
	switch {
	case !s.hours.IsZero():
		s.hours.on(weekdayOf(day), &s.wanted)
		When{s.when}.narrow(day, &s.wanted)
	case s.when != nil:
		s.when.windowsOn(day, &s.wanted)
	default:
		s.wanted = fullDay()
	}
}

// layOutClosed marks what is quiet on a day, and what all laws leave open.
func (s *scanner) layOutClosed(day int64) {
	s.hushed, s.lawful = dayMask{}, dayMask{}
	if s.quiet != nil {
		s.quiet.windowsOn(day, &s.hushed)
	}
	if len(s.legal) == 0 || s.legal[0].c == nil {
		s.lawful = fullDay()
	} else {
		s.legal[0].c.windowsOn(day, &s.lawful)
	}
	for i := 1; i < len(s.legal); i++ {
		s.legal[i].narrow(day, &s.lawful)
	}
}

// narrow takes away the minutes of a day that no window covers; the zero When takes none.
func (w When) narrow(day int64, mask *dayMask) {
	if w.c == nil || w.c.any {
		return
	}
	var covered dayMask
	w.c.windowsOn(day, &covered)
	mask.keep(&covered)
}

// why names what closes the minutes [from, to) of the laid-out day.
func (s *scanner) why(from, to int) (moved Moved) {
	for minute := from; minute < to; {
		word, bit := minute/64, minute%64
		count := min(to-minute, 64-bit)
		asked := (^uint64(0) >> (64 - count)) << bit
		wanted := s.wanted[word] & asked
		if wanted != asked {
			moved |= MovedWindow
		}
		if wanted&s.hushed[word] != 0 {
			moved |= MovedQuiet
		}
		if wanted&^s.lawful[word] != 0 {
			moved |= MovedLegal
		}
		if wanted != 0 && s.closed {
			moved |= MovedHoliday
		}
		minute += count
	}
	return moved
}

// firstOpen finds the first open instant in [at, limit) and collects what closed the time before it.
func (c clocks) firstOpen(at, limit int64) (f find) {
	for at < limit {
		r := c.run(at)
		if r.open {
			f.at, f.first, f.ok = at, at, true
			return f
		}
		f.moved |= r.why
		at = r.to
	}
	return f
}

// lastOpen is the end of the open stretch that an instant belongs to, limit at the latest.
func (c clocks) lastOpen(at, limit int64) int64 {
	for at < limit {
		r := c.run(at)
		if !r.open {
			return at
		}
		at = r.to
	}
	return limit
}

// startOf is the start of the open stretch that an instant belongs to, if it is after floor.
func (c clocks) startOf(at, floor int64) (int64, bool) {
	for at > floor {
		r := c.run(at - 1)
		if !r.open {
			return at, true
		}
		at = r.from
	}
	return 0, false
}
