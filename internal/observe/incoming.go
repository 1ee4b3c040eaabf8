package observe

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Incoming is one thing that a customer did, said or is, as it came in: an
// event, a change of the profile, or both. Exactly one of the outside ids may
// be empty; with both empty the event names no customer.
type Incoming struct {
	User      string // the outside id of a known customer
	Anonymous string // the outside id of a device; joined to User when both are given
	Previous  string // alias: this outside id's customer becomes User's; "" otherwise
	Event     customer.Event
	Change    Change
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
}

// IsZero reports whether nothing is to be changed.
func (c Change) IsZero() bool {
	return c.Zone == nil && c.Country == nil && c.Region == nil && c.Locale == nil && c.Phone == nil && c.Dialled == nil && c.Email == nil &&
		c.PushToken == "" && c.DeviceLocale == "" && len(c.Traits) == 0 && len(c.Consents) == 0 && c.Preferences == nil
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
