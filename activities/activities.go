// Package activities is what workflows may do: claim and start matches,
// deliver hints, judge due times, read a new rule's history, take an outreach
// one answer further, hand a message to its provider, and restart what was
// lost. It owns the engine's clock; what is decided comes from journey.
package activities

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/throttle"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// Starter is what activities need of Temporal.
type Starter interface {
	// Start begins an outreach's workflow. One that runs already is hinted, since
	// it may sleep by what it was told before, and is no error.
	Start(ctx context.Context, s Start) error
	// Hint lets an outreach's workflow look at the store again; found is false
	// when it is not running.
	Hint(ctx context.Context, ref ledger.Ref) (found bool, err error)
}

// Linker gives the addresses of a message's own links, "" for none.
type Linker interface {
	Links(p ledger.Part, at time.Time) (unsubscribe, preferences string)
}

// Meter counts one call of a provider: kind is taken, delivered, or what sort of
// trouble there was; took is on the machine's clock.
type Meter interface {
	Call(provider, kind string, took time.Duration)
}

// Start is everything that an outreach's workflow begins with. It holds no
// personal data.
type Start struct {
	Ref     ledger.Ref
	Version string
	Topic   customer.Topic
	First   Answer
	// Priority is the outreach's place in Temporal's queues, FirstPlace to
	// LastPlace; 0 is the server's middle.
	Priority int `json:",omitempty"`
}

// Places in Temporal's queues: what waits there for a worker is handed out in
// their order. WatchPlace is that of watches, which start outreaches.
const (
	FirstPlace = 1 // urgent topics
	WatchPlace = 2
	LastPlace  = 5
)

// Answer tells an outreach's workflow how to go on. It holds no personal data.
type Answer struct {
	Seq     int64         // of the answer; the next question carries Seq+1
	Done    bool          // the outreach has ended
	Sleep   time.Duration // how long to wait, unless a hint comes
	Deliver string        // the send key to deliver then; "": ask again
	Why     string        // what is waited for, in words
}

// Question asks for an outreach's next answer. A question that was answered
// before changes nothing: Deliver gives the answer that there is, and Advance
// lets the asker look at once under the next number, since whoever took this
// one may not have seen what the asker was hinted for.
type Question struct {
	Ref     ledger.Ref
	Seq     int64
	Deliver string // the send key of Answer.Deliver; "" with Advance
}

// Engine holds what activities work with. Its methods are the activities; it
// is safe for concurrent use.
type Engine struct {
	Store   ledger.Store
	Desk    dossier.Desk
	Clock   Clock
	Starter Starter
	Senders map[customer.Channel]channel.Sender
	Links   Linker // nil: messages have no links of their own
	// Patience is how long past its instant an open outreach is, on the
	// machine's clock, before its workflow is taken for lost.
	Patience time.Duration
	// Starts bounds the outreaches that this process starts, Urgent those of
	// urgent rules, and Plans how long it judges due times and reads history.
	Starts, Urgent, Plans *throttle.Throttle
	// Late is told by how much what is due is taken up late; nil: nobody is.
	Late func(by time.Duration)
	// Rechecks bounds the outreaches that this process asks per second to look
	// again; nil is no bound.
	Rechecks *rate.Limiter
	// CallTime bounds one call of a provider, on the machine's clock; 0 is thirty
	// seconds.
	CallTime time.Duration
	// Meter counts calls of providers; nil: nobody counts.
	Meter Meter
	// Fit says why nothing may be decided or sent by this process now, such as
	// that its clock is off; nil: nothing ever keeps it from that.
	Fit func() error
	// Tracer is told of each piece of work; nil: nobody is.
	Tracer *tracing.Tracer
	Logger *slog.Logger

	calls   sync.WaitGroup // provider calls under way
	windows windows
	working working
	flights flights
}

// Advance takes an outreach as far as it goes now.
func (e *Engine) Advance(ctx context.Context, q Question) (Answer, error) {
	if err := e.fit(); err != nil {
		return Answer{}, err
	}
	var answer Answer
	span := e.pieceOf(q, "advance")
	err := e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		o, stored, is, err := e.asked(tx, q)
		if span != nil {
			span.Event = o.Trigger
		}
		if err != nil || is {
			answer = stored
			answer.Sleep, answer.Deliver = 0, ""
			return err
		}
		answer, err = e.step(tx, o, max(q.Seq, o.Seq+1))
		return err
	})
	e.tellAdvance(span, answer, err)
	return answer, err
}

// asked reads the outreach of a question. With is the question has its answer:
// the one that it had before, or the end of what is no more.
func (e *Engine) asked(tx ledger.Tx, q Question) (o ledger.Outreach, stored Answer, is bool, err error) {
	o, found, err := tx.Outreach(q.Ref)
	switch {
	case err != nil:
		return o, Answer{}, false, err
	case !found:
		return o, Answer{Seq: q.Seq, Done: true, Why: "the outreach is not in the store"}, true, nil
	case o.Status == ledger.Ended:
		return o, Answer{Seq: q.Seq, Done: true, Why: string(o.Reason)}, true, nil
	case o.Seq >= q.Seq:
		return o, e.again(o), true, nil
	}
	if e.Late != nil && !o.NextAt.IsZero() {
		e.Late(e.Clock.Since(o.NextAt))
	}
	return o, Answer{}, false, nil
}

// again gives a row's newest answer, with the time that is left.
func (e *Engine) again(o ledger.Outreach) Answer {
	known := dossier.AnswerOf(o)
	return Answer{Seq: o.Seq, Done: o.Status == ledger.Ended, Sleep: e.Clock.Until(o.NextAt), Deliver: known.Deliver, Why: known.Why}
}

// step takes an outreach one answer further and saves the row.
func (e *Engine) step(tx ledger.Tx, o ledger.Outreach, seq int64) (Answer, error) {
	d, ok, err := e.Desk.Open(tx, o.Customer)
	if err != nil {
		return Answer{}, err
	}
	if !ok {
		return nobody(seq), nil
	}
	out, _, err := d.Step(o, e.now())
	if err != nil {
		return Answer{}, err
	}
	return e.save(d, out, seq)
}

// nobody is the answer for a customer who is no more.
func nobody(seq int64) Answer {
	return Answer{Seq: seq, Done: true, Why: "the customer is not in the store"}
}

// save writes an outcome's row under a number and gives its answer.
func (e *Engine) save(d *dossier.Dossier, out journey.Outcome, seq int64) (Answer, error) {
	o, err := d.Answer(out, seq)
	if err != nil {
		return Answer{}, err
	}
	return e.again(o), nil
}

// fit says why nothing may be decided now. Whoever asked asks again, of another
// process perhaps.
func (e *Engine) fit() error {
	if e.Fit == nil {
		return nil
	}
	return e.Fit()
}

func (e *Engine) now() time.Time { return e.Clock.Now().Truncate(time.Microsecond) }

// Wait returns when every provider call of this process has been recorded, or
// when ctx ends.
func (e *Engine) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { e.calls.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
