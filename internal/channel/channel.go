// Package channel is the seam between the engine and whoever carries its
// messages: what is handed over, what comes back, and the few kinds of trouble
// that the engine tells apart. It decides nothing, and knows no provider.
package channel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Content is a rendered message. Which fields are used depends on the channel:
// SMS takes Text; email takes Subject, Preheader, HTML and Text; push takes
// Subject (its title), Text and Link.
type Content struct {
	Subject   string `json:"subject,omitempty"`
	Preheader string `json:"preheader,omitempty"`
	HTML      string `json:"html,omitempty"`
	Text      string `json:"text,omitempty"`
	Link      string `json:"link,omitempty"`
}

// Message is one part of a message, for one address of one customer.
type Message struct {
	Key      string // the send key: one per part, the same whenever the part is tried again
	Customer customer.ID
	Channel  customer.Channel
	To       string // E.164, email address or device token; of a webhook its URL
	Topic    customer.Topic
	Template string
	Locale   string // BCP 47, "" unknown
	From     string // who it comes from, as the policy's senders have it; "": as the provider is configured
	Content  Content

	// Unsubscribe is where mail programs take the customer off the topic with
	// one click (RFC 8058): an https URL; "" offers none.
	Unsubscribe string
	// Life is how long from now the message is of use; 0: as the provider has it.
	Life   time.Duration
	Urgent bool // its topic is urgent
}

// Receipt is a provider's word that it took a message.
type Receipt struct {
	ProviderID string // the provider's own name of the message, "" when it gives none
	Answer     string // what a webhook answered: a JSON object of texts and numbers; "" is nothing
	Delivered  bool   // it has reached the customer already
}

// Sender hands one message to a provider. A nil error means accepted. Every
// other outcome is an *Error. Send must return before ctx's deadline, must be
// safe for concurrent use, and must not try again by itself.
type Sender interface {
	Name() string // inbox, twilio, sendgrid, smtp, fcm, webpush, webhook
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Kind is what an error means to the engine.
type Kind string

// The kinds of trouble.
const (
	Rejected      Kind = "rejected"      // this message will never be taken
	BadAddress    Kind = "bad_address"   // the address is wrong: suppress it
	Throttled     Kind = "throttled"     // not taken; again after RetryAfter
	Unavailable   Kind = "unavailable"   // surely not taken; again later
	Ambiguous     Kind = "ambiguous"     // perhaps taken: ask, never simply repeat
	Misconfigured Kind = "misconfigured" // not taken, nor will any other be: hold the channel
)

// Concern is what a provider slows down with Throttled.
type Concern string

// The concerns. The zero value is all that goes by the provider.
const (
	OfProvider Concern = ""
	OfSender   Concern = "sender"  // what goes out from the message's sender
	OfHost     Concern = "host"    // what goes to the host of its address: webhooks, browsers
	OfMessage  Concern = "message" // the message alone
)

// Error is a provider's no. Its text holds no personal data and no secret.
type Error struct {
	Kind       Kind
	Provider   string
	Code       string        // the provider's own code or HTTP status
	Detail     string        // short, in words, without addresses, texts or secrets
	RetryAfter time.Duration // with Throttled, Unavailable and Ambiguous; 0 when the provider did not say
	Concerns   Concern       // with Throttled
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("%s: %s (%s)", e.Provider, e.Kind, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s): %s", e.Provider, e.Kind, e.Code, e.Detail)
}

// KindOf gives an error's kind; what is no *Error is ambiguous, since nobody
// can say that the message was not taken.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Ambiguous
}
