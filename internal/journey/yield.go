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

// yield gives up the instant of a message for which the caps have no place in
// time, and part, which it was planned as, if it was: it rides in a digest that
// collects its topic, or is queued as long as a place may become free, or is
// dropped. The plan's why names the rule that has the place.
func (r *run) yield(step *rule.Step, next string, part ledger.Part, plan Plan) bool {
	if item, ok := r.merge(step, plan.Why); ok {
		r.leave(part, item.Channel)
		return r.ride(step, next, item)
	}
	until := r.lastCall(step.Send)
	reason := customer.Capped
	if r.unless(step.Send) {
		reason, plan.hope, plan.Why = customer.Unless, false, ""
	}
	switch {
	case plan.hope && !until.IsZero() && r.f.Now.Before(until):
		r.leave(part, plan.Channel)
		return r.queue(step, plan, until)
	case part.Step != "":
		r.withdrawNoted(part, reason, plan.Why)
	default:
		r.decide(ledger.Decision{Kind: ledger.KindDrop, Step: step.ID, Template: step.Send.Template, Channel: plan.Channel,
			Reason: reason, Note: plan.Why})
	}
	return r.goTo(next, later(r.pos.Began, r.lastRefused(step)))
}

// leave withdraws a part whose message waits by another channel from now on.
func (r *run) leave(part ledger.Part, channel customer.Channel) {
	if part.Step == "" || part.Channel == channel {
		return
	}
	part.Status, part.Reason, part.Updated = ledger.Withdrawn, customer.Capped, r.f.Now
	r.savePart(part)
}

// lastRefused gives when a step's message was refused last.
func (r *run) lastRefused(step *rule.Step) time.Time {
	last, _ := r.lastTried(step)
	return last.Updated
}

// queue lets a message wait for a place: whoever gives one up hints it.
func (r *run) queue(step *rule.Step, plan Plan, until time.Time) bool {
	part, ok := r.part(step.ID, plan.Channel)
	if ok && part.Status == ledger.Queued && r.pos.Plan != nil {
		plan.From = r.pos.Plan.From // looking again changes nothing
	}
	switch {
	case ok && part.Status == ledger.Queued && part.Deadline.Equal(until):
	case ok && part.Status == ledger.Queued:
		part.Deadline, part.Updated = until, r.f.Now
		r.savePart(part)
	default:
		part.Ref, part.Step, part.Channel, part.Topic = r.o.Ref, step.ID, plan.Channel, step.Send.Topic
		part.Template, part.Priority, part.Planned = step.Send.Template, r.m.Priority, time.Time{}
		part.Deadline, part.Value = until, r.f.Value
		part.Status, part.Reason, part.Updated = ledger.Queued, customer.Capped, r.f.Now
		r.savePart(part)
		r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: step.ID, Channel: part.Channel, Template: part.Template,
			Reason: customer.Capped, Note: plan.Why + "; waiting for a place"})
	}
	r.pos.Plan = &plan
	why := "waiting for a place in the caps until " + sendtime.Label(until, r.f.Subject.Zone)
	return r.rest(until, why, WakeProfile, WakeResume)
}

// queued looks for an instant of a message that waits for a place. As with one
// that is planned, its unless is asked for when its time has come.
func (r *run) queued(step *rule.Step, next string, part ledger.Part) bool {
	now, send := r.f.Now, step.Send
	until := r.lastCall(send)
	switch over := !until.IsZero() && !now.Before(until); {
	case over && r.unless(send):
		r.withdraw(part, customer.Unless)
		return r.goTo(next, now)
	case over:
		r.withdrawNoted(part, customer.Capped, r.pos.Plan.Why)
		return r.goTo(next, now)
	}
	plan, reason := r.choose(step, now, r.pos.Plan.Tried)
	switch {
	case reason == customer.Capped:
		return r.yield(step, next, part, plan)
	case reason != "":
		r.withdraw(part, reason)
		return r.goTo(next, now)
	}
	r.leave(part, plan.Channel)
	return r.commit(step, next, plan, ledger.KindDefer)
}

// Disturbed names the customer's other outreaches whose planned message has to
// look for another instant, since an outcome changed the claims: its place is
// taken, or it waits behind a full cap and one may have become free.
func Disturbed(f Facts, parts []ledger.Part) []ledger.Ref {
	if len(f.Policy.Caps) == 0 {
		return nil
	}
	before := claimsOf(f.Slots, f.Policy)
	after := claimsOf(replaced(f.Slots, parts), f.Policy)
	if slices.Equal(before, after) {
		return nil
	}
	var list []ledger.Ref
	for _, p := range f.Slots {
		own := slices.ContainsFunc(parts, func(q ledger.Part) bool { return q.Ref == p.Ref })
		waits := p.Status == ledger.Queued || p.Status == ledger.Planned && p.TakesSlot()
		if own || !waits || slices.Contains(list, p.Ref) {
			continue
		}
		mine := claimOf(p, f.Policy)
		had := f.Policy.Free(mine, mine.At, before, f.Subject.Zone).OK
		has := f.Policy.Free(mine, mine.At, after, f.Subject.Zone).OK
		if had && !has || p.Reason == customer.Capped {
			list = append(list, p.Ref)
		}
	}
	return list
}

func claimsOf(parts []ledger.Part, terms *policy.Policy) []policy.Claim {
	claims := make([]policy.Claim, 0, len(parts))
	for _, p := range parts {
		if p.TakesSlot() {
			claims = append(claims, claimOf(p, terms))
		}
	}
	return claims
}

// replaced gives parts with some of them as they are now.
func replaced(parts, now []ledger.Part) []ledger.Part {
	list := slices.Clone(parts)
	for _, p := range now {
		i := slices.IndexFunc(list, func(q ledger.Part) bool { return q.Ref == p.Ref && q.Step == p.Step && q.Channel == p.Channel })
		if i >= 0 {
			list[i] = p
		} else {
			list = append(list, p)
		}
	}
	return list
}
