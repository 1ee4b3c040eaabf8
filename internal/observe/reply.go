package observe

import (
	"errors"
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/optout"
)

// reply does what a customer's reply asks for. said is the provider's own word
// on it, "" when it has none.
func (t *taking) reply(d *dossier.Dossier, proof customer.Evidence, said string) error {
	switch wordIn(proof.Text, said) {
	case optout.Stop:
		return t.block(d, proof, customer.StopReply)
	case optout.Start:
		return t.free(d, proof)
	case optout.Yes:
		before, is, err := t.tx.Suppressed(proof.Channel, proof.Address)
		if err != nil || !is || before.Reason != customer.StopReply {
			return err
		}
		return t.free(d, proof)
	case optout.Help:
		proof.Act = customer.HelpAsked
		return t.tx.Testify(proof)
	}
	return nil
}

// wordIn gives what a reply asks for. A provider that answers such replies
// itself has the last word.
func wordIn(text, said string) optout.Word {
	switch said {
	case "STOP":
		return optout.Stop
	case "START":
		return optout.Start
	case "HELP":
		return optout.Help
	}
	return optout.Read(text)
}

// consented keeps evidence of the consents that a change holds, as the profile
// has them now. The company's own systems say the same again and again: that is
// no new word of the customer's.
func (t *taking) consented(d *dossier.Dossier, before map[customer.Topic]customer.Consent, e customer.Evidence) error {
	for _, topic := range slices.Sorted(maps.Keys(d.Profile.Consents)) {
		now := d.Profile.Consents[topic]
		was, said := before[topic]
		if said && (was == now || e.How == customer.ByEvent && was.Given == now.Given) {
			continue
		}
		e.Topic, e.Act, e.Address = topic, customer.ConsentWithdrawn, ""
		if now.Given {
			e.Act = customer.ConsentGiven
		}
		if err := t.tx.Testify(e); err != nil {
			return err
		}
	}
	return nil
}

// blocks does what a customer says of their own addresses: whether anything may
// go there.
func (t *taking) blocks(d *dossier.Dossier, c Change, e customer.Evidence) error {
	for _, by := range customer.Channels() {
		off, said := c.Blocks[by]
		e.Channel, e.Topic = by, ""
		for _, address := range addresses(d.Profile, by) {
			e.Address = address
			var err error
			switch {
			case said && off:
				err = t.desk.Suppress(t.tx, e, customer.Unsubscribed)
			case said:
				err = t.desk.Free(t.tx, e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// newDevice keeps a new device of somebody who wants no push messages at all
// from getting any. One that was gone, and tells of itself again, is there.
func (t *taking) newDevice(d *dossier.Dossier, token string, e customer.Evidence) error {
	if token == "" {
		return nil
	}
	e.Channel, e.Address, e.Topic = customer.Push, token, ""
	before, is, err := t.tx.Suppressed(customer.Push, token)
	switch {
	case err != nil || is && before.Reason != customer.Unregistered:
		return err
	case is && before.At.Before(e.At): // the app is there again
		e.Act = customer.AddressFreed
		if err := errors.Join(t.tx.Unsuppress(customer.Push, token), t.tx.Testify(e)); err != nil {
			return err
		}
	}
	for _, other := range d.Profile.PushTokens {
		s, is, err := t.tx.Suppressed(customer.Push, other)
		if err != nil {
			return err
		}
		if is && s.Reason == customer.Unsubscribed {
			return t.desk.Suppress(t.tx, e, customer.Unsubscribed)
		}
	}
	return nil
}

// addresses gives all that a customer has on a channel.
func addresses(p *customer.Profile, by customer.Channel) []string {
	if by == customer.Push {
		return p.PushTokens
	}
	if address := p.Address(by); address != "" {
		return []string{address}
	}
	return nil
}
