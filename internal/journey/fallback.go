package journey

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// lookAgain is how long an attempt whose lease is over, and that nobody has
// taken up yet, is left alone.
const lookAgain = time.Minute

// lease gives until when an attempt under way is left alone.
func (r *run) lease(part ledger.Part) time.Time {
	if r.f.Now.Before(part.Lease) {
		return part.Lease
	}
	return r.f.Now.Add(lookAgain)
}

// over ends a send whose message went out.
func (r *run) over(next string, part ledger.Part) bool {
	r.out.Went = append(r.out.Went, part.Channel)
	return r.goTo(next, r.wentOut(r.pos.Plan.At, part))
}

// unconfirmed ends a send whose message was taken, unless its rule waits for
// word that it arrived: then another channel takes its place when none came in
// time. A channel that takes another's place is always the next of those that
// were not tried.
func (r *run) unconfirmed(step *rule.Step, next string, part ledger.Part) bool {
	after := step.Send.FallbackAfter
	if after.IsZero() {
		return r.over(next, part)
	}
	tried := append(slices.Clone(r.pos.Plan.Tried), part.Channel)
	if channels, _ := r.channels(step, tried); len(channels) == 0 {
		return r.over(next, part)
	}
	if until := after.After(part.Sent, r.f.Subject.Zone); r.f.Now.Before(until) {
		return r.rest(until, "waiting until "+sendtime.Label(until, r.f.Subject.Zone)+" for word that the "+string(part.Channel)+" arrived")
	}
	return r.fallBack(step, next, part, tried)
}

// fallBack lets another channel take the place of a message of which no word
// came that it arrived. What became of it is written down whenever it is known,
// and takes no second place in the caps.
func (r *run) fallBack(step *rule.Step, next string, part ledger.Part, tried []customer.Channel) bool {
	beside := part
	beside.Beside, beside.Updated = true, r.f.Now
	r.savePart(beside)
	plan, reason := r.choose(step, r.f.Now, tried)
	if reason != "" {
		r.savePart(part)
		r.decide(ledger.Decision{Kind: ledger.KindDrop, Step: step.ID, Channel: plan.Channel, Template: part.Template, Reason: reason,
			Note: "no word came that the " + string(part.Channel) + " arrived, and no other channel can take its place"})
		return r.over(next, part)
	}
	r.out.Went = append(r.out.Went, part.Channel)
	r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: step.ID, Channel: part.Channel, Template: part.Template, Reason: customer.Unconfirmed,
		Note: "no word came that it arrived: " + string(plan.Channel) + " takes its place"})
	return r.commit(step, next, plan, ledger.KindPlan)
}

// arrivedAfterAll gives the message of a step whose place another one was to
// take, when word came that it arrived. While an attempt for the other is under
// way, or nobody knows what came of it, that is waited for.
func (r *run) arrivedAfterAll(step *rule.Step, part ledger.Part) (first ledger.Part, ok bool) {
	switch part.Status {
	case ledger.Planned, ledger.Riding, ledger.Queued, ledger.Accepted, ledger.Rejected, ledger.Failed:
	default:
		return first, false
	}
	for _, p := range r.f.Parts {
		if p.Step == step.ID && p.Channel != part.Channel && p.Status == ledger.Delivered && !p.Item {
			return p, true
		}
	}
	return first, false
}

// noMore ends a send whose first message arrived after all: the one that was to
// take its place is withdrawn, or has gone out already, or cannot.
func (r *run) noMore(next string, first, part ledger.Part) bool {
	if part.Status == ledger.Accepted {
		return r.over(next, part)
	}
	if waits(part) {
		r.withdrawNoted(part, customer.Unless, "the "+string(first.Channel)+" arrived after all")
	}
	return r.goTo(next, r.wentOut(first.Planned, first))
}

// counted lets messages that were passed over count in the caps again where, in
// the end, none took their place: they went out, as far as anybody knows. But
// for those of a step that is not over.
func (r *run) counted(under string) {
	for _, p := range slices.Clone(r.f.Parts) {
		if p.Beside && p.Step != under && p.Status.TakesSlot() && !r.replaced(p) {
			p.Beside, p.Updated = false, r.f.Now
			r.savePart(p)
		}
	}
}

// replaced reports whether a message of the same step has a place in the caps,
// or waits for one.
func (r *run) replaced(part ledger.Part) bool {
	return slices.ContainsFunc(r.f.Parts, func(p ledger.Part) bool {
		return p.Step == part.Step && p.Channel != part.Channel && (p.TakesSlot() || p.Status == ledger.Queued)
	})
}
