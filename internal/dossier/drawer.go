package dossier

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Drawer keeps files open from one transaction to the next, for whoever is
// alone with a store: nobody else writes it, one transaction follows the other,
// and after one that failed the drawer is used no more. It is not safe for
// concurrent use.
type Drawer struct{ files map[customer.ID]*Dossier }

// NewDrawer gives an empty drawer.
func NewDrawer() *Drawer { return &Drawer{files: map[customer.ID]*Dossier{}} }

// Drop takes out the file of somebody who is no more.
func (w *Drawer) Drop(id customer.ID) {
	if w != nil {
		delete(w.files, id)
	}
}

func (w *Drawer) keep(d *Dossier) {
	if w != nil {
		w.files[d.Profile.ID] = d
	}
}

// find gives a file for use in a transaction, nil when it is not in the drawer.
// What was looked up in another transaction is forgotten.
func (w *Drawer) find(tx ledger.Tx, id customer.ID) *Dossier {
	if w == nil {
		return nil
	}
	d := w.files[id]
	if d != nil && d.tx != tx {
		d.tx, d.changed, d.suppressed, d.running, d.known, d.err = tx, false, nil, nil, false, nil
	}
	return d
}
