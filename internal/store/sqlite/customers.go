package sqlite

import (
	"errors"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Resolve implements ledger.Customers.
func (t *tx) Resolve(external string) (customer.ID, bool, error) {
	if t.w != nil {
		if id, ok := t.w.memory.identities.get(external); ok {
			return id, true, nil
		}
	}
	found, ok, err := one(t.c, text, "SELECT customer FROM identities WHERE external = ?", external)
	id := customer.ID(found)
	if ok && t.w != nil && !t.w.memory.joined {
		t.w.memory.identities.put(external, id)
	}
	return id, ok, err
}

// Join implements ledger.Customers.
func (t *tx) Join(external string, id customer.ID) error {
	if err := t.joins(); err != nil {
		return err
	}
	t.w.memory.identities.drop(external)
	_, err := t.exec(`INSERT INTO identities (external, customer)
		VALUES (?, ?) ON CONFLICT (external) DO UPDATE SET customer = excluded.customer`, external, id)
	return err
}

// joins makes ready for a change of identities: none that the closure reads
// from here on is remembered, because the change may be undone.
func (t *tx) joins() error {
	if err := t.writes(); err != nil {
		return err
	}
	t.w.memory.joined = true
	return nil
}

const selectCustomer = "SELECT seq, id, profile, state FROM customers"

func scanCustomer(r *row) *record {
	found := &record{seq: r.int64()}
	id := customer.ID(r.text())
	found.profile = r.text()
	r.next--
	r.json(&found.Profile)
	found.Profile.ID = id
	found.State = r.blob()
	return found
}

// Customer implements ledger.Customers. The writer is alone, which is lock
// enough.
func (t *tx) Customer(id customer.ID) (ledger.Record, bool, error) {
	if t.w != nil {
		if r, ok := t.w.memory.find(id); ok {
			if r.gone {
				return ledger.Record{}, false, nil
			}
			return r.share(), true, nil
		}
	}
	r, ok, err := one(t.c, scanCustomer, selectCustomer+" WHERE id = ?", id)
	if err != nil || !ok {
		return ledger.Record{}, false, err
	}
	if t.w == nil {
		return r.Record, true, nil
	}
	t.w.memory.committed.put(id, r)
	return r.share(), true, nil
}

// SaveCustomer implements ledger.Customers. The row is written at the commit.
func (t *tx) SaveCustomer(r ledger.Record) error {
	if t.w == nil {
		return errReadOnly
	}
	if r.Profile.ID == "" {
		return errors.New("store: a customer without an id")
	}
	t.w.memory.save(r)
	return nil
}

// CustomersAfter implements ledger.Customers.
func (t *tx) CustomersAfter(id customer.ID, limit int) ([]ledger.Record, error) {
	if err := t.expose(); err != nil {
		return nil, err
	}
	plain := func(r *row) ledger.Record { return scanCustomer(r).Record }
	return all(t.c, plain, selectCustomer+" WHERE id > ? ORDER BY id LIMIT ?", id, bound(limit))
}

// CountCustomers implements ledger.Customers.
func (t *tx) CountCustomers() (int64, error) {
	if err := t.expose(); err != nil {
		return 0, err
	}
	n, _, err := one(t.c, number, "SELECT count(*) FROM customers")
	return n, err
}

// expose writes what is in memory, for a statement over customers.
func (t *tx) expose() error {
	if t.w == nil {
		return nil
	}
	if err := t.writes(); err != nil {
		return err
	}
	return t.w.memory.expose(t.c)
}

// Suppressed implements ledger.Customers.
func (t *tx) Suppressed(channel customer.Channel, address string) (customer.Suppression, bool, error) {
	scan := func(r *row) customer.Suppression {
		return customer.Suppression{Channel: channel, Address: address, Reason: r.text(), At: r.at()}
	}
	return one(t.c, scan, "SELECT reason, at FROM suppressions WHERE channel = ? AND address = ?", channel, address)
}

// Suppress implements ledger.Customers.
func (t *tx) Suppress(s customer.Suppression) error {
	_, err := t.exec(`INSERT INTO suppressions (channel, address, reason, at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (channel, address) DO UPDATE SET reason = excluded.reason, at = excluded.at`,
		s.Channel, s.Address, s.Reason, s.At)
	return err
}

// Unsuppress implements ledger.Customers.
func (t *tx) Unsuppress(channel customer.Channel, address string) error {
	_, err := t.exec("DELETE FROM suppressions WHERE channel = ? AND address = ?", channel, address)
	return err
}
