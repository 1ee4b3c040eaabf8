package dossier

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/rule"
)

// How many items one message carries.
const (
	itemsOfDigest  = 20
	itemsOfMessage = 2
)

// Boarded is an item that goes out in a message.
type Boarded struct {
	Part ledger.Part
	Item message.Item
}

// boarding is an item that may go out now.
type boarding struct {
	part  ledger.Part
	row   ledger.Outreach
	m     *rule.Matcher
	facts journey.Facts
}

// boarding gives the items that may go out in a message at an instant, in the
// order of their claims. Of those that have no reason left the outreach is
// hinted, so that it ends.
func (d *Dossier) boarding(carrier ledger.Part, slots []ledger.Part, now time.Time) (list []boarding, err error) {
	riding := slices.DeleteFunc(slices.Clone(slots), func(p ledger.Part) bool { return !journey.Carries(carrier, p) })
	if len(riding) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(riding, func(a, b ledger.Part) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Deadline.Compare(b.Deadline), cmp.Compare(a.Key(), b.Key()))
	})
	most, err := d.room(carrier)
	if err != nil {
		return nil, err
	}
	for _, p := range riding {
		if len(list) == most {
			break
		}
		one, ok, err := d.board(p, now)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, one)
		}
	}
	return list, nil
}

// isDigest reports whether an outreach is that of a digest, one that the policy
// has no more included.
func (d *Dossier) isDigest(o ledger.Outreach) (bool, error) {
	m, err := d.Matcher(o)
	return err == nil && m.When.Digest != nil, err
}

// room gives how many items a message carries.
func (d *Dossier) room(carrier ledger.Part) (int, error) {
	o, ok, err := d.tx.Outreach(carrier.Ref)
	if err != nil || !ok {
		return 0, err
	}
	if is, err := d.isDigest(o); err != nil || is {
		return itemsOfDigest, err
	}
	return itemsOfMessage, nil
}

// board looks whether one item may go out now.
func (d *Dossier) board(p ledger.Part, now time.Time) (b boarding, ok bool, err error) {
	b.part = p
	if b.row, ok, err = d.tx.Outreach(p.Ref); err != nil || !ok {
		return b, false, err
	}
	if b.m, err = d.Matcher(b.row); err != nil {
		return b, false, err
	}
	if b.facts, err = d.Facts(b.m, b.row, now); err != nil {
		return b, false, err
	}
	switch journey.Boards(b.m, b.row, b.facts, p) {
	case "":
		return b, true, nil
	case customer.Paused, customer.QuietHours, customer.LegalHours, customer.NoConsent:
		return b, false, nil // it may ride on a later one
	}
	return b, false, d.tx.Hint(p.Ref, now)
}

// Board gives the items that go out in a message whose attempt begins, and
// writes them as parts of that attempt.
func (d *Dossier) Board(carrier ledger.Part, slots []ledger.Part, now time.Time) ([]Boarded, error) {
	list, err := d.boarding(carrier, slots, now)
	if err != nil {
		return nil, err
	}
	boarded := make([]Boarded, 0, len(list))
	for _, b := range list {
		p := b.part
		p.Status, p.Attempt, p.Lease, p.Carrier = ledger.Sending, p.Attempt+1, carrier.Lease, carrier.Key()
		p.Sent, p.Updated = now, now
		if err := d.tx.SavePart(p); err != nil {
			return nil, err
		}
		item := message.Item{Template: p.Template, Vars: d.Vars(b.m, b.row, b.facts)}
		boarded = append(boarded, Boarded{Part: p, Item: item})
	}
	return boarded, nil
}

// Items gives what rides on a message as templates have it.
func Items(boarded []Boarded) []message.Item {
	items := make([]message.Item, len(boarded))
	for i, b := range boarded {
		items[i] = b.Item
	}
	return items
}

// Unwritten gives, by the item's key, why its text could not be written: failed
// has an error for each item, or nil.
func Unwritten(boarded []Boarded, failed []error) map[string]string {
	var keys map[string]string
	for i, err := range failed {
		if err == nil {
			continue
		}
		if keys == nil {
			keys = map[string]string{}
		}
		keys[boarded[i].Part.Key()] = err.Error()
	}
	return keys
}

// Settle writes what became of the items of a message whose attempt, begun at
// an instant, is over. unwritten are the keys of those whose text could not be
// written.
func (k Desk) Settle(tx ledger.Tx, carrier ledger.Part, begun, now time.Time, unwritten map[string]string) error {
	if carrier.Item || !carrier.Channel.Reaches() {
		return nil
	}
	slots, err := tx.Slots(carrier.Customer, begun.Add(-time.Second))
	if err != nil {
		return err
	}
	for _, p := range slots {
		if p.Status != ledger.Sending || p.Carrier != carrier.Key() {
			continue
		}
		item, story := journey.Settled(p, carrier, now)
		if note, bad := unwritten[p.Key()]; bad && item.Status == ledger.Accepted {
			item.Status, item.Reason, item.Sent = ledger.Rejected, customer.TemplateError, time.Time{}
			story.Kind, story.Reason, story.Note = ledger.KindDrop, item.Reason, note
		}
		if err := k.settle(tx, item, story, now); err != nil {
			return err
		}
	}
	return nil
}

// SettleItem writes what became of one item, by the message that it went out in.
func (k Desk) SettleItem(tx ledger.Tx, item, carrier ledger.Part, now time.Time) error {
	item, story := journey.Settled(item, carrier, now)
	return k.settle(tx, item, story, now)
}

// settle writes one item, and lets its outreach go on.
func (k Desk) settle(tx ledger.Tx, item ledger.Part, story ledger.Decision, now time.Time) error {
	o, ok, err := tx.Outreach(item.Ref)
	if err != nil || !ok {
		return err
	}
	ended := o.Status == ledger.Ended
	if ended && item.Status == ledger.Riding { // it waits for nothing any more
		item.Status, item.Reason = ledger.Withdrawn, o.Reason
	}
	if err := tx.SavePart(item); err != nil || story.Kind == "" {
		return err
	}
	if err := tx.Decide(story); err != nil {
		return err
	}
	if item.Status == ledger.Accepted {
		o.Sent++
		if err := tx.SaveOutreach(o); err != nil {
			return err
		}
	}
	if ended {
		return nil
	}
	return tx.Hint(item.Ref, now)
}

// unload lets the items of a message that was taken, and did not arrive, be as
// their message is.
func (k Desk) unload(tx ledger.Tx, carrier ledger.Part, begun, now time.Time) error {
	if carrier.Item || carrier.Status != ledger.Failed {
		return nil
	}
	items, err := tx.Slots(carrier.Customer, begun.Add(-time.Second))
	if err != nil {
		return err
	}
	for _, p := range items {
		if p.Carrier != carrier.Key() || p.Status != ledger.Accepted {
			continue
		}
		p.Status, p.Reason, p.Updated = ledger.Failed, carrier.Reason, now
		if err := tx.SavePart(p); err != nil {
			return err
		}
	}
	return nil
}
