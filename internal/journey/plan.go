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
	deadline := send.Within.After(began, r.f.Subject.Zone)
	if end := r.until(); !end.IsZero() && end.Before(deadline) {
		return end
	}
	return deadline
}

// plan chooses channel and instant of a send's message and writes its claim.
func (r *run) plan(step *rule.Step, next string, tried []customer.Channel) bool {
	plan, reason := r.choose(step, r.base(), tried)
	if reason == "" {
		return r.commit(step, next, plan, ledger.KindPlan)
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
		if p.Step == step.ID && p.Status == ledger.Rejected && (!ok || p.Updated.After(last.Updated)) {
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
	part.Planned, part.Status, part.Reason, part.Updated = plan.At, ledger.Planned, "", r.f.Now
	r.savePart(part)
	r.decide(ledger.Decision{Kind: kind, Step: step.ID, Channel: plan.Channel, Template: part.Template, Planned: plan.At, Note: plan.Why})
	if !r.f.Now.Before(plan.At) {
		return true
	}
	return r.restFor(part, plan.At, "waiting until "+sendtime.Label(plan.At, r.f.Subject.Zone)+": "+plan.Why)
}

// restFor waits until a part's instant, to deliver it then.
func (r *run) restFor(part ledger.Part, at time.Time, why string) bool {
	r.rest(at, why, WakeProfile, WakeResume)
	if r.o.NextAt.Equal(at) {
		r.out.Deliver = part.Key()
	}
	return false
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
		r.withdrawNoted(part, reason, plan.Why)
		return r.goTo(next, r.f.Now)
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
	for i, channel := range channels {
		at, why, no := r.instant(step, channel, from)
		plan.Channel, plan.At, plan.Why = channel, at, why
		if no == "" {
			return plan, ""
		}
		if i == 0 {
			first, reason = plan, no
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
	for _, c := range r.f.Policy.Channels {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	return order
}

// hours are where a message may start, and why there.
type hours struct {
	when  sendtime.When
	said  sendtime.When // the customer's own word, that binds beside when; zero: none
	why   string
	bound bool // when no instant fits, nothing else will do
	usual bool // the policy's window, that many customers share
	now   bool // at once where that is allowed: only those who have to wait are spread
}

// instant gives the first allowed instant of a message on a channel.
func (r *run) instant(step *rule.Step, channel customer.Channel, from time.Time) (time.Time, string, customer.Reason) {
	send := step.Send
	request := r.f.Policy.Request(channel, send.Topic, policy.Facts{
		Now: from, Profile: r.f.Subject.Profile, Place: r.f.place(),
	})
	request.Deadline, request.Spread = r.deadline(send), r.spread(step.ID)
	wanted := r.hours(send, channel)
	mine := policy.Claim{Channel: channel, Priority: r.m.Priority, Rule: r.o.Rule, N: r.o.N, Step: step.ID}
	at, why, reason := r.slot(request, wanted, mine)
	if reason == customer.NoAllowedTime && !wanted.bound {
		at, why, reason = r.slot(request, hours{why: "before its time runs out"}, mine)
	}
	if reason != "" && send.Late == rule.LateSend {
		request.Deadline = r.until()
		at, why, reason = r.slot(request, wanted, mine)
	}
	return at, why, reason
}

// hours gives where a message of a send may start. What the customer said is
// a promise: it binds the rule's own times too, unless the topic is urgent.
func (r *run) hours(send *rule.Send, channel customer.Channel) hours {
	said, bySaid := r.said(channel)
	switch {
	case send.At.Now && (!bySaid || send.Urgent):
		return hours{why: atOnce, bound: true, now: true}
	case send.At.Now:
		return hours{when: said, why: "now, within the hours said by the customer", bound: true, now: true}
	case !send.At.Preferred && bySaid && !send.Urgent:
		return hours{when: send.At.When, said: said, why: "the rule's time " + send.At.When.String() + ", within the hours said by the customer", bound: true}
	case !send.At.Preferred:
		return hours{when: send.At.When, why: "the rule's time " + send.At.When.String(), bound: true}
	case bySaid:
		return hours{when: said, why: "preferred time, said by the customer", bound: !send.Urgent}
	}
	return hours{when: r.f.Policy.Windows[channel], why: "the usual window for " + string(channel), usual: true}
}

func (r *run) said(channel customer.Channel) (sendtime.When, bool) {
	text, ok := r.f.Subject.Profile.Preferences.HoursFor(channel)
	if !ok {
		return sendtime.When{}, false
	}
	when, err := sendtime.ParseWhen(text)
	return when, err == nil
}

// maxTries bounds how many instants are looked at for one message.
const maxTries = 100

// slot gives the first instant that the calendar allows, the customer's word
// holds and the caps have room for.
func (r *run) slot(request sendtime.Request, wanted hours, mine policy.Claim) (time.Time, string, customer.Reason) {
	request.When = wanted.when
	full, none := "", customer.NoAllowedTime
	claims := r.claims()
	for try := range maxTries {
		answer := sendtime.Next(request)
		if wanted.now && try == 0 {
			if at, ok := opens(request); ok {
				answer = at
			}
		}
		if !answer.OK {
			return time.Time{}, wanted.why + full, none
		}
		if !wanted.said.IsZero() && !wanted.said.Contains(answer.At, r.f.Subject.Zone) {
			open := sendtime.Next(sendtime.Request{Now: answer.At, Zone: request.Zone, When: wanted.said, Deadline: request.Deadline})
			if !open.OK {
				return time.Time{}, wanted.why + full, none
			}
			request.Now, request.Spread = open.At, 0
			continue
		}
		mine.At = answer.At
		free := r.f.Policy.Free(mine, answer.At, claims, r.f.Subject.Zone)
		if free.OK {
			return answer.At, told(wanted, answer.Moved) + full, ""
		}
		request.Now, none = free.Until, customer.Capped
		full = ", after the cap of " + free.Full.Words() + ": " + free.Winner + " has the place"
	}
	return time.Time{}, wanted.why + full, none
}

// opens gives the answer of a request that may be met at its own instant.
func opens(request sendtime.Request) (sendtime.Answer, bool) {
	request.Spread = 0
	answer := sendtime.Next(request)
	return answer, answer.OK && answer.At.Equal(request.Now)
}

// atOnce is why a message has no window.
const atOnce = "now"

// told says in words why a message has its instant: what was wanted, and what
// kept it from an earlier one.
func told(wanted hours, m sendtime.Moved) string {
	closed := ""
	switch {
	case m.Has(sendtime.MovedLegal):
		closed = "hours that the law closes"
	case m.Has(sendtime.MovedHoliday):
		closed = "a holiday"
	case m.Has(sendtime.MovedQuiet):
		closed = "quiet hours"
	}
	switch {
	case wanted.why == atOnce && closed != "":
		return "as soon as possible after " + closed
	case closed != "":
		return wanted.why + ", after " + closed
	case wanted.usual && m.Has(sendtime.MovedSpread):
		return wanted.why + ", spread evenly over it"
	}
	return wanted.why
}
