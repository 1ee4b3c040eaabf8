package journey

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// send takes a send as far as it goes: planned, held, given up, or gone out.
func (r *run) send(step *rule.Step, next string) bool {
	if r.pos.Plan == nil {
		if part, ok := r.merged(step.ID); ok {
			return r.ride(step, next, part)
		}
		if r.wasSent(step.ID) {
			return r.goTo(next, r.pos.Began)
		}
		return r.plan(step, next, r.refusedOn(step.ID))
	}
	part, ok := r.part(step.ID, r.pos.Plan.Channel)
	if !ok {
		return r.plan(step, next, r.pos.Plan.Tried)
	}
	if first, arrived := r.arrivedAfterAll(step, part); arrived {
		return r.noMore(next, first, part)
	}
	switch part.Status {
	case ledger.Accepted:
		return r.unconfirmed(step, next, part)
	case ledger.Delivered:
		return r.over(next, part)
	case ledger.Sending:
		return r.rest(r.lease(part), UnderWay)
	case ledger.Ambiguous:
		return r.rest(r.f.Now.Add(backstop), Asks(part.Provider))
	case ledger.Rejected, ledger.Failed:
		return r.plan(step, next, append(slices.Clone(r.pos.Plan.Tried), part.Channel))
	case ledger.Planned:
		return r.gate(step, next, part)
	case ledger.Queued:
		return r.queued(step, next, part)
	}
	return r.goTo(next, r.f.Now)
}

// UnderWay is what an outreach waits for while an attempt is made.
const UnderWay = "an attempt is under way"

// Asks says what an outreach waits for whose provider gave no clear answer.
func Asks(provider string) string {
	return "no answer came from " + provider + ": word is awaited whether the message went out"
}

// wentOut gives when a part's step is over: its planned instant, or when it
// went out if that was later by more than the engine's own lag.
func (r *run) wentOut(planned time.Time, part ledger.Part) time.Time {
	if !part.Sent.After(planned.Add(r.f.Lag)) {
		return planned
	}
	return part.Sent
}

func (r *run) part(step string, channel customer.Channel) (ledger.Part, bool) {
	for _, p := range r.f.Parts {
		if p.Step == step && p.Channel == channel {
			return p, true
		}
	}
	return ledger.Part{}, false
}

// gate asks, for a planned part, whether it still stands and whether it may
// go out now.
func (r *run) gate(step *rule.Step, next string, part ledger.Part) bool {
	if more, ok := r.afterHold(step, next, part); ok {
		return more
	}
	now, send := r.f.Now, step.Send
	switch {
	case r.tooLate(send, later(now, part.RetryAt)) && !Held(r.f.Holds, part):
		r.withdraw(part, customer.Late)
		return r.goTo(next, now)
	case now.Before(part.Planned) && r.happened(send.Unless, part.Planned):
		r.withdraw(part, customer.Unless) // nothing undoes it, and others may want its place
		return r.goTo(next, now)
	case now.Before(part.Planned):
		return r.replan(step, next, part)
	case now.Before(part.RetryAt):
		return r.restFor(part, part.RetryAt, "trying again at "+sendtime.Label(part.RetryAt, r.f.Subject.Zone))
	case r.unless(send):
		r.withdraw(part, customer.Unless)
		return r.goTo(next, now)
	case r.stale(send, part) && !Held(r.f.Holds, part):
		return r.replan(step, next, part)
	case r.m.When.Digest != nil && r.f.Items != nil && r.f.Items(part) == 0:
		r.end(customer.ReasonGone)
		return false
	}
	verdict := r.f.Policy.Decide(r.ask(send, part), r.policyFacts(part))
	switch {
	case verdict.Answer == policy.Send:
		r.o.NextAt, r.o.WakesOn = now, nil
		r.out.Deliver, r.out.Due, r.out.Why = part.Key(), true, "sending "+part.Template+" by "+string(part.Channel)
		return false
	case verdict.Reason == customer.Paused:
		return r.hold(part)
	case verdict.Answer == policy.Wait:
		return r.replan(step, next, part)
	}
	return r.replanOr(step, next, part, verdict.Reason)
}

// tooLate reports whether an instant misses a send's within, by more than the
// engine's lag.
func (r *run) tooLate(send *rule.Send, at time.Time) bool {
	return send.Late == rule.LateSkip && at.After(r.deadline(send).Add(grace))
}

// stale reports whether a part's instant no longer stands: the engine is far
// behind it, or the hours that the customer said are over meanwhile.
func (r *run) stale(send *rule.Send, part ledger.Part) bool {
	now, zone := r.f.Now, r.f.Subject.Zone
	if now.After(part.Planned.Add(Slack)) {
		return true
	}
	said, ok := r.said(part.Channel)
	if !ok || send.Urgent {
		return false
	}
	return !r.onPoint(part) && !said.Contains(now, zone) && !said.Contains(now.Add(-grace), zone)
}

// replanOr looks for another way when this one is closed for good: another
// channel that reaches the customer. Without one the send is given up.
func (r *run) replanOr(step *rule.Step, next string, part ledger.Part, reason customer.Reason) bool {
	if reason == customer.NoConsent || reason == customer.NoAllowedTime {
		r.withdraw(part, reason)
		return r.goTo(next, r.f.Now)
	}
	return r.replan(step, next, part)
}

// unless reports whether the send's own unless has come.
func (r *run) unless(send *rule.Send) bool {
	if r.anyIf(send.Unless, r.f.Now) {
		return true
	}
	return r.happened(send.Unless, r.f.Now)
}

// happened reports whether an event that came is one of some things, as it will
// be judged at an instant.
func (r *run) happened(what rule.What, at time.Time) bool {
	return slices.ContainsFunc(r.f.Events, func(e customer.Event) bool {
		return !e.At.After(r.f.Now) && r.isAny(what, e, at)
	})
}

func (r *run) ask(send *rule.Send, part ledger.Part) policy.Ask {
	return policy.Ask{Claim: r.claim(part), Topic: send.Topic}
}

func (r *run) policyFacts(part ledger.Part) policy.Facts {
	return policy.Facts{
		Now: r.f.Now, Place: r.f.place(), Profile: r.f.Subject.Profile, Suppressed: r.f.Suppressed,
		Held: Held(r.f.Holds, part), Claims: r.claims(),
	}
}

// claims gives the customer's claims, with those of this answer.
func (r *run) claims() []policy.Claim {
	claims := make([]policy.Claim, 0, len(r.f.Slots))
	for _, p := range r.f.Slots {
		if p.Ref != r.o.Ref && p.TakesSlot() {
			claims = append(claims, r.claim(p))
		}
	}
	for _, p := range r.f.Parts {
		if p.TakesSlot() {
			claims = append(claims, r.claim(p))
		}
	}
	return claims
}

func (r *run) claim(p ledger.Part) policy.Claim { return claimOf(p, r.f.Policy) }

func claimOf(p ledger.Part, terms *policy.Policy) policy.Claim {
	c := policy.Claim{
		Channel: p.Channel, At: p.Planned, Priority: p.Priority, Deadline: p.Deadline, Value: p.Value,
		Urgent: terms.Urgent(p.Topic), Rule: p.Rule, N: p.N, Step: p.Step,
	}
	if p.Status != ledger.Planned {
		c.Gone = true
		if !p.Sent.IsZero() {
			c.At = p.Sent
		}
	}
	return c
}
