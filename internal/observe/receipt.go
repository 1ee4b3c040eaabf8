package observe

import (
	"maps"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// CheckReceipt gives what is wrong with an event of a name that the engine
// keeps for itself, "" when the customer's own device may send it: that a push
// message arrived, was opened, or clicked. The message is named by its send
// key; whether it is theirs Take decides.
func CheckReceipt(name string, properties map[string]customer.Value) (trouble string) {
	switch name {
	case customer.MessageDelivered, customer.MessageOpened, customer.MessageClicked:
	default:
		return "event: is a name that the engine keeps for itself, choose another"
	}
	_, _, by, err := ledger.ParseKey(properties[customer.MessageProperty].String())
	if err != nil || by != customer.Push {
		return "event: tells of a message of the engine's, and only of push messages devices may tell: give its send_key as the property message, or choose another name"
	}
	return ""
}

// kindOf gives what an event of a message's fate tells of it.
func kindOf(event string) channel.ReportKind {
	for _, k := range []channel.ReportKind{
		channel.ReportDelivered, channel.ReportFailed, channel.ReportBounced, channel.ReportOpened, channel.ReportClicked, channel.ReportReplied,
	} {
		if eventOf(k) == event {
			return k
		}
	}
	return ""
}

// isReceipt reports whether the customer's side tells of a message with an
// event: an app, a browser, the inbox.
func isReceipt(e customer.Event) bool {
	return e.Via != customer.ViaUs && customer.OfMessage(e.Name) && !e.Properties[customer.MessageProperty].IsZero()
}

// notTheirs refuses what somebody tells of a message that did not go to them.
const notTheirs = "message: is none that went to this customer, give the send_key that came with it"

// witnessed gives the message that an event tells of; ok is false when it is
// none of ours. Most events tell of none.
func (t *taking) witnessed(e customer.Event) (part ledger.Part, ok bool, err error) {
	if !isReceipt(e) {
		return part, true, nil
	}
	return t.about(Report{Report: channel.Report{Key: e.Properties[customer.MessageProperty].String()}})
}

// whose gives the file of the customer to whom something happened, and the
// event as it is kept; nil when it tells of a message that is not theirs.
func (t *taking) whose(in Incoming) (*dossier.Dossier, customer.Event, error) {
	part, ours, err := t.witnessed(in.Event)
	if err != nil || !ours {
		return nil, in.Event, err
	}
	d, err := t.resolve(in)
	if err != nil || !isReceipt(in.Event) {
		return d, in.Event, err
	}
	if part.Customer != d.Profile.ID {
		return nil, in.Event, nil
	}
	return d, complete(in.Event, part), nil
}

// complete adds to an event what it leaves out of its message.
func complete(e customer.Event, part ledger.Part) customer.Event {
	properties := maps.Clone(e.Properties)
	for name, text := range map[string]string{customer.TemplateProp: part.Template, customer.ChannelProperty: string(part.Channel)} {
		if properties[name].IsZero() {
			properties[name] = customer.Text(text)
		}
	}
	e.Properties = properties
	return e
}

// receipt takes in what an app or the inbox tells of a message as an event of
// the customer's.
func (t *taking) receipt(d *dossier.Dossier, e customer.Event) error {
	kind := kindOf(e.Name)
	if kind == "" || !isReceipt(e) {
		return nil
	}
	part, known, err := t.witnessed(e)
	if err != nil || !known || part.Customer != d.Profile.ID || !part.Channel.Reaches() { // a task is no message
		return err
	}
	if part.Address == "" {
		part.Address = d.Profile.Address(part.Channel)
	}
	r := Report{Provider: "the customer's side", Report: channel.Report{
		ID: e.MessageID, Kind: kind, At: e.At, Text: e.Properties[customer.TextProperty].String(),
	}}
	if kind == channel.ReportFailed {
		r.Code = e.Properties[customer.ReasonProperty].String()
	}
	if err := t.fate(subject{part: part, known: true, named: true}, r); err != nil || kind != channel.ReportReplied {
		return err
	}
	return t.wish(d, part, r)
}
