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
	// margin is the end of a stretch in which no spread place lies: whoever is a little late still meets it.
	margin = 2 * 60
	// mostElsewhere is how many other zones are looked at without taking memory. Russia has eleven clocks.
	mostElsewhere = 12
)

// Request asks for the next allowed instant. Quiet and Legal count by their windows only; whoever takes them
// from a person checks OnlyWindows.
type Request struct {
	Now      time.Time
	Zone     *time.Location                                 // the customer's; nil: UTC
	Also     []*time.Location                               // other zones that the customer may be in: quiet, legal hours and holidays are kept in each
	When     When                                           // where the message may start; zero: any time
	Hours    Hours                                          // the start lies in one of these hours too, on Zone's clock; none or all of them: any
	Quiet    When                                           // what the house rule closes; zero: nothing
	Legal    []When                                         // what laws leave open: all of them hold; a zero one says nothing
	Holiday  func(year int, month time.Month, day int) bool // local calendar days that are closed; nil: none
	Deadline time.Time                                      // the answer is before it; zero: none
	Spread   uint64                                         // a stable hash, evenly spread over all 64 bits; 0: the first allowed instant
}

// Moved is the set of what kept a message from an earlier instant.
type Moved uint8

// What can move a message. Moved has MovedWindow when some moment between now and the answer was outside
// When or Hours, the next three when some moment inside both was closed by them, and MovedSpread when the
// answer is later than the first allowed instant for the sake of an even load. MovedElsewhere stands beside
// what closed, in another zone of Also, a moment that was open in Zone.
const (
	MovedWindow Moved = 1 << iota
	MovedQuiet
	MovedLegal
	MovedHoliday
	MovedSpread
	MovedElsewhere
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

// Next finds an instant that When contains, in one of Hours, that is not quiet, that every law leaves open,
// that is not on a holiday, not before Now and before the deadline, all by the wall clock of the zone at that
// instant. Quiet hours, laws and holidays are kept by the wall clocks of the other zones too.
//
// With Spread 0 it is the first such instant. With another Spread it is that share of the way through the
// allowed stretch of a window, so that many customers do not share one second; whoever comes later than
// their place but inside the stretch goes at once. No place is in the last two minutes of a stretch of four
// minutes or more: those who would be there are spread over the rest. Points are not spread. Without a
// window, Now is the answer when it is allowed, and those who have to wait are spread over the first hour of
// the open time.
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
	if r.Hours.isFull() {
		r.Hours = Hours{}
	}
	f := r.everywhere(now, limit)
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

// everywhere searches with an eye on the other zones, if anything is closed there.
func (r *Request) everywhere(now, limit int64) find {
	if len(r.Also) == 0 || (r.Quiet.c == nil && len(r.Legal) == 0 && r.Holiday == nil) {
		var room [1]scanner
		return r.search(now, limit, room[:])
	}
	var room [1 + mostElsewhere]scanner
	all := clocks(room[:1])
	for _, zone := range r.Also {
		if zone != r.Zone {
			all = append(all, r.closing(now, zone))
		}
	}
	return r.search(now, limit, all)
}

// search takes the earlier one of the best window and the best point.
func (r *Request) search(now, limit int64, all clocks) find {
	when := r.When.c
	if when == nil || when.any {
		if r.Hours.IsZero() {
			return r.anyTime(now, limit, all)
		}
		return r.window(now, limit, all)
	}
	var best find
	if when.hasWindows {
		best = r.window(now, limit, all)
	}
	if !when.hasPoints || (best.ok && best.at <= now) {
		return best
	}
	if best.ok {
		limit = best.at
	}
	point := r.point(now, limit, all)
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

func (r *Request) anyTime(now, limit int64, all clocks) find {
	r.own(nil, now, all)
	f := all.firstOpen(now, limit)
	if !f.ok || f.at == now {
		return f
	}
	return f.spread(f.at, all.lastOpen(f.at, min(limit, f.at+backlog)), r.Spread)
}

func (r *Request) window(now, limit int64, all clocks) find {
	r.own(r.When.c, now, all)
	f := all.firstOpen(now, limit)
	if !f.ok || r.Spread == 0 {
		return f
	}
	start, found := f.at, true
	if f.at == now {
		start, found = all.startOf(now, now-longestStretch)
	}
	if !found {
		return f
	}
	return f.spread(start, all.lastOpen(f.at, min(limit, start+longestStretch)), r.Spread)
}

// spread moves a find to its place in the stretch [start, end), never to earlier.
func (f find) spread(start, end int64, hash uint64) find {
	if target := start + placeIn(end-start, hash); target > f.at {
		f.at = target
		f.moved |= MovedSpread
	}
	return f
}

// placeIn is a hash's share of a length of time. Who would fall into the margin at its end gets a place in the
// rest instead, by the same hash and as evenly.
func placeIn(length int64, hash uint64) int64 {
	place, fraction := bits.Mul64(hash, uint64(max(length, 0)))
	safe := uint64(max(length-margin, 0))
	if length < 2*margin || place < safe {
		return int64(place)
	}
	rest, _ := bits.Mul64(fraction, safe)
	return int64(((place-safe)*safe + rest) / margin)
}

// point is the first second of a point's minute that is open.
func (r *Request) point(now, limit int64, all clocks) find {
	r.own(nil, now, all)
	search := searchPoints(r.When.c, all[0].clock, now)
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
		minute := all.firstOpen(max(point, now), min(point+60, limit))
		f.moved |= minute.moved
		if minute.ok {
			f.at, f.first, f.ok = minute.at, minute.at, true
			return f
		}
	}
}

// own lays out the first of the clocks: the one on which the message has its times.
func (r *Request) own(when *calendar, now int64, all clocks) {
	all[0] = r.closing(now, r.Zone)
	all[0].when, all[0].hours = when, r.Hours
}

// closing knows only what quiet hours, laws and holidays close in a zone.
func (r *Request) closing(now int64, zone *time.Location) scanner {
	return scanner{clock: newClock(now, zone), quiet: r.Quiet.c, legal: r.Legal, holiday: r.Holiday}
}
