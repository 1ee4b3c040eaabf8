package sqlite

import "github.com/outreach-engine/outreach/internal/store/sqltx"

// Statements that keep customers and counts. The writer is alone, which is lock
// enough.
var dialect = sqltx.Dialect{
	LockCustomer: sqltx.OneCustomer,
	AddCount: `INSERT INTO counters (name, count)
		VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET count = counters.count + excluded.count`,
	AddTotal: `INSERT INTO totals (name, count)
		VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET count = totals.count + excluded.count`,
}

// closure is the connection as one closure of a write has it: before its first
// write it marks where to go back to.
type closure struct {
	*conn
	w *writer
}

func (c closure) Change(sql string, each func(*sqltx.Row), args ...any) error {
	if err := c.w.mark(); err != nil {
		return err
	}
	return c.conn.Change(sql, each, args...)
}

func (c closure) Exec(sql string, args ...any) (int64, error) {
	if err := c.w.mark(); err != nil {
		return 0, err
	}
	return c.conn.Exec(sql, args...)
}

func (c closure) Later(sql string, args ...any) error {
	if err := c.w.mark(); err != nil {
		return err
	}
	return c.conn.Later(sql, args...)
}

func (c closure) Must(missing error, sql string, args ...any) error {
	if err := c.w.mark(); err != nil {
		return err
	}
	return c.conn.Must(missing, sql, args...)
}

// snapshot is a connection within a read.
type snapshot struct{ *conn }

func (snapshot) Change(string, func(*sqltx.Row), ...any) error { return sqltx.ErrReadOnly }
func (snapshot) Exec(string, ...any) (int64, error)            { return 0, sqltx.ErrReadOnly }
func (snapshot) Later(string, ...any) error                    { return sqltx.ErrReadOnly }
func (snapshot) Must(error, string, ...any) error              { return sqltx.ErrReadOnly }
