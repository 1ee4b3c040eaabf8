package sendtime

import "time"

// scanner tells open from closed time, one run of equal minutes after another. It lays the day out once:
// neighbouring questions share it.
type scanner struct {
	clock   clock
	when    *calendar // nil: any time
	quiet   *calendar // nil: nothing is quiet
	legal   *calendar // nil: no law
	holiday func(year int, month time.Month, day int) bool

	loaded bool
	day    int64 // the one laid out below, counted from 1 January 1970
	wanted dayMask
	hushed dayMask
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

func (s *scanner) run(at int64) run {
	p := s.clock.period(at)
	day, second := dayOf(at + p.offset)
	s.load(day)
	minute := int(second / 60)
	first, end := s.open.runStart(minute), s.open.runEnd(minute)
	midnight := day*secondsPerDay - p.offset
	r := run{
		from: max(midnight+int64(first)*60, p.from),
		to:   min(midnight+int64(end)*60, p.to),
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
	s.wanted, s.hushed, s.lawful = dayMask{}, dayMask{}, dayMask{}
	layOutDay(s.when, day, &s.wanted)
	layOutDay(s.legal, day, &s.lawful)
	if s.quiet != nil {
		s.quiet.windowsOn(day, &s.hushed)
	}
	for i := range s.open {
		s.open[i] = s.wanted[i] &^ s.hushed[i] & s.lawful[i]
	}
	s.closed = s.holiday != nil && !s.open.empty() && s.holiday(dateOf(day))
	if s.closed {
		s.open = dayMask{}
	}
}

// layOutDay adds the minutes that a calendar's windows cover; no calendar covers them all.
func layOutDay(c *calendar, day int64, out *dayMask) {
	if c == nil {
		out.set(0, minutesPerDay)
		return
	}
	c.windowsOn(day, out)
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
func (s *scanner) firstOpen(at, limit int64) (f find) {
	for at < limit {
		r := s.run(at)
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
func (s *scanner) lastOpen(at, limit int64) int64 {
	for at < limit {
		r := s.run(at)
		if !r.open {
			return at
		}
		at = r.to
	}
	return limit
}

// startOf is the start of the open stretch that an instant belongs to, if it is after floor.
func (s *scanner) startOf(at, floor int64) (int64, bool) {
	for at > floor {
		r := s.run(at - 1)
		if !r.open {
			return at, true
		}
		at = r.from
	}
	return 0, false
}
