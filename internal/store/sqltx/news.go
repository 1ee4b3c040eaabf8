package sqltx

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Share implements ledger.Customers. Values that stay are not written again.
func (t *Tx) Share(id customer.ID, values map[string]string) error {
	if t.memory == nil {
		return ErrReadOnly
	}
	said := map[string]string{}
	each := func(r *Row) { said[r.Text()] = r.Text() }
	if err := t.conn.Query("SELECT trait, value FROM shares WHERE customer = $1", each, id); err != nil {
		return err
	}
	for trait := range said {
		if _, stays := values[trait]; stays {
			continue
		}
		if err := t.conn.Later("DELETE FROM shares WHERE customer = $1 AND trait = $2", id, trait); err != nil {
			return err
		}
	}
	for trait, value := range values {
		if old, there := said[trait]; there && old == value {
			continue
		}
		err := t.conn.Later(`INSERT INTO shares (customer, trait, value)
			VALUES ($1, $2, $3) ON CONFLICT (customer, trait) DO UPDATE SET value = excluded.value`, id, trait, value)
		if err != nil {
			return err
		}
	}
	return nil
}

// Sharing implements ledger.Customers.
func (t *Tx) Sharing(trait, value string, after customer.ID, limit int) ([]customer.ID, error) {
	scan := func(r *Row) customer.ID { return customer.ID(r.Text()) }
	return All(t.conn, scan, `SELECT customer FROM shares
		WHERE trait = $1 AND value = $2 AND customer > $3 ORDER BY customer LIMIT $4`, trait, value, after, Bound(limit))
}

// AddNews implements ledger.Events.
func (t *Tx) AddNews(n ledger.News) error {
	values, err := Properties(n.Event.Properties)
	if err != nil {
		return err
	}
	e := n.Event
	return t.conn.Later(`INSERT INTO news (message_id, customer, name, at, received, via, properties, trait, value, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.MessageID, e.Customer, e.Name, e.At, e.ReceivedAt, string(e.Via), values, n.Trait, n.Value, n.After)
}

// SelectNews reads the oldest news; its value is a limit.
const SelectNews = `SELECT id, message_id, customer, name, at, received, via, properties, trait, value, told
		FROM news ORDER BY id LIMIT $1`

// News implements ledger.Events.
func (t *Tx) News(limit int) ([]ledger.News, error) { return NewsOf(t.conn, SelectNews, limit) }

// NewsOf gives news by SelectNews, with what locks them.
func NewsOf(c Conn, sql string, limit int) ([]ledger.News, error) {
	scan := func(r *Row) ledger.News {
		return ledger.News{
			ID: r.Int64(), Event: scanEvent(r), Trait: r.Text(), Value: r.Text(), After: customer.ID(r.Text()),
		}
	}
	return All(c, scan, sql, Bound(limit))
}

// SaveNews implements ledger.Events.
func (t *Tx) SaveNews(n ledger.News) error {
	return t.conn.Later("UPDATE news SET told = $1 WHERE id = $2", n.After, n.ID)
}

// DropNews implements ledger.Events.
func (t *Tx) DropNews(id int64) error {
	return t.conn.Later("DELETE FROM news WHERE id = $1", id)
}
