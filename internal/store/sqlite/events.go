package sqlite

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// eventsTotal counts the log.
var eventsTotal = counter{totals, "events"}

// Append implements ledger.Events.
func (t *tx) Append(e customer.Event) (bool, error) {
	values, err := properties(e.Properties)
	if err != nil {
		return false, err
	}
	n, err := t.exec(`INSERT INTO events (customer, name, at, message_id, received, via, properties)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING`,
		string(e.Customer), e.Name, e.At, e.MessageID, e.ReceivedAt, string(e.Via), values)
	if err != nil || n == 0 {
		return false, err
	}
	t.w.memory.count(eventsTotal, 1)
	return true, nil
}

func scanEvent(r *row) customer.Event {
	return customer.Event{
		MessageID: r.text(), Customer: customer.ID(r.text()), Name: r.text(),
		At: r.at(), ReceivedAt: r.at(), Via: customer.Via(r.text()), Properties: r.properties(),
	}
}

// Events implements ledger.Events.
func (t *tx) Events(q ledger.EventQuery) ([]customer.Event, error) {
	var sql strings.Builder
	sql.WriteString(`SELECT message_id, customer, name, at, received, via, properties FROM events
		WHERE customer = ?`)
	args := []any{string(q.Customer)}
	if len(q.Names) > 0 {
		sql.WriteString(" AND name IN (?" + strings.Repeat(", ?", len(q.Names)-1) + ")")
		for _, name := range q.Names {
			args = append(args, name)
		}
	}
	if !q.From.IsZero() {
		sql.WriteString(" AND at >= ?")
		args = append(args, q.From)
	}
	if !q.To.IsZero() {
		sql.WriteString(" AND at < ?")
		args = append(args, q.To)
	}
	if q.Newest && q.Limit > 0 {
		sql.WriteString(" ORDER BY at DESC, message_id DESC")
	} else {
		sql.WriteString(" ORDER BY at, message_id")
	}
	sql.WriteString(" LIMIT ?")
	list, err := all(t.c, scanEvent, sql.String(), append(args, bound(q.Limit))...)
	if q.Newest && q.Limit > 0 {
		slices.Reverse(list)
	}
	return list, err
}

// CountEvents implements ledger.Events.
func (t *tx) CountEvents() (int64, error) {
	n, _, err := one(t.c, number, "SELECT count FROM totals WHERE name = ?", eventsTotal.name)
	if t.w != nil {
		n += t.w.memory.pending(eventsTotal)
	}
	return n, err
}
