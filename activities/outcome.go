package activities

import (
	"context"
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// record writes an attempt's outcome and takes the outreach further.
func (e *Engine) record(try *attempt, receipt channel.Receipt, trouble error) (answer Answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writing)
	defer cancel()
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
		if err := e.slow(tx, try, trouble); err != nil {
			return err
		}
		answer, err = e.conclude(tx, try, receipt, trouble)
		return err
	})
	return answer, err
}

// conclude writes an attempt's outcome, as far as nothing surer is known
// meanwhile, and takes the outreach further.
func (e *Engine) conclude(tx ledger.Tx, try *attempt, receipt channel.Receipt, trouble error) (Answer, error) {
	late := Answer{Seq: try.seq - 1, Why: "the attempt was decided without its outcome"}
	part, ok, err := ledger.Present(tx, try.part.Ref, try.part.Step, try.part.Channel)
	if err != nil || !ok || part.Attempt != try.part.Attempt {
		return late, err
	}
	changed := false
	if part.Channel.Reaches() {
		part, changed, err = e.learn(tx, part, try, receipt, trouble)
	} else if part.Status == ledger.Sending {
		changed, err = true, e.errandOver(tx, &part, receipt, trouble)
	}
	if err != nil || !changed {
		return late, err
	}
	o, ok, err := tx.Outreach(part.Ref)
	switch {
	case err != nil || !ok:
		return late, err
	case o.Status == ledger.Ended:
		return Answer{Seq: try.seq, Done: true, Why: string(o.Reason)}, nil
	}
	return e.proceed(tx, o, try.seq)
}

// proceed takes the outreach further. When the question was answered otherwise
// meanwhile, whoever took that answer is hinted.
func (e *Engine) proceed(tx ledger.Tx, o ledger.Outreach, seq int64) (Answer, error) {
	if o.Seq >= seq {
		seq = o.Seq + 1
		if err := tx.Hint(o.Ref, e.now()); err != nil {
			return Answer{}, err
		}
	}
	return e.step(tx, o, seq)
}

// learn writes what a provider's answer says of a message.
func (e *Engine) learn(tx ledger.Tx, part ledger.Part, try *attempt, receipt channel.Receipt, trouble error) (ledger.Part, bool, error) {
	now := e.now()
	h := dossier.Heard{Word: ledger.Taken, ProviderID: receipt.ProviderID, Unwritten: try.failed, Crowded: try.crowded, Asked: true}
	if receipt.Delivered {
		h.Word = ledger.Arrived
	}
	if trouble != nil {
		h = e.refused(part, trouble)
		h.Crowded, h.Asked = try.crowded, true
	}
	after, changed, err := e.Desk.Hear(tx, part, h, now)
	if err != nil || !changed {
		return after, changed, err
	}
	switch {
	case h.Reason == customer.BadAddress:
		how := customer.ByProvider
		if h.Code == noAddress {
			how = customer.ByValidation
		}
		err = e.Desk.Suppress(tx, customer.Evidence{
			At: now, Customer: part.Customer, Act: customer.AddressBlocked, How: how, Channel: part.Channel,
			Address: part.Address, Message: part.Key(), Template: part.Template, Text: h.Note, Source: part.Provider + " " + h.Code,
		}, badFor(part.Channel))
	case h.Reason == customer.Misconfigured:
		err = tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: string(part.Channel), At: now, By: part.Provider, Note: h.Note})
	}
	return after, true, err
}

// badFor gives why an address that its provider does not know is suppressed.
func badFor(c customer.Channel) string {
	if c == customer.Push {
		return customer.Unregistered
	}
	return customer.NoAddressAt
}

// refused maps a provider's no to what is learned of a message.
func (e *Engine) refused(part ledger.Part, trouble error) dossier.Heard {
	if bad, ok := errors.AsType[*templateError](trouble); ok {
		e.Logger.Error("message not written", about(part, ""), "template", part.Template, "error", trouble)
		return dossier.Heard{Word: ledger.Refused, Reason: customer.TemplateError, Note: bad.Error()}
	}
	var detail channel.Error
	if known, ok := errors.AsType[*channel.Error](trouble); ok {
		detail = *known
	}
	h := dossier.Heard{Word: ledger.NotNow, Code: detail.Code, Note: detail.Detail}
	switch channel.KindOf(trouble) {
	case channel.Rejected:
		h.Word, h.Reason = ledger.Refused, customer.Rejected
	case channel.BadAddress:
		h.Word, h.Reason = ledger.Refused, customer.BadAddress
	case channel.Throttled:
		h.Reason, h.RetryAt = customer.Throttled, e.now().Add(e.Clock.Span(asked(part.Attempt, detail.RetryAfter)))
		h.Turn = h.RetryAt
	case channel.Unavailable:
		h.Reason, h.RetryAt = customer.Unavailable, e.now().Add(e.pause(part.Attempt, detail.RetryAfter))
	case channel.Misconfigured:
		h.Reason = customer.Misconfigured
		e.Logger.Error("channel held: its provider refuses the engine's set-up", about(part, ""), "channel", part.Channel, "provider", part.Provider, "code", detail.Code, "detail", detail.Detail)
	default:
		h.Word, h.RetryAt = ledger.NoAnswer, e.now()
	}
	return h
}

// errandOver writes what became of a part that reaches nobody.
func (e *Engine) errandOver(tx ledger.Tx, part *ledger.Part, receipt channel.Receipt, trouble error) error {
	o, ok, err := tx.Outreach(part.Ref)
	if err != nil || !ok {
		return err
	}
	now := e.now()
	part.Updated, part.Lease, part.Code = now, time.Time{}, ""
	story := ledger.Decision{Ref: part.Ref, At: now, Kind: ledger.KindSend, Step: part.Step, Channel: part.Channel,
		Template: part.Template, Planned: part.Planned}
	if trouble == nil {
		part.Status, part.Sent, part.ProviderID = ledger.Accepted, now, receipt.ProviderID
		part.Answer = []byte(receipt.Answer)
	} else {
		e.failed(part, &story, trouble)
	}
	if part.Status == ledger.Planned || part.Status == ledger.Rejected {
		part.Sent = time.Time{}
	}
	if err := tx.Decide(story); err != nil {
		return err
	}
	if part.Status == ledger.Planned && o.Status == ledger.Ended { // what was not taken is not tried again
		part.Status, part.Reason = ledger.Withdrawn, o.Reason
	}
	return tx.SavePart(*part)
}

// pause gives how long to wait before the next attempt, in engine time.
func (e *Engine) pause(attempt int, asked time.Duration) time.Duration {
	return e.Clock.Span(patience(attempt, asked))
}

// asked gives how long a provider that takes no more wants to be left alone, on
// the machine's clock: as long as it says, else a while that grows with the
// attempts at one message.
func asked(attempt int, said time.Duration) time.Duration {
	const longest = time.Minute
	if said > 0 {
		return said
	}
	return min(patience(attempt, 0), longest)
}

// patience gives how long to wait before the next attempt, on the machine's
// clock: what the provider asked for, else longer each time, from five seconds
// to an hour.
func patience(attempt int, asked time.Duration) time.Duration {
	return max(asked, min(5*time.Second<<min(max(attempt, 1)-1, 10), time.Hour))
}
