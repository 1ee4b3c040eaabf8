package behaviour

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Series is what is kept for one definition and about value. Which fields are
// in use depends on the definition.
type Series struct {
	All     Bucket    // without window and period
	Now     Bucket    // with a period: the newest seen
	Before  Bucket    // the one before it
	Entries []Entry   // with a window, oldest first
	Totals  []Total   // with Keep, oldest first: periods in which something came
	First   time.Time // with Keep: the oldest instant ever
	Days    []int     // with Days, oldest first: days since 1970 on the customer's clock
}

// Entry is one event in a window, or several that were joined because there
// were too many: then At is the newest's.
type Entry struct {
	At    time.Time
	Count int64
	Sum   float64
}

// maxEntries bounds a window's entries; beyond it neighbours are joined, so
// that an entry may leave its window later than it should by the distance of
// its neighbour.
const maxEntries = 512

// add brings an event in. late says that it is too old to count; disorder
// that newer ones were there.
func (s *Series) add(d planned, e customer.Event, c Clock) (late, disorder bool) {
	switch {
	case d.Days:
		s.addDay(e, c)
		return false, false
	case d.Keep > 0:
		return s.addTotal(d, e, c), false
	case !d.Window.IsZero():
		return s.addEntry(d, e, c)
	case d.Per.Kind != NoPeriod:
		return s.addPeriod(d, e, c)
	}
	return false, s.All.add(e, d.Property)
}

func (s *Series) addEntry(d planned, e customer.Event, c Clock) (late, disorder bool) {
	entry := Entry{At: e.At, Count: 1, Sum: amount(e, d.Property)}
	at := len(s.Entries)
	for at > 0 && s.Entries[at-1].At.After(e.At) {
		at--
	}
	disorder = at < len(s.Entries)
	newest := e.At
	if disorder {
		newest = s.Entries[len(s.Entries)-1].At
		if !d.Window.After(e.At, c.Zone).After(newest) {
			return true, true
		}
	}
	s.Entries = slices.Insert(s.Entries, at, entry)
	s.trim(d.Window, newest, c.Zone)
	return false, disorder
}

// trim drops what left the window before the newest entry and joins the oldest
// when there are too many.
func (s *Series) trim(window sendtime.Duration, newest time.Time, zone *time.Location) {
	keep := 0
	for keep < len(s.Entries) && !window.After(s.Entries[keep].At, zone).After(newest) {
		keep++
	}
	s.Entries = slices.Delete(s.Entries, 0, keep)
	if len(s.Entries) <= maxEntries {
		return
	}
	joined := s.Entries[:0]
	for i := 0; i < len(s.Entries); i += 2 {
		entry := s.Entries[i]
		if i+1 < len(s.Entries) {
			next := s.Entries[i+1]
			entry = Entry{At: next.At, Count: entry.Count + next.Count, Sum: entry.Sum + next.Sum}
		}
		joined = append(joined, entry)
	}
	s.Entries = joined
}

func (s *Series) addPeriod(d planned, e customer.Event, c Clock) (late, disorder bool) {
	if s.Now.End.IsZero() || !e.At.Before(s.Now.End) {
		if !s.open(d.Per, e.At, c) {
			return false, false
		}
	}
	if s.Now.holds(e.At) {
		return false, s.Now.add(e, d.Property)
	}
	if s.Before.End.IsZero() && !s.Now.Start.IsZero() {
		start, end, ok := d.Per.Bounds(s.Now.Start.Add(-time.Microsecond), c)
		if ok && d.Per.Kind != SinceEvent {
			s.Before = Bucket{Start: start, End: end}
		}
	}
	if s.Before.holds(e.At) {
		s.Before.add(e, d.Property)
		return false, true
	}
	return true, true
}

// open makes the period that holds t the newest one. It reports whether that
// period is known.
func (s *Series) open(p Period, t time.Time, c Clock) bool {
	start, end, ok := p.Bounds(t, c)
	if !ok {
		return false
	}
	last := s.Now
	s.Now = Bucket{Start: start, End: end}
	if last.End.IsZero() {
		return true
	}
	if start.Before(last.End) { // the calendar moved under a zone or day that changed
		s.Now.Start = last.End
	}
	if s.Before = last; s.Now.Start.After(last.End) {
		s.Before = Bucket{}
	}
	return true
}

// turn starts a new period at an event that ends the one before. It reports
// false when the period at that instant has counted already, so that only the
// log can tell. What happens at the turn's own instant is of the new period.
func (s *Series) turn(at time.Time) bool {
	known := at.Equal(s.Now.Start) && !s.Now.Start.IsZero()
	if older := !s.Before.End.IsZero() && !at.After(s.Before.Start); known || older {
		return true
	}
	if at.Before(s.Now.Start) || !s.Now.Last.IsZero() && !s.Now.Last.Before(at) {
		return false
	}
	s.Before = s.Now
	s.Before.End = at
	s.Now = Bucket{Start: at, End: endless}
	return true
}

// Newest gives the newest instant that was counted; zero: none.
func (s *Series) Newest() time.Time {
	if s == nil {
		return time.Time{}
	}
	newest := s.All.Last
	if s.Now.Last.After(newest) {
		newest = s.Now.Last
	}
	if n := len(s.Entries); n > 0 && s.Entries[n-1].At.After(newest) {
		newest = s.Entries[n-1].At
	}
	if n := len(s.Totals); n > 0 && s.Totals[n-1].Last.After(newest) {
		newest = s.Totals[n-1].Last
	}
	return newest
}

// In gives the total of the period that holds t: the newest, the one before
// it, or an empty one.
func (s *Series) In(t time.Time) Bucket {
	switch {
	case s == nil:
		return Bucket{}
	case s.Now.holds(t):
		return s.Now
	case s.Before.holds(t):
		return s.Before
	}
	return Bucket{}
}

// anyShift is how far clock changes may move what leaves a window of days:
// when 02:10 comes a second time, the earlier 02:30 leaves it later.
const anyShift = 24 * time.Hour

// Window gives the count and sum of what is in the window at now.
func (s *Series) Window(window sendtime.Duration, now time.Time, zone *time.Location) (count int64, sum float64) {
	if s == nil {
		return 0, 0
	}
	for i := len(s.Entries) - 1; i >= 0; i-- {
		e := s.Entries[i]
		if e.At.After(now) {
			continue
		}
		switch left := window.After(e.At, zone); {
		case left.Before(now.Add(-anyShift)):
			return count, sum
		case !left.After(now):
			continue
		}
		count, sum = count+e.Count, sum+e.Sum
	}
	return count, sum
}

// Leaves gives the first instant after now at which an entry leaves the
// window; zero: none will.
func (s *Series) Leaves(window sendtime.Duration, now time.Time, zone *time.Location) (first time.Time) {
	if s == nil {
		return time.Time{}
	}
	for _, e := range s.Entries {
		switch at := window.After(e.At, zone); {
		case !first.IsZero() && at.After(first.Add(anyShift)):
			return first
		case at.After(now) && (first.IsZero() || at.Before(first)):
			first = at
		}
	}
	return first
}

// Thins gives the instant from which fewer than enough of what is in the
// window at an instant are left in it, should nothing else come.
func (s *Series) Thins(window sendtime.Duration, enough int64, at time.Time, zone *time.Location) time.Time {
	type leaving struct {
		at    time.Time
		count int64
	}
	var in []leaving
	if s != nil {
		for _, e := range s.Entries {
			if left := window.After(e.At, zone); !e.At.After(at) && left.After(at) {
				in = append(in, leaving{left, e.Count})
			}
		}
	}
	slices.SortFunc(in, func(a, b leaving) int { return b.at.Compare(a.at) })
	for _, l := range in {
		if enough -= l.count; enough <= 0 {
			return l.at
		}
	}
	return at
}
