package sqlite

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Testify implements ledger.Customers.
func (t *tx) Testify(list ...customer.Evidence) error {
	for _, e := range list {
		_, err := t.exec(`INSERT INTO evidence (at, customer, act, how, topic, channel, address, message, template, text, source)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.At, e.Customer, string(e.Act), e.How, string(e.Topic), e.Channel, e.Address, e.Message, e.Template, e.Text, e.Source)
		if err != nil {
			return err
		}
	}
	return nil
}

const selectEvidence = "SELECT id, at, customer, act, how, topic, channel, address, message, template, text, source FROM evidence "

func scanEvidence(r *row) customer.Evidence {
	return customer.Evidence{
		ID: r.int64(), At: r.at(), Customer: customer.ID(r.text()), Act: customer.Act(r.text()), How: r.text(),
		Topic: customer.Topic(r.text()), Channel: customer.Channel(r.text()), Address: r.text(), Message: r.text(),
		Template: r.text(), Text: r.text(), Source: r.text(),
	}
}

// Evidence implements ledger.Customers.
func (t *tx) Evidence(of customer.ID, after int64, limit int) ([]customer.Evidence, error) {
	if of == "" {
		return all(t.c, scanEvidence, selectEvidence+"WHERE id > ? ORDER BY id LIMIT ?", after, bound(limit))
	}
	return all(t.c, scanEvidence, selectEvidence+"WHERE customer = ? AND id > ? ORDER BY id LIMIT ?", of, after, bound(limit))
}

// EvidenceAt implements ledger.Customers.
func (t *tx) EvidenceAt(channel customer.Channel, address string) ([]customer.Evidence, error) {
	return all(t.c, scanEvidence, selectEvidence+"WHERE channel = ? AND address = ? AND address <> '' ORDER BY id", channel, address)
}

const selectPace = "SELECT scope, next, urgent, until_at, note FROM paces "

func scanPace(r *row) ledger.Pace {
	return ledger.Pace{Scope: r.text(), Next: r.at(), Urgent: r.at(), Until: r.at(), Note: r.text()}
}

// Pace implements ledger.House.
func (t *tx) Pace(scope string) (ledger.Pace, bool, error) {
	return one(t.c, scanPace, selectPace+"WHERE scope = ?", scope)
}

// SavePace implements ledger.House.
func (t *tx) SavePace(p ledger.Pace) error {
	_, err := t.exec(`INSERT INTO paces (scope, next, urgent, until_at, note) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (scope) DO UPDATE SET next = excluded.next, urgent = excluded.urgent,
			until_at = excluded.until_at, note = excluded.note`, p.Scope, p.Next, p.Urgent, p.Until, p.Note)
	return err
}

// Paces implements ledger.House.
func (t *tx) Paces() ([]ledger.Pace, error) {
	return all(t.c, scanPace, selectPace+"ORDER BY scope")
}
