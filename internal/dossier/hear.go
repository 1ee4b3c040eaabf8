package dossier

import (
	"cmp"
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Heard is what was learned of a message.
type Heard struct {
	Word       ledger.Word
	Reason     customer.Reason // why it did not go out, with words that lead to Planned, Rejected, Failed or Withdrawn
	Code       string          // the provider's own
	Note       string          // for people; no personal data
	Provider   string          // "" leaves it as it is
	ProviderID string          // "" leaves it as it is
	RetryAt    time.Time       // when it is tried, or asked for, again
	Turn       time.Time       // its turn in the rates then; zero: it is given one
	Unwritten  map[string]string
	Crowded    bool // others wait behind a full cap
	Asked      bool // whoever tells it takes the outreach further: it is not hinted
}

// Hear writes what was learned of a message, and what follows from it: for the
// items in it, for others in the customer's caps, and for its outreach, which
// is hinted. part is as it is stored; it comes back as it is then. changed is
// false when the word says nothing new.
func (k Desk) Hear(tx ledger.Tx, part ledger.Part, h Heard, now time.Time) (after ledger.Part, changed bool, err error) {
	h, err = wanted(tx, part, h)
	if err != nil {
		return part, false, err
	}
	to, ok := part.Status.After(h.Word)
	if ok && part.Attempt == 0 && h.Word != ledger.GivenUp && h.Word != ledger.Begun {
		ok = false // nobody was ever asked to take it
	}
	if !ok {
		return part, false, k.name(tx, part, h)
	}
	after = heard(part, to, h, now)
	if after.TakesSlot() && !part.TakesSlot() {
		if after.Beside, err = overtaken(tx, after); err != nil {
			return after, true, err
		}
	}
	if err := errors.Join(tx.SavePart(after), tx.Decide(told(part, after, h, now))); err != nil {
		return after, true, err
	}
	if err := k.follow(tx, part, after, h, now); err != nil {
		return after, true, err
	}
	after, err = k.goOn(tx, part, after, h, now)
	return after, true, err
}

// wanted gives what was heard as it concerns the message's outreach: one that has
// ended sends nothing again, so that what nobody knows of its message stays
// unknown.
func wanted(tx ledger.Tx, part ledger.Part, h Heard) (Heard, error) {
	if h.Word != ledger.SendAgain {
		return h, nil
	}
	o, ok, err := tx.Outreach(part.Ref)
	if err == nil && (!ok || o.Status == ledger.Ended) {
		h.Word, h.Note = ledger.Forgone, "nobody can say whether it went out, and its outreach has ended: it is not sent again"
	}
	return h, err
}

// name keeps the provider's name of a message that is out already.
func (k Desk) name(tx ledger.Tx, part ledger.Part, h Heard) error {
	out := part.Status == ledger.Accepted || part.Status == ledger.Delivered || part.Status == ledger.Failed
	if !out || part.ProviderID != "" || h.ProviderID == "" {
		return nil
	}
	part.ProviderID = h.ProviderID
	return tx.SavePart(part)
}

// heard gives a part as a word makes it.
func heard(part ledger.Part, to ledger.PartStatus, h Heard, now time.Time) ledger.Part {
	was := part.Status
	part.Status, part.Reason, part.Code, part.Updated = to, "", h.Code, now
	part.Lease, part.RetryAt = time.Time{}, time.Time{}
	part.Provider, part.ProviderID = cmp.Or(h.Provider, part.Provider), cmp.Or(h.ProviderID, part.ProviderID)
	switch to {
	case ledger.Accepted, ledger.Delivered:
		if was == ledger.Sending || part.Sent.IsZero() {
			part.Sent = now
		}
	case ledger.Planned:
		part.Reason, part.RetryAt, part.Sent, part.Turn = h.Reason, h.RetryAt, time.Time{}, h.Turn
	case ledger.Ambiguous: // its lease says since when nobody knows
		part.Reason, part.RetryAt, part.Lease = customer.Unknown, h.RetryAt, now
	case ledger.Unknown:
		part.Reason = customer.Unknown
	case ledger.Rejected, ledger.Withdrawn:
		part.Reason, part.Sent = h.Reason, time.Time{}
	case ledger.Failed:
		part.Reason = cmp.Or(h.Reason, customer.Undelivered)
	}
	return part
}

// overtaken reports whether another channel carries the message of a part's
// step: then the part takes no second place in the caps.
func overtaken(tx ledger.Tx, part ledger.Part) (bool, error) {
	parts, err := tx.PartsOf(part.Ref)
	for _, p := range parts {
		if p.Step == part.Step && p.Channel != part.Channel && p.TakesSlot() {
			return true, err
		}
	}
	return false, err
}

// told gives the line that tells what was learned.
func told(before, after ledger.Part, h Heard, now time.Time) ledger.Decision {
	d := ledger.Decision{
		Ref: after.Ref, At: now, Step: after.Step, Channel: after.Channel, Template: after.Template, Planned: after.Planned,
		Reason: after.Reason, Note: h.Note,
	}
	switch after.Status {
	case ledger.Accepted:
		d.Kind = ledger.KindSend
	case ledger.Delivered:
		d.Kind = ledger.KindDeliver
		if !out(before.Status) {
			d.Kind = ledger.KindSend
		}
	case ledger.Planned, ledger.Ambiguous:
		d.Kind = ledger.KindDefer
	case ledger.Failed:
		d.Kind = ledger.KindFail
	default:
		d.Kind = ledger.KindDrop
	}
	return d
}

// out reports whether a provider has taken a part of a status.
func out(s ledger.PartStatus) bool {
	return s == ledger.Accepted || s == ledger.Delivered || s == ledger.Failed
}

// follow lets the items of a message follow it, and those look again whose
// place in the caps it changes.
func (k Desk) follow(tx ledger.Tx, before, after ledger.Part, h Heard, now time.Time) error {
	if after.Status != ledger.Ambiguous {
		if err := k.Settle(tx, after, before.Sent, now, h.Unwritten); err != nil {
			return err
		}
	}
	if out(before.Status) && !after.TakesSlot() {
		if err := k.unload(tx, after, before.Sent, now); err != nil {
			return err
		}
	}
	if !h.Crowded && after.TakesSlot() && after.Status != ledger.Planned {
		return nil
	}
	was := before
	if before.Status == ledger.Sending && after.Status != ledger.Planned { // it had its place as it was planned
		was.Status, was.Sent = ledger.Planned, time.Time{}
	}
	return k.Tried(tx, was, after, now)
}

// goOn lets a message's outreach take notice. One that has ended tries nothing
// again.
func (k Desk) goOn(tx ledger.Tx, before, after ledger.Part, h Heard, now time.Time) (ledger.Part, error) {
	o, ok, err := tx.Outreach(after.Ref)
	if err != nil || !ok {
		return after, err
	}
	if !out(before.Status) && out(after.Status) { // also one that failed: a provider had taken it
		o.Sent++
		if err := tx.SaveOutreach(o); err != nil {
			return after, err
		}
	}
	switch {
	case o.Status != ledger.Ended && h.Asked:
		return after, nil
	case o.Status != ledger.Ended:
		return after, tx.Hint(o.Ref, now)
	case after.Status != ledger.Planned:
		return after, nil
	}
	planned := after
	after.Status, after.Reason = ledger.Withdrawn, o.Reason
	return after, errors.Join(tx.SavePart(after), k.Tried(tx, planned, after, now))
}

// WordOf gives what a provider's news say of a message itself, "" for nothing.
// That somebody complained or left says nothing of it: providers tell the same
// of messages that they hold back for an earlier complaint.
func WordOf(k channel.ReportKind) ledger.Word {
	switch k {
	case channel.ReportTaken:
		return ledger.Taken
	case channel.ReportFailed, channel.ReportBounced:
		return ledger.NotArrived
	case channel.ReportDelivered, channel.ReportOpened, channel.ReportClicked, channel.ReportReplied:
		return ledger.Arrived
	}
	return ""
}
