package sqlite

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Share implements ledger.Customers. Values that stay are not written again.
func (t *tx) Share(id customer.ID, values map[string]string) error {
	if t.w == nil {
		return errReadOnly
	}
	said := map[string]string{}
	each := func(r *row) { said[r.text()] = r.text() }
	if err := t.c.query("SELECT trait, value FROM shares WHERE customer = ?", each, id); err != nil {
		return err
	}
	for trait := range said {
		if _, stays := values[trait]; stays {
			continue
		}
		if _, err := t.exec("DELETE FROM shares WHERE customer = ? AND trait = ?", id, trait); err != nil {
			return err
		}
	}
	for trait, value := range values {
		if old, there := said[trait]; there && old == value {
			continue
		}
		_, err := t.exec(`INSERT INTO shares (customer, trait, value)
			VALUES (?, ?, ?) ON CONFLICT (customer, trait) DO UPDATE SET value = excluded.value`, id, trait, value)
		if err != nil {
			return err
		}
	}
	return nil
}

// Sharing implements ledger.Customers.
func (t *tx) Sharing(trait, value string, after customer.ID, limit int) ([]customer.ID, error) {
	scan := func(r *row) customer.ID { return customer.ID(r.text()) }
	return all(t.c, scan, `SELECT customer FROM shares
		WHERE trait = ? AND value = ? AND customer > ? ORDER BY customer LIMIT ?`, trait, value, after, bound(limit))
}

// AddNews implements ledger.Events.
func (t *tx) AddNews(n ledger.News) error {
	values, err := properties(n.Event.Properties)
	if err != nil {
		return err
	}
	e := n.Event
	_, err = t.exec(`INSERT INTO news (message_id, customer, name, at, received, via, properties, trait, value, told)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.MessageID, e.Customer, e.Name, e.At, e.ReceivedAt, string(e.Via), values, n.Trait, n.Value, n.After)
	return err
}

// News implements ledger.Events.
func (t *tx) News(limit int) ([]ledger.News, error) {
	scan := func(r *row) ledger.News {
		return ledger.News{
			ID: r.int64(), Event: scanEvent(r), Trait: r.text(), Value: r.text(), After: customer.ID(r.text()),
		}
	}
	return all(t.c, scan, `SELECT id, message_id, customer, name, at, received, via, properties, trait, value, told
		FROM news ORDER BY id LIMIT ?`, bound(limit))
}

// SaveNews implements ledger.Events.
func (t *tx) SaveNews(n ledger.News) error {
	_, err := t.exec("UPDATE news SET told = ? WHERE id = ?", n.After, n.ID)
	return err
}

// DropNews implements ledger.Events.
func (t *tx) DropNews(id int64) error {
	_, err := t.exec("DELETE FROM news WHERE id = ?", id)
	return err
}
