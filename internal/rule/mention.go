package rule

import (
	"cmp"
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// Events gives every event that the rule names anywhere - trigger, audience,
// goal, stop, steps - sorted. A silent trigger on any act names none.
func (r *Rule) Events() []string {
	names := r.When.events()
	if u := r.When.Usage; u != nil && u.Per.Kind == PerSinceEvent {
		names = append(names, u.Per.Of)
	}
	for _, p := range r.allPrograms() {
		names = append(names, p.Uses().Events...)
	}
	r.EachStep(func(s *Step) {
		if s.Handoff != nil {
			names = append(names, customer.HandoffDone)
		}
	})
	for _, w := range r.whats() {
		for _, a := range w {
			if a.Event != "" {
				names = append(names, a.Event)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Mentions reports whether the rule names an event anywhere.
func (r *Rule) Mentions(event string) bool {
	_, ok := slices.BinarySearch(r.Events(), event)
	return ok
}

// events gives the events that the trigger names, those of a limit among
// them, each once.
func (t Trigger) events() []string {
	var names []string
	switch {
	case t.Event != nil:
		names = []string{t.Event.Event}
	case t.Usage != nil:
		names = []string{t.Usage.Event}
		if t.Usage.Limit != nil {
			names = append(names, t.Usage.Limit.Uses().Events...)
		}
	case t.Silent != nil:
		names = []string{t.Silent.Event}
	case t.Missing != nil:
		names = []string{t.Missing.After, t.Missing.Event}
	case t.Count != nil:
		names = []string{t.Count.Event}
	case t.Drop != nil:
		names = []string{t.Drop.Event}
	case t.Becomes != nil && t.Becomes.Cond != nil:
		names = slices.Clone(t.Becomes.Cond.Uses().Events)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	slices.Sort(names)
	return slices.Compact(names)
}

// ofThePerson gives the word of a trigger that knows no about; "" for others.
func (t Trigger) ofThePerson() string {
	switch {
	case t.Date != nil:
		return "date"
	case t.Schedule != nil:
		return "schedule"
	case t.Becomes != nil:
		return "becomes"
	}
	return ""
}

// Traits gives every trait that the rule names anywhere, sorted.
func (r *Rule) Traits() []string { return slices.Clone(r.traits) }

func (r *reader) sortedTraits() []string { return slices.Sorted(maps.Keys(r.traits)) }

// Aggregates gives what the rule's expressions ask about past events, each
// once, sorted by their text. A usage trigger's own total is not among them.
func (r *Rule) Aggregates() []expr.Aggregate {
	var list []expr.Aggregate
	for _, p := range r.allPrograms() {
		list = append(list, p.Uses().Aggregates...)
	}
	slices.SortFunc(list, func(a, b expr.Aggregate) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(list)
}

// Sends gives the rule's sends in the order of the file.
func (r *Rule) Sends() []*Send {
	var sends []*Send
	r.EachStep(func(s *Step) {
		if s.Send != nil {
			sends = append(sends, s.Send)
		}
	})
	return sends
}

// MatchNames gives the names that the trigger's own figures have under
// match., sorted.
func (r *Rule) MatchNames() []string {
	switch t := r.When; {
	case t.Usage != nil:
		return []string{"left", "limit", "share", "used"}
	case t.Missing != nil && t.Missing.By != "":
		return []string{t.Missing.By}
	case t.Count != nil:
		return []string{"count"}
	case t.Drop != nil:
		return []string{"count", "usual"}
	case t.Date != nil && t.Date.After:
		return []string{"after", "day"}
	case t.Date != nil:
		return []string{"before", "day"}
	}
	return nil
}

// allPrograms gives every expression of the rule.
func (r *Rule) allPrograms() []*expr.Program {
	list := r.programs()
	if u := r.When.Usage; u != nil && u.Limit != nil {
		list = append(list, u.Limit)
	}
	return list
}

// whats gives everything that the rule waits for or ends with.
func (r *Rule) whats() []What {
	list := []What{r.Stop}
	if r.Goal != nil {
		list = append(list, r.Goal.What)
	}
	r.EachStep(func(s *Step) {
		switch {
		case s.Send != nil:
			list = append(list, s.Send.Unless)
		case s.WaitFor != nil:
			list = append(list, s.WaitFor.What)
		}
	})
	return list
}
