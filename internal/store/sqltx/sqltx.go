// Package sqltx holds the ledger's transaction in SQL, as SQLite and PostgreSQL
// both understand it: its statements, and what is put off to the end of a
// commit. It decides what is read and written; it knows no driver, and neither
// how a transaction begins nor how it ends. A store embeds Tx and replaces what
// its database says in another way.
//
// Statements number their values $1, $2, ... in the order in which they first
// appear.
package sqltx

import (
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// ErrReadOnly is what a write within Read gives.
var ErrReadOnly = errors.New("store: a write within a read")

// Conn runs the statements of one transaction. Values are those of Value.
type Conn interface {
	// Query runs one statement that only reads and calls each for every row.
	// Each must neither keep the row nor use the connection.
	Query(sql string, each func(*Row), args ...any) error
	// Change is Query for a statement that writes.
	Change(sql string, each func(*Row), args ...any) error
	// Exec runs one statement that writes and gives the number of rows it
	// changed. Within a read it gives ErrReadOnly.
	Exec(sql string, args ...any) (int64, error)
	// Later is Exec for whom the number does not matter: it may run at any time
	// before the next statement or the end of the transaction, where its error
	// comes up then.
	Later(sql string, args ...any) error
	// Must is Later for a statement that has to change something: that it does
	// not is the error missing.
	Must(missing error, sql string, args ...any) error
}

// Tx is one closure's transaction.
type Tx struct {
	conn   Conn
	memory *Memory // nil within Read
}

var _ ledger.Tx = (*Tx)(nil)

// New gives the transaction of a closure on a connection. Memory is nil within
// a read.
func New(c Conn, m *Memory) *Tx { return &Tx{conn: c, memory: m} }

// One gives the only row of a query, ok == false when there is none.
func One[T any](c Conn, scan func(*Row) T, sql string, args ...any) (found T, ok bool, err error) {
	err = c.Query(sql, func(r *Row) { found, ok = scan(r), true }, args...)
	return found, ok, err
}

// All gives every row of a query, nil when there is none.
func All[T any](c Conn, scan func(*Row) T, sql string, args ...any) (list []T, err error) {
	err = c.Query(sql, func(r *Row) { list = append(list, scan(r)) }, args...)
	return list, err
}

// Value gives the stored form of a statement's value: a string, an int64, a
// float64, bytes that are not empty, or nil.
func Value(arg any) any {
	switch v := arg.(type) {
	case customer.ID:
		return string(v)
	case customer.Channel:
		return string(v)
	case int:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case time.Time:
		return Micros(v)
	case []byte:
		if len(v) == 0 {
			return nil
		}
	}
	return arg
}

// Expect implements ledger.Customers: nothing is fetched ahead.
func (t *Tx) Expect(ledger.Need) error { return nil }

// Alter implements ledger.Texts: whoever writes is alone.
func (t *Tx) Alter() error {
	if t.memory == nil {
		return ErrReadOnly
	}
	return nil
}
