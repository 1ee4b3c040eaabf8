package journey

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// An item goes out in another outreach's message: the next one by its channel,
// or a digest. It causes none, takes no place in the caps, and is asked for
// anew when that message goes.

// longestRide bounds how long a message that was merged into a digest waits,
// where its rule has no end.
const longestRide = 62

// attach takes an item as far as it goes.
func (r *run) attach(step *rule.Step, next string) bool {
	send := step.Send
	part, ok := r.part(step.ID, send.Channels[0])
	if ok && part.Reason != customer.Migrated {
		return r.ride(step, next, part)
	}
	if reason := r.rides(send, send.Channels[0]); reason != "" {
		r.decide(ledger.Decision{Kind: ledger.KindDrop, Step: step.ID, Template: send.Template, Channel: send.Channels[0], Reason: reason})
		return r.goTo(next, r.pos.Began)
	}
	part = r.item(step, send.Channels[0], send.Digest)
	part.Deadline = r.deadline(send)
	r.savePart(part)
	r.decide(ledger.Decision{Kind: ledger.KindPlan, Step: step.ID, Channel: part.Channel, Template: part.Template, Note: ridesOn(part)})
	return r.ride(step, next, part)
}

func (r *run) item(step *rule.Step, channel customer.Channel, digest string) ledger.Part {
	return ledger.Part{
		Ref: r.o.Ref, Step: step.ID, Channel: channel, Topic: step.Send.Topic, Template: step.Send.Template,
		Priority: r.m.Priority, Status: ledger.Riding, Updated: r.f.Now, Item: true, Digest: digest,
	}
}

// rides gives why a send's text cannot ride on messages by a channel.
func (r *run) rides(send *rule.Send, channel customer.Channel) customer.Reason {
	switch {
	case !r.f.Policy.Consents(r.f.Subject.Profile, send.Topic):
		return customer.NoConsent
	case r.f.Subject.Profile.Address(channel) == "", !slices.Contains(r.f.Texts(send.Template), channel):
		return customer.NoAddress
	case r.f.Suppressed(channel):
		return customer.Suppressed
	}
	return ""
}

// ridesOn says in words what an item waits for.
func ridesOn(p ledger.Part) string {
	if p.Digest != "" {
		return "rides in the digest " + p.Digest
	}
	return "rides on the next " + string(p.Channel)
}

// ride waits until an item went out, or its time is over.
func (r *run) ride(step *rule.Step, next string, part ledger.Part) bool {
	now := r.f.Now
	switch {
	case part.Status == ledger.Accepted, part.Status == ledger.Delivered:
		return r.goTo(next, part.Sent)
	case part.Status == ledger.Sending: // it follows its message
		return r.rest(r.lease(part), "goes out in another message")
	case part.Status != ledger.Riding:
	case !now.Before(part.Deadline):
		reason := r.rides(step.Send, part.Channel)
		if reason == "" {
			reason = customer.Late
		}
		r.withdraw(part, reason)
		return r.goTo(next, part.Deadline)
	case r.unless(step.Send):
		r.withdraw(part, customer.Unless)
	default:
		if _, ok := r.f.Policy.Digests[part.Digest]; part.Digest != "" && !ok {
			part.Digest, part.Updated = "", now // there is no such digest any more
			r.savePart(part)
		}
		return r.rest(part.Deadline, ridesOn(part), append(r.names(step.Send.Unless), WakeProfile)...)
	}
	return r.goTo(next, now)
}

// merged gives the part of a send that rides in a digest.
func (r *run) merged(step string) (ledger.Part, bool) {
	i := slices.IndexFunc(r.f.Parts, func(p ledger.Part) bool {
		return p.Step == step && p.Item && p.Status != ledger.Withdrawn
	})
	if i < 0 {
		return ledger.Part{}, false
	}
	return r.f.Parts[i], true
}

// merge lets a message for which the caps have no place ride in a digest that
// collects its topic. why names the rule that has the place.
func (r *run) merge(step *rule.Step, why string) (ledger.Part, bool) {
	send := step.Send
	if r.m.When.Digest != nil {
		return ledger.Part{}, false // a digest rides in none
	}
	for _, name := range r.f.Policy.DigestNames() {
		d := r.f.Policy.Digests[name]
		named := len(send.Channels) == 0 || slices.Contains(send.Channels, d.Channel)
		if !named || !slices.Contains(d.Collects, send.Topic) || r.rides(send, d.Channel) != "" ||
			!r.f.Policy.Consents(r.f.Subject.Profile, d.Topic) {
			continue
		}
		if refused, ok := r.part(step.ID, d.Channel); ok && refused.Status == ledger.Rejected {
			continue
		}
		part := r.item(step, d.Channel, name)
		if part.Deadline = r.until(); part.Deadline.IsZero() {
			part.Deadline = r.f.Now.AddDate(0, 0, longestRide)
		}
		r.savePart(part)
		r.pos.Plan = nil
		r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: step.ID, Channel: part.Channel, Template: part.Template,
			Reason: customer.Capped, Note: why + "; " + ridesOn(part)})
		return part, true
	}
	return ledger.Part{}, false
}

// Carries reports whether a message may carry an item: they go by one channel,
// and the item waits for any message there, or for this digest.
func Carries(carrier, item ledger.Part) bool {
	return item.Status == ledger.Riding && !carrier.Item && item.Channel == carrier.Channel && item.Ref != carrier.Ref &&
		(item.Digest == "" || rule.DigestRule(item.Digest) == carrier.Rule)
}

// Boards gives why an item may not go out at this instant; "" when it may. It
// asks all that the gate asks of a message but for the caps.
func Boards(m *rule.Matcher, o ledger.Outreach, f Facts, part ledger.Part) customer.Reason {
	r := &run{m: m, o: o, f: f, story: StoryOf(o, f.Events, f.Parts)}
	step, _, ok := m.Find(part.Step)
	switch {
	case o.Status == ledger.Ended:
		return o.Reason
	case !ok || step.Send == nil || r.begin() != nil:
		return customer.ReasonGone
	case !f.Now.Before(part.Deadline):
		return customer.Late
	}
	if reason := r.ended(); reason != "" {
		return reason
	}
	if r.unless(step.Send) {
		return customer.Unless
	}
	facts := r.policyFacts(part)
	facts.Claims = nil
	return f.Policy.Decide(policy.Ask{Claim: policy.Claim{Channel: part.Channel}, Topic: part.Topic}, facts).Reason
}

// Settled gives an item as it is when its message's attempt is over, and the
// line that tells it; zero when there is nothing to tell. An item whose message
// was not taken waits for the next one.
func Settled(item, carrier ledger.Part, now time.Time) (ledger.Part, ledger.Decision) {
	item.Lease, item.Updated = time.Time{}, now
	story := ledger.Decision{Ref: item.Ref, At: now, Kind: ledger.KindSend, Step: item.Step, Channel: item.Channel,
		Template: item.Template, Note: "in " + carrier.Template}
	switch carrier.Status {
	case ledger.Accepted, ledger.Delivered:
		item.Status, item.Sent, item.Address = ledger.Accepted, now, carrier.Address
		item.Provider, item.ProviderID = carrier.Provider, carrier.ProviderID
	case ledger.Unknown:
		item.Status, item.Reason = ledger.Unknown, customer.Unknown
		story.Kind, story.Reason = ledger.KindDrop, item.Reason
	default:
		item.Status, item.Reason, item.Carrier, item.Sent = ledger.Riding, "", "", time.Time{}
		story = ledger.Decision{}
	}
	return item, story
}
