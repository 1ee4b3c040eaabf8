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
	local := t.In(c.Zone)
	y, m, d := local.Date()
	day := func(y int, m time.Month, d int) time.Time { return startOfDay(y, m, d, c.Zone) }
	switch p.Kind {
	case Day:
		return day(y, m, d), day(y, m, d+1), true
	case Week:
		monday := d - (int(local.Weekday())+6)%7
		return day(y, m, monday), day(y, m, monday+7), true
	case Month:
		return day(y, m, 1), day(y, m+1, 1), true
	case MonthFrom:
		from, ok := monthDay(c, p.Of)
		if !ok {
			return time.Time{}, time.Time{}, false
		}
		month := m
		if local.Before(day(y, month, clampDay(y, month, from))) {
			month--
		}
		return day(y, month, clampDay(y, month, from)), day(y, month+1, clampDay(y, month+1, from)), true
	}
	return time.Time{}, endless, true
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

// startOfDay gives the first instant of a calendar day. Where midnight is
// skipped by a clock change it is the first instant after the gap.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if _, _, day := t.Date(); day != time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day() {
		if _, end := t.ZoneBounds(); !end.IsZero() {
			t = end
		}
	}
	return t.UTC()
}

// Bucket is the total of one period. The zero value is that of no period.
type Bucket struct {
	Start time.Time      `json:"s,omitzero"`
	End   time.Time      `json:"e,omitzero"`
	Sum   float64        `json:"t,omitempty"`
	Count int64          `json:"n,omitempty"`
	Last  time.Time      `json:"l,omitzero"` // newest instant
	Value customer.Value `json:"v,omitzero"` // the property of the newest
}

func (b *Bucket) holds(t time.Time) bool {
	return !b.End.IsZero() && !t.Before(b.Start) && t.Before(b.End)
}

func (b *Bucket) add(e customer.Event, property string) (disorder bool) {
	value := e.Properties[property]
	if f, ok := value.Float(); ok && property != "" {
		b.Sum += f
	}
	b.Count++
	if e.At.Before(b.Last) {
		return true
	}
	b.Last, b.Value = e.At, value
	return false
}
