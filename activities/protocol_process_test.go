package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

var errDead = errors.New("the process is dead")

// process is one engine on the shared store. It dies at a write of its own, or
// between two, and is stalled where the test says: nothing of a dead one is
// written, and nobody learns what it was told.
type process struct {
	w        *model
	engine   *activities.Engine
	observer *observe.Observer

	mu     sync.Mutex
	dead   bool
	deadly int            // the write at which it dies: 1 is the next; 0 none
	done   bool           // that write is committed, and its maker never hears of it
	stall  time.Duration  // how long its next write takes
	late   bool           // it takes so long after its commit, not before it
	leases map[string]int // the attempts that it was told it may make, by the message's key
}

func (w *model) newProcess() *process {
	p := &process{w: w, leases: map[string]int{}}
	p.engine = &activities.Engine{
		Store: p, Desk: w.desk, Clock: activities.RealTime(), Starter: p, Patience: 2 * time.Minute, CallTime: callTime,
		Senders: map[customer.Channel]channel.Sender{}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range []customer.Channel{customer.SMS, customer.Email} {
		p.engine.Senders[c] = w.vendor.sender(p, c)
	}
	p.observer = &observe.Observer{Store: p, Desk: w.desk, Now: p.engine.Clock.Now, NewID: func(external string) customer.ID { return customer.ID(external) }}
	return p
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
}

func (p *process) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// next says what becomes of a write: it dies with it, or takes time.
func (p *process) next() (dies, done bool, before, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deadly > 0 {
		p.deadly--
		dies = p.deadly == 0
	}
	if p.late {
		after = p.stall
	} else {
		before = p.stall
	}
	p.stall = 0
	return dies, p.done, before, after
}

// Write implements ledger.Store.
func (p *process) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	dies, done, before, after := p.next()
	time.Sleep(before)
	if dies && !done {
		p.kill()
	}
	if p.isDead() {
		return errDead
	}
	var begun []string
	err := p.w.store.Write(ctx, lane, func(tx ledger.Tx) error {
		begun = nil
		return fn(audit{tx, p.w, &begun})
	})
	time.Sleep(after)
	if dies {
		p.kill()
	}
	return p.hears(err, begun)
}

// hears tells a process that lives what became of its write, and so which
// attempts it may make.
func (p *process) hears(err error, begun []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return errDead
	case err == nil:
		for _, key := range begun {
			p.leases[key]++
		}
	}
	return err
}

// Read implements ledger.Store.
func (p *process) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	if p.isDead() {
		return errDead
	}
	return p.w.store.Read(ctx, fn)
}

func (p *process) Close() error { return nil }

// Start implements activities.Starter.
func (p *process) Start(_ context.Context, s activities.Start) error {
	if p.isDead() {
		return errDead
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.w.flows[s.Ref] == nil {
		p.w.flows[s.Ref] = &flow{ref: s.Ref, answer: s.First, wake: time.Now().Add(s.First.Sleep)}
	}
	return nil
}

// Hint implements activities.Starter.
func (p *process) Hint(_ context.Context, ref ledger.Ref) (bool, error) {
	if p.isDead() {
		return false, errDead
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	f := p.w.flows[ref]
	if f != nil {
		f.wake, f.answer.Deliver, f.hinted = time.Now(), "", true
	}
	return f != nil, nil
}

// calling holds that a call begins once for each attempt whose commit its
// process heard of, and under a lease: the process may have been stalled since
// that was written. One that was killed on the way here, while it waited for its
// turn, calls nobody: ok is false.
func (p *process) calling(m channel.Message) (ok bool) {
	p.mu.Lock()
	p.leases[m.Key]--
	heard, dead := p.leases[m.Key] >= 0, p.dead
	p.mu.Unlock()
	if !heard {
		p.w.fault("a call of %s begins, and its process was told of no such attempt", m.Key)
	}
	if dead {
		return false
	}
	part := p.w.partOf(m.Key)
	open := part.Status == ledger.Sending && time.Now().Before(part.Lease)
	known := part.Status == ledger.Accepted || part.Status == ledger.Delivered || part.Status == ledger.Failed
	if !open && !known {
		p.w.fault("a call of %s begins while it is %s, with a lease until %v", m.Key, part.Status, part.Lease)
	}
	return true
}

// audit holds every change of a part against the protocol, and every beginning
// of an attempt against what forbids it, in the transaction that makes it.
type audit struct {
	ledger.Tx
	w     *model
	begun *[]string // the keys of the messages of which it begins an attempt
}

func (a audit) SavePart(p ledger.Part) error {
	before, ok, err := a.Part(p.Ref, p.Step, p.Channel)
	if err != nil {
		return err
	}
	if ok && !p.Item && !before.Item && before.Status != p.Status && !lawful(before.Status, p.Status) {
		a.w.fault("%s was %s and becomes %s", p.Key(), before.Status, p.Status)
	}
	if before.Status == ledger.Sending && time.Now().Before(before.Lease) && a.w.vendor.isCalled(p.Key()) &&
		(p.Status == ledger.Planned || p.Status == ledger.Rejected || p.Status == ledger.Ambiguous) {
		a.w.fault("%s becomes %s while its call is under way", p.Key(), p.Status)
	}
	if p.Status == ledger.Sending && before.Status != ledger.Sending && !p.Item {
		if err := a.begins(before, p); err != nil {
			return err
		}
		*a.begun = append(*a.begun, p.Key())
	}
	return a.Tx.SavePart(p)
}

func lawful(from, to ledger.PartStatus) bool {
	if from == ledger.Withdrawn && to == ledger.Planned { // its step is planned anew
		return true
	}
	if from == ledger.Planned && to == ledger.Queued || from == ledger.Queued && (to == ledger.Planned || to == ledger.Withdrawn) {
		return true
	}
	for _, t := range ledger.Protocol() {
		if t.From == from && t.To == to {
			return true
		}
	}
	return false
}

// begins holds the law of beginnings: I2, and that no other channel of the step
// has the message already, or may have it.
func (a audit) begins(before, p ledger.Part) error {
	o, _, err := a.Outreach(p.Ref)
	if err != nil {
		return err
	}
	holds, err := a.Holds()
	if err != nil {
		return err
	}
	_, blocked, err := a.Suppressed(p.Channel, p.Address)
	if err != nil {
		return err
	}
	others, err := a.PartsOf(p.Ref)
	if err != nil {
		return err
	}
	a.w.mu.Lock()
	forbidden := a.w.cancelled[o.About] || a.w.blocked[p.Address]
	a.w.mu.Unlock()
	switch {
	case p.Attempt != before.Attempt+1:
		a.w.fault("attempt %d of %s follows attempt %d", p.Attempt, p.Key(), before.Attempt)
	case o.Status == ledger.Ended, blocked, journey.Held(holds, p), forbidden:
		a.w.fault("I2: an attempt of %s begins: outreach %s, blocked %t, held %t", p.Key(), o.Status, blocked, journey.Held(holds, p))
	}
	for _, other := range others {
		s := other.Status
		if other.Step == p.Step && other.Channel != p.Channel &&
			(s == ledger.Sending || s == ledger.Ambiguous || s == ledger.Unknown || s == ledger.Delivered) {
			a.w.fault("I1: %s begins while the %s is %s", p.Key(), other.Channel, s)
		}
	}
	return nil
}
