package behaviour

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Def is one thing to keep about the events of one name. Equal definitions of
// several rules share one series. Without window and period it is the newest
// instant and value, and the count and sum of all time.
type Def struct {
	Event    string
	Property string            // "": the events themselves
	Window   sendtime.Duration // sliding, up to now; zero: none
	Per      Period            // totals that start anew; zero: none
	About    string            // property whose value keeps series apart; "": none
	Keep     int               // with Per: the numbers of events of so many finished periods; 0: only the newest two totals
	Days     bool              // the newest days with an event; with Event "" of every act of the customer's own
	Filter   *Filter           // which events count; nil: all
}

// Filter picks events. Filters of one text pick alike.
type Filter struct {
	Text   string
	Passes func(e customer.Event, c Clock) bool
}

// Key names the definition; different definitions have different keys.
func (d Def) Key() string {
	parts := []string{d.Event}
	for _, p := range []struct{ mark, text string }{
		{".", d.Property}, {"~", windowText(d.Window)}, {"/", d.Per.String()}, {"@", d.About},
		{"*", keepText(d.Keep)}, {"#", daysText(d.Days)}, {"?", d.Filter.text()},
	} {
		if p.text != "" {
			parts = append(parts, p.mark, p.text)
		}
	}
	return strings.Join(parts, "")
}

func keepText(keep int) string {
	if keep == 0 {
		return ""
	}
	return strconv.Itoa(keep)
}

func daysText(days bool) string {
	if days {
		return "days"
	}
	return ""
}

func (f *Filter) text() string {
	if f == nil {
		return ""
	}
	return f.Text
}

func windowText(w sendtime.Duration) string {
	if w.IsZero() {
		return ""
	}
	return w.String()
}

// Plan is what all rules in force need to be kept. It is immutable and safe
// for concurrent use.
type Plan struct {
	byEvent map[string][]planned
	defs    []Def
	ownAct  func(event string) bool
}

type planned struct {
	Def
	key string
}

// passes reports whether an event counts.
func (d planned) passes(e customer.Event, c Clock) bool {
	return d.Filter == nil || d.Filter.Passes(e, c)
}

// about gives the event's value that keeps series apart; ok is false when the
// definition needs one and the event has none.
func (d planned) about(e customer.Event) (value string, ok bool) {
	if d.About == "" {
		return "", true
	}
	v := e.Properties[d.About]
	return v.String(), !v.IsZero()
}

// turns reports whether an event of that name starts the definition's period.
func (d planned) turns(event string) bool { return d.Per.Kind == SinceEvent && d.Per.Of == event }

// NewPlan joins definitions; equal ones are kept once. ownAct says whether
// events of a name are the customer's own acts.
func NewPlan(defs []Def, ownAct func(event string) bool) *Plan {
	p := &Plan{byEvent: map[string][]planned{}, ownAct: ownAct}
	seen := map[string]bool{}
	for _, d := range defs {
		key := d.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		p.defs = append(p.defs, d)
		p.byEvent[d.Event] = append(p.byEvent[d.Event], planned{Def: d, key: key})
		if d.Per.Kind == SinceEvent && d.Per.Of != d.Event {
			p.byEvent[d.Per.Of] = append(p.byEvent[d.Per.Of], planned{Def: d, key: key})
		}
	}
	return p
}

// Defs gives the plan's definitions.
func (p *Plan) Defs() []Def { return slices.Clone(p.defs) }

// Events gives the names of the events that the plan follows, sorted; "" stands
// for every act of the customer's own.
func (p *Plan) Events() []string {
	names := make([]string, 0, len(p.byEvent))
	for name := range p.byEvent {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// own reports whether e is an act of the customer's own. What a program did is
// none.
func (p *Plan) own(e customer.Event) bool {
	if e.ByMachine() {
		return false
	}
	switch {
	case e.Name == customer.MessageClicked, e.Name == customer.MessageReplied:
		return true
	case e.Name == customer.Identified, customer.OfMessage(e.Name):
		return false
	}
	return p.ownAct == nil || p.ownAct(e.Name)
}

// Own reports whether events of a name are acts of the customer's own.
func (p *Plan) Own(event string) bool { return p.own(customer.Event{Name: event}) }
