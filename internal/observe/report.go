package observe

import (
	"cmp"
	"slices"
	"strings"

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

// notOurs refuses news of messages that nobody here has sent.
const notOurs = "message: is none of this store's"

// report takes in what a provider tells. News of a message that is not known
// here change nothing, but for the address that they are about. The same id
// twice is the same news; what comes from a clock that is ahead came now.
func (t *taking) report(r Report) (Outcome, error) {
	if r.ID == "" {
		return Outcome{Status: Refused, Reason: "report: has no id, so that nobody could tell it from a repeat"}, nil
	}
	if r.At.IsZero() || r.At.After(t.now) {
		r.At = t.now
	}
	s, err := t.subject(r)
	switch {
	case err != nil:
		return Outcome{}, err
	case !s.known:
		return t.stranger(r)
	case r.Kind == channel.ReportTaken:
		return Outcome{Status: Taken}, t.fate(s, r)
	case eventOf(r.Kind) == "":
		return Outcome{Status: Refused, Reason: notOurs}, nil
	}
	return t.news(s, r)
}

// news takes in what is told of a message that is known.
func (t *taking) news(s subject, r Report) (Outcome, error) {
	d, err := t.file(s.part.Customer, Incoming{})
	if err != nil {
		return Outcome{}, err
	}
	e := t.stamp(customer.Event{
		MessageID: r.ID, Customer: s.part.Customer, Name: eventOf(r.Kind), At: r.At, ReceivedAt: t.now, Via: customer.ViaUs,
		Properties: propertiesOf(r, s.part),
	})
	fresh, err := t.append(e)
	if err != nil || !fresh {
		return Outcome{Status: Duplicate}, err
	}
	if err := t.fate(s, r); err != nil {
		return Outcome{}, err
	}
	if err := t.wish(d, s.part, r); err != nil {
		return Outcome{}, err
	}
	late, err := t.happen(d, e)
	if late {
		return Outcome{Status: TooLate}, err
	}
	return Outcome{Status: Taken}, err
}

// subject is the message that a report is about.
type subject struct {
	part  ledger.Part
	known bool
	named bool // the report names it; else it is the last one that went to the address
}

// subject finds the message that a report is about: the one that it names, else
// what went last to its address, where the report is about whoever has that.
func (t *taking) subject(r Report) (subject, error) {
	part, named, err := t.about(r)
	if err != nil || named || !ofAddress(r) {
		return subject{part: part, known: named, named: named}, err
	}
	part, known, err := t.tx.LastTo(r.Channel, r.Address)
	return subject{part: part, known: known}, err
}

// ofAddress reports whether news concern whoever has an address, also when they
// name no message that is known: what somebody wrote answers what they got last.
// What became of a message that another system sent is not told of ours.
func ofAddress(r Report) bool {
	nameless := r.Key == "" && r.ProviderID == ""
	switch r.Kind {
	case channel.ReportReplied:
		return true
	case channel.ReportUnsubscribed, channel.ReportResubscribed:
		return nameless || r.Topic != ""
	case channel.ReportBounced, channel.ReportComplained, channel.ReportBlocked:
		return nameless
	}
	return false
}

// about finds the message that a report names: by the send key, else by the
// provider's own name of it.
func (t *taking) about(r Report) (ledger.Part, bool, error) {
	if ref, step, c, err := ledger.ParseKey(r.Key); err == nil {
		if part, ok, err := ledger.Present(t.tx, ref, step, c); err != nil || ok {
			return part, ok, err
		}
	}
	return t.tx.PartOf(r.Provider, r.ProviderID)
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
	switch {
	case r.Machine:
		machine = customer.Yes
	case r.Device != "":
		machine = "no"
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

// fate lets the ledger know what became of a message that is named.
func (t *taking) fate(s subject, r Report) error {
	part := s.part
	h := dossier.Heard{Word: dossier.WordOf(r.Kind), Provider: r.Provider, ProviderID: r.ProviderID, Code: r.Code}
	if h.Word == "" || part.Item || !part.Channel.Reaches() || !s.named {
		return nil
	}
	if part.Provider != "" {
		h.Provider = ""
	}
	if r.Kind == channel.ReportReplied { // what its provider tells of the reply is not of the message
		h.ProviderID, h.Code = "", ""
	}
	h.Note = r.Provider + " reports: " + cmp.Or(r.Detail, string(r.Kind))
	_, changed, err := t.desk.Hear(t.tx, part, h, t.now)
	if changed {
		t.work = true
		if d := t.files[part.Customer]; d != nil {
			d.Reread()
		}
	}
	return err
}

// wish does what a report says of the customer's address and consents.
func (t *taking) wish(d *dossier.Dossier, part ledger.Part, r Report) error {
	proof := customer.Evidence{
		At: r.At, Customer: part.Customer, Channel: part.Channel, Address: addressOf(r, part),
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

// addressOf gives the address that a report is about as the message had it:
// some providers tell email addresses in small letters.
func addressOf(r Report, part ledger.Part) string {
	if r.Address == "" || strings.EqualFold(r.Address, part.Address) {
		return part.Address
	}
	return r.Address
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
	proof := customer.Evidence{
		At: r.At, Channel: r.Channel, Address: r.Address, Text: cmp.Or(r.Text, r.Detail), Source: r.ID,
	}
	reason := ""
	switch r.Kind {
	case channel.ReportBounced:
		proof.How, reason = customer.ByBounce, bouncedFor(r.Channel)
	case channel.ReportComplained:
		proof.How, reason = customer.ByComplaint, customer.Complaint
	case channel.ReportBlocked:
		proof.How, reason = customer.ByProvider, wordFor(r.Channel)
	case channel.ReportReplied:
		proof.How = customer.BySMS
	}
	if proof.How == "" || r.Address == "" {
		return Outcome{Status: Refused, Reason: notOurs}, nil
	}
	e := t.stamp(customer.Event{MessageID: r.ID, Name: eventOf(r.Kind), At: r.At, ReceivedAt: t.now, Via: customer.ViaUs})
	if fresh, err := t.append(e); err != nil || !fresh { // told before, it is nothing new
		return Outcome{Status: Duplicate}, err
	}
	if reason == "" {
		return Outcome{Status: Taken}, t.reply(nil, proof, r.Code)
	}
	return Outcome{Status: Taken}, t.block(nil, proof, reason)
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
