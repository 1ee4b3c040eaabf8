package memory

import (
	"errors"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Expect implements ledger.Customers: everything is at hand.
func (t *tx) Expect(ledger.Need) error { return nil }

// Resolve implements ledger.Customers.
func (t *tx) Resolve(external string) (customer.ID, bool, error) {
	id, ok := t.data.names[external]
	return id, ok, nil
}

// Join implements ledger.Customers.
func (t *tx) Join(external string, id customer.ID) error {
	if err := t.writes(); err != nil {
		return err
	}
	put(t.undo, t.data.names, external, id)
	return nil
}

// Customer implements ledger.Customers. The write is alone, which is lock
// enough.
func (t *tx) Customer(id customer.ID) (ledger.Record, bool, error) {
	r := t.data.of(id).record
	if r == nil {
		return ledger.Record{}, false, nil
	}
	return givenRecord(r), true, nil
}

// SaveCustomer implements ledger.Customers.
func (t *tx) SaveCustomer(r ledger.Record) error {
	if err := t.writes(); err != nil {
		return err
	}
	if r.Profile.ID == "" {
		return errors.New("store: a customer without an id")
	}
	set(t.undo, &t.own(r.Profile.ID).record, keptRecord(r))
	return nil
}

// CustomersAfter implements ledger.Customers.
func (t *tx) CustomersAfter(id customer.ID, limit int) (list []ledger.Record, err error) {
	for _, h := range t.data.behind(id) {
		if limit > 0 && len(list) == limit {
			break
		}
		if h.record != nil {
			list = append(list, givenRecord(h.record))
		}
	}
	return list, nil
}

// behind gives the holdings of all behind a customer.
func (d *data) behind(id customer.ID) []*holding {
	i, there := d.place(id)
	if there {
		i++
	}
	return d.holdings[i:]
}

// CountCustomers implements ledger.Customers.
func (t *tx) CountCustomers() (n int64, err error) {
	for _, h := range t.data.holdings {
		if h.record != nil {
			n++
		}
	}
	return n, nil
}

// Suppressed implements ledger.Customers.
func (t *tx) Suppressed(channel customer.Channel, to string) (customer.Suppression, bool, error) {
	s, ok := t.data.barred[address{channel, to}]
	return s, ok, nil
}

// Suppress implements ledger.Customers.
func (t *tx) Suppress(s customer.Suppression) error {
	if err := t.writes(); err != nil {
		return err
	}
	s.At = stored(s.At)
	put(t.undo, t.data.barred, address{s.Channel, s.Address}, s)
	return nil
}

// Unsuppress implements ledger.Customers.
func (t *tx) Unsuppress(channel customer.Channel, to string) error {
	if err := t.writes(); err != nil {
		return err
	}
	drop(t.undo, t.data.barred, address{channel, to})
	return nil
}

// Share implements ledger.Customers.
func (t *tx) Share(id customer.ID, values map[string]string) error {
	if err := t.writes(); err != nil {
		return err
	}
	set(t.undo, &t.own(id).shares, keptMap(values))
	return nil
}

// Sharing implements ledger.Customers.
func (t *tx) Sharing(trait, value string, after customer.ID, limit int) (list []customer.ID, err error) {
	for _, h := range t.data.behind(after) {
		if limit > 0 && len(list) == limit {
			break
		}
		if said, ok := h.shares[trait]; ok && said == value {
			list = append(list, h.id)
		}
	}
	return list, nil
}
