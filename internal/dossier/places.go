package dossier

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Crowded reports whether any of a customer's messages but those of an outreach
// waits behind a full cap: whoever sends one lets those look again.
func Crowded(slots []ledger.Part, own ledger.Ref) bool {
	return slices.ContainsFunc(slots, func(p ledger.Part) bool {
		return p.Ref != own && (p.Status == ledger.Queued || p.Status == ledger.Planned && p.Reason == customer.Capped)
	})
}

// Tried lets those look again whose place in the caps a message's outcome
// changes: its own is free, or is taken for good.
func (k Desk) Tried(tx ledger.Tx, before, after ledger.Part, now time.Time) error {
	if !after.Channel.Reaches() {
		return nil
	}
	d, ok, err := k.Open(tx, after.Customer)
	if err != nil || !ok {
		return err
	}
	f, err := d.claims(now)
	if err != nil {
		return err
	}
	f.Slots = slices.DeleteFunc(f.Slots, func(p ledger.Part) bool { return p.Key() == after.Key() })
	f.Slots = append(f.Slots, before)
	return d.disturb(f, []ledger.Part{after})
}

// disturb lets those look again whose place in the caps parts change that are
// not in f yet.
func (d *Dossier) disturb(f journey.Facts, parts []ledger.Part) error {
	if len(parts) == 0 {
		return nil
	}
	for _, ref := range journey.Disturbed(f, parts) {
		if err := d.tx.Hint(ref, f.Now); err != nil {
			return err
		}
	}
	return nil
}

// claims gives the facts that say who has which place in the caps.
func (d *Dossier) claims(now time.Time) (f journey.Facts, err error) {
	f = journey.Facts{Now: now, Subject: d.Subject(), Policy: d.Set.Policy}
	f.Slots, err = d.tx.Slots(d.Profile.ID, now.Add(-d.Set.Policy.Longest()))
	return f, err
}
