// Package rule is the rule language: it reads rules, checks them, compiles
// what they need to know of a customer, and judges which triggers hold. It
// knows no store, no clock and no channel, and decides nothing about sending.
package rule

import (
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

	Count    *CountTrigger
	Drop     *DropTrigger
	Date     *DateTrigger
	Schedule *ScheduleTrigger
	Becomes  *BecomesTrigger
	Digest   *DigestTrigger
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
// Exactly one of For and Unusual is set.
type SilentTrigger struct {
	Event   string // "" is any act of the customer's own
	For     sendtime.Duration
	Unusual bool // longer than the customer's own gaps usually are: behaviour.Unusual
}

// MissingTrigger holds when After came and Event did not, in time. Exactly
// one of Within and By is set.
type MissingTrigger struct {
	Event  string
	After  string
	Within sendtime.Duration
	By     string // property of After with the promised time
}

// CountTrigger holds when so many events lie within a sliding window.
type CountTrigger struct {
	Event  string
	Where  *expr.Program // of the event's properties and traits alone; nil: all
	Times  int
	Within sendtime.Duration
}

// DropTrigger holds when a finished period had fewer events than the customer
// usually has: by at least By below the median of the last eight periods
// before it, of which there must be four.
type DropTrigger struct {
	Event string
	By    float64 // share: 0.5
	Per   Period  // day, week or month
}

// DateTrigger holds on local days before or after a trait's day.
type DateTrigger struct {
	Of     string
	After  bool                // the days lie after, else before
	Points []sendtime.Duration // whole days; never empty
}

// ScheduleTrigger holds at the first instants of its times, on each customer's
// clock, for those in the audience.
type ScheduleTrigger struct {
	When sendtime.When
}

// BecomesTrigger holds when a condition turned true.
type BecomesTrigger struct {
	Cond *expr.Program
}

// DigestTrigger holds when the first item came for a digest. The policy's
// digests have it; no rule of an author's does.
type DigestTrigger struct {
	Name string
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
	Webhook *Webhook
	Handoff *Handoff
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

// Send is one message, or an item that rides on one.
type Send struct {
	Template string
	Channels []customer.Channel // in order; empty: the customer's preferred
	At       At
	Within   sendtime.Duration // from the step's start
	Late     Late
	Unless   What
	Topic    customer.Topic // never ""
	Urgent   bool           // from the policy, of Topic
	// FallbackAfter is how long word that the message arrived is waited for,
	// before the next channel takes its place; zero: it is not waited for.
	FallbackAfter sendtime.Duration

	// Own says that Unless waits for an act of the customer's own.
	Own bool
	// Item says that the step is an attach: its text goes out in the next
	// message by Channels[0], or in the digest of that name.
	Item   bool
	Digest string
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
