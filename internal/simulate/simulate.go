// Package simulate plays customers through the rules in virtual time. The
// decisions are those of the live engine, made by the same observe, dossier
// and journey over a store in memory; what this package decides is only what
// comes next: at one instant events, then due times, then news, then steps,
// then messages. It refuses to know the machine's clock and any provider:
// every message is accepted at once, and arrives, but for those by channels of
// which a script says that no word comes back.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

// Provider is who carries messages here.
const Provider = "simulated"

// Stage is what is in force: rules, policy, templates and data, compiled once.
// It is immutable and safe for concurrent use.
type Stage struct {
	desk   dossier.Desk
	bounds bounds
}

// NewStage compiles a bundle. Several stages may share zones.
func NewStage(b *bundle.Bundle, zones *sendtime.Zones) *Stage {
	return &Stage{desk: dossier.Desk{Library: library.Fixed(b), Zones: zones}, bounds: usual()}
}

// Knowing gives the stage with what is known of everybody; without it nothing
// is.
func (s *Stage) Knowing(known *insight.Insight) *Stage {
	other := *s
	other.desk.Library = s.desk.Library.Knowing(known)
	return &other
}

// Set gives what is in force.
func (s *Stage) Set() *library.Set { return s.desk.Library.Current() }

// Script is what happens to one group of customers who share nothing with
// anybody else.
type Script struct {
	// From is where the clock begins; zero is the first act. To is where it
	// ends: what is due after it does not happen.
	From, To time.Time
	// Acts in any order; those of one instant happen in this order.
	Acts []Act
	// Answers is what webhooks answer, by the step's as; absent: an empty answer.
	Answers map[string]map[string]customer.Value
	// IDs names customers by their outside id, a device's with "anonymous/"
	// before it. Those who are not in it have one that follows from the
	// outside id.
	IDs map[string]customer.ID
	// Render asks for the content of what is sent.
	Render bool
	// Unconfirmed holds the channels of which no word comes back: what is sent by
	// them was taken, and nobody knows that it arrived. Messages by the others
	// arrive at once.
	Unconfirmed []customer.Channel
	// Latest asks until when what is sent could go out, on channels that have a
	// rate.
	Latest bool
}

// Act is one thing that a customer did, said or is. An event without a message
// id has one of its place in the script.
type Act struct {
	At               time.Time // when the engine sees it
	observe.Incoming           // Event.At zero: At
	// Of names the template, or the step, whose newest accepted message, by the
	// channel that the event may name, a message_* event without a message
	// property is about, or whose newest task a handoff_done event without a
	// task property; "": the newest of all. That a message was delivered, failed
	// or bounced is its provider's word.
	Of string
}

// Line is one decision.
type Line struct {
	ledger.Decision
	External string           // the customer's outside id, "" of a device
	Zone     *time.Location   // the customer's, at that instant
	Rides    bool             // of a send: it went out in another message, which has a line of its own
	Content  *channel.Content // of a send, when the script asks for it; what rides stands in its message's, and alone here
	Trouble  error            // why a text could not be written: of a drop with template_error
	Latest   time.Time        // of a send, when the script asks for it: until when it could still go out; zero: nothing ends
	Ends     customer.Reason  // what ends then: late is its within, no_allowed_time its hours
}

// MessageID gives the message id of the i-th act's event, when it has none of
// its own. Those of one instant stay in the script's order.
func MessageID(i int) string { return fmt.Sprintf("act-%07d", i) }

// Refusal is what was not taken of an act, as intake refuses it.
type Refusal struct {
	Act int // index in Script.Acts
	observe.Refusal
}

// Play is what came of a script.
type Play struct {
	Lines []Line // in the order of deciding
	// Passed counts, by rule, how often each step and branch was gone through.
	Passed   map[string]map[journey.Passed]int
	Outcomes []observe.Outcome // of Script.Acts, by index; zero: it did not happen
	Refusals []Refusal
	Store    ledger.Store // as it is at the end
}

// ActError says that an act cannot happen as it is written.
type ActError struct {
	Act  int // index in Script.Acts
	Name string
	Err  error
}

// Error names the act, counted from 1, and its trouble.
func (e *ActError) Error() string {
	return fmt.Sprintf("act %d: event %s: %v", e.Act+1, e.Name, e.Err)
}

// Unwrap gives the trouble.
func (e *ActError) Unwrap() error { return e.Err }

// Troubles of an act.
var (
	ErrNoMessage = errors.New("no message or task went out that it could be about; let one go out before, or name another one")
	ErrTooEarly  = errors.New("is before the beginning of the script; begin earlier")
)

// LoopError says that a rule does not come to rest.
type LoopError struct {
	Rule string
	At   time.Time
}

// Error names the rule and the instant.
func (e *LoopError) Error() string {
	return fmt.Sprintf("rule %s: does not come to rest at %s; play it alone to see what it repeats", e.Rule, e.At.Format(time.RFC3339))
}

// Play plays a script to its end. The same script gives the same play. The
// error is an *ActError, a *LoopError, the context's, or the store's.
func (s *Stage) Play(ctx context.Context, script Script) (*Play, error) {
	p, err := s.begin(memory.New(), script)
	if err != nil {
		return nil, err
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	return p.play, nil
}
