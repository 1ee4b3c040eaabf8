// Package customer holds the words of what is known about a customer: profile,
// event, channel, consent, preference, suppression, and the closed list of
// reasons. It decides nothing, and knows no store, no rule and no clock.
package customer

import (
	"slices"
	"time"
)

// ID is the engine's own opaque name of a customer. It carries nothing of the
// identities that the outside world uses, so it may stand in workflow ids,
// logs and metrics.
type ID string

// Channel is a way to reach a customer.
type Channel string

// The channels.
const (
	SMS   Channel = "sms"
	Email Channel = "email"
	Push  Channel = "push"
)

// What a part of an outreach may go by beside the channels. Neither reaches
// the customer: no consent, hours or caps hold for it.
const (
	Webhook Channel = "webhook" // a call of one of the company's own systems
	Handoff Channel = "handoff" // a task for a team
)

// Reaches reports whether what goes by c reaches the customer.
func (c Channel) Reaches() bool { return c != Webhook && c != Handoff }

// AnyChannel is the key of a preference that holds for every channel that has
// none of its own.
const AnyChannel Channel = "any"

// Channels lists every channel that reaches customers, in a fixed order.
func Channels() []Channel { return []Channel{Push, SMS, Email} }

// Topic is what a message is about, for consent: service, offers, urgent.
type Topic string

// Profile is what is known of one customer beside their behaviour. The zero
// value is a customer of whom nothing is known.
type Profile struct {
	ID       ID     `json:"-"`
	External string `json:"external,omitempty"` // the newest outside id; stays in the store
	Zone     string `json:"zone,omitempty"`     // IANA name, "" when not said
	Country  string `json:"country,omitempty"`  // ISO 3166-1 alpha-2, upper case
	Region   string `json:"region,omitempty"`   // state or province: ISO 3166-2 without the country, "CA"
	Locale   string `json:"locale,omitempty"`   // BCP 47, "de-AT"
	Phone    string `json:"phone,omitempty"`    // E.164
	Email    string `json:"email,omitempty"`

	PushTokens  []string          `json:"push,omitempty"`    // newest last
	Traits      map[string]Value  `json:"traits,omitempty"`  // every other trait, by name
	Consents    map[Topic]Consent `json:"consent,omitempty"` // what they said; absent = the policy's default
	Preferences Preferences       `json:"prefers,omitzero"`  // what they said about how and when
	Since       time.Time         `json:"since,omitzero"`    // when the engine first heard of them
}

// Consent is a customer's word on one topic.
type Consent struct {
	Given bool      `json:"given"`
	At    time.Time `json:"at"`
}

// Preferences are a customer's own words on how and when to be reached.
type Preferences struct {
	// Channels in the order they like, first first. Empty: not said.
	Channels []Channel `json:"channels,omitempty"`
	// Hours holds WHEN texts (LANGUAGE.md) per channel; AnyChannel for all.
	Hours map[Channel]string `json:"hours,omitempty"`
}

// HoursFor gives the hours said for the channel, else those said for any, and
// whether the customer said either.
func (p Preferences) HoursFor(c Channel) (string, bool) {
	if hours, ok := p.Hours[c]; ok {
		return hours, true
	}
	hours, ok := p.Hours[AnyChannel]
	return hours, ok
}

// Address gives where the channel reaches this customer, "" when nowhere. For
// push it is the newest device.
func (p Profile) Address(c Channel) string {
	switch c {
	case SMS:
		return p.Phone
	case Email:
		return p.Email
	case Push:
		if n := len(p.PushTokens); n > 0 {
			return p.PushTokens[n-1]
		}
	}
	return ""
}

// Clone gives a copy that shares no map and no slice with p.
func (p Profile) Clone() Profile {
	q := p
	q.PushTokens = slices.Clone(p.PushTokens)
	q.Traits = cloneMap(p.Traits)
	q.Consents = cloneMap(p.Consents)
	q.Preferences.Channels = slices.Clone(p.Preferences.Channels)
	q.Preferences.Hours = cloneMap(p.Preferences.Hours)
	return q
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return nil
	}
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Suppression says that one address is not to be used, whoever has it.
type Suppression struct {
	Channel Channel
	Address string
	Reason  string // one of the reasons below
	At      time.Time
}

// Why addresses are suppressed. Those that a customer's own word set are taken
// back by their own word only, and Blocked by an operator only.
const (
	StopReply    = "stop_reply"   // they wrote STOP
	Unsubscribed = "unsubscribed" // they asked for nothing more at this address
	Complaint    = "complaint"    // they called a message spam
	Bounced      = "bounced"      // the provider says that nothing arrives there
	Unregistered = "unregistered" // the app was removed, or the browser forgot us
	NoAddressAt  = "bad_address"  // it is none, or its provider does not know it
	Blocked      = "operator"     // an operator keeps it from use, and frees it
)

// Act is what a piece of evidence proves.
type Act string

// What evidence proves.
const (
	ConsentGiven     Act = "consent_given"
	ConsentWithdrawn Act = "consent_withdrawn"
	AddressBlocked   Act = "address_suppressed"
	AddressFreed     Act = "address_freed"
	HelpAsked        Act = "help_asked"
)

// How a customer's word, or a provider's about an address, came in.
const (
	BySMS        = "sms_reply"        // STOP, START, HELP
	ByLink       = "unsubscribe_link" // a page that a link in a message opens
	ByOneClick   = "one_click"        // the mail program's own button, RFC 8058
	ByPage       = "preference_page"
	ByEvent      = "event"      // identify, an import: the company's own systems
	ByBounce     = "bounce"     // a provider reported it
	ByComplaint  = "complaint"  // a provider reported it
	ByProvider   = "provider"   // the provider's own list, or its answer to an attempt
	ByOperator   = "operator"   // a person, with the command line
	ByValidation = "validation" // the engine found that it is no address
)

// Evidence is kept for whoever asks when, how and by which text somebody said
// yes or no. It is never changed.
type Evidence struct {
	ID       int64 // given by the store, from 1
	At       time.Time
	Customer ID // "" when nobody was known by the address
	Act      Act
	How      string
	Topic    Topic   // of consents; "" otherwise
	Channel  Channel // of addresses; of consents the channel that it came by, "" unknown
	Address  string  // of addresses
	Message  string  // the send key of the message that it answers; "" none
	Template string  // of that message
	Text     string  // what the customer wrote, or the provider said
	Source   string  // the event's id, or who did it
}
