package journey

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// An errand is a part that reaches no customer: a webhook or a handoff. It
// needs no consent, hours or place in the caps; holds of everything and of its
// rule stop it. To repeat one is safe, so that an attempt whose end nobody
// knows is simply made again.

// taskPatience is how long a task is tried to be handed over.
func taskPatience() sendtime.Duration { return sendtime.Duration{Days: 3} }

// webhook takes a call as far as it goes. The outreach ends when it fails.
func (r *run) webhook(step *rule.Step, next string) bool {
	w := step.Webhook
	part, settled := r.errand(step, customer.Webhook, answerName(step), w.Within)
	switch {
	case !settled:
		return false
	case part.Status != ledger.Accepted:
		r.end(customer.WebhookFailed)
		return false
	}
	return r.goTo(next, r.wentOut(part.Planned, part))
}

// answerName is what a webhook's answer is called.
func answerName(step *rule.Step) string { return cmp.Or(step.Webhook.As, step.ID) }

// handoff takes a task as far as it goes: handed over, and done when that is
// waited for. A task that nobody takes is given up, and the next step runs.
func (r *run) handoff(step *rule.Step, next string) bool {
	h := step.Handoff
	part, settled := r.errand(step, customer.Handoff, h.Team, taskPatience())
	if !settled {
		return false
	}
	began := r.wentOut(part.Planned, part)
	switch {
	case part.Status != ledger.Accepted:
		return r.goTo(next, later(r.pos.Began, part.Updated))
	case h.Within.IsZero():
		return r.goTo(next, began)
	}
	deadline := h.Within.After(began, r.f.Subject.Zone)
	if at, ok := r.done(part, deadline); ok {
		return r.goTo(next, later(at, began))
	}
	if !r.f.Now.Before(deadline) {
		return r.goTo(next, deadline)
	}
	r.tellWait(step, deadline)
	return r.rest(deadline, "waiting for "+h.Team+" until "+sendtime.Label(deadline, r.f.Subject.Zone), customer.HandoffDone)
}

// done gives when a task was said to be done, not after the deadline. Word of
// no task in particular counts from when the task began.
func (r *run) done(part ledger.Part, deadline time.Time) (time.Time, bool) {
	for _, e := range r.f.Events {
		if e.Name != customer.HandoffDone || e.At.After(deadline) || e.At.After(r.f.Now) {
			continue
		}
		task := e.Properties[customer.TaskProperty]
		if task.String() == part.Key() || task.IsZero() && !e.At.Before(part.Planned) && r.m.Joins(e, r.o.About) {
			return e.At, true
		}
	}
	return time.Time{}, false
}

// errand takes the part of a step as far as it goes. It is settled once it was
// accepted or will never be; until then the outreach rests. patience is how
// long it is tried again, from the first attempt on.
func (r *run) errand(step *rule.Step, c customer.Channel, template string, patience sendtime.Duration) (part ledger.Part, settled bool) {
	part, ok := r.part(step.ID, c)
	switch {
	case !ok || part.Reason == customer.Migrated:
		part = ledger.Part{
			Ref: r.o.Ref, Step: step.ID, Channel: c, Topic: r.m.Topic, Template: template, Priority: r.m.Priority,
			Planned: r.base(), Status: ledger.Planned, Attempt: part.Attempt, Updated: r.f.Now,
		}
		if Held(r.f.Holds, part) {
			return part, r.holdErrand(part)
		}
		r.savePart(part)
	case part.Status == ledger.Sending && r.f.Now.Before(part.Lease):
		return part, r.rest(part.Lease, UnderWay)
	case part.Status == ledger.Sending:
		part.Status, part.RetryAt, part.Lease, part.Updated = ledger.Planned, part.Lease, time.Time{}, r.f.Now
		r.savePart(part)
	case part.Status != ledger.Planned:
		return part, true
	}
	if part.RetryAt.After(patience.After(part.Planned, r.f.Subject.Zone)) {
		return r.giveUp(part), true
	}
	return part, r.attempt(part)
}

// attempt asks for an attempt as soon as one may be made.
func (r *run) attempt(part ledger.Part) bool {
	switch {
	case r.f.Now.Before(part.RetryAt):
		r.rest(part.RetryAt, "trying again at "+sendtime.Label(part.RetryAt, r.f.Subject.Zone), WakeResume)
		if r.o.NextAt.Equal(part.RetryAt) {
			r.out.Deliver = part.Key()
		}
		return false
	case Held(r.f.Holds, part):
		return r.holdErrand(part)
	}
	r.o.NextAt, r.o.WakesOn = r.f.Now, nil
	r.out.Deliver, r.out.Due, r.out.Why = part.Key(), true, "calling the webhook "+part.Template
	if part.Channel == customer.Handoff {
		r.out.Why = "handing a task to " + part.Template
	}
	return false
}

// giveUp withdraws a part that was tried for too long.
func (r *run) giveUp(part ledger.Part) ledger.Part {
	reason := customer.WebhookFailed
	if part.Channel == customer.Handoff {
		reason = cmp.Or(part.Reason, customer.Unavailable)
	}
	r.withdraw(part, reason)
	part, _ = r.part(part.Step, part.Channel)
	return part
}

// holdErrand waits until the hold is removed.
func (r *run) holdErrand(part ledger.Part) bool {
	if !r.paused {
		r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: part.Step, Channel: part.Channel, Template: part.Template,
			Planned: part.Planned, Reason: customer.Paused})
	}
	r.o.Reason = customer.Paused // of an open row: why it waits
	return r.rest(r.f.Now.Add(backstop), "paused: a hold covers this step", WakeResume)
}

// answersOf gives what webhooks answered, by the name of the answer; of
// several of one name the newest.
func answersOf(parts []ledger.Part) map[string]map[string]customer.Value {
	var answers map[string]map[string]customer.Value
	newest := map[string]time.Time{}
	for _, p := range parts {
		if p.Channel != customer.Webhook || p.Status != ledger.Accepted || p.Sent.Before(newest[p.Template]) {
			continue
		}
		var answer map[string]customer.Value
		if json.Unmarshal(p.Answer, &answer) != nil {
			answer = nil // an empty answer
		}
		if answers == nil {
			answers = map[string]map[string]customer.Value{}
		}
		answers[p.Template], newest[p.Template] = answer, p.Sent
	}
	return answers
}
