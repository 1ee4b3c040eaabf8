package expr

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Term is one of the parts of a condition that all have to hold. A condition
// that is no chain of `and` is one term.
type Term struct {
	Text  string    // canonical: plan in ["surf", "ultimate"]
	Holds bool      // it is known to be true
	Known bool      // false: what it reads is not known, so that it does not hold
	Reads []Reading // each thing once, in the order of the text
	// Wants says in words what the one thing that is read should be: "surf or
	// ultimate", "at least 5". "": the term is not as plain as that.
	Wants string
}

// Reading is one thing that an expression reads, and what it is.
type Reading struct {
	Name  string         // as one writes it: plan, order_placed.total, count(order_placed, 30d)
	Value customer.Value // a function that is true or false gives yes or no; zero with At
	At    time.Time      // of an instant; else zero
	Known bool
}

// Terms takes a condition apart and says of each part whether it holds. It
// gives none for a program that was compiled as a number.
func (p *Program) Terms(f Facts) []Term {
	if p.condition == nil {
		return nil
	}
	var terms []Term
	root := newParser(p.text).whole() // the text was read before: it has no fault
	chain(root, p.condition, func(n *node, c condition) {
		t := c.truth(f)
		terms = append(terms, Term{
			Text: n.String(), Holds: t == yes, Known: t != unknown, Reads: readings(f, ofCondition(c)), Wants: wants(c),
		})
	})
	return terms
}

// Reads gives everything that a program reads, each thing once, in the order
// of its text.
func (p *Program) Reads(f Facts) []Reading {
	if p.condition != nil {
		return readings(f, ofCondition(p.condition))
	}
	return readings(f, ofQuantity(p.quantity))
}

// chain visits the parts of a chain of `and`, the text and the meaning of each.
func chain(n *node, c condition, visit func(*node, condition)) {
	parts, isAll := c.(all)
	if !isAll || !n.isSign("and") || len(parts) != len(n.args) {
		visit(n, c)
		return
	}
	for i := range parts {
		chain(n.args[i], parts[i], visit)
	}
}

// reader gives one reading.
type reader func(Facts) Reading

func readings(f Facts, readers []reader) []Reading {
	var list []Reading
	seen := map[string]bool{}
	for _, read := range readers {
		if r := read(f); !seen[r.Name] {
			seen[r.Name] = true
			list = append(list, r)
		}
	}
	return list
}

// ofCondition gives what a condition reads.
func ofCondition(c condition) []reader {
	switch c := c.(type) {
	case all:
		return ofConditions(c)
	case some:
		return ofConditions(c)
	case negation:
		return ofCondition(c.of)
	case compareNumbers:
		return append(ofQuantity(c.left), ofQuantity(c.right)...)
	case compareTexts:
		return append(ofLeaf(c.left), ofLeaf(c.right)...)
	case compareTimes:
		return append(ofLeaf(c.left), ofLeaf(c.right)...)
	case compareSpans:
		return append(ofLeaf(c.left), ofLeaf(c.right)...)
	case textIn:
		return ofLeaf(c.subject)
	case numberIn:
		return ofQuantity(c.subject)
	case spanIn:
		return ofLeaf(c.subject)
	case elapsed:
		return ofLeaf(c.since)
	case isKnown:
		return ofLeaf(c.of)
	}
	return ofAsked(c)
}

func ofConditions(list []condition) (readers []reader) {
	for _, c := range list {
		readers = append(readers, ofCondition(c)...)
	}
	return readers
}

// ofAsked gives a condition that the facts answer by themselves.
func ofAsked(c condition) []reader {
	name := ""
	switch c := c.(type) {
	case happened:
		name = Aggregate(c.tally).String()
	case wasSent:
		name = `sent("` + string(c) + `")`
	case reachableBy:
		name = `reachable("` + string(c) + `")`
	case usesChannel:
		name = `uses("` + string(c) + `")`
	case mostlyIn:
		name = `mostly("` + string(c) + `")`
	default:
		return nil
	}
	return []reader{func(f Facts) Reading {
		t := c.truth(f)
		r := Reading{Name: name, Known: t != unknown}
		if r.Known {
			r.Value = customer.Text(map[truth]string{yes: "yes", no: "no"}[t])
		}
		return r
	}}
}

func ofQuantity(q quantity) []reader {
	switch q := q.(type) {
	case negative:
		return ofQuantity(q.of)
	case arithmetic:
		return append(ofQuantity(q.left), ofQuantity(q.right)...)
	case tally:
		return []reader{func(f Facts) Reading {
			n, known := q.number(f)
			return Reading{Name: Aggregate(q).String(), Value: customer.Number(n), Known: known}
		}}
	}
	return ofLeaf(q)
}

// ofLeaf gives what a name, or the newest instant of an event, reads; nothing
// for what is written in the text itself.
func ofLeaf(leaf any) []reader {
	switch leaf := leaf.(type) {
	case read:
		return []reader{leaf.reading}
	case *read:
		return []reader{leaf.reading}
	case lastAt:
		return []reader{func(f Facts) Reading {
			at, known := leaf.instant(f)
			return Reading{Name: string(leaf), At: at, Known: known}
		}}
	}
	return nil
}

func (r read) reading(f Facts) Reading {
	v, ok := r.source.value(f)
	reading := Reading{Name: r.name(), Known: ok && r.known(f)}
	switch {
	case !reading.Known:
	case r.kind == customer.KindTime:
		reading.At, _ = r.instant(f)
	default:
		reading.Value = v
	}
	return reading
}

// name gives how one writes what is read.
func (r read) name() string {
	switch s := r.source.(type) {
	case bareName:
		return string(s)
	case propertyOf:
		return s.object + "." + s.name
	case latestOf:
		return Aggregate{Op: Latest, Event: s.event, Property: s.property}.String()
	}
	return ""
}
