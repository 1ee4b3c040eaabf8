package journey

import (
	"math/bits"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Held reports whether a hold that is in force covers a part. One of a channel
// or a template covers messages only.
func Held(holds []ledger.Hold, p ledger.Part) bool {
	return slices.ContainsFunc(holds, func(h ledger.Hold) bool { return h.InForce() && covers(h, p) })
}

// covers reports whether a part is among what a hold is set for.
func covers(h ledger.Hold, p ledger.Part) bool {
	switch h.Kind {
	case ledger.HoldAll:
		return true
	case ledger.HoldRule:
		return h.Name == p.Rule
	case ledger.HoldChannel:
		return h.Name == string(p.Channel) && p.Channel.Reaches()
	case ledger.HoldTemplate:
		return h.Name == p.Template && p.Channel.Reaches()
	}
	return false
}

// afterHold lets the holds that kept a planned part back, and were lifted, have
// their say. ok is false when there is none, or while another one holds it.
func (r *run) afterHold(step *rule.Step, next string, part ledger.Part) (more, ok bool) {
	h, kept := r.lifted(part)
	switch {
	case !kept:
		return false, false
	case h.Then == ledger.ResumeDrop:
		r.withdraw(part, customer.Paused)
		return r.goTo(next, r.f.Now), true
	case Held(r.f.Holds, part):
		return false, false
	case !step.Send.Urgent && r.onPoint(part) && !r.f.Now.After(part.Planned.Add(Slack)):
		return false, false // it is still the minute that the customer said, as far as the engine tells
	}
	r.resume(step, h)
	return r.replan(step, next, part), true
}

// lifted sums up the lifted holds that kept a part back: the strictest of what
// they say, from the last lift on.
func (r *run) lifted(part ledger.Part) (all ledger.Hold, kept bool) {
	for _, h := range r.f.Holds {
		if h.InForce() || !covers(h, part) || !r.keptBy(h, part) {
			continue
		}
		kept = true
		if strictness(h.Then) >= strictness(all.Then) {
			all.Then = h.Then
		}
		all.Lifted, all.Over = later(all.Lifted, h.Lifted), max(all.Over, h.Over)
	}
	return all, kept
}

// onPoint reports whether a part was planned for a point that the customer said.
func (r *run) onPoint(part ledger.Part) bool {
	said, ok := r.said(part.Channel)
	return ok && said.HasPoints() && said.Contains(part.Planned, r.f.Subject.Zone)
}

// strictness orders what becomes of what several holds kept back.
func strictness(then ledger.Resumption) int {
	switch then {
	case ledger.ResumeDrop:
		return 2
	case ledger.ResumeShift:
		return 1
	}
	return 0
}

// keptBy reports whether a part was to go while a lifted hold was in force, or
// waited already when it was set.
func (r *run) keptBy(h ledger.Hold, part ledger.Part) bool {
	due := later(part.Planned, part.RetryAt)
	return due.Before(h.Lifted) && (r.paused || !due.Before(h.At))
}

// resume makes the search for a part's instant begin at the lift of its hold,
// or now when the engine is far behind that. What would go at once is given a
// place of its own, so that all do not go in one burst.
func (r *run) resume(step *rule.Step, h ledger.Hold) {
	from := h.Lifted
	if r.f.Now.After(from.Add(Slack)) {
		from = r.f.Now
	}
	plan := *r.pos.Plan
	plan.Then, plan.Lifted = h.Then, h.Lifted
	r.pos.Plan = &plan // its deadline goes by that
	if h.Then == ledger.ResumeSend || step.Send.At.Now {
		from = r.placed(step, from, h.Over)
	}
	plan.From = from
}

// placed gives from where to search for an instant within a span: the place
// that is the outreach's own, nearer to the beginning when everything is closed
// there before the span is over.
func (r *run) placed(step *rule.Step, from time.Time, over time.Duration) time.Time {
	const tries = 5
	place := r.place(step, from, over)
	for try := range tries {
		at := from.Add((place >> try).Truncate(time.Second))
		if plan, no := r.choose(step, at, r.pos.Plan.Tried); no == "" && plan.At.Before(from.Add(over)) {
			return at
		}
	}
	return from.Add(place.Truncate(time.Second))
}

// place gives the outreach's stable place within a span, or within the time
// that its message has left.
func (r *run) place(step *rule.Step, from time.Time, over time.Duration) time.Duration {
	end := r.deadline(step.Send)
	if step.Send.Late == rule.LateSend {
		end = r.until()
	}
	if !end.IsZero() {
		over = min(over, end.Sub(from))
	}
	place, _ := bits.Mul64(r.spread(step.ID), uint64(max(over, 0)))
	return time.Duration(place)
}

// afterPause gives the hours of a message that goes as soon as it may once its
// hold is lifted. What the customer said still binds.
func afterPause(said sendtime.When) hours {
	if said.IsZero() {
		return hours{why: "at once after the pause", bound: true, now: true}
	}
	return hours{when: said, why: "after the pause, within the hours said by the customer", bound: true, now: true}
}

// backstop is how long a held message waits before it looks again by itself.
const backstop = time.Hour

// hold keeps the part's place until the hold is lifted, however long that takes:
// what becomes of it then, the lift says.
func (r *run) hold(part ledger.Part) bool {
	if !r.paused {
		r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: part.Step, Channel: part.Channel, Template: part.Template,
			Planned: part.Planned, Reason: customer.Paused})
	}
	r.o.Reason = customer.Paused // of an open row: why it waits
	return r.rest(r.f.Now.Add(backstop), "paused: a hold covers this message", WakeProfile, WakeResume)
}
