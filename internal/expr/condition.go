package expr

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// truth is one of Kleene's three values. The order makes `and` the lesser and
// `or` the greater of two, and `not` the mirror.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func (t truth) not() truth { return yes - t }

// when gives the truth of something that is known.
func when(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// condition is a part that comes to a truth.
type condition interface {
	truth(f Facts) truth
}

// changing is a condition that may change with time alone.
type changing interface {
	outlook(f Facts) (now truth, next time.Time)
}

// outlook gives a condition's truth and the first instant at which it could
// differ with no further event; zero: never.
func outlook(c condition, f Facts) (truth, time.Time) {
	if c, ok := c.(changing); ok {
		return c.outlook(f)
	}
	return c.truth(f), time.Time{}
}

// all holds when every term does.
type all []condition

func (a all) truth(f Facts) truth {
	result := yes
	for _, term := range a {
		if result = min(result, term.truth(f)); result == no {
			break
		}
	}
	return result
}

func (a all) outlook(f Facts) (truth, time.Time) { return together(a, f, no) }

// some holds when one term does.
type some []condition

func (s some) truth(f Facts) truth {
	result := no
	for _, term := range s {
		if result = max(result, term.truth(f)); result == yes {
			break
		}
	}
	return result
}

func (s some) outlook(f Facts) (truth, time.Time) { return together(s, f, yes) }

// together joins terms of which one that is decisive settles the whole. The
// whole stays settled for as long as any one term settles it.
func together(terms []condition, f Facts, decisive truth) (truth, time.Time) {
	result, settled := decisive.not(), false
	var next, settledUntil time.Time
	for _, term := range terms {
		now, change := outlook(term, f)
		switch {
		case now != decisive:
			next = earlier(next, change)
			if now == unknown {
				result = unknown
			}
		case settled:
			settledUntil = later(settledUntil, change)
		default:
			settled, settledUntil = true, change
		}
	}
	if settled {
		return decisive, settledUntil
	}
	return result, next
}

type negation struct{ of condition }

func (n negation) truth(f Facts) truth { return n.of.truth(f).not() }

func (n negation) outlook(f Facts) (truth, time.Time) {
	t, next := outlook(n.of, f)
	return t.not(), next
}

// relation is one of == != < <= > >=.
type relation string

// holds says whether the relation does, from how the left side compares with the right.
func (r relation) holds(compared int) truth {
	switch r {
	case "==":
		return when(compared == 0)
	case "!=":
		return when(compared != 0)
	case "<":
		return when(compared < 0)
	case "<=":
		return when(compared <= 0)
	case ">":
		return when(compared > 0)
	}
	return when(compared >= 0)
}

// mirrored gives the relation of the sides in the other order.
func (r relation) mirrored() relation {
	switch r {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return r
}

type compareNumbers struct {
	relation    relation
	left, right quantity
}

func (c compareNumbers) truth(f Facts) truth {
	left, ok := c.left.number(f)
	if !ok {
		return unknown
	}
	right, ok := c.right.number(f)
	if !ok {
		return unknown
	}
	return c.relation.holds(cmp.Compare(left, right))
}

func (c compareNumbers) outlook(f Facts) (truth, time.Time) {
	left, leftKnown, leftNext := forecast(c.left, f)
	right, rightKnown, rightNext := forecast(c.right, f)
	next := meet(leftKnown, rightKnown, leftNext, rightNext)
	if !leftKnown || !rightKnown {
		return unknown, next
	}
	return c.relation.holds(cmp.Compare(left, right)), next
}

// compareTexts is == or != of texts, exact to the letter.
type compareTexts struct {
	relation    relation
	left, right textual
}

func (c compareTexts) truth(f Facts) truth {
	left, ok := c.left.text(f)
	if !ok {
		return unknown
	}
	right, ok := c.right.text(f)
	if !ok {
		return unknown
	}
	return when((left == right) == (c.relation == "=="))
}

type compareTimes struct {
	relation    relation
	left, right moment
}

func (c compareTimes) truth(f Facts) truth {
	left, ok := c.left.instant(f)
	if !ok {
		return unknown
	}
	right, ok := c.right.instant(f)
	if !ok {
		return unknown
	}
	return c.relation.holds(left.Compare(right))
}

type compareSpans struct {
	relation    relation
	left, right length
}

func (c compareSpans) truth(f Facts) truth {
	left, ok := c.left.span(f)
	if !ok {
		return unknown
	}
	right, ok := c.right.span(f)
	if !ok {
		return unknown
	}
	return c.relation.holds(cmp.Compare(left, right))
}

type textIn struct {
	subject textual
	list    []string
}

func (i textIn) truth(f Facts) truth {
	value, ok := i.subject.text(f)
	if !ok {
		return unknown
	}
	return when(slices.Contains(i.list, value))
}

type numberIn struct {
	subject quantity
	list    []float64
}

func (i numberIn) truth(f Facts) truth {
	value, known := i.subject.number(f)
	if !known {
		return unknown
	}
	return when(slices.Contains(i.list, value))
}

func (i numberIn) outlook(f Facts) (truth, time.Time) {
	value, known, next := forecast(i.subject, f)
	if !known {
		return unknown, next
	}
	return when(slices.Contains(i.list, value)), next
}

type spanIn struct {
	subject length
	list    []time.Duration
}

func (i spanIn) truth(f Facts) truth {
	value, ok := i.subject.span(f)
	if !ok {
		return unknown
	}
	return when(slices.Contains(i.list, value))
}

// elapsed holds once a span has gone by since an instant: from
// span.After(instant, zone) on. The time since what is yet to come is not known.
type elapsed struct {
	since moment
	span  sendtime.Duration
}

func (e elapsed) truth(f Facts) truth {
	t, _ := e.outlook(f)
	return t
}

func (e elapsed) outlook(f Facts) (truth, time.Time) {
	at, ok := e.since.instant(f)
	if !ok {
		return unknown, time.Time{}
	}
	now := f.Now()
	if at.After(now) {
		return unknown, at
	}
	if end := e.span.After(at, f.Zone()); end.After(now) {
		return no, end
	}
	return yes, time.Time{}
}

// happened holds when the tally is not zero.
type happened struct{ tally tally }

func (h happened) truth(f Facts) truth {
	value, _ := h.tally.number(f)
	return when(value != 0)
}

func (h happened) outlook(f Facts) (truth, time.Time) {
	value, _, next := h.tally.forecast(f)
	if value == 0 {
		return no, time.Time{}
	}
	return yes, next
}

type isKnown struct{ of read }

func (k isKnown) truth(f Facts) truth { return when(k.of.known(f)) }

type wasSent string

func (s wasSent) truth(f Facts) truth { return when(f.Sent(string(s))) }

type reachableBy customer.Channel

func (r reachableBy) truth(f Facts) truth { return when(f.Reachable(customer.Channel(r))) }

type usesChannel customer.Channel

func (u usesChannel) truth(f Facts) truth { return when(f.Uses(customer.Channel(u))) }

// mostlyIn holds when the customer's own acts mostly fall into the hours.
type mostlyIn string

func (m mostlyIn) truth(f Facts) truth {
	value, known := f.Mostly(string(m))
	if !known {
		return unknown
	}
	return when(value)
}
