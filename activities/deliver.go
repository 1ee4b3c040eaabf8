package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/message"
)

// How long one attempt may take. A call's deadline ends before its lease, so
// that nobody else takes a part up while a call is under way; whoever waits
// for the call gives up earlier and is hinted when it is over.
const (
	leaseFor = 40 * time.Second
	callFor  = 30 * time.Second
	waitFor  = 3 * time.Second
)

// attempt is one message part on its way to its provider.
type attempt struct {
	seq    int64
	part   ledger.Part
	vars   message.Vars
	texts  *message.Library
	sender channel.Sender
}

// Deliver asks the gate once more and, if it lets the message pass, hands it
// to its provider: one attempt under a lease. The answer says how the outreach
// goes on. A call that takes long goes on by itself: its end is recorded and
// hinted.
func (e *Engine) Deliver(ctx context.Context, q Question) (Answer, error) {
	_, _, ch, err := ledger.ParseKey(q.Deliver)
	if err != nil {
		return Answer{}, err
	}
	sender := e.Senders[ch]
	if sender == nil {
		return Answer{}, fmt.Errorf("channel %s: no provider is configured", ch)
	}
	release, wait := e.admit(ch, sender)
	if wait > 0 {
		return Answer{Seq: q.Seq - 1, Sleep: wait, Deliver: q.Deliver, Why: "waiting for " + sender.Name() + " to have room"}, nil
	}
	answer, try, err := e.open(ctx, q, sender)
	if err != nil || try == nil {
		release()
		return answer, err
	}
	return e.call(try, release), nil
}

// open asks the gate and, when it lets the message pass, writes the attempt.
// Without an attempt the answer is final.
func (e *Engine) open(ctx context.Context, q Question, sender channel.Sender) (answer Answer, try *attempt, err error) {
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		try = nil
		o, ok, err := tx.Outreach(q.Ref)
		if err != nil {
			return err
		}
		if stored, is := e.stored(o, ok, q); is {
			answer = stored
			return nil
		}
		d, ok, err := e.Desk.Open(tx, o.Customer)
		if err != nil || !ok {
			return fmt.Errorf("%s: customer found %t: %w", o.Ref, ok, err)
		}
		out, facts, err := d.Step(o, e.now())
		if err != nil {
			return err
		}
		seq := max(q.Seq, o.Seq+1)
		if !out.Due || out.Deliver != q.Deliver {
			answer, err = e.save(tx, out, seq)
			return err
		}
		try = &attempt{seq: seq, sender: sender, texts: d.Set.Templates, vars: varsOf(d, out.Outreach, facts)}
		try.part, err = e.lease(tx, d, out, sender)
		if err != nil {
			return err
		}
		o = out.Outreach
		o.NextAt = try.part.Lease
		return tx.SaveOutreach(o)
	})
	return answer, try, err
}

// lease marks the part that is due as being sent.
func (e *Engine) lease(tx ledger.Tx, d *dossier.Dossier, out journey.Outcome, sender channel.Sender) (ledger.Part, error) {
	_, step, ch, err := ledger.ParseKey(out.Deliver)
	if err != nil {
		return ledger.Part{}, err
	}
	part, ok, err := tx.Part(out.Outreach.Ref, step, ch)
	if err != nil || !ok {
		return part, fmt.Errorf("%s: part found %t: %w", out.Deliver, ok, err)
	}
	now := e.now()
	part.Status, part.Attempt, part.Updated = ledger.Sending, part.Attempt+1, now
	part.Lease = now.Add(e.Clock.Span(leaseFor))
	part.Address, part.Provider = d.Profile.Address(ch), sender.Name()
	return part, tx.SavePart(part)
}

// varsOf gives what the message's text may name.
func varsOf(d *dossier.Dossier, o ledger.Outreach, f journey.Facts) message.Vars {
	v := message.Vars{
		Customer: d.Profile.Clone(), Match: o.Match, Events: map[string]map[string]customer.Value{}, Now: f.Now, Zone: d.Zone,
	}
	for _, event := range f.Events {
		if !event.At.Before(o.At) || event.MessageID == o.Trigger {
			v.Events[event.Name] = event.Properties
		}
	}
	return v
}

// call hands an attempt to its provider and waits a while for the outcome.
func (e *Engine) call(try *attempt, release func()) Answer {
	type result struct {
		answer Answer
		err    error
	}
	done := make(chan result, 1)
	waiting := make(chan struct{})
	e.calls.Add(1)
	go func() {
		defer e.calls.Done()
		defer release()
		receipt, err := e.send(try)
		answer, err := e.record(try, receipt, err, waiting)
		done <- result{answer, err}
	}()
	patience := time.NewTimer(waitFor)
	defer patience.Stop()
	select {
	case r := <-done:
		if r.err == nil {
			return r.answer
		}
		e.Logger.Error("outcome of an attempt not recorded", "key", try.part.Key(), "error", r.err)
	case <-patience.C:
	}
	close(waiting)
	return Answer{Seq: try.seq - 1, Sleep: e.Clock.Until(try.part.Lease), Why: "an attempt is under way"}
}

// send renders the message and calls the provider once.
func (e *Engine) send(try *attempt) (channel.Receipt, error) {
	content, err := try.texts.Render(try.part.Template, try.part.Channel, try.vars)
	if err != nil {
		return channel.Receipt{}, &templateError{err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	return try.sender.Send(ctx, channel.Message{
		Key: try.part.Key(), Customer: try.part.Customer, Channel: try.part.Channel, To: try.part.Address,
		Topic: try.part.Topic, Template: try.part.Template, Locale: try.vars.Customer.Locale, Content: content,
	})
}

// templateError says that a message's text could not be written.
type templateError struct{ err error }

func (e *templateError) Error() string { return e.err.Error() }

// record writes an attempt's outcome and takes the outreach further. When
// nobody waits any more the outreach is hinted.
func (e *Engine) record(try *attempt, receipt channel.Receipt, trouble error, gone <-chan struct{}) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	var answer Answer
	err := e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		part, ok, err := tx.Part(try.part.Ref, try.part.Step, try.part.Channel)
		if err != nil || !ok {
			return fmt.Errorf("%s: part found %t: %w", try.part.Key(), ok, err)
		}
		if part.Attempt != try.part.Attempt || part.Status != ledger.Sending {
			return nil // the lease ran out and somebody decided without us
		}
		if err := e.outcome(tx, &part, receipt, trouble); err != nil {
			return err
		}
		answer, err = e.proceed(tx, part, try.seq)
		if err != nil {
			return err
		}
		select {
		case <-gone:
			return tx.Hint(part.Ref, e.now())
		default:
			return nil
		}
	})
	return answer, err
}

// proceed counts an accepted message and takes the outreach further.
func (e *Engine) proceed(tx ledger.Tx, part ledger.Part, seq int64) (Answer, error) {
	o, ok, err := tx.Outreach(part.Ref)
	if err != nil || !ok {
		return Answer{}, fmt.Errorf("%s: found %t: %w", part.Ref, ok, err)
	}
	if part.Status == ledger.Accepted {
		o.Sent++
	}
	if o.Status == ledger.Ended {
		return Answer{Seq: seq, Done: true, Why: string(o.Reason)}, tx.SaveOutreach(o)
	}
	return e.step(tx, o, seq)
}

// outcome writes what became of an attempt into its part.
func (e *Engine) outcome(tx ledger.Tx, part *ledger.Part, receipt channel.Receipt, trouble error) error {
	now := e.now()
	part.Updated, part.Lease, part.Code = now, time.Time{}, ""
	story := ledger.Decision{Ref: part.Ref, At: now, Kind: ledger.KindSend, Step: part.Step, Channel: part.Channel,
		Template: part.Template, Planned: part.Planned}
	if trouble == nil {
		part.Status, part.Sent, part.ProviderID = ledger.Accepted, now, receipt.ProviderID
	} else if err := e.refused(tx, part, &story, trouble); err != nil {
		return err
	}
	return errors.Join(tx.SavePart(*part), tx.Decide(story))
}

// refused maps a provider's no to what becomes of the part.
func (e *Engine) refused(tx ledger.Tx, part *ledger.Part, story *ledger.Decision, trouble error) error {
	now := e.now()
	if _, bad := errors.AsType[*templateError](trouble); bad {
		e.Logger.Error("message not written", "key", part.Key(), "error", trouble)
		part.Status, part.Reason = ledger.Rejected, customer.TemplateError
		story.Kind, story.Reason = ledger.KindDrop, part.Reason
		return nil
	}
	var detail channel.Error
	if known, ok := errors.AsType[*channel.Error](trouble); ok {
		detail = *known
	}
	part.Code, story.Note = detail.Code, detail.Detail
	story.Kind = ledger.KindDefer
	switch channel.KindOf(trouble) {
	case channel.Rejected:
		part.Status, part.Reason, story.Kind = ledger.Rejected, customer.Rejected, ledger.KindDrop
	case channel.BadAddress:
		part.Status, part.Reason, story.Kind = ledger.Rejected, customer.BadAddress, ledger.KindDrop
		story.Reason = part.Reason
		return tx.Suppress(customer.Suppression{Channel: part.Channel, Address: part.Address, Reason: string(customer.BadAddress), At: now})
	case channel.Throttled:
		part.Status, part.Reason = ledger.Planned, customer.Throttled
		part.RetryAt = now.Add(e.pause(part.Attempt, detail.RetryAfter))
	case channel.Unavailable:
		part.Status, part.Reason = ledger.Planned, customer.Unavailable
		part.RetryAt = now.Add(e.pause(part.Attempt, detail.RetryAfter))
	case channel.Misconfigured:
		part.Status, part.Reason = ledger.Planned, customer.Misconfigured
		story.Reason = part.Reason
		e.Logger.Error("channel held: its provider refuses the engine's set-up", "channel", part.Channel, "provider", part.Provider, "code", part.Code, "detail", detail.Detail)
		return tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: string(part.Channel), At: now, By: part.Provider, Note: detail.Detail})
	default:
		part.Status, part.Reason, story.Kind = ledger.Unknown, customer.Unknown, ledger.KindDrop
	}
	story.Reason = part.Reason
	return nil
}

// pause gives how long to wait before the next attempt, in engine time: what
// the provider asked for, else longer each time, from five seconds to an hour.
func (e *Engine) pause(attempt int, asked time.Duration) time.Duration {
	backoff := min(5*time.Second<<min(attempt-1, 10), time.Hour)
	return e.Clock.Span(max(asked, backoff))
}
