// Package witness sees what the writes of a store did, and tells those who
// count or trace it once it is durable: events that were taken in, matches,
// outreaches that began, and every line that was decided. It decides nothing
// and changes nothing; a write that fails, or runs anew, is told as what was
// kept of it.
package witness

import (
	"context"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Deeds are what one write did. Whoever is told of them keeps nothing of it.
type Deeds struct {
	Lane  ledger.Lane
	Began time.Time     // when the write was asked for, machine's clock
	Took  time.Duration // until it was durable, with its wait for a turn

	Events  []customer.Event  // that were not in the log before
	Matches []ledger.Outreach // with N; those not entered have ended with their reason
	Started []ledger.Outreach // that took their first step
	Lines   []Line

	claimed map[ledger.Ref]bool // matches that have not had a step
	parts   map[partKey]ledger.Part
	read    []ledger.Outreach
}

// Line is one line that was decided, with what the write saved of its message.
type Line struct {
	ledger.Decision
	Item   bool              // its text goes out in another message
	Status ledger.PartStatus // of its message after the write; "" when it saved none
	Event  string            // message id of what triggered its outreach, where the write read that; "" when time did
}

// partKey names a part within a write.
type partKey struct {
	ref     ledger.Ref
	step    string
	channel customer.Channel
}

// Store is a store whose writes are witnessed.
type Store struct {
	ledger.Store
	tell []func(*Deeds)
}

// Watch gives store with its writes witnessed: each of tell is called, one
// after the other, by whoever wrote, after the commit.
func Watch(store ledger.Store, tell ...func(*Deeds)) *Store { return &Store{Store: store, tell: tell} }

// Unwrap gives the store itself, for what it can do beside the ledger.
func (s *Store) Unwrap() ledger.Store { return s.Store }

// Write implements ledger.Store.
func (s *Store) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	d := Deeds{Lane: lane, Began: time.Now()}
	err := s.Store.Write(ctx, lane, func(tx ledger.Tx) error {
		d.forget()
		return fn(&seen{Tx: tx, deeds: &d})
	})
	if err != nil {
		return err
	}
	d.Took = time.Since(d.Began)
	d.complete()
	for _, tell := range s.tell {
		tell(&d)
	}
	return nil
}

// forget begins anew, since a write may run more than once.
func (d *Deeds) forget() {
	d.Events, d.Matches, d.Started, d.Lines = d.Events[:0], d.Matches[:0], d.Started[:0], d.Lines[:0]
	d.claimed, d.parts, d.read = nil, nil, d.read[:0]
}

// complete adds to the lines what was saved of their messages, be it before or
// after the line.
func (d *Deeds) complete() {
	for i := range d.Lines {
		line := &d.Lines[i]
		if p, ok := d.parts[partKey{line.Ref, line.Step, line.Channel}]; ok {
			line.Item, line.Status = p.Item, p.Status
		}
		if j := slices.IndexFunc(d.read, func(o ledger.Outreach) bool { return o.Ref == line.Ref }); j >= 0 {
			line.Event = d.read[j].Trigger
		}
	}
}

// seen is a transaction whose writes are noted.
type seen struct {
	ledger.Tx
	deeds *Deeds
}

// Append implements ledger.Events.
func (s *seen) Append(e customer.Event) (fresh bool, err error) {
	fresh, err = s.Tx.Append(e)
	if fresh && err == nil {
		s.deeds.Events = append(s.deeds.Events, e)
	}
	return fresh, err
}

// AddOutreach implements ledger.Outreaches.
func (s *seen) AddOutreach(o ledger.Outreach) (n int, ok bool, err error) {
	n, ok, err = s.Tx.AddOutreach(o)
	if ok && err == nil {
		o.N = n
		s.deeds.Matches = append(s.deeds.Matches, o)
	}
	return n, ok, err
}

// Outreach implements ledger.Outreaches.
func (s *seen) Outreach(ref ledger.Ref) (o ledger.Outreach, ok bool, err error) {
	o, ok, err = s.Tx.Outreach(ref)
	if ok && o.Trigger != "" {
		s.deeds.read = append(s.deeds.read, ledger.Outreach{Ref: ref, Trigger: o.Trigger})
	}
	return o, ok, err
}

// Claim implements ledger.Work.
func (s *seen) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	list, err := s.Tx.Claim(rule, now, until, limit)
	for _, o := range list {
		if o.Seq > 0 {
			continue // it began before, and its workflow was lost
		}
		if s.deeds.claimed == nil {
			s.deeds.claimed = map[ledger.Ref]bool{}
		}
		s.deeds.claimed[o.Ref] = true
	}
	return list, err
}

// SaveOutreach implements ledger.Outreaches.
func (s *seen) SaveOutreach(o ledger.Outreach) error {
	err := s.Tx.SaveOutreach(o)
	if err == nil && s.deeds.claimed[o.Ref] {
		delete(s.deeds.claimed, o.Ref)
		s.deeds.Started = append(s.deeds.Started, o)
	}
	return err
}

// SavePart implements ledger.Parts.
func (s *seen) SavePart(p ledger.Part) error {
	err := s.Tx.SavePart(p)
	if err == nil {
		if s.deeds.parts == nil {
			s.deeds.parts = map[partKey]ledger.Part{}
		}
		s.deeds.parts[partKey{p.Ref, p.Step, p.Channel}] = p
	}
	return err
}

// Decide implements ledger.Outreaches.
func (s *seen) Decide(lines ...ledger.Decision) error {
	err := s.Tx.Decide(lines...)
	if err == nil {
		for _, line := range lines {
			s.deeds.Lines = append(s.deeds.Lines, Line{Decision: line})
		}
	}
	return err
}
