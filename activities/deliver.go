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
	event   string // message id of what set its outreach off; "": time did
	seq     int64
	part    ledger.Part
	crowded bool              // others wait behind a full cap
	failed  map[string]string // why the text of an item could not be written, by its key
	message channel.Message   // what is handed over
	sender  channel.Sender
	lane    lane
	seat    *seat
}

// Deliver asks the gate once more and, if it lets the message pass, hands it
// to its provider: one attempt under a lease. The answer says how the outreach
// goes on. A call that takes long goes on by itself: its end is recorded and
// hinted.
func (e *Engine) Deliver(ctx context.Context, q Question) (Answer, error) {
	if err := e.fit(); err != nil {
		return Answer{}, err
	}
	ch, sender, err := e.carrier(ctx, q.Deliver)
	if err != nil {
		return Answer{}, err
	}
	if wait := e.flights.full(sender.Name(), time.Now()); wait > 0 {
		return e.busy(ctx, q, wait)
	}
	span := e.pieceOf(q, "deliver")
	answer, try, err := e.open(ctx, q, way{channel: ch, sender: sender, span: span})
	e.tellOf(span, try, err)
	if err != nil || try == nil {
		return answer, err
	}
	return e.call(try), nil
}

// open asks the gate and, when it lets the message pass, writes the attempt.
// Without an attempt the answer is final.
func (e *Engine) open(ctx context.Context, q Question, w way) (answer Answer, try *attempt, err error) {
	place := &seat{flights: &e.flights, provider: w.sender.Name()}
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
		answer, try, err = e.ask(tx, q, w, place)
		return err
	})
	if err != nil || try == nil {
		place.release()
		return answer, nil, err
	}
	try.seat = place
	return answer, try, nil
}

// ask asks the gate for a message whose time has come.
func (e *Engine) ask(tx ledger.Tx, q Question, w way, place *seat) (Answer, *attempt, error) {
	o, stored, is, err := e.asked(tx, q)
	w.saw(o)
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
	w.note(out)
	if !out.Due || out.Deliver != q.Deliver {
		answer, err := e.save(d, out, seq)
		return answer, nil, err
	}
	g := passed{out: out, facts: facts, seq: seq, way: w}
	wait, err := e.admit(tx, d, &g, place)
	if err != nil {
		return Answer{}, nil, err
	}
	if wait.time > 0 {
		w.say("paced")
		answer, err := e.await(tx, o, q, g, wait)
		return answer, nil, err
	}
	return e.begin(tx, d, g)
}

// passed is a message that the gate let pass.
type passed struct {
	out   journey.Outcome
	facts journey.Facts
	seq   int64
	way   way
	lane  lane
}

// begin writes a message's attempt, its text included. One that is known to be
// in vain - its text cannot be written, its address is none - is over at once.
func (e *Engine) begin(tx ledger.Tx, d *dossier.Dossier, g passed) (Answer, *attempt, error) {
	o := g.out.Outreach
	m, err := d.Matcher(o)
	if err != nil {
		return Answer{}, nil, err
	}
	try := &attempt{event: o.Trigger, seq: g.seq, sender: g.way.sender, lane: g.lane, crowded: dossier.Crowded(g.facts.Slots, o.Ref)}
	try.part, err = d.Lease(g.out, g.facts.Now, g.facts.Now.Add(e.Clock.Span(e.leaseTime())))
	if err != nil {
		return Answer{}, nil, err
	}
	try.part.Provider, try.part.Turn = g.way.sender.Name(), time.Time{}
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
		return &channel.Error{Kind: channel.BadAddress, Provider: part.Provider, Code: noAddress, Detail: trouble}, nil
	}
	return nil, nil
}

// noAddress is the code of a message whose address is none by its form: no
// provider was asked.
const noAddress = "not_sent"

// templateError says that a message's text could not be written.
type templateError struct{ err error }

func (e *templateError) Error() string { return e.err.Error() }

// call hands an attempt to its provider and waits a while for the outcome. An
// outcome that nobody waits for any more is hinted.
func (e *Engine) call(try *attempt) Answer {
	done := make(chan Answer, 1)
	alone := make(chan struct{}) // closed when nobody waits
	e.calls.Add(1)
	go func() {
		defer e.calls.Done()
		defer try.seat.release()
		receipt, trouble := e.send(try)
		answer, err := e.record(try, receipt, trouble)
		if err != nil {
			close(done)
			e.Logger.Error("outcome of an attempt not recorded: it will be asked for", about(try.part, try.event), "error", err)
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
		e.Logger.Warn("outreach not hinted", aboutOutreach(ref, ""), "error", err)
	}
}

// send calls the provider once, within the attempt's lease. A process that stood
// still until the lease ran out calls nobody: others may have taken the message
// up meanwhile.
func (e *Engine) send(try *attempt) (channel.Receipt, error) {
	left := min(e.callTime(), e.Clock.Until(try.part.Lease))
	if left <= 0 {
		return channel.Receipt{}, &channel.Error{Kind: channel.Unavailable, Provider: try.sender.Name(), Detail: "no call was made: the attempt's lease ran out before"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), left)
	defer cancel()
	if err := e.fallIn(ctx, try.lane); err != nil {
		return channel.Receipt{}, err
	}
	began := time.Now()
	receipt, trouble := try.sender.Send(ctx, try.message)
	outcome := outcomeOf(receipt, trouble)
	if e.Meter != nil {
		e.Meter.Call(try.sender.Name(), outcome, time.Since(began))
	}
	e.tellCall(try, began, outcome, trouble)
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
