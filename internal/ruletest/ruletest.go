// Package ruletest reads the tests that stand beside rules, plays each through
// the simulator, and decides whether what happened is what was expected. It
// refuses to know how decisions are made, and reads no clock: the time that a
// play takes is told by the caller's.
package ruletest

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// Ending is how the files of tests end: usage-limit.test.yaml.
const Ending = ".test.yaml"

// Env is what tests are read beside.
type Env struct {
	Bundle *bundle.Bundle
	Zones  *sendtime.Zones
	// Files names the rules that there are files for, sound or not.
	Files []string
}

// Suite is the tests of one rule.
type Suite struct {
	Rule  string
	File  string   // as problems name it
	With  []string // other rules that are in force beside it
	Cases []Case
	Text  []byte // of the file
}

// Case is one test.
type Case struct {
	Name   string
	Line   int    // of the file, from 1
	Main   string // the outside id of the customer that lines mean when they name none
	Zone   *time.Location
	Script simulate.Script
	Expect []Expectation

	list     place              // of the expect list in the file
	zones    map[string][]zoned // by outside id, as the acts move them
	actLines []int              // of the file, by index of Script.Acts
}

// Kind is what an expectation is about.
type Kind string

// The kinds of expectation. Each is a key of a line under expect.
const (
	Sent       Kind = "sent"
	NotSent    Kind = "not_sent"
	Ended      Kind = "ended"
	NotEntered Kind = "not_entered"
	Planned    Kind = "planned"
	Task       Kind = "task"
	Called     Kind = "called"
)

// Expectation is one line of what is to happen.
type Expectation struct {
	Kind     Kind
	Name     string           // the template, the team, or the webhook's as
	Reason   customer.Reason  // with NotSent, Ended and NotEntered
	Channel  customer.Channel // "" any
	Customer string           // outside id
	Contains []string         // of the text, in the order of the file
	Lacks    []string
	Subject  string // part of the subject; "" any

	From, To       time.Time // From <= at < To; zero: any time
	ForFrom, ForTo time.Time // with Planned: for when; zero: any time
	Window         bool      // From and To were written as a window
	Line           int       // of the file, from 1

	zone, forZone *time.Location // whose clocks have From and ForFrom
	read, forRead []stretch      // the same times on each clock that the customer reads then
}

// Player plays a script. *simulate.Stage is one.
type Player interface {
	Play(ctx context.Context, script simulate.Script) (*simulate.Play, error)
}
