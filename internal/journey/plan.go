package journey

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// base is the instant that planning starts from: the step's own beginning,
// or now when the engine is far behind it.
func (r *run) base() time.Time {
	if r.f.Now.After(r.pos.Began.Add(Slack)) {
		return r.f.Now
	}
	return r.pos.Began
}

// deadline is the end of a send's within, cut by the outreach's until. A
// within does not begin before the engine knew of the reason.
func (r *run) deadline(send *rule.Send) time.Time {
	began := r.pos.Began
	if r.o.Recorded.After(began.Add(Slack)) {
		began = r.o.Recorded
	}
	if p := r.pos.Plan; p != nil && p.Then == ledger.ResumeShift {
		began = p.Lifted
	}
	deadline := send.Within.After(began, r.f.Subject.Zone)
	if end := r.until(); !end.IsZero() && end.Before(deadline) {
		return end
	}
	return deadline
}

// lastCall gives the instant after which a send's message is of no use to
// anybody; zero: there is none.
func (r *run) lastCall(send *rule.Send) time.Time {
	if send.Late == rule.LateSend {
		return r.until()
	}
	return r.deadline(send)
}

// plan chooses channel and instant of a send's message and writes its claim.
func (r *run) plan(step *rule.Step, next string, tried []customer.Channel) bool {
	plan, reason := r.choose(step, r.base(), tried)
	if reason == "" {
		return r.commit(step, next, plan, ledger.KindPlan)
	}
	if reason == customer.Capped {
		return r.yield(step, next, ledger.Part{}, plan)
	}
	last, refused := r.lastTried(step)
	if !refused || last.Reason != reason { // else its own line says so
		r.decide(ledger.Decision{Kind: ledger.KindDrop, Step: step.ID, Template: step.Send.Template, Channel: plan.Channel, Reason: reason, Note: plan.Why})
	}
	return r.goTo(next, later(r.pos.Began, last.Updated))
}

// lastTried gives the part of a step that was refused last.
func (r *run) lastTried(step *rule.Step) (last ledger.Part, ok bool) {
	for _, p := range r.f.Parts {
		if p.Step == step.ID && (p.Status == ledger.Rejected || p.Status == ledger.Failed) && (!ok || p.Updated.After(last.Updated)) {
			last, ok = p, true
		}
	}
	return last, ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// commit makes a plan the outreach's own and waits for it.
func (r *run) commit(step *rule.Step, next string, plan Plan, kind ledger.Kind) bool {
	r.pos.Plan = &plan
	part, ok := r.part(step.ID, plan.Channel)
	if !ok || part.Status == ledger.Withdrawn {
		part = ledger.Part{
			Ref: r.o.Ref, Step: step.ID, Channel: plan.Channel, Topic: step.Send.Topic,
			Template: step.Send.Template, Priority: r.m.Priority, Attempt: part.Attempt,
		}
	}
	part.Planned, part.Status, part.Reason, part.Updated = plan.At, ledger.Planned, plan.Moved, r.f.Now
	part.Deadline, part.Value = r.lastCall(step.Send), r.f.Value
	r.savePart(part)
	r.decide(ledger.Decision{Kind: kind, Step: step.ID, Channel: plan.Channel, Template: part.Template, Planned: plan.At, Reason: plan.Moved, Note: plan.note()})
	if !r.f.Now.Before(plan.At) || r.happened(step.Send.Unless, plan.At) {
		return true // the gate is asked
	}
	return r.restFor(part, plan.At, "waiting until "+sendtime.Label(plan.At, r.f.Subject.Zone)+": "+plan.Why)
}

// note says for people why a message has its instant, and from what was learned.
func (p Plan) note() string {
	if p.Evidence == "" {
		return p.Why
	}
	return p.Why + " (" + p.Evidence + ")"
}

// restFor waits until a part's instant, to deliver it then.
func (r *run) restFor(part ledger.Part, at time.Time, why string) bool {
	wakes := []string{WakeProfile, WakeResume}
	if step, _, ok := r.m.Find(part.Step); ok && step.Send != nil {
		wakes = append(wakes, r.names(events(step.Send.Unless))...)
	}
	r.rest(at, why, wakes...)
	if r.o.NextAt.Equal(at) {
		r.out.Deliver = part.Key()
	}
	return false
}

// events gives the alternatives that are events.
func events(what rule.What) rule.What {
	return slices.DeleteFunc(slices.Clone(what), func(a rule.Alternative) bool { return a.If != nil })
}

// replan chooses anew by the facts of this instant: from where the search
// began, so that the same facts give the same instant whenever they are looked
// at, and from now when that is past. What stays the same is waited for; what
// changed is told, and what has no way left is given up.
func (r *run) replan(step *rule.Step, next string, part ledger.Part) bool {
	from := r.pos.Plan.From
	if from.IsZero() {
		from = r.pos.Began
	}
	plan, reason := r.choose(step, from, r.pos.Plan.Tried)
	if reason != "" || !plan.At.After(r.f.Now) {
		plan, reason = r.choose(step, r.f.Now, r.pos.Plan.Tried)
	}
	switch {
	case reason == customer.Capped: // its why names the rule that has the place
		return r.yield(step, next, part, plan)
	case reason != "":
		r.withdraw(part, reason)
		return r.goTo(next, r.f.Now)
	case plan.Channel == part.Channel && plan.At.Equal(part.Planned) && r.f.Now.Before(plan.At):
		return r.restFor(part, part.Planned, "waiting until "+sendtime.Label(part.Planned, r.f.Subject.Zone)+": "+r.pos.Plan.Why)
	case plan.Channel != part.Channel:
		part.Status, part.Reason, part.Updated = ledger.Withdrawn, r.closed(part.Channel), r.f.Now
		r.savePart(part)
	}
	return r.commit(step, next, plan, ledger.KindDefer)
}

// closed gives why a channel does not reach the customer, "" when it does and
// they like another one better.
func (r *run) closed(c customer.Channel) customer.Reason {
	switch {
	case r.f.Subject.Profile.Address(c) == "":
		return customer.NoAddress
	case r.f.Suppressed(c):
		return customer.Suppressed
	}
	return ""
}

// choose gives the first channel that can reach the customer in time and the
// first instant that everything allows there, or why there is none: the reason
// of the channel that comes first.
func (r *run) choose(step *rule.Step, from time.Time, tried []customer.Channel) (Plan, customer.Reason) {
	send := step.Send
	plan := Plan{From: from, Tried: tried}
	if p := r.pos.Plan; p != nil {
		plan.Then, plan.Lifted = p.Then, p.Lifted
	}
	if !r.f.Policy.Consents(r.f.Subject.Profile, send.Topic) {
		return plan, customer.NoConsent
	}
	if send.Late == rule.LateSkip && !from.Before(r.deadline(send)) {
		return plan, customer.Late
	}
	channels, reason := r.channels(step, tried)
	if len(channels) == 0 {
		return plan, reason
	}
	var first Plan
	capped := false
	for i, channel := range channels {
		found := r.instant(step, channel, from)
		if capped && found.no == "" {
			found.moved = customer.Capped // from a channel that they like better
		}
		capped = capped || found.no == customer.Capped
		plan.Channel, plan.At, plan.Why, plan.Moved, plan.hope = channel, found.at, found.why, found.moved, found.hope
		plan.Evidence = strings.Trim(found.evidence+"; "+r.liked, "; ")
		if found.no == "" {
			return plan, ""
		}
		if i == 0 || found.hope && !first.hope && reason == customer.Capped {
			first, reason = plan, found.no
		}
	}
	return first, reason
}

// channels gives the channels of a send, in order, that have a text and an
// address that may be used; with none the reason why.
func (r *run) channels(step *rule.Step, tried []customer.Channel) ([]customer.Channel, customer.Reason) {
	var open []customer.Channel
	reason := customer.NoAddress
	last, refused := r.lastTried(step)
	if refused {
		reason = last.Reason
	}
	texts := r.f.Texts(step.Send.Template)
	for _, c := range r.order(step.Send) {
		switch {
		case slices.Contains(tried, c), !slices.Contains(texts, c), r.f.Subject.Profile.Address(c) == "":
		case r.f.Suppressed(c) && refused:
		case r.f.Suppressed(c):
			reason = customer.Suppressed
		default:
			open = append(open, c)
		}
	}
	return open, reason
}

// order gives the channels that a send may use: the rule's, else those that
// the customer likes, then the policy's.
func (r *run) order(send *rule.Send) []customer.Channel {
	if len(send.Channels) > 0 {
		return send.Channels
	}
	order := slices.Clone(r.f.Subject.Profile.Preferences.Channels)
	usual, why := r.byHabit(r.f.Policy.Channels)
	r.liked = why
	for _, c := range usual {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	return order
}
