// Package policy holds what no single rule may decide - consent, caps, quiet
// and legal hours, windows - and the gate: whether one message may go out now.
// It knows no store, no rule and no clock.
package policy

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Policy is one checked policy.yaml. It is immutable once read.
type Policy struct {
	Zone     string             // IANA name, for customers without one; never ""
	Country  string             // ISO 3166-1 alpha-2, for customers without one; "" none
	Channels []customer.Channel // the order when the customer said none
	Topics   map[customer.Topic]Topic
	Caps     []Cap
	Quiet    sendtime.When // house rule; zero: none
	Legal    []Legal
	Windows  map[customer.Channel]sendtime.When // the hours when nothing better is known
	Holidays map[string]Holidays                // by country, ISO 3166-1 alpha-2
	Rates    map[customer.Channel]float64       // messages per second of one process; absent: no bound
	Scopes   map[string]float64                 // the same by what is narrower than a channel, or runs across them: see RatesFor
	Holdout  float64                            // share of all customers that no rule reaches, except urgent ones
	Senders  map[customer.Channel]string        // who messages come from; absent: the provider's configuration
	Teams    map[string]Team                    // who does the tasks of handoffs, by name
	Digests  map[string]Digest                  // by name
	Learning Learning
	Unknown  Unknown

	laws   map[reach]*laws // Legal, ready to be asked
	closed map[string]shut // the days that are closed, by country
}

// Team is where tasks for a team of the company's own go. Exactly one is set.
type Team struct {
	Email   string
	Webhook string // a URL
}

// Digest is one message that collects items, and goes out at set times.
type Digest struct {
	At       sendtime.When // on the customer's clock
	AtText   []string      // At as it is written
	Channel  customer.Channel
	Template string
	Topic    customer.Topic
	Priority int
	Collects []customer.Topic // messages of these topics that the caps leave no place for ride in it
}

// Learning is what of a customer's habits counts.
type Learning struct {
	Hours    bool    // preferred times follow what they do, where they said nothing
	Channels bool    // so does the order of channels
	Explore  float64 // share of messages that go by the usual window all the same, to learn more
}

// Topic is one topic's terms.
type Topic struct {
	Assumed bool // consent is assumed until the customer says no
	Urgent  bool // passes quiet hours
}

// Span is a cap's length, in the customer's own days.
type Span string

// The spans of caps; a week starts on Monday.
const (
	PerDay   Span = "day"
	PerWeek  Span = "week"
	PerMonth Span = "month"
)

// Cap bounds the messages that one customer gets.
type Cap struct {
	Channel customer.Channel // "" counts all channels
	Most    int
	Per     Span
	Urgent  int // places beyond Most that only urgent topics have
}

// Closed is which holidays a law shuts.
type Closed string

// What a law may shut: nothing; the country's Holidays; its public holidays,
// for the messages of this law alone.
const (
	Open   Closed = ""
	Listed Closed = "closed"
	Public Closed = "public"
)

// Legal is one law's open hours. Of those that fit a customer the one with the
// region holds, else the one without, else the one without country. Where the
// region is not known, those of every region that it may be hold.
type Legal struct {
	Country  string             // "" everywhere
	Region   string             // "" the whole country
	Channels []customer.Channel // empty: all
	Topics   []customer.Topic   // empty: all
	Hours    sendtime.When
	Holidays Closed
	Source   string // where the law stands, and how surely it was read there
	Read     string // when somebody read it, YYYY-MM or YYYY-MM-DD
}
