package dossier

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Stop ends a customer's open outreaches of a rule by an operator's word and
// gives their number. Somebody unknown has none.
func (k Desk) Stop(tx ledger.Tx, rule string, id customer.ID, now time.Time) (n int, err error) {
	d, ok, err := k.Open(tx, id)
	if err != nil || !ok {
		return 0, err
	}
	open, err := tx.OpenOutreaches(id)
	if err != nil {
		return 0, err
	}
	for _, o := range open {
		if o.Rule != rule {
			continue
		}
		if err := d.Close(o, customer.StoppedByUs, now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// StopSome ends up to limit open outreaches of a rule, whose they may be, by
// an operator's word, and gives their number: fewer than limit when none is
// left.
func (k Desk) StopSome(tx ledger.Tx, rule string, limit int, now time.Time) (n int, err error) {
	left, err := tx.NotEnded(rule, limit)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(left, func(a, b ledger.Outreach) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.N, b.N))
	})
	var d *Dossier
	for _, o := range left {
		if d == nil || d.Profile.ID != o.Customer {
			var ok bool
			if d, ok, err = k.Open(tx, o.Customer); err != nil {
				return n, err
			}
			if !ok {
				d = k.Begin(tx, o.Customer, now)
			}
		}
		if err := d.Close(o, customer.StoppedByUs, now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
