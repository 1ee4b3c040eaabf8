package observe

import (
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Incoming is one thing that a customer did, said or is, as it came in: an
// event, a change of the profile, or both. Exactly one of the outside ids may
// be empty; with both empty the event names no customer.
type Incoming struct {
	// Of is a customer by the engine's own id, and goes before the outside ids:
	// what the engine's own pages and providers tell.
	Of        customer.ID
	User      string // the outside id of a known customer
	Anonymous string // the outside id of a device; joined to User when both are given
	Previous  string // alias: this outside id's customer becomes User's; "" otherwise
	Event     customer.Event
	Change    Change
	// Evidence says how the word came in that Change holds: How, and what is
	// known of Channel, Message, Template, Text and Source. Each consent and
	// each address that changes is kept with a copy of it, completed. nil: it
	// came as an event.
	Evidence *customer.Evidence
	// Report is what a provider tells of a message or an address; nil with
	// everything else. It names its own customer.
	Report *Report
}

// Report is a provider's word on one of the engine's messages.
type Report struct {
	channel.Report
	Provider string
}

// Change is what is to be changed of a profile. Nil pointers and absent keys
// leave things as they are; a trait with the empty value is forgotten.
type Change struct {
	Zone         *string
	Country      *string
	Region       *string
	Locale       *string
	DeviceLocale string // the language of their device, BCP 47: it holds while the profile has no locale; "" not told
	Phone        *string
	Dialled      *string // a number without its country, to be read by Dial when the customer is known
	Email        *string
	PushToken    string // a device to add; "" none
	Traits       map[string]customer.Value
	Consents     map[customer.Topic]bool
	Preferences  *customer.Preferences
	// Blocks is the customer's own word on the addresses that they have by a
	// channel: true suppresses them as unsubscribed, false frees those that
	// their own word suppressed.
	Blocks map[customer.Channel]bool
}

// IsZero reports whether nothing is to be changed.
func (c Change) IsZero() bool {
	return c.Zone == nil && c.Country == nil && c.Region == nil && c.Locale == nil && c.Phone == nil && c.Dialled == nil && c.Email == nil &&
		c.PushToken == "" && c.DeviceLocale == "" && len(c.Traits) == 0 && len(c.Consents) == 0 && c.Preferences == nil &&
		len(c.Blocks) == 0
}

// Status is what became of one Incoming.
type Status string

// What becomes of an Incoming.
const (
	Taken     Status = "taken"
	Duplicate Status = "duplicate" // its message id was seen before
	TooLate   Status = "too_late"  // logged, and too old to count in any total
	Refused   Status = "refused"   // kept aside with its reason
)

// Outcome is what became of one Incoming, with the reason when refused.
type Outcome struct {
	Status   Status
	Reason   string
	Refusals []Refusal // fields of the profile that were left out, where only the profile could tell
}

// Rejection is what was refused, kept for whoever has to mend its source.
type Rejection = ledger.Rejection

// needed gives what a batch will ask for.
func needed(batch []Incoming) ledger.Need {
	need := ledger.Need{Externals: make([]string, 0, len(batch)), Messages: make([]string, 0, len(batch))}
	for _, in := range batch {
		if in.Event.MessageID != "" {
			need.Messages = append(need.Messages, in.Event.MessageID)
		}
		switch {
		case in.Report != nil || in.Of != "":
		case in.User != "":
			need.Externals = append(need.Externals, in.User)
		case in.Anonymous != "":
			need.Externals = append(need.Externals, anonymous(in.Anonymous))
		}
	}
	return need
}
