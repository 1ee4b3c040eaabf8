package memory

import (
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Testify implements ledger.Customers.
func (t *tx) Testify(list ...customer.Evidence) error {
	if err := t.writes(); err != nil {
		return err
	}
	for _, e := range list {
		e.ID, e.At = int64(len(t.data.evidence))+1, stored(e.At)
		add(t.undo, &t.data.evidence, e)
	}
	return nil
}

// Evidence implements ledger.Customers.
func (t *tx) Evidence(of customer.ID, after int64, limit int) (list []customer.Evidence, err error) {
	for _, e := range t.data.evidence {
		if e.ID <= after || of != "" && e.Customer != of {
			continue
		}
		if list = append(list, e); len(list) == limit {
			break
		}
	}
	return list, nil
}

// EvidenceAt implements ledger.Customers.
func (t *tx) EvidenceAt(channel customer.Channel, address string) (list []customer.Evidence, err error) {
	for _, e := range t.data.evidence {
		if address != "" && e.Channel == channel && e.Address == address {
			list = append(list, e)
		}
	}
	return list, nil
}

// Pace implements ledger.House.
func (t *tx) Pace(scope string) (ledger.Pace, bool, error) {
	p, ok := t.data.paces[scope]
	return p, ok, nil
}

// Glance implements ledger.House.
func (t *tx) Glance(scope string) (ledger.Pace, bool, error) { return t.Pace(scope) }

// SavePace implements ledger.House.
func (t *tx) SavePace(p ledger.Pace) error {
	if err := t.writes(); err != nil {
		return err
	}
	p.Next, p.Urgent, p.Until = stored(p.Next), stored(p.Urgent), stored(p.Until)
	put(t.undo, t.data.paces, p.Scope, p)
	return nil
}

// Paces implements ledger.House.
func (t *tx) Paces() (list []ledger.Pace, err error) {
	for _, scope := range slices.Sorted(maps.Keys(t.data.paces)) {
		list = append(list, t.data.paces[scope])
	}
	return list, nil
}
