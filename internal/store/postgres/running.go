package postgres

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// runningOf reads the open outreaches of customers that are locked, by one journey.
func (t *tx) runningOf(ids []customer.ID) error {
	if len(ids) == 0 {
		return nil
	}
	whose := make([]string, len(ids))
	for i, id := range ids {
		whose[i], t.open[id] = string(id), nil
	}
	found, err := sqltx.OutreachesIn(t.conn, "WHERE customer = ANY($1) AND status IN ('matched', 'open') ORDER BY rule, n", whose)
	for _, o := range found {
		t.open[o.Customer] = append(t.open[o.Customer], o)
	}
	return err
}

// OpenOutreaches implements ledger.Outreaches.
func (t *tx) OpenOutreaches(id customer.ID) ([]ledger.Outreach, error) {
	if open, known := t.open[id]; known {
		return slices.Clone(open), nil
	}
	if err := t.hold(id); err != nil {
		return nil, err
	}
	return t.Tx.OpenOutreaches(id)
}

// AddOutreach implements ledger.Outreaches.
func (t *tx) AddOutreach(o ledger.Outreach) (int, bool, error) {
	if err := t.hold(o.Customer); err != nil {
		return 0, false, err
	}
	delete(t.open, o.Customer)
	return t.Tx.AddOutreach(o)
}

// SaveOutreach implements ledger.Outreaches.
func (t *tx) SaveOutreach(o ledger.Outreach) error {
	delete(t.open, o.Customer)
	return t.Tx.SaveOutreach(o)
}
