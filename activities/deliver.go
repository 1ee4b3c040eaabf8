package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/message"
)

// How long one attempt may take, unless the engine is told otherwise, and how
// long at most somebody waits for its end: who does is hinted when it is over.
const (
	callFor = 30 * time.Second
	waitFor = 3 * time.Second
	writing = 30 * time.Second // for what must be written whatever happens
)

// callTime gives how long a call of a provider may take.
func (e *Engine) callTime() time.Duration {
	if e.CallTime > 0 {
		return e.CallTime
	}
	return callFor
}

// leaseTime gives how long an attempt is one process's own. It is longer than
// a call, so that nobody takes a message up while a call is under way.
func (e *Engine) leaseTime() time.Duration { return e.callTime() * 4 / 3 }

// attempt is one part on its way to whoever carries it.
type attempt struct {
	seq     int64
	part    ledger.Part
	crowded bool              // others wait behind a full cap
	failed  map[string]string // why the text of an item could not be written, by its key
	message channel.Message   // what is handed over
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
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
		answer, try, err = e.ask(tx, q, sender)
		return err
	})
	return answer, try, err
}

// ask asks the gate for a message whose time has come.
func (e *Engine) ask(tx ledger.Tx, q Question, sender channel.Sender) (Answer, *attempt, error) {
	o, stored, is, err := e.asked(tx, q)
	if err != nil || is {
		return stored, nil, err
	}
	d, ok, err := e.Desk.Open(tx, o.Customer)
	switch {
	case err != nil:
		return Answer{}, nil, err
	case !ok:
		return nobody(q.Seq), nil, nil
	}
	out, facts, err := d.Step(o, e.now())
	if err != nil {
		return Answer{}, nil, err
	}
	seq := max(q.Seq, o.Seq+1)
	if !out.Due || out.Deliver != q.Deliver {
		answer, err := e.save(d, out, seq)
		return answer, nil, err
	}
	return e.begin(tx, d, passed{out: out, facts: facts, seq: seq, sender: sender})
}

// passed is a message that the gate let pass.
type passed struct {
	out    journey.Outcome
	facts  journey.Facts
	seq    int64
	sender channel.Sender
}

// begin writes a message's attempt, its text included. One that is known to be
// in vain - its text cannot be written, its address is none - is over at once.
func (e *Engine) begin(tx ledger.Tx, d *dossier.Dossier, g passed) (Answer, *attempt, error) {
	o := g.out.Outreach
	m, err := d.Matcher(o)
	if err != nil {
		return Answer{}, nil, err
	}
	try := &attempt{seq: g.seq, sender: g.sender, crowded: dossier.Crowded(g.facts.Slots, o.Ref)}
	try.part, err = d.Lease(g.out, g.facts.Now, g.facts.Now.Add(e.Clock.Span(e.leaseTime())))
	if err != nil {
		return Answer{}, nil, err
	}
	try.part.Provider = g.sender.Name()
	var vain error
	vars := d.Vars(m, o, g.facts)
	if try.part.Channel.Reaches() {
		vain, err = e.write(d, try, vars, g.facts)
	} else {
		err = try.prepare(d, m, o, g.facts, vars)
	}
	if err != nil {
		return Answer{}, nil, err
	}
	o.NextAt = try.part.Lease
	if err := errors.Join(tx.SavePart(try.part), tx.SaveOutreach(o)); err != nil || vain == nil {
		return Answer{}, try, err
	}
	answer, err := e.conclude(tx, try, channel.Receipt{}, vain)
	return answer, nil, err
}

// write gives a message its text, with that of the items that ride on it. vain
// says why nothing can be handed over.
func (e *Engine) write(d *dossier.Dossier, try *attempt, vars message.Vars, f journey.Facts) (vain, err error) {
	part, terms := &try.part, d.Set.Policy
	items, err := d.Board(*part, f.Slots, f.Now)
	if err != nil {
		return nil, err
	}
	if e.Links != nil {
		vars.Unsubscribe, vars.Preferences = e.Links.Links(*part, f.Now)
		for i := range items {
			items[i].Item.Vars.Unsubscribe, items[i].Item.Vars.Preferences = e.Links.Links(items[i].Part, f.Now)
		}
	}
	content, failed, trouble := d.Set.Templates.Compose(part.Template, part.Channel, vars, dossier.Items(items))
	try.failed = dossier.Unwritten(items, failed)
	part.Print = channel.Print(content.Text)
	try.message = channel.Message{
		Key: part.Key(), Customer: part.Customer, Channel: part.Channel, To: part.Address, From: terms.Senders[part.Channel],
		Topic: part.Topic, Template: part.Template, Locale: vars.Customer.Locale, Content: content, Urgent: terms.Urgent(part.Topic),
	}
	if part.Channel == customer.Email && strings.HasPrefix(vars.Unsubscribe, "https://") {
		try.message.Unsubscribe = vars.Unsubscribe
	}
	if !part.Deadline.IsZero() {
		try.message.Life = max(e.Clock.Until(part.Deadline), time.Second)
	}
	if trouble != nil {
		return &templateError{trouble}, nil
	}
	if trouble := customer.CheckAddress(part.Channel, part.Address); trouble != "" {
		return &channel.Error{Kind: channel.BadAddress, Provider: part.Provider, Code: "not_sent", Detail: trouble}, nil
	}
	return nil, nil
}

// templateError says that a message's text could not be written.
type templateError struct{ err error }

func (e *templateError) Error() string { return e.err.Error() }

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
			e.Logger.Error("outcome of an attempt not recorded: it will be asked for", "key", try.part.Key(), "error", err)
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
	ctx, cancel := context.WithTimeout(context.Background(), writing)
	defer cancel()
	err := e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error { return tx.Hint(ref, e.now()) })
	if err != nil {
		e.Logger.Warn("outreach not hinted", "outreach", ref.String(), "error", err)
	}
}

// send calls the provider once.
func (e *Engine) send(try *attempt) (channel.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.Background(), e.callTime())
	defer cancel()
	if err := e.fallIn(ctx, try.part.Channel, try.sender.Name()); err != nil {
		return channel.Receipt{}, err
	}
	began := time.Now()
	receipt, trouble := try.sender.Send(ctx, try.message)
	if e.Meter != nil {
		e.Meter.Call(try.sender.Name(), outcomeOf(receipt, trouble), time.Since(began))
	}
	return receipt, trouble
}

// outcomeOf names what came of a call.
func outcomeOf(receipt channel.Receipt, trouble error) string {
	switch {
	case trouble != nil:
		return string(channel.KindOf(trouble))
	case receipt.Delivered:
		return "delivered"
	}
	return "taken"
}
