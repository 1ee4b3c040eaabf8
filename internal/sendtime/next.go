package sendtime

import (
	"math/bits"
	"time"
)

const (
	// horizon bounds a search that has no deadline, and one whose deadline is later.
	horizon = 400 * secondsPerDay
	// longestStretch bounds the stretch that a spread is laid over: two weeks hold any weekly window, and
	// whoever is already further in may go at once.
	longestStretch = 14 * secondsPerDay
	// backlog is how long those who waited for a closed time to end are spread over when the message may
	// start at any time.
	backlog = 60 * 60
)

// Request asks for the next allowed instant. Quiet and Legal count by their windows only; whoever takes them
// from a person checks OnlyWindows.
type Request struct {
	Now      time.Time
	Zone     *time.Location                                 // the customer's; nil: UTC
	When     When                                           // where the message may start; zero: any time
	Quiet    When                                           // what the house rule closes; zero: nothing
	Legal    When                                           // what the law leaves open; zero: no law
	Holiday  func(year int, month time.Month, day int) bool // local calendar days that are closed; nil: none
	Deadline time.Time                                      // the answer is before it; zero: none
	Spread   uint64                                         // a stable hash, evenly spread over all 64 bits; 0: the first allowed instant
}

// Moved is the set of what kept a message from an earlier instant.
type Moved uint8

// What can move a message. Moved has MovedWindow when some moment between now and the answer was outside
// When, the next three when some moment inside When was closed by them, and MovedSpread when the answer is
// later than the first allowed instant for the sake of an even load.
const (
	MovedWindow Moved = 1 << iota
	MovedQuiet
	MovedLegal
	MovedHoliday
	MovedSpread
)

// Has says that the set shares a member with another.
func (m Moved) Has(other Moved) bool { return m&other != 0 }

// Answer is the instant and what moved it there. When OK is false no instant before the deadline, and none
// within 400 days, is allowed: At is zero and Moved says what stood in the way.
type Answer struct {
	At    time.Time // UTC
	OK    bool
	Moved Moved
}

// Next finds an instant that When contains, that is not quiet, that the law leaves open, that is not on a
// holiday, not before Now and before the deadline, all by the wall clock of the zone at that instant.
//
// With Spread 0 it is the first such instant. With another Spread it is that share of the way through the
// allowed stretch of a window, so that many customers do not share one second; whoever comes later than
// their place but inside the stretch goes at once. Points are not spread. Without a window, Now is the answer
// when it is allowed, and those who have to wait are spread over the first hour of the open time.
//
// Asked again at its own answer, Next answers the same.
func Next(r Request) Answer {
	now := r.Now.Unix()
	limit := now + horizon
	if !r.Deadline.IsZero() {
		if !r.Now.Before(r.Deadline) {
			return Answer{}
		}
		limit = min(limit, ceilUnix(r.Deadline))
	}
	f := r.search(now, limit)
	switch {
	case !f.ok:
		return Answer{Moved: f.moved}
	case f.at <= now:
		return Answer{At: r.Now.UTC(), OK: true}
	}
	return Answer{At: time.Unix(f.at, 0).UTC(), OK: true, Moved: f.moved}
}

func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// find is an answer in Unix seconds, not before the beginning of its search. first is the first allowed
// instant, and at is later than that only for the sake of an even load.
type find struct {
	at    int64
	first int64
	ok    bool
	moved Moved
}

// search takes the earlier one of the best window and the best point.
func (r *Request) search(now, limit int64) find {
	c := r.When.c
	if c == nil || c.any {
		return r.anyTime(now, limit)
	}
	var best find
	if c.hasWindows {
		best = r.window(now, limit)
	}
	if !c.hasPoints || (best.ok && best.at <= now) {
		return best
	}
	if best.ok {
		limit = best.at
	}
	point := r.point(now, limit)
	switch {
	case point.ok && best.ok && best.first < point.at:
		best.at = point.at
		return best
	case point.ok:
		return point
	case best.ok:
		return best
	}
	return find{moved: best.moved | point.moved}
}

func (r *Request) anyTime(now, limit int64) find {
	s := r.scanner(nil, now)
	f := s.firstOpen(now, limit)
	if !f.ok || f.at == now {
		return f
	}
	return f.spread(f.at, s.lastOpen(f.at, min(limit, f.at+backlog)), r.Spread)
}

func (r *Request) window(now, limit int64) find {
	s := r.scanner(r.When.c, now)
	f := s.firstOpen(now, limit)
	if !f.ok || r.Spread == 0 {
		return f
	}
	start, found := f.at, true
	if f.at == now {
		start, found = s.startOf(now, now-longestStretch)
	}
	if !found {
		return f
	}
	return f.spread(start, s.lastOpen(f.at, min(limit, start+longestStretch)), r.Spread)
}

// spread moves a find to its place in the stretch [start, end), never to earlier.
func (f find) spread(start, end int64, hash uint64) find {
	place, _ := bits.Mul64(hash, uint64(max(end-start, 0)))
	if target := start + int64(place); target > f.at {
		f.at = target
		f.moved |= MovedSpread
	}
	return f
}

// point is the first second of a point's minute that is open.
func (r *Request) point(now, limit int64) find {
	s := r.scanner(nil, now)
	search := searchPoints(r.When.c, s.clock, now)
	var f find
	for {
		point, found := search.next(limit)
		if !found {
			f.moved |= MovedWindow
			return f
		}
		if point > now {
			f.moved |= MovedWindow
		}
		minute := s.firstOpen(max(point, now), min(point+60, limit))
		f.moved |= minute.moved
		if minute.ok {
			f.at, f.first, f.ok = minute.at, minute.at, true
			return f
		}
	}
}

func (r *Request) scanner(when *calendar, now int64) scanner {
	return scanner{
		clock: newClock(now, r.Zone), when: when,
		quiet: r.Quiet.c, legal: r.Legal.c, holiday: r.Holiday,
	}
}
