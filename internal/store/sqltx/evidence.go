package sqltx

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Testify implements ledger.Customers.
func (t *Tx) Testify(list ...customer.Evidence) error {
	for _, e := range list {
		err := t.conn.Later(`INSERT INTO evidence (at, customer, act, how, topic, channel, address, message, template, text, source)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			e.At, e.Customer, string(e.Act), e.How, string(e.Topic), e.Channel, e.Address, e.Message, e.Template, e.Text, e.Source)
		if err != nil {
			return err
		}
	}
	return nil
}

const selectEvidence = "SELECT id, at, customer, act, how, topic, channel, address, message, template, text, source FROM evidence "

func scanEvidence(r *Row) customer.Evidence {
	return customer.Evidence{
		ID: r.Int64(), At: r.at(), Customer: customer.ID(r.Text()), Act: customer.Act(r.Text()), How: r.Text(),
		Topic: customer.Topic(r.Text()), Channel: customer.Channel(r.Text()), Address: r.Text(), Message: r.Text(),
		Template: r.Text(), Text: r.Text(), Source: r.Text(),
	}
}

// Evidence implements ledger.Customers.
func (t *Tx) Evidence(of customer.ID, after int64, limit int) ([]customer.Evidence, error) {
	if of == "" {
		return All(t.conn, scanEvidence, selectEvidence+"WHERE id > $1 ORDER BY id LIMIT $2", after, Bound(limit))
	}
	return All(t.conn, scanEvidence, selectEvidence+"WHERE customer = $1 AND id > $2 ORDER BY id LIMIT $3", of, after, Bound(limit))
}

// EvidenceAt implements ledger.Customers.
func (t *Tx) EvidenceAt(channel customer.Channel, address string) ([]customer.Evidence, error) {
	return All(t.conn, scanEvidence, selectEvidence+"WHERE channel = $1 AND address = $2 AND address <> '' ORDER BY id", channel, address)
}

const selectPace = "SELECT scope, next, urgent, until_at, note FROM paces "

func scanPace(r *Row) ledger.Pace {
	return ledger.Pace{Scope: r.Text(), Next: r.at(), Urgent: r.at(), Until: r.at(), Note: r.Text()}
}

// Pace implements ledger.House.
func (t *Tx) Pace(scope string) (ledger.Pace, bool, error) {
	return t.Glance(scope)
}

// Glance implements ledger.House.
func (t *Tx) Glance(scope string) (ledger.Pace, bool, error) {
	return One(t.conn, scanPace, selectPace+"WHERE scope = $1", scope)
}

// SavePace implements ledger.House.
func (t *Tx) SavePace(p ledger.Pace) error {
	return t.conn.Later(`INSERT INTO paces (scope, next, urgent, until_at, note) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (scope) DO UPDATE SET next = excluded.next, urgent = excluded.urgent,
			until_at = excluded.until_at, note = excluded.note`, p.Scope, p.Next, p.Urgent, p.Until, p.Note)
}

// Paces implements ledger.House.
func (t *Tx) Paces() ([]ledger.Pace, error) {
	return All(t.conn, scanPace, selectPace+"ORDER BY scope")
}
