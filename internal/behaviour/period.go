package behaviour

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// PeriodKind is how a total starts anew.
type PeriodKind string

// The kinds of period. The zero value is none: the total never starts anew.
const (
	NoPeriod   PeriodKind = ""
	Day        PeriodKind = "day"
	Week       PeriodKind = "week" // from Monday
	Month      PeriodKind = "month"
	MonthFrom  PeriodKind = "month from" // Of names the trait with the day of the month, 1 to 31
	SinceEvent PeriodKind = "since"      // Of names the event
)

// Period is a span on the customer's calendar in which a total is kept.
type Period struct {
	Kind PeriodKind
	Of   string
}

// String gives the period as rules write it.
func (p Period) String() string {
	if p.Of == "" {
		return string(p.Kind)
	}
	return string(p.Kind) + " " + p.Of
}

// endless is the end of a period that only an event can end.
var endless = time.UnixMicro(math.MaxInt64 / 4).UTC()

// Bounds gives the period that holds t, [start, end), by the customer's wall
// clock. ok is false when the trait that it depends on is not known or no day
// of a month. A period that only an event can end is asked of its series.
func (p Period) Bounds(t time.Time, c Clock) (start, end time.Time, ok bool) {
	y, m, d := t.In(c.Zone).Date()
	var nth func(n int) time.Time // the start of the n-th period from t's own day
	switch p.Kind {
	case Day:
		nth = func(n int) time.Time { return customer.StartOfDay(y, m, d+n, c.Zone) }
	case Week:
		monday := d - (int(t.In(c.Zone).Weekday())+6)%7
		nth = func(n int) time.Time { return customer.StartOfDay(y, m, monday+7*n, c.Zone) }
	case Month:
		nth = func(n int) time.Time { return customer.StartOfDay(y, m+time.Month(n), 1, c.Zone) }
	case MonthFrom:
		from, ok := monthDay(c, p.Of)
		if !ok {
			return time.Time{}, time.Time{}, false
		}
		nth = func(n int) time.Time {
			month := m + time.Month(n)
			return customer.StartOfDay(y, month, clampDay(y, month, from), c.Zone)
		}
	default:
		return time.Time{}, endless, true
	}
	n := 0
	for t.Before(nth(n)) { // a month from a later day, or a clock that went back over midnight
		n--
	}
	for !t.Before(nth(n + 1)) {
		n++
	}
	return nth(n), nth(n + 1), true
}

func monthDay(c Clock, trait string) (int, bool) {
	if c.Trait == nil {
		return 0, false
	}
	v, ok := c.Trait(trait)
	if !ok {
		return 0, false
	}
	f, ok := v.Float()
	if !ok || f != math.Trunc(f) || f < 1 || f > 31 {
		return 0, false
	}
	return int(f), true
}

// clampDay gives the day of a month, or the month's last when it is shorter.
func clampDay(y int, m time.Month, d int) int {
	return min(d, time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day())
}

// Bucket is the total of one period. The zero value is that of no period.
type Bucket struct {
	Start time.Time
	End   time.Time
	Sum   float64
	Count int64
	Last  time.Time      // newest instant
	Value customer.Value // the property of the newest
}

func (b *Bucket) holds(t time.Time) bool {
	return !b.End.IsZero() && !t.Before(b.Start) && t.Before(b.End)
}

// add counts an event. disorder says that a newer one was there.
func (b *Bucket) add(e customer.Event, property string) (disorder bool) {
	value := e.Properties[property]
	b.Count++
	b.Sum += amount(e, property)
	switch {
	case e.At.Before(b.Last):
		return true
	case e.At.Equal(b.Last) && !greater(value, b.Value):
		return false
	}
	b.Last, b.Value = e.At, value
	return false
}

// amount gives what an event adds to a sum.
func amount(e customer.Event, property string) float64 {
	if property == "" {
		return 0
	}
	f, _ := e.Properties[property].Float()
	return f
}

// greater puts values in order, so that of two at one instant the same one
// counts as the newest whichever came first.
func greater(a, b customer.Value) bool {
	x, isNumber := a.Float()
	y, isNumberToo := b.Float()
	if isNumber && isNumberToo && x != y {
		return x > y
	}
	return a.String() > b.String()
}
