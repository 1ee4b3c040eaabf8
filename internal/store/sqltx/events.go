package sqltx

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// eventsTotal counts the log.
var eventsTotal = counter{totals, "events"}

// Append implements ledger.Events.
func (t *Tx) Append(e customer.Event) (bool, error) {
	values, err := Properties(e.Properties)
	if err != nil {
		return false, err
	}
	n, err := t.conn.Exec(`INSERT INTO events (customer, name, at, message_id, received, via, properties)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id) DO NOTHING`,
		string(e.Customer), e.Name, e.At, e.MessageID, e.ReceivedAt, string(e.Via), values)
	if err != nil || n == 0 {
		return false, err
	}
	t.CountEvent()
	return true, nil
}

// CountEvent counts an event that was appended.
func (t *Tx) CountEvent() { t.memory.count(eventsTotal, 1) }

func scanEvent(r *Row) customer.Event {
	return customer.Event{
		MessageID: r.Text(), Customer: customer.ID(r.Text()), Name: r.Text(),
		At: r.at(), ReceivedAt: r.at(), Via: customer.Via(r.Text()), Properties: r.properties(),
	}
}

// Events implements ledger.Events.
func (t *Tx) Events(q ledger.EventQuery) ([]customer.Event, error) {
	var sql strings.Builder
	sql.WriteString(`SELECT message_id, customer, name, at, received, via, properties FROM events
		WHERE customer = $1`)
	args := []any{string(q.Customer)}
	value := func(v any) {
		args = append(args, v)
		sql.WriteString("$" + strconv.Itoa(len(args)))
	}
	if len(q.Names) > 0 {
		sql.WriteString(" AND name IN (")
		for i, name := range q.Names {
			if i > 0 {
				sql.WriteString(", ")
			}
			value(name)
		}
		sql.WriteString(")")
	}
	if !q.From.IsZero() {
		sql.WriteString(" AND at >= ")
		value(q.From)
	}
	if !q.To.IsZero() {
		sql.WriteString(" AND at < ")
		value(q.To)
	}
	if q.Newest && q.Limit > 0 {
		sql.WriteString(" ORDER BY at DESC, message_id DESC")
	} else {
		sql.WriteString(" ORDER BY at, message_id")
	}
	sql.WriteString(" LIMIT ")
	value(Bound(q.Limit))
	list, err := All(t.conn, scanEvent, sql.String(), args...)
	if q.Newest && q.Limit > 0 {
		slices.Reverse(list)
	}
	return list, err
}

// Latest implements ledger.Events.
func (t *Tx) Latest(id customer.ID) ([]customer.Event, error) {
	list, err := All(t.conn, scanEvent, `SELECT message_id, customer, name, at, received, via, properties FROM events
		JOIN (SELECT name AS known, max(at) AS latest FROM events WHERE customer = $1 GROUP BY name) AS newest ON name = known AND at = latest
		WHERE customer = $2 ORDER BY name, message_id DESC`, string(id), string(id))
	return slices.CompactFunc(list, func(a, b customer.Event) bool { return a.Name == b.Name }), err
}

// CountEvents implements ledger.Events.
func (t *Tx) CountEvents() (int64, error) {
	n, _, err := One(t.conn, Number, "SELECT coalesce(CAST(sum(count) AS BIGINT), 0) FROM totals WHERE name = $1", eventsTotal.name)
	if t.memory != nil {
		n += t.memory.pending(eventsTotal)
	}
	return n, err
}

// ForgetEvents runs a statement that removes events, takes them off their total,
// and gives their number.
func (t *Tx) ForgetEvents(sql string, args ...any) (int64, error) {
	if t.memory == nil {
		return 0, ErrReadOnly
	}
	n, err := t.conn.Exec(sql, args...)
	if err == nil {
		t.memory.count(eventsTotal, -n)
	}
	return n, err
}
