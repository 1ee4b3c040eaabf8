package activities

import (
	"context"
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
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

// attempt is one part on its way to whoever carries it.
type attempt struct {
	seq     int64
	part    ledger.Part
	vars    message.Vars
	items   []dossier.Boarded // what goes out in the message
	crowded bool              // others wait behind a full cap
	texts   *message.Library
	failed  map[string]string // why the text of an item could not be written, by its key
	errand  *channel.Message  // what is handed over of a part that reaches nobody; nil for a message
	sender  channel.Sender
}

// Deliver asks the gate once more and, if it lets the message pass, hands it
// to its provider: one attempt under a lease. The answer says how the outreach
// goes on. A call that takes long goes on by itself: its end is recorded and
// hinted.
func (e *Engine) Deliver(ctx context.Context, q Question) (Answer, error) {
	ch, sender, err := e.carrier(ctx, q.Deliver)
	if err != nil {
		return Answer{}, err
	}
	release, wait := e.admit(ch, sender, q.Deliver)
	if wait > 0 {
		if err := e.postpone(ctx, q.Ref, wait); err != nil {
			return Answer{}, err
		}
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
		o, stored, is, err := e.asked(tx, q)
		if err != nil || is {
			answer = stored
			return err
		}
		d, ok, err := e.Desk.Open(tx, o.Customer)
		if err != nil {
			return err
		}
		if !ok {
			answer = nobody(q.Seq)
			return nil
		}
		out, facts, err := d.Step(o, e.now())
		if err != nil {
			return err
		}
		seq := max(q.Seq, o.Seq+1)
		if !out.Due || out.Deliver != q.Deliver {
			answer, err = e.save(d, out, seq)
			return err
		}
		m, err := d.Matcher(o)
		if err != nil {
			return err
		}
		try = &attempt{seq: seq, sender: sender, texts: d.Set.Templates, vars: d.Vars(m, out.Outreach, facts), crowded: dossier.Crowded(facts.Slots, o.Ref)}
		try.part, err = d.Lease(out, facts.Now, facts.Now.Add(e.Clock.Span(leaseFor)))
		if err != nil {
			return err
		}
		try.part.Provider = sender.Name()
		o = out.Outreach
		if try.part.Channel.Reaches() {
			try.items, err = d.Board(try.part, facts.Slots, facts.Now)
		} else {
			err = try.prepare(d, m, o, facts)
		}
		if err != nil {
			return err
		}
		o.NextAt = try.part.Lease
		return errors.Join(tx.SavePart(try.part), tx.SaveOutreach(o))
	})
	return answer, try, err
}

// call hands an attempt to its provider and waits a while for the outcome. An
// outcome that nobody waits for any more is hinted.
func (e *Engine) call(try *attempt, release func()) Answer {
	done := make(chan Answer, 1)
	alone := make(chan struct{}) // closed when nobody waits
	e.calls.Add(1)
	go func() {
		defer e.calls.Done()
		defer release()
		receipt, trouble := e.send(try)
		answer, err := e.record(try, receipt, trouble)
		if err != nil {
			close(done)
			e.Logger.Error("outcome of an attempt not recorded: it will be listed as unknown", "key", try.part.Key(), "error", err)
			return
		}
		done <- answer
		select {
		case <-alone:
			e.hint(try.part.Ref)
		default:
		}
	}()
	patience := time.NewTimer(waitFor)
	defer patience.Stop()
	underWay := Answer{Seq: try.seq - 1, Sleep: e.Clock.Until(try.part.Lease), Why: "an attempt is under way"}
	select {
	case answer, ok := <-done:
		if ok {
			return answer
		}
		return underWay
	case <-patience.C:
	}
	close(alone)
	select {
	case answer, ok := <-done: // it came in the meantime, and may be hinted for nothing
		if ok {
			return answer
		}
	default:
	}
	return underWay
}

// hint lets an outreach look again. A hint that is lost costs time only.
func (e *Engine) hint(ref ledger.Ref) {
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	err := e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error { return tx.Hint(ref, e.now()) })
	if err != nil {
		e.Logger.Warn("outreach not hinted", "outreach", ref.String(), "error", err)
	}
}

// send renders the message and calls the provider once.
func (e *Engine) send(try *attempt) (channel.Receipt, error) {
	m, err := try.write()
	if err != nil {
		return channel.Receipt{}, &templateError{err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	if err := e.fallIn(ctx, try.part.Channel, try.sender.Name()); err != nil {
		return channel.Receipt{}, err
	}
	return try.sender.Send(ctx, m)
}

// write gives what is handed over.
func (try *attempt) write() (channel.Message, error) {
	if try.errand != nil {
		return *try.errand, nil
	}
	content, failed, err := try.texts.Compose(try.part.Template, try.part.Channel, try.vars, dossier.Items(try.items))
	try.failed = dossier.Unwritten(try.items, failed)
	return channel.Message{
		Key: try.part.Key(), Customer: try.part.Customer, Channel: try.part.Channel, To: try.part.Address,
		Topic: try.part.Topic, Template: try.part.Template, Locale: try.vars.Customer.Locale, Content: content,
	}, err
}

// templateError says that a message's text could not be written.
type templateError struct{ err error }

func (e *templateError) Error() string { return e.err.Error() }

// record writes an attempt's outcome and takes the outreach further.
func (e *Engine) record(try *attempt, receipt channel.Receipt, trouble error) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	answer := Answer{Seq: try.seq - 1, Why: "the attempt was decided without its outcome"}
	err := e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		part, ok, err := tx.Part(try.part.Ref, try.part.Step, try.part.Channel)
		if err != nil {
			return err
		}
		if !ok || part.Attempt != try.part.Attempt || part.Status != ledger.Sending {
			return nil // the lease ran out, or customers were merged: decided without us
		}
		o, ok, err := tx.Outreach(part.Ref)
		if err != nil || !ok {
			return err
		}
		begun := part.Sent
		if err := e.outcome(tx, &part, receipt, trouble); err != nil {
			return err
		}
		if err := e.Desk.Settle(tx, part, begun, e.now(), try.failed); err != nil {
			return err
		}
		if try.crowded || !part.TakesSlot() || part.Status == ledger.Planned {
			if err := e.Desk.Tried(tx, part, e.now()); err != nil {
				return err
			}
		}
		if o.Status == ledger.Ended {
			answer = Answer{Seq: try.seq, Done: true, Why: string(o.Reason)}
			return e.leave(tx, o, part)
		}
		answer, err = e.proceed(tx, o, part, try.seq)
		return err
	})
	return answer, err
}

// leave keeps what became of an attempt of an outreach that ended meanwhile: a
// message that was not taken is not tried again.
func (e *Engine) leave(tx ledger.Tx, o ledger.Outreach, part ledger.Part) error {
	switch part.Status {
	case ledger.Accepted:
		o.Sent += messages(part)
		return tx.SaveOutreach(o)
	case ledger.Planned:
		part.Status, part.Reason = ledger.Withdrawn, o.Reason
		return errors.Join(tx.SavePart(part), e.Desk.Tried(tx, part, e.now()))
	}
	return nil
}

// messages counts a part: 1 for what reaches a customer.
func messages(p ledger.Part) int {
	if p.Channel.Reaches() {
		return 1
	}
	return 0
}

// proceed counts an accepted message and takes the outreach further. When the
// question was answered otherwise meanwhile, whoever took that answer is hinted.
func (e *Engine) proceed(tx ledger.Tx, o ledger.Outreach, part ledger.Part, seq int64) (Answer, error) {
	if part.Status == ledger.Accepted {
		o.Sent += messages(part)
	}
	if o.Seq >= seq {
		seq = o.Seq + 1
		if err := tx.Hint(o.Ref, e.now()); err != nil {
			return Answer{}, err
		}
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
		part.Answer = []byte(receipt.Answer)
	} else if !part.Channel.Reaches() {
		e.failed(part, &story, trouble)
	} else if err := e.refused(tx, part, &story, trouble); err != nil {
		return err
	}
	if part.Status == ledger.Planned || part.Status == ledger.Rejected {
		part.Sent = time.Time{}
	}
	return errors.Join(tx.SavePart(*part), tx.Decide(story))
}

// refused maps a provider's no to what becomes of the part.
func (e *Engine) refused(tx ledger.Tx, part *ledger.Part, story *ledger.Decision, trouble error) error {
	now := e.now()
	if bad, ok := errors.AsType[*templateError](trouble); ok {
		e.Logger.Error("message not written", "key", part.Key(), "error", trouble)
		part.Status, part.Reason = ledger.Rejected, customer.TemplateError
		story.Kind, story.Reason, story.Note = ledger.KindDrop, part.Reason, bad.Error()
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
