package channel

import (
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// ReportKind is what a provider tells of a message, or of an address.
type ReportKind string

// What providers tell.
const (
	ReportTaken        ReportKind = "taken"        // it is on its way: the word that was lost with an answer
	ReportDelivered    ReportKind = "delivered"    // it reached the customer's phone or mailbox
	ReportFailed       ReportKind = "failed"       // it was taken and will not arrive
	ReportBounced      ReportKind = "bounced"      // it will not arrive, and nothing else will at this address
	ReportOpened       ReportKind = "opened"       // somebody, or a machine, opened it
	ReportClicked      ReportKind = "clicked"      // a link in it was followed
	ReportReplied      ReportKind = "replied"      // the customer wrote back
	ReportComplained   ReportKind = "complained"   // the customer called it spam
	ReportUnsubscribed ReportKind = "unsubscribed" // the customer wants no more of its topic
	ReportResubscribed ReportKind = "resubscribed" // the customer took that back
	ReportBlocked      ReportKind = "blocked"      // the customer wants nothing at this address
)

// Report is one thing that a provider tells in a callback.
type Report struct {
	ID         string     // the provider's own, the same whenever it is told again
	Kind       ReportKind // which kind of news
	Channel    customer.Channel
	Key        string         // the send key; "" when the provider does not know it
	ProviderID string         // the provider's own name of the message; "" unknown
	Address    string         // the customer's; "" unknown
	At         time.Time      // when it happened, UTC
	Code       string         // the provider's own code of what went wrong
	Detail     string         // in words, without addresses and texts
	Text       string         // with replied: what the customer wrote
	Topic      customer.Topic // with unsubscribed and resubscribed; "": the message's own
	Machine    bool           // with opened and clicked: a program did it
	Device     string         // with opened and clicked: phone, tablet, computer; "" unknown
}

// Callback is one request of a provider's to the engine.
type Callback struct {
	URL    string                   // the public one, with its query, as the provider called it
	Header func(name string) string // a header's value, "" when it has none
	Body   []byte                   // as it came
	At     time.Time
}

// ErrForged says that a callback does not come from the provider, or is too
// old to be believed.
var ErrForged = errors.New("callback: its signature is not the provider's, or is too old")

// Reporter is a Sender whose provider calls back.
type Reporter interface {
	// Reports reads one callback. The error is, or wraps, ErrForged when the
	// callback is not to be believed; any other means that it cannot be read.
	// Kinds of news that mean nothing here are left out.
	Reports(c Callback) ([]Report, error)
	// Reply is what the provider expects as an answer to a callback that was
	// taken: a content type and a body, both "" for none.
	Reply(reports []Report) (contentType, body string)
}
