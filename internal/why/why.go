// Package why explains what the engine decided about one customer, and what it
// would decide: for each rule the numbers behind its trigger, what would keep a
// match from being entered, what was planned and went out or did not and the
// one reason, and what comes next. It goes by facts that were read at one
// instant; it knows no store and no clock, and decides nothing about sending.
package why

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Facts are everything that an explanation depends on, all read at one instant.
type Facts struct {
	Now        time.Time
	Subject    rule.Subject
	Place      policy.Place // where the zone of Subject is from
	Policy     *policy.Policy
	Suppressed map[customer.Channel]customer.Suppression // of the customer's addresses; absent: it may be used
	Evidence   map[customer.Channel]customer.Evidence    // of why those are suppressed; absent: none is kept
	Texts      func(template string) []customer.Channel  // as journey.Entry has it
	Holds      []ledger.Hold
	Rules      []InForce // by name
	Cases      []Case    // every outreach of the customer, newest first
	// Others is as journey.Facts has it.
	Others func(customer.Channel) *habit.Population
}

// InForce is a rule in force.
type InForce struct {
	*rule.Matcher
	Warming bool            // the customer's history has not been read for it
	Last    *customer.Event // of an event trigger: the newest event of its name; nil: none
	Story   *rule.Story     // of the newest outreach, where the audience depends on it; nil: none
}

// Case is one outreach, or one match that was not entered, with its story.
type Case struct {
	ledger.Outreach
	Matcher   *rule.Matcher // of its version; nil: it does not read
	Decisions []ledger.Decision
	Parts     []ledger.Part
	Waits     string // what its newest answer says that it waits for
}

// Shown is how many outreaches of a rule are told, beside those that run.
const Shown = 3

// Explanation is what was decided about one customer, and what comes next.
// Times named local_time are on the customer's clock. Its JSON keys stay.
type Explanation struct {
	Customer  customer.ID `json:"customer"`
	External  string      `json:"external,omitempty"`
	Zone      string      `json:"zone"`
	ZoneFrom  policy.Clue `json:"zone_from,omitempty"` // phone, address, policy; "" when the customer said it
	ZoneAlso  []string    `json:"zone_also,omitempty"` // other zones that they may be in
	At        time.Time   `json:"at"`
	LocalTime string      `json:"local_time"`
	Said      Said        `json:"said,omitzero"` // what they said of all that is kept of it
	Habits    []Habit     `json:"habits"`        // of all that they do, then by channel
	Rules     []Rule      `json:"rules"`         // in force by name, then those that are not any more
}

// Rule is one rule, as it stands for the customer.
type Rule struct {
	Rule       string     `json:"rule"`
	Version    string     `json:"version,omitempty"` // in force
	InForce    bool       `json:"in_force"`
	Warming    bool       `json:"warming"`
	Trigger    string     `json:"trigger,omitempty"` // event, usage, silent, missing, count, drop, date, schedule, becomes
	Text       string     `json:"text"`
	Matches    int        `json:"matches"` // in all
	Standing   []Standing `json:"standing"`
	Unshown    int        `json:"standing_not_shown"`
	Entry      []Check    `json:"entry"`
	Outreaches []Outreach `json:"outreaches"` // newest first
	Older      int        `json:"older"`      // outreaches that are not shown
	Next       []Next     `json:"next"`
}

// Standing is how the trigger stands, with its figures, for one about value.
type Standing struct {
	About     string    `json:"about,omitempty"`
	Holds     bool      `json:"holds"`
	At        time.Time `json:"at,omitzero"` // since when it holds, or from when on it will if nothing comes before
	LocalTime string    `json:"local_time,omitempty"`
	Text      string    `json:"text"`

	Event   *Event             `json:"event,omitempty"`
	Usage   *rule.UsageStand   `json:"usage,omitempty"`
	Silent  *rule.SilenceStand `json:"silent,omitempty"`
	Missing *rule.MissingStand `json:"missing,omitempty"`
	Count   *rule.CountStand   `json:"count,omitempty"`
	Drop    *rule.DropStand    `json:"drop,omitempty"`
	Date    *rule.DateStand    `json:"date,omitempty"`
	Becomes *Becomes           `json:"becomes,omitempty"`
}

// Event is the newest event that an event trigger looks at.
type Event struct {
	At         time.Time   `json:"at"`
	Seen       time.Time   `json:"seen"`
	Conditions []Condition `json:"conditions,omitempty"` // of its where
}

// Becomes is the condition of a becomes trigger.
type Becomes struct {
	Looked     time.Time   `json:"looked,omitzero"`
	Conditions []Condition `json:"conditions"`
}

// Condition is one part of those that all have to hold.
type Condition struct {
	Text   string           `json:"text"`
	Holds  bool             `json:"holds"`
	Known  bool             `json:"known"`
	Values map[string]Value `json:"values,omitempty"` // what it reads, by name
}

// Value is what was read: a text, a number, a time, or null when it is not known.
type Value any

// The names of checks.
const (
	Audience = "audience"
	Consent  = "consent"
	Address  = "address"
	Holdout  = "holdout"
	Again    = "again"
	Running  = "running"
	Fresh    = "fresh"
	Held     = "hold"
)

// Check is one thing that a match has to pass to be entered, and a message to
// go out, as it stands now.
type Check struct {
	Check      string          `json:"check"`
	Passes     bool            `json:"passes"`
	Reason     customer.Reason `json:"reason,omitempty"` // what a match would end with
	Text       string          `json:"text"`
	Until      time.Time       `json:"until,omitzero"` // from when on it passes again
	Conditions []Condition     `json:"conditions,omitempty"`
	Evidence   *Proof          `json:"evidence,omitempty"` // of why an address must not be used
}

// Proof names a piece of evidence; outreach evidence has the whole of it.
type Proof struct {
	ID      int64  `json:"id"`
	How     string `json:"how"`
	Message string `json:"message,omitempty"` // the send key of the message that it answers
}

// Outreach is one outreach, or one match that was not entered.
type Outreach struct {
	N         int                       `json:"n"`
	Version   string                    `json:"version"`
	About     string                    `json:"about,omitempty"`
	At        time.Time                 `json:"at"` // of the reason itself
	LocalTime string                    `json:"local_time"`
	Because   string                    `json:"because"` // the match in words
	Match     map[string]customer.Value `json:"match,omitempty"`
	Status    ledger.Status             `json:"status"`
	Entered   bool                      `json:"entered"`
	Reason    customer.Reason           `json:"reason,omitempty"`
	Text      string                    `json:"text"` // status and reason in words
	Story     []Moment                  `json:"story"`
	WaitsFor  string                    `json:"waits_for,omitempty"`
	NextAt    time.Time                 `json:"next_at,omitzero"`
}

// Moment is one line of a story.
type Moment struct {
	At        time.Time        `json:"at"`
	LocalTime string           `json:"local_time"`
	Kind      ledger.Kind      `json:"kind"`
	Text      string           `json:"text"`
	Step      string           `json:"step,omitempty"`
	Channel   customer.Channel `json:"channel,omitempty"`
	Template  string           `json:"template,omitempty"`
	Planned   time.Time        `json:"planned_at,omitzero"`
	Reason    customer.Reason  `json:"reason,omitempty"`
	Note      string           `json:"note,omitempty"`
	// Of what was handed to a provider: who, and what came of it.
	Provider string            `json:"provider,omitempty"`
	Fate     ledger.PartStatus `json:"fate,omitempty"`
	Code     string            `json:"code,omitempty"`
}

// Next is what comes next, unless something comes before.
type Next struct {
	N         int       `json:"n,omitempty"` // of the outreach; 0: the trigger itself
	At        time.Time `json:"at,omitzero"`
	LocalTime string    `json:"local_time,omitempty"`
	Text      string    `json:"text"`
}
