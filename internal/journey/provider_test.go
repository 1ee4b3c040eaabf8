package journey_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// deliver hands what is due to the provider, whose answer is the next of
// answers, and writes what activities would write.
func (w *world) deliver(out journey.Outcome) {
	i := slices.IndexFunc(w.parts, func(p ledger.Part) bool { return p.Key() == out.Deliver })
	require.GreaterOrEqual(w.t, i, 0)
	p := w.parts[i]
	if w.sent != nil {
		w.sent(out, p)
	}
	p.Attempt, p.Updated = p.Attempt+1, w.now
	answer := ""
	if len(w.answers) > 0 {
		answer, w.answers = w.answers[0], w.answers[1:]
	}
	d := ledger.Decision{Kind: ledger.KindDrop, Step: p.Step, Channel: p.Channel, Template: p.Template, At: w.now}
	word, rest, _ := strings.Cut(answer, " ")
	d.Reason = customer.Reason(word)
	if !p.Channel.Reaches() {
		rest = w.errand(&p, &d, word, rest)
	}
	switch d.Reason {
	case "arrived":
		p.Status, p.Sent, d.Kind, d.Reason = ledger.Delivered, w.now, ledger.KindSend, ""
	case "":
		p.Status, p.Sent, d.Kind = ledger.Accepted, w.now, ledger.KindSend
	case "crash":
		p.Status, p.Sent, p.Lease = ledger.Sending, w.now, w.now.Add(40*time.Second)
		w.save(p)
		return
	case customer.Throttled, customer.Unavailable:
		pause, err := time.ParseDuration(rest)
		require.NoError(w.t, err)
		p.Status, p.RetryAt, d.Kind = ledger.Planned, w.now.Add(pause), ledger.KindDefer
	case customer.Unknown:
		p.Status, p.Sent = ledger.Unknown, w.now
	case customer.BadAddress:
		w.closed[p.Channel] = true
		p.Status = ledger.Rejected
	default:
		p.Status = ledger.Rejected
	}
	p.Reason = d.Reason
	w.save(p)
	w.tell(d)
}

// errand gives what a provider's answer is to a part that reaches nobody: what
// may have arrived is tried again, and an answer may have content.
func (w *world) errand(p *ledger.Part, d *ledger.Decision, word, rest string) string {
	switch {
	case word == "answer":
		p.Answer, d.Reason = []byte(rest), ""
	case d.Reason == customer.Unknown:
		d.Reason, rest = customer.Unavailable, "10s"
	case d.Reason == customer.Rejected || d.Reason == customer.BadAddress || d.Reason == customer.TemplateError:
		d.Reason = customer.Rejected
		if p.Channel == customer.Webhook {
			d.Reason = customer.WebhookFailed
		}
	}
	return rest
}

// The providers' side of the world: they are asked what became of attempts that
// nobody knows the end of, and tell what became of messages.

// asksAgain is after how long a provider is asked, which knows or never will.
const asksAgain = 10 * time.Minute

// wakes gives when the outreach goes on, or a provider is asked, whichever
// comes first.
func (w *world) wakes() time.Time {
	at := w.outreach.NextAt
	for _, p := range w.parts {
		if ask, ok := asks(p); ok && ask.Before(at) {
			at = ask
		}
	}
	return at
}

// asks gives when it is asked for what became of a part's attempt.
func asks(p ledger.Part) (at time.Time, ok bool) {
	switch {
	case p.Item, !p.Channel.Reaches(): // an errand is simply done again
	case p.Status == ledger.Sending:
		return p.Lease, true
	case p.Status == ledger.Ambiguous:
		return p.RetryAt, true
	}
	return time.Time{}, false
}

// inquire lets it be known what became of attempts that are over.
func (w *world) inquire() {
	for _, p := range slices.Clone(w.parts) {
		at, ok := asks(p)
		switch {
		case !ok || at.After(w.now):
		case p.Status == ledger.Sending:
			w.hear(p, ledger.NoAnswer)
		case len(w.asked) > 0:
			w.hear(p, ledger.Word(w.asked[0]))
			w.asked = w.asked[1:]
		default:
			w.hear(p, ledger.Forgone)
		}
	}
}

// hear writes what was learned of a part, as dossier does.
func (w *world) hear(p ledger.Part, word ledger.Word) {
	was := p
	to, ok := p.Status.After(word)
	if !ok {
		return
	}
	p.Status, p.Reason, p.Updated, p.Lease, p.RetryAt = to, "", w.now, time.Time{}, time.Time{}
	d := ledger.Decision{Kind: ledger.KindDrop, Step: p.Step, Channel: p.Channel, Template: p.Template, At: w.now}
	switch to {
	case ledger.Accepted:
		d.Kind = ledger.KindSend
	case ledger.Delivered:
		d.Kind = ledger.KindDeliver
	case ledger.Planned:
		d.Kind, p.Sent = ledger.KindDefer, time.Time{}
	case ledger.Ambiguous:
		d.Kind, p.Reason, p.RetryAt = ledger.KindDefer, customer.Unknown, w.now.Add(asksAgain)
	case ledger.Unknown:
		p.Reason = customer.Unknown
	case ledger.Failed:
		d.Kind, p.Reason = ledger.KindFail, customer.Undelivered
	case ledger.Rejected:
		p.Reason, p.Sent = customer.Rejected, time.Time{}
	}
	if p.TakesSlot() && !was.TakesSlot() {
		p.Beside = slices.ContainsFunc(w.parts, func(q ledger.Part) bool {
			return q.Step == p.Step && q.Channel != p.Channel && q.TakesSlot()
		})
	}
	d.Reason = p.Reason
	w.save(p)
	w.tell(d)
}

// report lets a provider tell what became of a step's message by a channel.
func (w *world) report(step string, by customer.Channel, word ledger.Word) {
	i := slices.IndexFunc(w.parts, func(p ledger.Part) bool { return p.Step == step && p.Channel == by })
	require.GreaterOrEqual(w.t, i, 0, "%s %s", step, by)
	w.hear(w.parts[i], word)
	w.hint()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
