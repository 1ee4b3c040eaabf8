package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// base is one connection to the tables of a place. One goroutine at a time may
// use it.
type base struct {
	*sql.Conn
	db     *sql.DB
	name   string // without a password
	server bool   // PostgreSQL
}

// connect connects to a place whose tables are of the newest form.
func connect(ctx context.Context, p store.Place) (*base, error) {
	form, err := FormOf(ctx, p)
	if err != nil {
		return nil, err
	}
	if form.Have == 0 {
		if err := p.There(ctx); err != nil {
			return nil, err
		}
	}
	if form.Have != form.Want {
		return nil, fmt.Errorf("store: %s: the tables are of form %d, and this program's of form %d; bring them up first: outreach store migrate", Name(p), form.Have, form.Want)
	}
	b := &base{name: Name(p), server: p.OnServer()}
	if b.server {
		config, err := postgres.Config(ctx, string(p))
		if err != nil {
			return nil, err
		}
		config.RuntimeParams["application_name"] = ownName
		b.db = stdlib.OpenDB(*config)
	} else {
		connector, err := sqlite.Connector(p.File())
		if err != nil {
			return nil, err
		}
		b.db = sql.OpenDB(connector)
	}
	if b.Conn, err = b.db.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %s: %w", b.name, err), b.db.Close())
	}
	if !b.server {
		if err := b.do(ctx, "PRAGMA busy_timeout = 10000"); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

// ownName is how PostgreSQL knows our own connections.
const ownName = "outreach store"

// close gives up what was not committed.
func (b *base) close() error { return errors.Join(b.Conn.Close(), b.db.Close()) }

// do runs one command.
func (b *base) do(ctx context.Context, command string, args ...any) error {
	_, err := b.ExecContext(ctx, command, args...)
	return b.fail(command, err)
}

// fail names the place, and the command by its first line, which holds no
// values.
func (b *base) fail(command string, err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(command, "\n")
	if len(line) > 80 {
		line = line[:80] + " ..."
	}
	return fmt.Errorf("store: %s: %s: %w", b.name, line, postgres.Explain(err))
}

// one asks for one number.
func (b *base) one(ctx context.Context, question string, args ...any) (n int64, err error) {
	return n, b.fail(question, b.QueryRowContext(ctx, question, args...).Scan(&n))
}

// words asks for rows of texts.
func (b *base) words(ctx context.Context, question string, args ...any) (list [][]string, err error) {
	rows, err := b.QueryContext(ctx, question, args...)
	if err != nil {
		return nil, b.fail(question, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, b.fail(question, err)
	}
	for rows.Next() {
		row, into := make([]string, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, b.fail(question, err)
		}
		list = append(list, row)
	}
	return list, b.fail(question, rows.Err())
}

// lock begins a transaction in which nobody else writes, and in which all that
// is read is of one moment.
func (b *base) lock(ctx context.Context, mode string) error {
	if !b.server {
		if err := b.do(ctx, "BEGIN IMMEDIATE"); err != nil {
			return fmt.Errorf("%w; is an engine or a command at work there? stop it first", err)
		}
		return nil
	}
	if err := b.do(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.name)
	}
	if err := b.do(ctx, "LOCK TABLE "+strings.Join(append(names, eventIDsTable), ", ")+" IN "+mode+" MODE"); err != nil {
		return fmt.Errorf("%w; is an engine or a command at work there? stop it first", err)
	}
	return nil
}

// How tables are locked: others may read, or may not.
const (
	readable = "SHARE"
	alone    = "ACCESS EXCLUSIVE"
)

// selection reads a table, in the order in which it was written where it has one.
func (b *base) selection(t table) string {
	list := strings.Join(t.names(), ", ")
	switch {
	case t.slotted && b.server:
		return "SELECT name, CAST(sum(count) AS BIGINT) FROM " + t.name + " GROUP BY name"
	case t.serial != "":
		return "SELECT " + list + " FROM " + t.name + " ORDER BY " + t.serial
	case t.name == eventsTable && !b.server:
		return "SELECT " + list + " FROM events ORDER BY id"
	}
	return "SELECT " + list + " FROM " + t.name
}

// rows reads a table row by row.
type rows struct {
	*sql.Rows
	base   *base
	table  table
	values []any
	into   []any
}

func (b *base) read(ctx context.Context, t table) (*rows, error) {
	question := b.selection(t)
	found, err := b.QueryContext(ctx, question)
	if err != nil {
		return nil, b.fail(question, err)
	}
	r := &rows{Rows: found, base: b, table: t, values: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// next gives the next row, which holds until the call after it; nil at the end.
func (r *rows) next() ([]any, error) {
	if !r.Next() {
		return nil, r.base.fail("read "+r.table.name, r.Err())
	}
	if err := r.Scan(r.into...); err != nil {
		return nil, r.base.fail("read "+r.table.name, err)
	}
	for i, c := range r.table.columns {
		r.values[i] = r.base.told(c.kind, r.values[i])
	}
	return r.values, nil
}

// told gives what a column's value stands for.
func (b *base) told(k kind, value any) any {
	switch v := value.(type) {
	case string:
		if b.server {
			return postgres.Told(v)
		}
	case []byte:
		if len(v) == 0 {
			return nil
		}
		if k == text {
			return string(v)
		}
	}
	return value
}

// digest reads a whole table.
func (b *base) digest(ctx context.Context, t table, step func()) (d digest, err error) {
	r, err := b.read(ctx, t)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		row, err := r.next()
		if row == nil || err != nil {
			return d, err
		}
		if err := d.add(t, row); err != nil {
			return d, fmt.Errorf("store: %s: %w", b.name, err)
		}
		step()
	}
}
