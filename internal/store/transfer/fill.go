package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// feed gives rows one after the other; nil at the end. A row holds until the
// next one is asked for.
type feed func() ([]any, error)

// fill writes rows into a table.
func (b *base) fill(ctx context.Context, t table, next feed) (err error) {
	if b.server {
		return b.copyIn(ctx, t, next)
	}
	names := t.names()
	command := "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")"
	insert, err := b.PrepareContext(ctx, command)
	if err != nil {
		return b.fail(command, err)
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for {
		row, err := next()
		if row == nil || err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return b.fail(command, err)
		}
	}
}

// stream is a feed as COPY takes it.
type stream struct {
	next feed
	row  []any
	err  error
}

func (s *stream) Next() bool {
	s.row, s.err = s.next()
	return s.err == nil && s.row != nil
}

func (s *stream) Err() error { return s.err }

// Values gives the row as PostgreSQL keeps it.
func (s *stream) Values() ([]any, error) {
	for i, v := range s.row {
		if v, ok := v.(string); ok {
			s.row[i] = postgres.Kept(v)
		}
	}
	return s.row, nil
}

// copyIn writes rows by COPY.
func (b *base) copyIn(ctx context.Context, t table, next feed) error {
	names, from := t.names(), next
	if t.slotted {
		names = append(names, "slot")
		from = func() ([]any, error) {
			row, err := next()
			if row == nil {
				return nil, err
			}
			return append(row[:len(row):len(row)], int64(0)), err
		}
	}
	source := &stream{next: from}
	return b.raw(func(c *pgx.Conn) error {
		_, err := c.CopyFrom(ctx, pgx.Identifier{postgres.Schema, t.name}, names, source)
		if source.err != nil {
			return source.err
		}
		return b.fail("COPY "+t.name, err)
	})
}

// raw gives PostgreSQL's own connection.
func (b *base) raw(fn func(*pgx.Conn) error) error {
	return b.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("store: %s: not a connection of PostgreSQL (%T)", b.name, driver)
		}
		return fn(c.Conn())
	})
}

// day is what instants are told apart by to find their months.
const day = int64(24 * time.Hour / time.Microsecond)

// makeMonths makes the partitions that the log's events need.
func (b *base) makeMonths(ctx context.Context, from *base) error {
	question := fmt.Sprintf("SELECT DISTINCT CAST(CASE WHEN at < 0 THEN (at - %d) / %d ELSE at / %d END AS TEXT) FROM events", day-1, day, day)
	days, err := from.words(ctx, question)
	if err != nil {
		return err
	}
	made := map[string]bool{}
	for _, row := range days {
		var n int64
		if _, err := fmt.Sscan(row[0], &n); err != nil {
			return from.fail(question, err)
		}
		command := postgres.MonthSQL(n * day)
		if made[command] {
			continue
		}
		made[command] = true
		err := b.raw(func(c *pgx.Conn) error {
			_, err := c.PgConn().Exec(ctx, command).ReadAll()
			return b.fail("make the partition of a month", err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillEventIDs writes what PostgreSQL keeps beside the log.
func (b *base) fillEventIDs(ctx context.Context, from *base, step func()) (err error) {
	ids := table{name: eventsTable, columns: columns("message_id at#")}
	r, err := from.read(ctx, ids)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := table{name: eventIDsTable, columns: columns("id* at#")}
	return b.fill(ctx, out, func() ([]any, error) {
		row, err := r.next()
		if row == nil || err != nil {
			return nil, err
		}
		message, _ := row[0].(string)
		step()
		return []any{postgres.EventID(message), row[1]}, nil
	})
}

// newest gives the highest number that a table has given.
func (b *base) newest(ctx context.Context, t table) (int64, error) {
	highest, err := b.one(ctx, "SELECT coalesce(max("+t.serial+"), 0) FROM "+t.name)
	if err != nil || !t.never && !b.server {
		return highest, err
	}
	question := "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '" + t.name + "'"
	if b.server {
		sequence, err := b.sequence(ctx, t)
		if err != nil {
			return 0, err
		}
		question = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + sequence
	}
	given, err := b.one(ctx, question)
	return max(highest, given), err
}

func (b *base) sequence(ctx context.Context, t table) (name string, err error) {
	const question = "SELECT pg_get_serial_sequence($1, $2)"
	return name, b.fail(question, b.QueryRowContext(ctx, question, postgres.Schema+"."+t.name, t.serial).Scan(&name))
}

// goOnBehind lets a table's numbers go on behind one.
func (b *base) goOnBehind(ctx context.Context, t table, n int64) error {
	switch {
	case n == 0:
		return nil
	case b.server:
		sequence, err := b.sequence(ctx, t)
		if err != nil {
			return err
		}
		_, err = b.one(ctx, "SELECT setval(CAST($1 AS TEXT)::regclass, $2)", sequence, n)
		return err
	case !t.never:
		return nil // SQLite goes on behind the highest that there is
	}
	if err := b.do(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t.name); err != nil {
		return err
	}
	return b.do(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.name, n)
}
