package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// conn is one connection with its prepared statements. It speaks to the
// driver itself: database/sql adds locks and conversions that a connection
// with one owner has no use for. One goroutine at a time may use it.
type conn struct {
	raw    driver.Conn
	stmts  map[string]stmt
	args   []driver.NamedValue // of the statement under way
	values []driver.Value      // of the row under way
	failed error               // of the newest statement that failed
}

// stmt is what the driver's statements can do.
type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// connect opens one connection and sets it up with the pragmas.
func connect(c driver.Connector, pragmas ...string) (*conn, error) {
	raw, err := c.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	made := &conn{raw: raw, stmts: map[string]stmt{}}
	for _, pragma := range pragmas {
		if _, err := made.exec("PRAGMA " + pragma); err != nil {
			return nil, errors.Join(err, made.close())
		}
	}
	return made, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// prepare gives the statement of a text, prepared once.
func (c *conn) prepare(sql string) (stmt, error) {
	if s, ok := c.stmts[sql]; ok {
		return s, nil
	}
	prepared, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(stmt)
	if !ok {
		return nil, errors.Join(errors.New("the driver's statements take no context"), prepared.Close())
	}
	c.stmts[sql] = s
	return s, nil
}

// exec runs one statement and gives the number of rows it changed.
func (c *conn) exec(sql string, args ...any) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, c.fail(sql, err)
	}
	result, err := s.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, c.fail(sql, err)
	}
	return result.RowsAffected()
}

// query runs one statement and calls each for every row. Each must neither
// keep the row nor use the connection.
func (c *conn) query(sql string, each func(*row), args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return c.fail(sql, err)
	}
	rows, err := s.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return c.fail(sql, err)
	}
	return c.fail(sql, errors.Join(c.scan(rows, each), rows.Close()))
}

func (c *conn) scan(rows driver.Rows, each func(*row)) error {
	width := len(rows.Columns())
	if len(c.values) < width {
		c.values = make([]driver.Value, width)
	}
	for {
		err := rows.Next(c.values[:width])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r := row{values: c.values[:width]}
		each(&r)
		if r.err != nil {
			return r.err
		}
	}
}

// bind turns arguments into what the driver takes. The answer holds until the
// next call.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, arg := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: value(arg)})
	}
	return c.args
}

func value(arg any) driver.Value {
	switch v := arg.(type) {
	case customer.ID:
		return string(v)
	case customer.Channel:
		return string(v)
	case int:
		return int64(v)
	case time.Time:
		return micros(v)
	case []byte:
		if len(v) == 0 {
			return nil
		}
	}
	return arg
}

// fail notes an error and names the statement that it came from by its first
// line, which holds no values.
func (c *conn) fail(sql string, err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(sql, "\n")
	c.failed = fmt.Errorf("store: %s: %w", line, err)
	return c.failed
}

// one gives the only row of a query, ok == false when there is none.
func one[T any](c *conn, scan func(*row) T, sql string, args ...any) (found T, ok bool, err error) {
	err = c.query(sql, func(r *row) { found, ok = scan(r), true }, args...)
	return found, ok, err
}

// all gives every row of a query, nil when there is none.
func all[T any](c *conn, scan func(*row) T, sql string, args ...any) (list []T, err error) {
	err = c.query(sql, func(r *row) { list = append(list, scan(r)) }, args...)
	return list, err
}
