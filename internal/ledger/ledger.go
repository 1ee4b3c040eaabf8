// Package ledger holds the words of what the engine decided and did:
// outreaches, decisions, message parts, hints, due times, holds, and the
// transaction in which they are read and written. It decides nothing.
package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Ref names one outreach: the n-th match of a rule for a customer, from 1.
type Ref struct {
	Rule     string
	Customer customer.ID
	N        int
}

// String gives the workflow id: outreach/<rule>/<customer>/<n>.
func (r Ref) String() string {
	return "outreach/" + r.Rule + "/" + string(r.Customer) + "/" + strconv.Itoa(r.N)
}

// Name names the outreach for people, and in logs: <rule>/<customer>/<n>.
func (r Ref) Name() string {
	return r.Rule + "/" + string(r.Customer) + "/" + strconv.Itoa(r.N)
}

// ParseRef reads what Name wrote, or String.
func ParseRef(name string) (Ref, error) {
	f := strings.Split(strings.TrimPrefix(name, "outreach/"), "/")
	if len(f) == 3 && f[0] != "" && f[1] != "" {
		if n, err := strconv.Atoi(f[2]); err == nil && n > 0 {
			return Ref{Rule: f[0], Customer: customer.ID(f[1]), N: n}, nil
		}
	}
	return Ref{}, fmt.Errorf("outreach: %q is not <rule>/<customer>/<n>", name)
}

// Status is where an outreach stands.
type Status string

// Where outreaches stand.
const (
	Matched Status = "matched" // waits for its workflow to be started
	Open    Status = "open"    // its workflow was started
	Ended   Status = "ended"
)

// Outreach is one customer going through one rule, because of one match. A
// match that was not entered is an outreach that ended at once, with its
// reason.
type Outreach struct {
	Ref
	About    string // the value that joins its events, "" when the rule has no about
	Key      string // the reason's identity, unique with rule, customer and about
	Version  string // of the rule
	Topic    customer.Topic
	Priority int
	At       time.Time // the reason's own instant
	Recorded time.Time // when the engine saw it
	Match    map[string]customer.Value
	Trigger  string // message id of the event that gave the reason, "" when time did

	Status Status
	Reason customer.Reason // why it ended; "" until then
	Ended  time.Time

	Position []byte    // the step machine's own
	Seq      int64     // of the newest answer, from 1; 0: none
	Answer   []byte    // the answer under Seq
	NextAt   time.Time // when it goes on with no event; zero: never by time
	WakesOn  []string  // event names that let it go on before NextAt
	Lease    time.Time // until when somebody is starting its workflow

	Sent   int       // messages that providers accepted
	GoalAt time.Time // when the goal was reached, also after the end; zero: not
}

// Kind is what sort of thing was decided.
type Kind string

// The kinds of decision.
const (
	KindMatch Kind = "match" // a trigger held
	KindEnter Kind = "enter" // an outreach began
	KindPlan  Kind = "plan"  // a message has its instant
	KindDefer Kind = "defer" // a planned message moved
	KindSend  Kind = "send"  // a provider accepted a message
	KindDrop  Kind = "drop"  // a message will not go out, or a match was not entered
	// KindDeliver: a message reached the customer. KindFail: its provider had
	// taken it, and it will not.
	KindDeliver Kind = "deliver"
	KindFail    Kind = "fail"
	KindWait    Kind = "wait" // a wait or wait_for began
	KindGoal    Kind = "goal"
	KindStop    Kind = "stop"
	KindEnd     Kind = "end"
	// KindMigrate: an operator moved the outreach to another version of its rule.
	KindMigrate Kind = "migrate"
)

// Decision is one line of an outreach's story.
type Decision struct {
	Ref
	At       time.Time // when it was decided, engine time
	Kind     Kind
	Step     string
	Channel  customer.Channel
	Template string
	Planned  time.Time // with plan, defer, wait: until when
	Reason   customer.Reason
	Note     string // for people: "preferred time, said by the customer"; no personal data
}

// PartStatus is what became of one message part.
type PartStatus string

// What becomes of parts. Planned, Sending, Ambiguous, Accepted, Unknown and
// Delivered take a slot of the customer's caps, unless they are items or
// another channel took their place.
const (
	Planned   PartStatus = "planned"
	Riding    PartStatus = "riding"    // an item that waits for a message to ride on
	Queued    PartStatus = "queued"    // waits for a place in the customer's caps to become free
	Sending   PartStatus = "sending"   // an attempt holds the lease
	Ambiguous PartStatus = "ambiguous" // perhaps taken: its provider is asked
	Accepted  PartStatus = "accepted"  // the provider took it
	Rejected  PartStatus = "rejected"  // the provider will never take it
	Unknown   PartStatus = "unknown"   // nobody could say whether it went out; a person may
	Delivered PartStatus = "delivered" // reached the customer
	Failed    PartStatus = "failed"    // the provider took it, and could not deliver it
	Withdrawn PartStatus = "withdrawn" // dropped before any attempt, or never accepted
)

// TakesSlot reports whether a message of this status counts in the caps.
func (s PartStatus) TakesSlot() bool {
	switch s {
	case Planned, Sending, Ambiguous, Accepted, Unknown, Delivered:
		return true
	}
	return false
}

// Gone reports whether a message of this status went out, or may have: none
// does whose attempt is under way.
func (s PartStatus) Gone() bool {
	switch s {
	case Ambiguous, Accepted, Unknown, Delivered, Failed:
		return true
	}
	return false
}

// Part is one message by one channel: its claim while planned, its attempts,
// its outcome. One per outreach, step and channel. An item is a part that goes
// out in another outreach's message, its carrier.
type Part struct {
	Ref
	Step     string
	Channel  customer.Channel
	Topic    customer.Topic
	Template string
	Priority int
	Planned  time.Time
	Deadline time.Time // its instant is before this one; zero: no bound
	Value    float64   // what it is expected to be worth among messages of one priority and deadline
	Status   PartStatus
	Reason   customer.Reason // with Rejected and Withdrawn, and of a Planned one: what moved it
	Attempt  int             // number of the newest attempt, 0 none
	Lease    time.Time       // until when the newest attempt may call the provider
	RetryAt  time.Time       // not before; of an Ambiguous one when its provider is asked next; zero: no bound
	Address  string          // where the newest attempt went
	Provider string
	// ProviderID is the provider's own name of the message.
	ProviderID string
	Code       string    // the provider's own error code
	Sent       time.Time // when the provider accepted it, or when the attempt began that is under way, ambiguous or unknown
	Updated    time.Time
	// Answer is what a webhook answered: a JSON object of texts and numbers.
	// nil: nothing.
	Answer []byte

	Item    bool   // it goes out in another message, and takes no slot of its own
	Digest  string // of an item: the digest that it waits for; "": any message by its channel
	Carrier string // of an item: the send key of the message that it went out in, or goes

	Print  string    // of the newest attempt's text: channel.Print
	Turn   time.Time // its turn in the rates, on the machine's clock; zero: none was given
	Beside bool      // another channel took its place: whatever becomes of it takes no slot
}

// TakesSlot reports whether a part counts in the customer's caps.
func (p Part) TakesSlot() bool {
	return p.Status.TakesSlot() && !p.Item && !p.Beside && p.Channel.Reaches()
}

// Key is the send key: the part's name towards providers, in callbacks and in
// events of its fate. It holds no personal data.
func (p Part) Key() string {
	return strings.Join([]string{p.Rule, string(p.Customer), strconv.Itoa(p.N), p.Step, string(p.Channel)}, ".")
}

// ParseKey reads what Key wrote.
func ParseKey(key string) (ref Ref, step string, channel customer.Channel, err error) {
	f := strings.Split(key, ".")
	if last := len(f) - 1; last >= 4 {
		if n, e := strconv.Atoi(f[2]); e == nil && n > 0 { // a step's own id may have points
			return Ref{Rule: f[0], Customer: customer.ID(f[1]), N: n}, strings.Join(f[3:last], "."), customer.Channel(f[last]), nil
		}
	}
	return Ref{}, "", "", fmt.Errorf("send key: %q is not <rule>.<customer>.<n>.<step>.<channel>", key)
}

// Hint says that an outreach should look at the store again. It is empty on
// purpose: what changed is read from the store.
type Hint struct {
	ID int64 // of the row
	Ref
}

// Due is the first instant at which a rule's trigger could turn true for a
// customer with no further event.
type Due struct {
	Rule     string
	Customer customer.ID
	About    string
	At       time.Time
}

// News is an event that customers are still to be told of: one that named no
// customer, or one of the engine's own making.
type News struct {
	ID    int64 // given by the store, never twice
	Event customer.Event
	// Trait and Value say who shares the event. Both are "" when Event.Customer
	// names its customer; else Event.Customer is "".
	Trait, Value string
	After        customer.ID // told up to this one, in id order
}

// HoldKind is what a hold stops.
type HoldKind string

// What holds stop.
const (
	HoldAll      HoldKind = "all"
	HoldRule     HoldKind = "rule"
	HoldChannel  HoldKind = "channel"
	HoldTemplate HoldKind = "template"
)

// Resumption is what becomes, once a hold is lifted, of what was planned for
// the time that it was in force.
type Resumption string

// The resumptions.
const (
	ResumeSend  Resumption = "send"  // goes at the next allowed time
	ResumeShift Resumption = "shift" // is planned anew, as though it began at the lift
	ResumeDrop  Resumption = "drop"  // will not go out
)

// HoldKept is how long a lifted hold is remembered.
const HoldKept = 30 * 24 * time.Hour

// Hold stops sending until it is lifted. A lifted one says what becomes of
// what it held.
type Hold struct {
	Kind   HoldKind
	Name   string // of the rule, channel or template; "" with HoldAll
	At     time.Time
	By     string // who or what set it: operator, twilio
	Note   string
	Lifted time.Time  // zero: in force
	Then   Resumption // of a lifted one
	// Over is how long what a lifted one held takes to go out, from Lifted on,
	// where it would go at once.
	Over time.Duration
}

// InForce reports whether the hold stops anything.
func (h Hold) InForce() bool { return h.Lifted.IsZero() }

// DocumentKind is what sort of marketing's text a document is.
type DocumentKind string

// The kinds of document.
const (
	RuleDocument      DocumentKind = "rule"
	DataDocument      DocumentKind = "data"
	PolicyDocument    DocumentKind = "policy"
	TemplatesDocument DocumentKind = "templates" // all templates as one
	// LearnedDocument is not marketing's: what is known of everybody.
	LearnedDocument DocumentKind = "learned"
)

// Document is one immutable text of marketing's, named by its content.
type Document struct {
	Kind DocumentKind
	Name string // the rule's name; "" for the others
	Hash string // the rule's version; else a hash of the body
	Body []byte
	At   time.Time // first loaded
}

// Active says which document of a kind and name is in force.
type Active struct {
	Kind    DocumentKind
	Name    string
	Hash    string
	At      time.Time   // activated
	Warm    bool        // its history was read (rules); others are always warm
	Warming customer.ID // backfilled up to this customer, in id order
	Warmed  int         // customers backfilled so far
}

// Record is one customer as stored: the profile, and the behaviour in its own
// encoding.
type Record struct {
	Profile customer.Profile
	State   []byte
}

// Rejection is what was refused on the way in, kept for whoever mends its
// source.
type Rejection struct {
	ID     int64
	At     time.Time
	Source string // segment, import, inbox
	Reason string // where, what and how to mend it
	Body   []byte // as it came, at most 32 kB
}

// Pace is how far the messages of one scope are in its rate: of a channel, a
// provider, a sender, a country.
type Pace struct {
	Scope  string
	Next   time.Time // the end of the queue: the first turn that nobody was given
	Urgent time.Time // the first instant at which a call may begin: none before it is free
	Until  time.Time // the provider asked to wait until then; zero: it did not
	Note   string    // why, with Until
}
