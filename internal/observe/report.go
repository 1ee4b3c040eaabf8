package observe

import (
	"cmp"
	"slices"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// eventOf gives the event that a provider's news becomes on the customer's
// timeline, "" for none: that a message is on its way stands in the ledger.
func eventOf(k channel.ReportKind) string {
	switch k {
	case channel.ReportDelivered:
		return customer.MessageDelivered
	case channel.ReportFailed:
		return customer.MessageFailed
	case channel.ReportBounced:
		return customer.MessageBounced
	case channel.ReportOpened:
		return customer.MessageOpened
	case channel.ReportClicked:
		return customer.MessageClicked
	case channel.ReportReplied:
		return customer.MessageReplied
	case channel.ReportComplained, channel.ReportBlocked, channel.ReportUnsubscribed, channel.ReportResubscribed:
		return customer.Identified
	}
	return ""
}

// report takes in what a provider tells. News of a message that is not known
// here change nothing, but for the address that they are about.
func (t *taking) report(r Report) (Outcome, error) {
	part, known, err := t.about(r)
	if err != nil {
		return Outcome{}, err
	}
	if !known {
		return t.stranger(r)
	}
	d, err := t.file(part.Customer, Incoming{})
	if err != nil {
		return Outcome{}, err
	}
	if r.Kind == channel.ReportTaken {
		return Outcome{Status: Taken}, t.fate(part, r)
	}
	e := t.stamp(customer.Event{
		MessageID: r.ID, Customer: part.Customer, Name: eventOf(r.Kind), At: r.At, ReceivedAt: t.now, Via: customer.ViaUs,
		Properties: propertiesOf(r, part),
	})
	fresh, err := t.tx.Append(e)
	if err != nil || !fresh {
		return Outcome{Status: Duplicate}, err
	}
	if err := t.fate(part, r); err != nil {
		return Outcome{}, err
	}
	if err := t.wish(d, part, r); err != nil {
		return Outcome{}, err
	}
	late, err := t.happen(d, e)
	if late {
		return Outcome{Status: TooLate}, err
	}
	return Outcome{Status: Taken}, err
}

// about finds the message that a report is about: by the send key, by the
// provider's own name of it, else, as far as it is news of the address and not
// of one message, the last one that went there. Others may send to an address by
// the same account: what became of theirs says nothing of ours.
func (t *taking) about(r Report) (ledger.Part, bool, error) {
	if ref, step, c, err := ledger.ParseKey(r.Key); err == nil {
		if ref, err = t.tx.Moved(ref); err != nil {
			return ledger.Part{}, false, err
		}
		if part, ok, err := t.tx.Part(ref, step, c); err != nil || ok {
			return part, ok, err
		}
	}
	if part, ok, err := t.tx.PartOf(r.Provider, r.ProviderID); err != nil || ok {
		return part, ok, err
	}
	if ofMessage(r.Kind) {
		return ledger.Part{}, false, nil
	}
	return t.tx.LastTo(r.Channel, r.Address)
}

// ofMessage reports whether a kind of news tells what became of one message,
// and nothing else.
func ofMessage(k channel.ReportKind) bool {
	switch k {
	case channel.ReportTaken, channel.ReportDelivered, channel.ReportFailed, channel.ReportOpened, channel.ReportClicked:
		return true
	}
	return false
}

// propertiesOf gives what an event says of a report. The text of a reply stays
// with the customer, as every event does.
func propertiesOf(r Report, part ledger.Part) map[string]customer.Value {
	properties := map[string]customer.Value{
		customer.MessageProperty: customer.Text(part.Key()),
		customer.TemplateProp:    customer.Text(part.Template),
		customer.ChannelProperty: customer.Text(string(part.Channel)),
	}
	machine := ""
	if r.Machine {
		machine = customer.Yes
	}
	for name, text := range map[string]string{
		customer.TextProperty: r.Text, customer.ReasonProperty: r.Code, customer.DeviceProperty: r.Device, customer.MachineProperty: machine,
	} {
		if text != "" {
			properties[name] = customer.Text(text)
		}
	}
	return properties
}

// fate lets the ledger know what became of a message.
func (t *taking) fate(part ledger.Part, r Report) error {
	h := dossier.Heard{Word: wordOf(r.Kind), Provider: r.Provider, ProviderID: r.ProviderID, Code: r.Code}
	if part.Provider != "" {
		h.Provider = ""
	}
	if h.Word == "" || part.Item || !part.Channel.Reaches() {
		return nil
	}
	h.Note = r.Provider + " reports: " + cmp.Or(r.Detail, string(r.Kind))
	_, changed, err := t.desk.Hear(t.tx, part, h, t.now)
	t.work = t.work || changed
	return err
}

// wordOf gives what a provider's news say of a message itself.
func wordOf(k channel.ReportKind) ledger.Word {
	switch k {
	case channel.ReportTaken:
		return ledger.Taken
	case channel.ReportFailed, channel.ReportBounced:
		return ledger.NotArrived
	case channel.ReportDelivered, channel.ReportOpened, channel.ReportClicked, channel.ReportReplied, channel.ReportComplained,
		channel.ReportUnsubscribed:
		return ledger.Arrived
	}
	return ""
}

// wish does what a report says of the customer's address and consents.
func (t *taking) wish(d *dossier.Dossier, part ledger.Part, r Report) error {
	proof := customer.Evidence{
		At: r.At, Customer: part.Customer, Channel: part.Channel, Address: cmp.Or(r.Address, part.Address),
		Message: part.Key(), Template: part.Template, Text: cmp.Or(r.Text, r.Detail), Source: r.ID,
	}
	switch r.Kind {
	case channel.ReportBounced:
		proof.How = customer.ByBounce
		return t.block(d, proof, bouncedFor(part.Channel))
	case channel.ReportComplained:
		proof.How = customer.ByComplaint
		return t.block(d, proof, customer.Complaint)
	case channel.ReportBlocked:
		proof.How = customer.ByProvider
		return t.block(d, proof, wordFor(part.Channel))
	case channel.ReportUnsubscribed, channel.ReportResubscribed:
		proof.How = customer.ByProvider
		topic := cmp.Or(r.Topic, part.Topic)
		c := Change{Consents: map[customer.Topic]bool{topic: r.Kind == channel.ReportResubscribed}}
		return t.change(d, c, r.At, proof)
	case channel.ReportReplied:
		proof.How = customer.BySMS
		return t.reply(d, proof, r.Code)
	}
	return nil
}

func bouncedFor(c customer.Channel) string {
	if c == customer.Push {
		return customer.Unregistered
	}
	return customer.Bounced
}

// wordFor gives why an address is suppressed whose customer wants nothing more
// there.
func wordFor(c customer.Channel) string {
	if c == customer.SMS {
		return customer.StopReply
	}
	return customer.Unsubscribed
}

// stranger takes in what a provider tells of an address that no message of
// ours is known to have gone to.
func (t *taking) stranger(r Report) (Outcome, error) {
	if r.Address != "" && r.ID != "" { // told before, it is nothing new
		e := t.stamp(customer.Event{MessageID: r.ID, Name: customer.MessageReplied, At: r.At, Via: customer.ViaUs})
		if fresh, err := t.tx.Append(e); err != nil || !fresh {
			return Outcome{Status: Duplicate}, err
		}
	}
	proof := customer.Evidence{
		At: r.At, Channel: r.Channel, Address: r.Address, Text: cmp.Or(r.Text, r.Detail), Source: r.ID,
	}
	var err error
	switch {
	case r.Address == "" || eventOf(r.Kind) == "":
		return Outcome{Status: Refused, Reason: "message: is none of this store's"}, nil
	case r.Kind == channel.ReportBounced:
		proof.How = customer.ByBounce
		err = t.block(nil, proof, bouncedFor(r.Channel))
	case r.Kind == channel.ReportComplained:
		proof.How = customer.ByComplaint
		err = t.block(nil, proof, customer.Complaint)
	case r.Kind == channel.ReportBlocked:
		proof.How = customer.ByProvider
		err = t.block(nil, proof, wordFor(r.Channel))
	case r.Kind == channel.ReportReplied:
		proof.How = customer.BySMS
		err = t.reply(nil, proof, r.Code)
	default:
		return Outcome{Status: Refused, Reason: "message: is none of this store's"}, nil
	}
	return Outcome{Status: Taken}, err
}

// block keeps everybody from using an address, and lets the outreaches look
// again of the customer d, if one is known.
func (t *taking) block(d *dossier.Dossier, proof customer.Evidence, reason string) error {
	if err := t.desk.Suppress(t.tx, proof, reason); err != nil || d == nil {
		return err
	}
	if reason == customer.Unregistered {
		d.Profile.PushTokens = slices.DeleteFunc(slices.Clone(d.Profile.PushTokens), func(token string) bool { return token == proof.Address })
	}
	return t.lookAgain(d)
}

// free lets an address be used again.
func (t *taking) free(d *dossier.Dossier, proof customer.Evidence) error {
	if err := t.desk.Free(t.tx, proof); err != nil || d == nil {
		return err
	}
	return t.lookAgain(d)
}

// lookAgain lets the customer's outreaches see which addresses may be used.
func (t *taking) lookAgain(d *dossier.Dossier) error {
	d.Change()
	t.work = true
	return t.hintAll(d)
}
