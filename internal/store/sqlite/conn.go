package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
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
	row    *sqltx.Row          // over values
}

var _ sqltx.Conn = (*conn)(nil)

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
	made.row = sqltx.NewRow(columns{made})
	for _, pragma := range pragmas {
		if _, err := made.Exec("PRAGMA " + pragma); err != nil {
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
	prepared, err := c.raw.Prepare(placeholders(sql))
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

// Exec implements sqltx.Conn. It runs one statement and gives the number of rows it changed.
func (c *conn) Exec(sql string, args ...any) (int64, error) {
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

// Query implements sqltx.Conn.
func (c *conn) Query(sql string, each func(*sqltx.Row), args ...any) error {
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

func (c *conn) scan(rows driver.Rows, each func(*sqltx.Row)) error {
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
		c.row.Reset()
		each(c.row)
		if err := c.row.Err(); err != nil {
			return err
		}
	}
}

// bind turns arguments into what the driver takes. The answer holds until the
// next call.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, arg := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: sqltx.Value(arg)})
	}
	return c.args
}

// fail notes an error and names the statement that it came from by its first
// line, which holds no values.
func (c *conn) fail(sql string, err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(sql, "\n")
	c.failed = fmt.Errorf("store: %s: %w", line, err)
	if remedy := remedy(err); remedy != "" {
		c.failed = fmt.Errorf("store: %s: %w: %s", line, err, remedy)
	}
	return c.failed
}

// Change implements sqltx.Conn.
func (c *conn) Change(sql string, each func(*sqltx.Row), args ...any) error {
	return c.Query(sql, each, args...)
}

// Later implements sqltx.Conn, at once: a statement costs no journey.
func (c *conn) Later(sql string, args ...any) error {
	_, err := c.Exec(sql, args...)
	return err
}

// Must implements sqltx.Conn.
func (c *conn) Must(missing error, sql string, args ...any) error {
	n, err := c.Exec(sql, args...)
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// columns are the values of the row under way.
type columns struct{ c *conn }

func (v columns) Text(i int) string {
	s, _ := v.c.values[i].(string)
	return s
}

func (v columns) Int(i int) int64 {
	n, _ := v.c.values[i].(int64)
	return n
}

func (v columns) Float(i int) float64 {
	f, _ := v.c.values[i].(float64)
	return f
}

func (v columns) Blob(i int) []byte {
	b, _ := v.c.values[i].([]byte)
	return b
}

// placeholders writes $1, $2, ... as SQLite numbers values. Those that come in
// their order need no number, and the driver looks for numbers one by one.
func placeholders(sql string) string {
	named := regexp.MustCompile(`\$[0-9]+`)
	inOrder, n := true, 0
	named.ReplaceAllStringFunc(sql, func(name string) string {
		n++
		inOrder = inOrder && name == "$"+strconv.Itoa(n)
		return name
	})
	return named.ReplaceAllStringFunc(sql, func(name string) string {
		if inOrder {
			return "?"
		}
		return "?" + name[1:]
	})
}
