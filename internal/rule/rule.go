// Package rule is the rule language: it reads rules, checks them, compiles
// what they need to know of a customer, and judges which triggers hold. It
// knows no store, no clock and no channel, and decides nothing about sending.
package rule

import (
	"math"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Rule is one checked rule. It is immutable once read.
type Rule struct {
	Name    string // the file's name without .yaml
	Version string // hash of the canonical form: the same text in other spacing has the same version

	Description string
	Owner       string
	Topic       customer.Topic
	Urgent      bool   // the topic is urgent, from the policy
	Priority    int    // 0-100
	About       string // the property that joins events; "" is the customer
	When        Trigger
	Audience    *expr.Program // nil: everyone
	Fresh       Fresh
	Again       Again
	Goal        *Goal // nil: none
	Stop        What  // empty: none
	Until       Until
	Holdout     float64 // share, 0 to 1
	Steps       []Step

	traits []string // every trait that the rule names, sorted
}

// Trigger is what starts an outreach. Exactly one is set.
type Trigger struct {
	Event   *EventTrigger
	Usage   *UsageTrigger
	Silent  *SilentTrigger
	Missing *MissingTrigger
}

// EventTrigger holds when the event happened.
type EventTrigger struct {
	Event string
	Where *expr.Program // nil: always
}

// UsageTrigger holds when a total crosses a share of a limit.
type UsageTrigger struct {
	Op       expr.Op // Sum, Count or Latest
	Event    string
	Property string // "" for Count
	Per      Period
	Limit    *expr.Program // a number
	Reaches  float64       // share of the limit: 0.8
}

// SilentTrigger holds when nothing came for so long, after at least one.
type SilentTrigger struct {
	Event string // "" is any act of the customer's own
	For   sendtime.Duration
}

// MissingTrigger holds when After came and Event did not, in time. Exactly
// one of Within and By is set.
type MissingTrigger struct {
	Event  string
	After  string
	Within sendtime.Duration
	By     string // property of After with the promised time
}

// Period is a usage trigger's span, in the customer's zone.
type Period = behaviour.Period

// The kinds of period. PerNone: the total never starts anew.
const (
	PerNone       = behaviour.NoPeriod
	PerDay        = behaviour.Day
	PerWeek       = behaviour.Week
	PerMonth      = behaviour.Month
	PerMonthFrom  = behaviour.MonthFrom  // Of names the trait with the day of the month
	PerSinceEvent = behaviour.SinceEvent // Of names the event
)

// Fresh is how old a reason may be when it is first seen.
type Fresh struct {
	Any    bool
	Within sendtime.Duration
}

// AgainKind is when a rule may reach the same customer once more.
type AgainKind string

// The kinds of again.
const (
	Always     AgainKind = "always"
	Never      AgainKind = "never"
	AfterSpan  AgainKind = "after"
	EachPeriod AgainKind = "each period"
)

// Again is when a rule may reach the same customer once more.
type Again struct {
	Kind  AgainKind
	After sendtime.Duration // with AfterSpan, from the start of the outreach before
}

// Goal is the success that ends an outreach.
type Goal struct {
	What   What
	Within sendtime.Duration // from the start of the outreach
}

// UntilKind is how a rule's end is found.
type UntilKind string

// The kinds of until. The zero value is none.
const (
	UntilNone   UntilKind = ""
	UntilPeriod UntilKind = "end of period"
	UntilSpan   UntilKind = "span"  // Span after the reason's own time
	UntilTrait  UntilKind = "trait" // the instant of Trait
)

// Until is the instant after which nothing goes out.
type Until struct {
	Kind  UntilKind
	Span  sendtime.Duration
	Trait string
}

// What is something that may happen: any of its alternatives.
type What []Alternative

// Alternative is one event or one condition. Exactly one of Event and If is
// set.
type Alternative struct {
	Event string
	Where *expr.Program // on the event; nil: always
	If    *expr.Program
	Since Since
}

// Since is from when on an event counts.
type Since string

// From when on events count. The zero value is the outreach's beginning.
const (
	SinceStart Since = ""
	SinceToday Since = "today" // midnight on the customer's clock
)

// Step is one step. Exactly one of its kinds is set. Steps that follow a
// branch's last step are those after the branch.
type Step struct {
	ID      string // unique in the rule
	Send    *Send
	Wait    *Wait
	WaitFor *WaitFor
	If      *If
	Split   *Split
	Set     Set // empty: none
	Stop    bool
}

// At is when a send goes out.
type At struct {
	Now       bool
	Preferred bool
	When      sendtime.When // neither of the two
}

// Late is what happens to a send whose Within runs out.
type Late string

// The ways to be late.
const (
	LateSkip Late = "skip"
	LateSend Late = "send" // at the next allowed time
)

// Send is one message.
type Send struct {
	Template string
	Channels []customer.Channel // in order; empty: the customer's preferred
	At       At
	Within   sendtime.Duration // from the step's start
	Late     Late
	Unless   What
	Topic    customer.Topic // never ""
	Urgent   bool           // from the policy, of Topic
}

// Wait is a pause. Exactly one is set.
type Wait struct {
	For  sendtime.Duration
	When sendtime.When
}

// WaitFor waits for something to happen.
type WaitFor struct {
	What   What
	Within sendtime.Duration
	Then   []Step
	Else   []Step
}

// If chooses.
type If struct {
	Cond *expr.Program
	Then []Step
	Else []Step
}

// Split sends customers different ways: into the first branch whose condition
// holds, else into one by their share, else into the rest.
type Split struct {
	Branches []Branch
}

// Branch is one way of a split. It has a condition, or is Shared, or is
// neither: the rest, which stands last.
type Branch struct {
	Name   string // unique in the split; its number as text when it has none
	If     *expr.Program
	Shared bool
	Share  float64 // with Shared, 0 to 1, to a ten-thousandth of a percent
	Steps  []Step  // may be none
}

// Rest reports whether the branch takes those who are left over.
func (b *Branch) Rest() bool { return b.If == nil && !b.Shared }

// takesAll reports whether nobody goes past every branch.
func (s *Split) takesAll() bool {
	millionths := 0
	for i := range s.Branches {
		if s.Branches[i].Rest() {
			return true
		}
		millionths += s.Branches[i].millionths()
	}
	return millionths >= all
}

// Drawn gives the branch of a customer for whom no condition holds, by a
// number of their own from 0 up to 1; nil when they take none. Whoever's
// number stays has the same branch for as long as the shares up to it allow.
func (s *Split) Drawn(number float64) *Branch {
	millionths := 0
	for i := range s.Branches {
		b := &s.Branches[i]
		millionths += b.millionths()
		if b.Rest() || b.Shared && number < float64(millionths)/all {
			return b
		}
	}
	return nil
}

// all is everybody, in millionths: shares add up without rounding.
const all = 1_000_000

func (b *Branch) millionths() int {
	if !b.Shared {
		return 0
	}
	return int(math.Round(b.Share * all))
}
