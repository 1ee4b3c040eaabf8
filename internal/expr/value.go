package expr

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// quantity is a part that comes to a number; the number is finite whenever
// it is known.
type quantity interface {
	number(f Facts) (value float64, known bool)
}

// forecaster is a quantity that may change with time alone.
type forecaster interface {
	forecast(f Facts) (value float64, known bool, next time.Time)
}

type textual interface {
	text(f Facts) (value string, known bool)
}

type moment interface {
	instant(f Facts) (at time.Time, known bool)
}

type length interface {
	span(f Facts) (value time.Duration, known bool)
}

// forecast gives a quantity and the first instant at which it could change
// with no further event; zero: never.
func forecast(q quantity, f Facts) (float64, bool, time.Time) {
	if c, ok := q.(forecaster); ok {
		return c.forecast(f)
	}
	value, known := q.number(f)
	return value, known, time.Time{}
}

// read is a name whose value comes with the facts, as its declared kind.
type read struct {
	source source
	kind   customer.Kind
}

// source says where a value stands among the facts.
type source interface {
	value(f Facts) (customer.Value, bool)
}

type bareName string

func (n bareName) value(f Facts) (customer.Value, bool) { return f.Name(string(n)) }

type propertyOf struct{ object, name string }

func (p propertyOf) value(f Facts) (customer.Value, bool) { return f.Property(p.object, p.name) }

type latestOf struct{ event, property string }

func (l latestOf) value(f Facts) (customer.Value, bool) { return f.LatestValue(l.event, l.property) }

func (r read) number(f Facts) (float64, bool) {
	v, ok := r.source.value(f)
	if !ok {
		return 0, false
	}
	return v.Float()
}

func (r read) text(f Facts) (string, bool) {
	v, ok := r.source.value(f)
	if !ok || v.IsZero() {
		return "", false
	}
	return v.String(), true
}

func (r read) instant(f Facts) (time.Time, bool) {
	v, ok := r.source.value(f)
	if !ok {
		return time.Time{}, false
	}
	return v.Time(f.Zone())
}

func (r read) span(f Facts) (time.Duration, bool) {
	text, ok := r.text(f)
	if !ok {
		return 0, false
	}
	d, err := sendtime.ParseDuration(text)
	return d.Approx(), err == nil
}

// known says whether there is a value that reads as its kind.
func (r read) known(f Facts) bool {
	var ok bool
	switch r.kind {
	case customer.KindNumber:
		_, ok = r.number(f)
	case customer.KindDate, customer.KindTime:
		_, ok = r.instant(f)
	case KindSpan:
		_, ok = r.span(f)
	default:
		_, ok = r.text(f)
	}
	return ok
}

type fixedNumber float64

func (n fixedNumber) number(Facts) (float64, bool) { return float64(n), true }

type fixedText string

func (t fixedText) text(Facts) (string, bool) { return string(t), true }

// fixedSpan is compared by its rough length: a day counts 24 hours, a month 30 days.
type fixedSpan sendtime.Duration

func (s fixedSpan) span(Facts) (time.Duration, bool) { return sendtime.Duration(s).Approx(), true }

// fixedDay is a day or an instant written in quotes; a day begins at midnight
// on the customer's clock.
type fixedDay string

func (d fixedDay) instant(f Facts) (time.Time, bool) {
	return customer.Text(string(d)).Time(f.Zone())
}

// lastAt is the newest instant of an event.
type lastAt string

func (e lastAt) instant(f Facts) (time.Time, bool) { return f.LastAt(string(e)) }

// tally is a number made of events. It is always known, save one that is not finite.
type tally Aggregate

func (t tally) number(f Facts) (float64, bool) {
	value, ok := f.Aggregate(Aggregate(t))
	if !ok {
		return 0, true
	}
	return finite(value)
}

func (t tally) forecast(f Facts) (float64, bool, time.Time) {
	value, known := t.number(f)
	if t.Window.IsZero() {
		return value, known, time.Time{}
	}
	next := f.Leaves(Aggregate(t))
	if !next.After(f.Now()) {
		next = time.Time{}
	}
	return value, known, next
}

func finite(f float64) (float64, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

type negative struct{ of quantity }

func (n negative) number(f Facts) (float64, bool) {
	value, known := n.of.number(f)
	return -value, known
}

func (n negative) forecast(f Facts) (float64, bool, time.Time) {
	value, known, next := forecast(n.of, f)
	return -value, known, next
}

// arithmetic is + - * / of two numbers. Dividing by zero is not known, nor is
// what a float64 cannot hold.
type arithmetic struct {
	sign        byte
	left, right quantity
}

func (a arithmetic) number(f Facts) (float64, bool) {
	left, ok := a.left.number(f)
	if !ok {
		return 0, false
	}
	right, ok := a.right.number(f)
	if !ok {
		return 0, false
	}
	return a.apply(left, right)
}

func (a arithmetic) apply(left, right float64) (float64, bool) {
	switch a.sign {
	case '+':
		return finite(left + right)
	case '-':
		return finite(left - right)
	case '*':
		return finite(left * right)
	}
	return finite(left / right)
}

func (a arithmetic) forecast(f Facts) (float64, bool, time.Time) {
	left, leftKnown, leftNext := forecast(a.left, f)
	right, rightKnown, rightNext := forecast(a.right, f)
	next := meet(leftKnown, rightKnown, leftNext, rightNext)
	if !leftKnown || !rightKnown {
		return 0, false, next
	}
	value, known := a.apply(left, right)
	return value, known, next
}

// meet gives when the outcome of two sides could change: while a side is not
// known, the other alone changes nothing.
func meet(leftKnown, rightKnown bool, leftNext, rightNext time.Time) time.Time {
	switch {
	case leftKnown && rightKnown:
		return earlier(leftNext, rightNext)
	case leftKnown:
		return rightNext
	case rightKnown:
		return leftNext
	}
	return later(leftNext, rightNext)
}

// earlier gives the first of two instants, where zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// later gives the last of two instants, where zero is never.
func later(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return a
	}
	return b
}
