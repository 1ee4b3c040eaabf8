package expr

import (
	"slices"
	"time"
)

// contradicts reports whether it is certain that no facts make every literal
// what it is wanted to be.
func contradicts(literals []literal) bool {
	s := store{
		known: map[read]bool{}, sides: map[any]*side{}, texts: map[any]*textSet{},
		pairs: map[any]signs{}, plain: map[condition]truth{},
	}
	for _, l := range literals {
		if l.want != unknown {
			s.take(l.atom, l.want == yes)
		}
	}
	for _, l := range literals {
		if l.want == unknown && !s.mayBeUnknown(l.atom) {
			return true
		}
	}
	return s.broken || s.empty()
}

// store is what must be so for some literals to be.
type store struct {
	broken bool
	known  map[read]bool // whether a name has a value
	sides  map[any]*side // of numbers, spans of time and days, by what is compared
	texts  map[any]*textSet
	pairs  map[any]signs // how two sides compare, by the sides
	plain  map[condition]truth
}

// signs are the ways in which two sides may compare: less, equal, more.
type signs [3]bool

// pairOf is two sides that are compared with each other.
type pairOf struct{ left, right any }

// take notes what a literal that is true, or false, tells.
func (s *store) take(atom condition, holds bool) {
	for _, r := range doubts(atom) {
		s.know(r, true)
	}
	switch c := atom.(type) {
	case compareNumbers:
		s.numbers(c, holds)
	case compareSpans:
		s.spans(c, holds)
	case compareTimes:
		s.times(c, holds)
	case compareTexts:
		s.compareTexts(c, holds)
	case textIn:
		s.textIn(c, holds)
	case numberIn:
		s.side(c.subject).in(c.list, holds)
	case spanIn:
		s.side(c.subject).in(seconds(c.list), holds)
	case elapsed:
		s.elapsed(c, holds)
	case happened:
		s.happened(c, holds)
	case isKnown:
		s.know(c.of, holds)
	case wasSent, reachableBy, usesChannel, mostlyIn:
		s.agree(atom, when(holds))
	}
}

// know notes whether a name has a value.
func (s *store) know(r read, known bool) {
	if said, ok := s.known[r]; ok && said != known {
		s.broken = true
	}
	s.known[r] = known
}

// agree notes what stands for itself: sent, reachable, uses, mostly.
func (s *store) agree(atom condition, is truth) {
	if said, ok := s.plain[atom]; ok && said != is {
		s.broken = true
	}
	s.plain[atom] = is
}

// side gives what is known of a number, made when it is asked for first.
func (s *store) side(key any) *side {
	if s.sides[key] == nil {
		s.sides[key] = newSide(key)
	}
	return s.sides[key]
}

func (s *store) numbers(c compareNumbers, holds bool) {
	left, leftFixed := fixedOf(c.left)
	right, rightFixed := fixedOf(c.right)
	switch {
	case leftFixed.is && rightFixed.is:
		s.settled(leftFixed.known && rightFixed.known && c.relation.holds(compare(left, right)) == when(holds))
	case rightFixed.is:
		s.settled(rightFixed.known)
		s.side(c.left).bound(c.relation, right, holds)
	case leftFixed.is:
		s.settled(leftFixed.known)
		s.side(c.right).bound(c.relation.mirrored(), left, holds)
	default:
		s.pair(c.left, c.right, c.relation, holds)
	}
}

// settled notes whether something that needs no facts can be.
func (s *store) settled(possible bool) { s.broken = s.broken || !possible }

func (s *store) spans(c compareSpans, holds bool) {
	left, leftFixed := c.left.(fixedSpan)
	right, rightFixed := c.right.(fixedSpan)
	length := func(f fixedSpan) float64 { d, _ := f.span(nil); return d.Seconds() }
	switch {
	case leftFixed && rightFixed:
		s.settled(c.relation.holds(compare(length(left), length(right))) == when(holds))
	case rightFixed:
		s.side(c.left).bound(c.relation, length(right), holds)
	case leftFixed:
		s.side(c.right).bound(c.relation.mirrored(), length(left), holds)
	default:
		s.pair(c.left, c.right, c.relation, holds)
	}
}

// daysOf is what a moment is compared with, in days.
type daysOf struct{ moment moment }

// times notes how a moment compares with days, or with another moment. What
// is compared with an instant that is written out tells nothing.
func (s *store) times(c compareTimes, holds bool) {
	left, leftFixed := dayNumber(c.left)
	right, rightFixed := dayNumber(c.right)
	switch {
	case rightFixed && !leftFixed:
		s.side(daysOf{c.left}).bound(c.relation, right, holds)
	case leftFixed && !rightFixed:
		s.side(daysOf{c.right}).bound(c.relation.mirrored(), left, holds)
	case !leftFixed:
		s.pair(c.left, c.right, c.relation, holds)
	}
}

// dayNumber gives a day that is written out, in days from 1970.
func dayNumber(m moment) (float64, bool) {
	day, ok := m.(fixedDay)
	if !ok {
		return 0, false
	}
	at, err := time.Parse(time.DateOnly, string(day))
	return at.Sub(time.Unix(0, 0)).Hours() / 24, err == nil
}

// pair notes how two sides compare.
func (s *store) pair(left, right any, rel relation, holds bool) {
	if left == right {
		s.settled(rel.holds(0) == when(holds))
		return
	}
	key := pairOf{left, right}
	if _, turned := s.pairs[pairOf{right, left}]; turned {
		key, rel = pairOf{right, left}, rel.mirrored()
	}
	may, ok := s.pairs[key]
	if !ok {
		may = signs{true, true, true}
	}
	for i := range may {
		may[i] = may[i] && rel.holds(i-1) == when(holds)
	}
	s.pairs[key] = may
}

func (s *store) happened(c happened, holds bool) {
	counted := c.tally
	counted.Op = Count
	if holds {
		s.side(counted).bound(">=", 1, true)
		return
	}
	s.side(counted).bound("<", 1, true)
}

// sinceOf is how long ago a moment is; a side of it is in spans.
type sinceOf struct{ moment moment }

func (s *store) elapsed(c elapsed, holds bool) {
	side := s.side(sinceOf{c.since})
	if holds {
		side.atLeast = append(side.atLeast, c.span)
		return
	}
	side.lessThan = append(side.lessThan, c.span)
}

func (s *store) compareTexts(c compareTexts, holds bool) {
	equal := (c.relation == "==") == holds
	left, leftFixed := c.left.(fixedText)
	right, rightFixed := c.right.(fixedText)
	switch {
	case leftFixed && rightFixed:
		s.settled((left == right) == equal)
	case rightFixed:
		s.text(c.left).in([]string{string(right)}, equal)
	case leftFixed:
		s.text(c.right).in([]string{string(left)}, equal)
	default:
		s.pair(c.left, c.right, "==", equal)
	}
}

func (s *store) textIn(c textIn, holds bool) {
	if fixed, ok := c.subject.(fixedText); ok {
		s.settled(slices.Contains(c.list, string(fixed)) == holds)
		return
	}
	s.text(c.subject).in(c.list, holds)
}

func (s *store) text(key any) *textSet {
	if s.texts[key] == nil {
		s.texts[key] = &textSet{}
	}
	return s.texts[key]
}

// empty reports whether some side can be nothing.
func (s *store) empty() bool {
	s.nest()
	for _, side := range s.sides {
		if side.empty() {
			return true
		}
	}
	for _, t := range s.texts {
		if t.empty() {
			return true
		}
	}
	for _, may := range s.pairs {
		if may == (signs{}) {
			return true
		}
	}
	return false
}

// nest tells that what happened within a span happened within a longer one.
func (s *store) nest() {
	for key, inner := range s.sides {
		short, ok := key.(tally)
		if !ok || short.Op != Count {
			continue
		}
		for other, outer := range s.sides {
			long, ok := other.(tally)
			if ok && long.Op == Count && long.Event == short.Event && within(short.Window, long.Window) {
				outer.bound(">=", inner.firstWhole(), true)
			}
		}
	}
}

// mayBeUnknown reports whether a part may be not known, beside what is.
func (s *store) mayBeUnknown(atom condition) bool {
	for _, r := range doubts(atom) {
		if !s.known[r] {
			return true
		}
	}
	switch c := atom.(type) {
	case compareNumbers:
		return !total(c.left) || !total(c.right)
	case numberIn:
		return !total(c.subject)
	case compareTexts, compareTimes, compareSpans, textIn, spanIn:
		return timed(c)
	case happened, isKnown, wasSent, reachableBy, usesChannel:
		return false
	}
	return true
}

// timed reports whether a comparison has the instant of an event for a side,
// which may never have been.
func timed(c condition) bool {
	t, ok := c.(compareTimes)
	if !ok {
		return false
	}
	sure := func(m moment) bool {
		switch m.(type) {
		case read, fixedDay:
			return true
		}
		return false
	}
	return !sure(t.left) || !sure(t.right)
}

// total reports whether a number is known once its names are.
func total(q quantity) bool {
	switch q := q.(type) {
	case fixedNumber, read:
		return true
	case tally:
		return q.Op == Count
	case negative:
		return total(q.of)
	}
	_, fixed := fixedOf(q)
	return fixed.is && fixed.known
}

// doubts gives the names whose values a part cannot do without.
func doubts(atom condition) []read {
	switch c := atom.(type) {
	case compareNumbers:
		return append(readsOf(c.left), readsOf(c.right)...)
	case numberIn:
		return readsOf(c.subject)
	case compareTexts:
		return append(readsOf(c.left), readsOf(c.right)...)
	case textIn:
		return readsOf(c.subject)
	case compareTimes:
		return append(readsOf(c.left), readsOf(c.right)...)
	case compareSpans:
		return append(readsOf(c.left), readsOf(c.right)...)
	case spanIn:
		return readsOf(c.subject)
	case elapsed:
		return readsOf(c.since)
	}
	return nil
}

func readsOf(side any) []read {
	switch q := side.(type) {
	case read:
		return []read{q}
	case negative:
		return readsOf(q.of)
	case arithmetic:
		return append(readsOf(q.left), readsOf(q.right)...)
	}
	return nil
}

// fixity says whether a number needs no facts, and then whether it is known:
// x / 0 is not.
type fixity struct{ is, known bool }

func fixedOf(q quantity) (float64, fixity) {
	switch q := q.(type) {
	case fixedNumber:
		return float64(q), fixity{true, true}
	case negative:
		value, f := fixedOf(q.of)
		return -value, f
	case arithmetic:
		left, a := fixedOf(q.left)
		right, b := fixedOf(q.right)
		switch {
		case a.is && !a.known, b.is && !b.known, b.is && right == 0 && q.sign == '/':
			return 0, fixity{is: true}
		case !a.is || !b.is:
			return 0, fixity{}
		}
		value, known := q.apply(left, right)
		return value, fixity{true, known}
	}
	return 0, fixity{}
}
