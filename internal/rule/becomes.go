package rule

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// turners names the events that may turn a condition; "" stands for every act
// of the customer's own.
func turners(uses expr.Uses) []string {
	names := slices.Clone(uses.Events)
	if len(uses.Traits) > 0 || uses.Channels {
		names = append(names, customer.Identified)
	}
	if uses.Channels || len(uses.Hours) > 0 {
		names = append(names, "", customer.MessageOpened, customer.MessageFailed, customer.MessageBounced)
	}
	return names
}

// Of a becomes trigger's mark, Period is when it was looked at last, and Limit
// whether it held then.
const (
	heldNot = 0
	held    = 1
)

// lookedAt gives when the condition was looked at last, or now when never.
func (m *Matcher) lookedAt(s Subject, now time.Time) time.Time {
	for _, k := range s.State.Marks[m.Name] {
		return k.Period
	}
	return now
}

// turn looks at the condition at an instant and gives the reason when it has
// turned true. The first look at a customer gives none: it says how things
// were when the rule first saw them. An instant before the last look is looked
// at as of that.
func (m *Matcher) turn(s Subject, at time.Time, trigger string) []Reason {
	marks := s.State.Marks[m.Name]
	at = later(at, m.lookedAt(s, at))
	now := behaviour.Mark{Period: at, Limit: heldNot}
	if m.Condition(m.When.Becomes.Cond, s, at, "", nil) {
		now.Limit = held
	}
	s.State.Marks = withMarks(s.State.Marks, m.Name, now)
	if len(marks) == 0 || marks[0].Limit == held || now.Limit != held {
		return nil
	}
	return []Reason{{At: at, Key: keyText(at), Trigger: trigger}}
}

// maxTurns bounds how many instants are looked at for one that is long past.
const maxTurns = 100

// expireBecomes looks at each instant up to one at which the condition may
// have turned with no event. That one counts as looked at: what is not known
// of the time before is not asked when something else of the customer changes.
func (m *Matcher) expireBecomes(s Subject, at time.Time) []Reason {
	var reasons []Reason
	if len(s.State.Marks[m.Name]) == 0 {
		return nil
	}
	for range maxTurns {
		next := m.NextDue(s, "", m.lookedAt(s, at))
		if next.IsZero() || next.After(at) {
			last := s.State.Marks[m.Name][0]
			s.State.Marks[m.Name] = []behaviour.Mark{{Period: later(last.Period, at), Limit: last.Limit}}
			return reasons
		}
		reasons = append(reasons, m.turn(s, next, "")...)
	}
	return append(reasons, m.turn(s, at, "")...)
}
