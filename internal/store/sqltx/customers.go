package sqltx

import (
	"errors"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Resolve implements ledger.Customers.
func (t *Tx) Resolve(external string) (customer.ID, bool, error) {
	if t.memory != nil {
		if id, ok := t.memory.identities.get(external); ok {
			return id, true, nil
		}
	}
	found, ok, err := One(t.conn, Text, "SELECT customer FROM identities WHERE external = $1", external)
	id := customer.ID(found)
	if ok && t.memory != nil && !t.memory.joined {
		t.memory.identities.put(external, id)
	}
	return id, ok, err
}

// Join implements ledger.Customers.
func (t *Tx) Join(external string, id customer.ID) error {
	if t.memory == nil {
		return ErrReadOnly
	}
	t.memory.joins()
	t.memory.identities.drop(external)
	return t.conn.Later(AddIdentity, external, id)
}

// OneCustomer reads the row of the customer $1.
const OneCustomer = SelectCustomer + " WHERE id = $1"

// SelectCustomer reads rows of customers.
const SelectCustomer = "SELECT seq, id, profile, state FROM customers"

func scanCustomer(r *Row) *record {
	found := &record{seq: r.Int64()}
	id := customer.ID(r.Text())
	found.profile = r.Text()
	r.Skip(-1)
	r.json(&found.Profile)
	found.Profile.ID = id
	found.State = r.Blob()
	return found
}

// Customer implements ledger.Customers. What was read in this transaction is
// locked, and needs no second look.
func (t *Tx) Customer(id customer.ID) (ledger.Record, bool, error) {
	if t.memory == nil {
		r, ok, err := One(t.conn, scanCustomer, OneCustomer, id)
		if err != nil || !ok {
			return ledger.Record{}, false, err
		}
		return r.Record, true, nil
	}
	if r, ok := t.memory.find(id); ok {
		if r.gone {
			return ledger.Record{}, false, nil
		}
		return r.share(), true, nil
	}
	r, ok, err := One(t.conn, scanCustomer, t.memory.dialect.LockCustomer, id)
	if err != nil {
		return ledger.Record{}, false, err
	}
	if !ok {
		t.memory.absent[id] = t.memory.dialect.Shared
		return ledger.Record{}, false, nil
	}
	t.memory.committed.put(id, r)
	return r.share(), true, nil
}

// Fetch reads customers by a statement that begins with SelectCustomer, whose
// value is the list of their ids, and locks them, so that they need no second
// look in this transaction.
func (t *Tx) Fetch(sql string, ids []string) error {
	list, err := All(t.conn, scanCustomer, sql, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t.memory.absent[customer.ID(id)] = t.memory.dialect.Shared
	}
	for _, r := range list {
		delete(t.memory.absent, r.Profile.ID)
		if !t.Remembers(r.Profile.ID) {
			t.memory.committed.put(r.Profile.ID, r)
		}
	}
	return nil
}

// Remembers reports whether a customer was read or saved in this transaction.
func (t *Tx) Remembers(id customer.ID) bool {
	_, there := t.memory.find(id)
	return there
}

// SaveCustomer implements ledger.Customers. The row is written at the commit.
func (t *Tx) SaveCustomer(r ledger.Record) error {
	if t.memory == nil {
		return ErrReadOnly
	}
	if r.Profile.ID == "" {
		return errors.New("store: a customer without an id")
	}
	t.memory.save(r)
	return nil
}

// CustomersAfter implements ledger.Customers.
func (t *Tx) CustomersAfter(id customer.ID, limit int) ([]ledger.Record, error) {
	if err := t.expose(); err != nil {
		return nil, err
	}
	plain := func(r *Row) ledger.Record { return scanCustomer(r).Record }
	return All(t.conn, plain, SelectCustomer+" WHERE id > $1 ORDER BY id LIMIT $2", id, Bound(limit))
}

// CountCustomers implements ledger.Customers.
func (t *Tx) CountCustomers() (int64, error) {
	if err := t.expose(); err != nil {
		return 0, err
	}
	n, _, err := One(t.conn, Number, "SELECT count(*) FROM customers")
	return n, err
}

// expose writes what is in memory, for a statement over customers.
func (t *Tx) expose() error {
	if t.memory == nil {
		return nil
	}
	return t.memory.expose(t.conn)
}

// Suppressed implements ledger.Customers.
func (t *Tx) Suppressed(channel customer.Channel, address string) (customer.Suppression, bool, error) {
	scan := func(r *Row) customer.Suppression {
		return customer.Suppression{Channel: channel, Address: address, Reason: r.Text(), At: r.at()}
	}
	return One(t.conn, scan, "SELECT reason, at FROM suppressions WHERE channel = $1 AND address = $2", channel, address)
}

// Suppress implements ledger.Customers.
func (t *Tx) Suppress(s customer.Suppression) error {
	return t.conn.Later(`INSERT INTO suppressions (channel, address, reason, at)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel, address) DO UPDATE SET reason = excluded.reason, at = excluded.at`,
		s.Channel, s.Address, s.Reason, s.At)
}

// Unsuppress implements ledger.Customers.
func (t *Tx) Unsuppress(channel customer.Channel, address string) error {
	return t.conn.Later("DELETE FROM suppressions WHERE channel = $1 AND address = $2", channel, address)
}
