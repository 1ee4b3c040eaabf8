package expr_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// act is one event of a customer's past.
type act struct {
	event      string
	at         time.Time
	properties map[string]customer.Value
}

// life answers from a plain list of acts, oldest first: an entry is in a
// window until window.After(its instant).
type life struct {
	now        time.Time
	zone       *time.Location
	traits     map[string]customer.Value
	properties map[[2]string]customer.Value
	acts       []act
	sent       map[string]bool
	reachable  map[customer.Channel]bool
	uses       map[customer.Channel]bool
	habits     map[string]bool
}

func (l *life) Now() time.Time       { return l.now }
func (l *life) Zone() *time.Location { return l.zone }

func (l *life) Name(name string) (customer.Value, bool) {
	v, ok := l.traits[name]
	return v, ok
}

func (l *life) Property(object, name string) (customer.Value, bool) {
	v, ok := l.properties[[2]string{object, name}]
	return v, ok
}

// inside lists the entries of a window.
func (l *life) inside(a expr.Aggregate) []act {
	var list []act
	for _, act := range l.acts {
		left := !a.Window.IsZero() && !l.now.Before(a.Window.After(act.at, l.zone))
		if act.event == a.Event && !act.at.After(l.now) && !left {
			list = append(list, act)
		}
	}
	return list
}

func (l *life) Aggregate(a expr.Aggregate) (float64, bool) {
	entries := l.inside(a)
	switch a.Op {
	case expr.Happened:
		return min(float64(len(entries)), 1), true
	case expr.Count:
		return float64(len(entries)), true
	}
	total := 0.0
	for _, act := range entries {
		f, _ := act.properties[a.Property].Float()
		total += f
	}
	return total, true
}

func (l *life) Leaves(a expr.Aggregate) time.Time {
	var first time.Time
	for _, act := range l.inside(a) {
		if at := a.Window.After(act.at, l.zone); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

func (l *life) LatestValue(event, property string) (customer.Value, bool) {
	entries := l.inside(expr.Aggregate{Event: event})
	if len(entries) == 0 {
		return customer.Value{}, false
	}
	v, ok := entries[len(entries)-1].properties[property]
	return v, ok
}

func (l *life) LastAt(event string) (time.Time, bool) {
	entries := l.inside(expr.Aggregate{Event: event})
	if len(entries) == 0 {
		return time.Time{}, false
	}
	return entries[len(entries)-1].at, true
}

func (l *life) Sent(template string) bool          { return l.sent[template] }
func (l *life) Reachable(ch customer.Channel) bool { return l.reachable[ch] }
func (l *life) Uses(ch customer.Channel) bool      { return l.uses[ch] }
func (l *life) Mostly(when string) (value, known bool) {
	value, known = l.habits[when]
	return value, known
}

// at gives the same life at another instant.
func (l *life) at(now time.Time) *life {
	other := *l
	other.now = now
	return &other
}

// verdict writes a truth in a word.
func verdict(p *expr.Program, f expr.Facts) string {
	value, known := p.Truth(f)
	switch {
	case !known:
		return "unknown"
	case value:
		return "yes"
	}
	return "no"
}

// few answers from four fields, so that a benchmark measures the evaluation.
type few struct {
	*life
	plan, score, discount customer.Value
}

func (f *few) Name(name string) (customer.Value, bool) {
	switch name {
	case "plan":
		return f.plan, true
	case "score":
		return f.score, true
	case "last_discount_at":
		return f.discount, true
	}
	return customer.Value{}, false
}

func (f *few) LatestValue(string, string) (customer.Value, bool) { return f.plan, true }

func benchmarkLife(t require.TestingT) expr.Facts {
	return &few{life: anna(t), plan: customer.Text("surf"), score: customer.Number(6), discount: customer.Text("2024-03-01T10:00:00Z")}
}
