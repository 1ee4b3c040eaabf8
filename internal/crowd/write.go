package crowd

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// chunk is how many customers are written in one transaction.
const chunk = 20_000

// write writes the crowd, as often as the sample has to be repeated.
func write(ctx context.Context, conn *pgx.Conn, sample []one, customers int, progress func(int)) error {
	for first := 0; first < customers; first += chunk {
		last := min(first+chunk, customers)
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return part{sample, first, last}.write(ctx, tx) }); err != nil {
			return err
		}
		progress(last)
	}
	// Else the server sees to what is new by itself, while somebody measures something else.
	_, err := conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

// part is some of the crowd: first <= i < last.
type part struct {
	sample      []one
	first, last int
}

// table is what one table has of a customer.
type table struct {
	name    string
	columns []string
	rows    func(c *one, i int) ([][]any, error)
}

func tables() []table {
	return []table{
		{"customers", []string{"id", "profile", "state"}, customerRows},
		{"identities", []string{"external", "customer"}, func(_ *one, i int) ([][]any, error) {
			return [][]any{{External(i), string(idOf(i))}}, nil
		}},
		{"events", []string{"customer", "name", "at", "message_id", "received", "via", "properties"}, eventRows},
		{"event_ids", []string{"id", "at"}, func(c *one, i int) (rows [][]any, err error) {
			for _, e := range c.events {
				sum := sha256.Sum256([]byte(messageID(e, i)))
				rows = append(rows, []any{sum[:16], sqltx.Micros(e.At)})
			}
			return rows, nil
		}},
		{"dues", []string{"customer", "rule", "about", "at"}, func(c *one, i int) (rows [][]any, err error) {
			for _, d := range c.dues {
				rows = append(rows, []any{string(idOf(i)), d.Rule, d.About, sqltx.Micros(d.At)})
			}
			return rows, nil
		}},
		{"shares", []string{"customer", "trait", "value"}, func(c *one, i int) (rows [][]any, err error) {
			for trait, value := range c.shares {
				rows = append(rows, []any{string(idOf(i)), trait, value})
			}
			return rows, nil
		}},
	}
}

func (p part) write(ctx context.Context, tx pgx.Tx) error {
	events := 0
	for _, t := range tables() {
		i, rows, err := p.first, [][]any(nil), error(nil)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
			for len(rows) == 0 {
				if i == p.last {
					return nil, nil
				}
				if rows, err = t.rows(&p.sample[i%len(p.sample)], i); err != nil {
					return nil, err
				}
				i++
			}
			row := rows[0]
			rows = rows[1:]
			return row, nil
		}))
		if err != nil {
			return fmt.Errorf("crowd: %s: %w", t.name, err)
		}
	}
	for i := p.first; i < p.last; i++ {
		events += len(p.sample[i%len(p.sample)].events)
	}
	_, err := tx.Exec(ctx, `INSERT INTO totals (name, slot, count) VALUES ('events', 0, $1)
		ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count`, events)
	return err
}

func customerRows(c *one, i int) ([][]any, error) {
	p := c.record.Profile.Clone()
	p.ID, p.External, p.Email, p.Phone = idOf(i), External(i), Email(i), Phone(i)
	text, err := json.Marshal(p)
	return [][]any{{string(p.ID), string(text), c.record.State}}, err
}

func eventRows(c *one, i int) (rows [][]any, err error) {
	for _, e := range c.events {
		properties, err := sqltx.Properties(e.Properties)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{
			string(idOf(i)), e.Name, sqltx.Micros(e.At), messageID(e, i), sqltx.Micros(e.ReceivedAt), string(e.Via), properties,
		})
	}
	return rows, nil
}

// messageID names an event of a customer like the sample's.
func messageID(e customer.Event, i int) string {
	return e.MessageID + "/" + strconv.Itoa(i)
}
