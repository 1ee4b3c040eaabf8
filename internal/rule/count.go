package rule

import (
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// filter makes a where the part of a definition; nil passes all.
func (m *Matcher) filter(where *expr.Program) *behaviour.Filter {
	if where == nil {
		return nil
	}
	return &behaviour.Filter{Text: where.String(), Passes: func(e customer.Event, c behaviour.Clock) bool {
		return where.Holds(&alone{view: view{m: m, at: e.At, s: Subject{Zone: c.Zone}, event: &e}, clock: c})
	}}
}

// alone is the view of an event by itself: its properties and the customer's
// traits.
type alone struct {
	view
	clock behaviour.Clock
}

// Name gives a property of the event, else a trait.
func (a *alone) Name(name string) (customer.Value, bool) {
	if p, ok := a.event.Properties[name]; ok {
		return p, !p.IsZero()
	}
	if a.clock.Trait == nil {
		return customer.Value{}, false
	}
	return a.clock.Trait(name)
}

// judgeCount looks at every instant from the event's own on: an event that
// comes late may complete what came after it. What was given for a crowd of
// events is not given again while they stay as many.
func (m *Matcher) judgeCount(s Subject, e customer.Event) []Reason {
	t := m.When.Count
	about, ok := m.AboutOf(e)
	if !ok || e.Name != t.Event {
		return nil
	}
	series := m.acts.of(s.State, about)
	if series == nil {
		return nil
	}
	var reasons []Reason
	for _, entry := range series.Entries {
		if entry.At.Before(e.At) {
			continue
		}
		n, _ := series.Window(t.Within, entry.At, s.Zone)
		if n < int64(t.Times) || !m.newCrowd(s, series, about, entry.At) {
			continue
		}
		reasons = append(reasons, Reason{
			At: entry.At, About: about, Key: keyText(entry.At), Trigger: e.MessageID,
			Match: map[string]customer.Value{"count": customer.Number(float64(n))},
		})
	}
	return reasons
}

// newCrowd keeps from when until when there were enough events at an instant,
// and reports whether that touches nothing that was given before. A mark's
// Limit holds the end, in seconds since 1970.
func (m *Matcher) newCrowd(s Subject, series *behaviour.Series, about string, at time.Time) bool {
	end := seconds(series.Thins(m.When.Count.Within, int64(m.When.Count.Times), at, s.Zone))
	key := behaviour.Join(m.Name, about)
	for i, k := range s.State.Marks[key] {
		if seconds(at) < k.Limit && seconds(k.Period) < end {
			s.State.Marks[key][i] = behaviour.Mark{Period: earlier(k.Period, at), Limit: max(k.Limit, end)}
			return false
		}
	}
	addMark(s.State, key, behaviour.Mark{Period: at, Limit: end})
	return true
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
