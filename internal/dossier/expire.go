package dossier

import (
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Expire judges a rule for a customer whose due time has come, and keeps the
// next one. A nil rule is no more in force: it has none.
func (k Desk) Expire(tx ledger.Tx, m *rule.Matcher, due ledger.Due, now time.Time) error {
	if err := tx.DropDue(due.Rule, due.Customer, due.About); err != nil {
		return err
	}
	if m == nil {
		return nil
	}
	d, found, err := k.Open(tx, due.Customer)
	if err != nil || !found {
		return err
	}
	for _, why := range m.Expire(d.Subject(), due.About, now) {
		if _, err := d.Enter(m, why, now); err != nil {
			return err
		}
	}
	if at := m.NextDue(d.Subject(), due.About, now); !at.IsZero() {
		if err := tx.SetDue(ledger.Due{Rule: due.Rule, Customer: due.Customer, About: due.About, At: at}); err != nil {
			return err
		}
	}
	d.Touch()
	return d.Save()
}
