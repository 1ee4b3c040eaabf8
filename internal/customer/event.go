package customer

import (
	"strings"
	"time"
)

// Via says where an event came from, as far as its sender told.
type Via string

// Where events come from.
const (
	ViaApp    Via = "app"    // a phone or tablet app
	ViaWeb    Via = "web"    // a browser
	ViaServer Via = "server" // one of the company's own systems, a file
	ViaUs     Via = "us"     // this engine: what became of its messages
)

// Event is something that happened, to one customer or (Customer == "") to
// all who share a value with it.
type Event struct {
	MessageID  string           `json:"id"`       // unique; the same id twice is the same event
	Customer   ID               `json:"-"`        // "" names no customer
	Name       string           `json:"event"`    // as in data.yaml: order_placed
	At         time.Time        `json:"at"`       // when it happened, UTC, microseconds
	ReceivedAt time.Time        `json:"received"` // when the engine took it, UTC, microseconds
	Via        Via              `json:"via,omitempty"`
	Properties map[string]Value `json:"properties,omitempty"`
}

// Names of the events that the engine itself knows. Every other name is the
// company's own.
const (
	Identified     = "identified"      // traits, addresses, consents or preferences changed
	MessageSent    = "message_sent"    // a provider accepted a message
	MessageOpened  = "message_opened"  // properties: message (the send key), template, channel
	MessageClicked = "message_clicked" // as opened
	MessageReplied = "message_replied" // as opened, and text
	MessageFailed  = "message_failed"  // as opened, and reason: a provider took it, and it did not arrive
	MessageBounced = "message_bounced" // as failed: nothing arrives at this address
	// MessageDelivered: it reached the customer's phone or mailbox.
	MessageDelivered = "message_delivered"
	MessageProperty  = "message"      // property that names the send key
	TextProperty     = "text"         // property that holds a reply's text
	ChannelProperty  = "channel"      // property that names the channel
	TemplateProp     = "template"     // property that names the template
	HandoffDone      = "handoff_done" // a team did its task; companies send it
	TaskProperty     = "task"         // property that names the task: its send key
	ResultProperty   = "result"       // property that says what came of the task
	ReasonProperty   = "reason"       // property that says why a message failed: the provider's code
)

// The properties of opens and clicks that say how they came about.
const (
	MachineProperty = "machine" // yes: a mail program opened it, nobody did
	DeviceProperty  = "device"  // phone, tablet or computer
)

// Yes is how a property says so.
const Yes = "yes"

// OfMessage reports whether events of that name tell of a message's fate.
func OfMessage(event string) bool {
	switch event {
	case MessageSent, MessageDelivered, MessageOpened, MessageClicked, MessageReplied, MessageBounced, MessageFailed:
		return true
	}
	return false
}

// ByMachine reports whether a program did what the event tells of, and nobody
// saw it.
func (e Event) ByMachine() bool { return e.Properties[MachineProperty].String() == Yes }

// SharedID names one customer's own copy of an event that named no customer.
func SharedID(message string, to ID) string { return message + "/" + string(to) }

// IsShared reports whether a message id is that of a customer's own copy of an
// event that named no customer.
func IsShared(message string, of ID) bool {
	return of != "" && strings.HasSuffix(message, "/"+string(of))
}
