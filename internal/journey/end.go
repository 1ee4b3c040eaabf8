package journey

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// ended gives why the outreach ends at this instant, "" when it goes on.
func (r *run) ended() customer.Reason {
	if end := r.until(); !end.IsZero() && !r.f.Now.Before(end) {
		return customer.Expired
	}
	for _, e := range r.story.Events {
		if reason := Ends(r.m, r.f.Subject, r.o, e); reason != "" && !e.At.After(r.f.Now) {
			return reason
		}
	}
	if g := r.m.Goal; g != nil && !r.f.Now.After(g.Within.After(r.o.At, r.f.Subject.Zone)) && r.anyIf(g.What, r.f.Now) {
		return customer.GoalReached
	}
	if r.anyIf(r.m.Stop, r.f.Now) {
		return customer.Stop
	}
	return Standing(r.m, r.f.Subject, r.o, r.f.Now, r.story)
}

// Standing gives why an outreach has no reason to live any more: its reason
// or its audience is gone; "" while both hold.
func Standing(m *rule.Matcher, s rule.Subject, o ledger.Outreach, now time.Time, story *rule.Story) customer.Reason {
	if !m.Holds(s, ReasonOf(o), now) {
		return customer.ReasonGone
	}
	if !m.Fits(s, now, o.About, story) {
		return customer.AudienceGone
	}
	return ""
}

// ReasonOf gives an outreach's reason as its rule judges it.
func ReasonOf(o ledger.Outreach) rule.Reason {
	return rule.Reason{At: o.At, About: o.About, Key: o.Key, Match: o.Match, Trigger: o.Trigger}
}

// Ends gives why an event ends an outreach: its goal, its stop; "" when it
// does not.
func Ends(m *rule.Matcher, s rule.Subject, o ledger.Outreach, e customer.Event) customer.Reason {
	if GoalBy(m, s, o, e) {
		return customer.GoalReached
	}
	for _, a := range m.Stop {
		if !e.At.Before(o.At) && e.MessageID != o.Trigger && mine(o, e) && m.Is(a, s, e, o.About) {
			return customer.Stop
		}
	}
	return ""
}

// GoalBy reports whether an event reaches an outreach's goal, in time.
func GoalBy(m *rule.Matcher, s rule.Subject, o ledger.Outreach, e customer.Event) bool {
	if m.Goal == nil || e.At.Before(o.At) || e.MessageID == o.Trigger || !mine(o, e) {
		return false
	}
	if e.At.After(m.Goal.Within.After(o.At, s.Zone)) {
		return false
	}
	for _, a := range m.Goal.What {
		if m.Is(a, s, e, o.About) {
			return true
		}
	}
	return false
}

// mine reports whether an event may concern an outreach: those of messages
// and tasks only concern the outreach that sent the message or gave the task.
// The end of a task that is not named concerns all.
func mine(o ledger.Outreach, e customer.Event) bool {
	name := e.Properties[customer.MessageProperty]
	switch {
	case e.Name == customer.HandoffDone:
		if name = e.Properties[customer.TaskProperty]; name.IsZero() {
			return true
		}
	case !customer.OfMessage(e.Name):
		return true
	}
	ref, _, channel, err := ledger.ParseKey(name.String())
	return err == nil && ref == o.Ref && channel.Reaches() == customer.OfMessage(e.Name)
}

// until gives the instant after which nothing goes out; zero: none.
func (r *run) until() time.Time { return Until(r.m, r.f.Subject, r.o) }

// Until gives the instant after which nothing of an outreach goes out; zero:
// none.
func Until(m *rule.Matcher, s rule.Subject, o ledger.Outreach) time.Time {
	switch m.Until.Kind {
	case rule.UntilPeriod:
		return m.PeriodEnd(s, o.At)
	case rule.UntilSpan:
		return m.Until.Span.After(o.At, s.Zone)
	case rule.UntilTrait:
		if v, ok := s.Profile.Traits[m.Until.Trait]; ok {
			if at, ok := v.Time(s.Zone); ok {
				return at
			}
		}
	}
	return time.Time{}
}

func (r *run) holds(p *expr.Program, at time.Time) bool {
	return r.m.Condition(p, r.f.Subject, at, r.o.About, r.story)
}

func (r *run) anyIf(what rule.What, at time.Time) bool {
	for _, a := range what {
		if a.If != nil && r.holds(a.If, at) {
			return true
		}
	}
	return false
}

// end closes the outreach and withdraws what is planned.
func (r *run) end(reason customer.Reason) {
	r.o.Status, r.o.Reason, r.o.Ended = ledger.Ended, reason, r.f.Now
	r.o.NextAt, r.o.WakesOn = time.Time{}, nil
	r.out.Deliver, r.out.Due, r.out.Why = "", false, string(reason)
	if reason == customer.GoalReached {
		r.o.GoalAt = r.f.Now
		r.decide(ledger.Decision{Kind: ledger.KindGoal, Step: r.pos.Step})
	}
	for _, p := range r.f.Parts {
		if waits(p) {
			r.withdraw(p, reason)
		}
	}
	r.counted("")
	r.decide(ledger.Decision{Kind: ledger.KindEnd, Step: r.pos.Step, Reason: reason})
}

// withdraw gives up a part that no attempt was made for, or whose attempts
// were all refused.
func (r *run) withdraw(p ledger.Part, reason customer.Reason) { r.withdrawNoted(p, reason, "") }

// withdrawNoted withdraws a part with a note for people.
func (r *run) withdrawNoted(p ledger.Part, reason customer.Reason, note string) {
	p.Status, p.Reason, p.Updated = ledger.Withdrawn, reason, r.f.Now
	r.savePart(p)
	r.decide(ledger.Decision{
		Kind: ledger.KindDrop, Step: p.Step, Channel: p.Channel, Template: p.Template, Planned: p.Planned, Reason: reason, Note: note,
	})
}

// savePart keeps a part for storing, and for what follows in this answer.
func (r *run) savePart(p ledger.Part) {
	r.out.Parts = replacePart(r.out.Parts, p)
	r.f.Parts = replacePart(append([]ledger.Part(nil), r.f.Parts...), p)
}

func replacePart(list []ledger.Part, p ledger.Part) []ledger.Part {
	for i := range list {
		if list[i].Step == p.Step && list[i].Channel == p.Channel {
			list[i] = p
			return list
		}
	}
	return append(list, p)
}

// Close ends an outreach from outside a step: an event reached its goal or
// stop, its reason is gone, or an operator stopped it.
func Close(m *rule.Matcher, o ledger.Outreach, f Facts, reason customer.Reason) Outcome {
	r := &run{m: m, o: o, f: f}
	if err := r.begin(); err != nil {
		r.pos = Position{}
	}
	r.end(reason)
	return r.finish()
}
