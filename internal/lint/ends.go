package lint

import (
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// ends looks at goal and stop beside the trigger.
func (v *view) ends() {
	if v.Goal != nil {
		places := alternatives(v.root.At("goal"), "goal")
		for i, a := range v.Goal.What {
			if v.startsAgain(a) {
				v.warn(eventAt(v, places[i]), warning{goalIsTrigger, a.Event + " is what starts this rule: one more of it counts as success, and starts the rule anew",
					"name what customers are to do after the message"})
			}
		}
	}
	places := alternatives(v.root.At("stop"), "stop")
	for i, a := range v.Stop {
		if v.takesReason(a) {
			v.warn(eventAt(v, places[i]), warning{idleStop, a.Event + " takes the reason away, which ends the outreach without a stop", "leave it out"})
		}
	}
}

// eventAt gives the place of an alternative's event.
func eventAt(v *view, place string) string {
	if v.root.At(place).Kind() == source.Mapping {
		return place + ".event"
	}
	return place
}

// startsAgain reports whether an event that is a goal starts the rule, too.
func (v *view) startsAgain(a rule.Alternative) bool {
	if a.Event == "" || a.Where != nil || v.Again.Kind != rule.Always {
		return false
	}
	switch t := v.When; {
	case t.Event != nil:
		return t.Event.Event == a.Event && t.Event.Where == nil
	case t.Usage != nil:
		return t.Usage.Event == a.Event
	case t.Count != nil:
		return t.Count.Event == a.Event && t.Count.Where == nil
	}
	return false
}

// takesReason reports whether an event ends the reason by itself.
func (v *view) takesReason(a rule.Alternative) bool {
	if a.Event == "" || a.Where != nil {
		return false
	}
	switch t := v.When; {
	case t.Silent != nil && t.Silent.Event == "":
		return !v.Bundle.Dictionary.Events[a.Event].ByUs
	case t.Silent != nil:
		return t.Silent.Event == a.Event
	case t.Missing != nil:
		return t.Missing.Event == a.Event
	}
	return false
}
