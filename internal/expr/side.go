package expr

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// side is what must be so of one number, day or time since: it lies between
// two bounds, and is one of a list, and none of another.
type side struct {
	low, high         float64
	lowOpen, highOpen bool
	only              [][]float64 // each a list that it is in
	not               []float64
	whole             bool    // a count
	slack             float64 // by how much two neighbours may be the same: days, in zones that skipped one

	atLeast, lessThan []sendtime.Duration // of a time since
}

func newSide(key any) *side {
	s := &side{low: math.Inf(-1), high: math.Inf(1)}
	switch key := key.(type) {
	case tally:
		if key.Op == Count {
			s.low, s.whole = 0, true
		}
	case daysOf:
		s.slack = 1
	}
	return s
}

// bound notes that a relation to a number holds, or does not.
func (s *side) bound(rel relation, to float64, holds bool) {
	if !holds {
		rel = rel.opposite()
	}
	switch rel {
	case "==":
		s.in([]float64{to}, true)
		if s.slack > 0 { // a list is exact, and days may not be
			s.only = s.only[:len(s.only)-1]
			s.bound(">=", to, true)
			s.bound("<=", to, true)
		}
	case "!=":
		if s.slack == 0 {
			s.not = append(s.not, to)
		}
	case ">", ">=":
		if open := rel == ">"; to > s.low || to == s.low && open {
			s.low, s.lowOpen = to, open
		}
	case "<", "<=":
		if open := rel == "<"; to < s.high || to == s.high && open {
			s.high, s.highOpen = to, open
		}
	}
}

func (r relation) opposite() relation {
	switch r {
	case "==":
		return "!="
	case "!=":
		return "=="
	case "<":
		return ">="
	case "<=":
		return ">"
	case ">":
		return "<="
	}
	return "<"
}

// in notes that it is one of a list, or none.
func (s *side) in(list []float64, holds bool) {
	if holds {
		s.only = append(s.only, list)
		return
	}
	s.not = append(s.not, list...)
}

// empty reports whether nothing is left that it could be.
func (s *side) empty() bool {
	for _, over := range s.atLeast {
		for _, under := range s.lessThan {
			if under.AtMost(over) {
				return true
			}
		}
	}
	if len(s.only) > 0 {
		return !slices.ContainsFunc(s.only[0], s.fits)
	}
	low, high, open := s.low, s.high, s.lowOpen || s.highOpen
	if s.whole {
		low, high, open = s.firstWhole(), s.lastWhole(), false
	}
	switch {
	case s.slack > 0 && !open:
		return low > high+s.slack
	case low == high:
		return open || !s.fits(low)
	}
	return low > high
}

func (s *side) firstWhole() float64 {
	if low := math.Ceil(s.low); low != s.low || !s.lowOpen {
		return low
	}
	return s.low + 1
}

func (s *side) lastWhole() float64 {
	if high := math.Floor(s.high); high != s.high || !s.highOpen {
		return high
	}
	return s.high - 1
}

func (s *side) fits(value float64) bool {
	switch {
	case value < s.low || value == s.low && s.lowOpen, value > s.high || value == s.high && s.highOpen:
		return false
	case s.whole && value != math.Trunc(value):
		return false
	case slices.Contains(s.not, value):
		return false
	}
	return !slices.ContainsFunc(s.only, func(list []float64) bool { return !slices.Contains(list, value) })
}

// textSet is what must be so of one text.
type textSet struct {
	only [][]string // each a list that it is in
	not  []string
}

func (t *textSet) in(list []string, holds bool) {
	if holds {
		t.only = append(t.only, list)
		return
	}
	t.not = append(t.not, list...)
}

func (t *textSet) empty() bool {
	return len(t.only) > 0 && !slices.ContainsFunc(t.only[0], func(value string) bool {
		return !slices.Contains(t.not, value) &&
			!slices.ContainsFunc(t.only, func(list []string) bool { return !slices.Contains(list, value) })
	})
}

// within reports whether a window is certainly no longer than another one. The
// zero window is all of the time.
func within(short, long sendtime.Duration) bool {
	return long.IsZero() || !short.IsZero() && short.AtMost(long)
}

func compare(a, b float64) int { return cmp.Compare(a, b) }

// seconds gives lengths as numbers that are compared exactly.
func seconds(list []time.Duration) []float64 {
	numbers := make([]float64, len(list))
	for i, d := range list {
		numbers[i] = d.Seconds()
	}
	return numbers
}
