package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// answering bounds how long the server may take for what is sent at once.
const answering = 30 * time.Second

// maxPut bounds the statements that are put off.
const maxPut = 500

// conn is one connection. What it is told to do later travels with the next
// question, so that a transaction costs about as many journeys as it asks
// questions. One goroutine at a time may use it.
type conn struct {
	raw      *pgx.Conn
	put      []statement // what is to be done before the next question
	row      *sqltx.Row
	cells    cells
	failed   error // of the newest statement that failed
	answered int64 // statements that had an answer
	journeys int64 // that were begun
	wrote    bool  // a statement changed something
}

var _ sqltx.Conn = (*conn)(nil)

// statement is one that was put off, or is asked now.
type statement struct {
	sql     string
	args    []any
	each    func(*sqltx.Row) // nil: nobody reads its rows
	missing error            // when it changes nothing; nil: that is none
	changed *int64           // where its number of changed rows goes; nil: nowhere
}

func newConn(raw *pgx.Conn) *conn {
	c := &conn{raw: raw}
	c.row = sqltx.NewRow(&c.cells)
	return c
}

func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.raw.Close(ctx) // whatever it says, the connection is gone
}

// lost reports whether nothing can be asked any more.
func (c *conn) lost() bool { return c.raw.IsClosed() }

// idle sees that no transaction is open, failed ones included. A connection
// that cannot be brought there is closed.
func (c *conn) idle() {
	if !c.lost() && c.raw.PgConn().TxStatus() != 'I' && c.control("ROLLBACK") != nil {
		c.close()
	}
}

// Query implements sqltx.Conn.
func (c *conn) Query(sql string, each func(*sqltx.Row), args ...any) error {
	c.put = append(c.put, statement{sql: sql, args: bind(args), each: each})
	return c.send()
}

// Change implements sqltx.Conn.
func (c *conn) Change(sql string, each func(*sqltx.Row), args ...any) error {
	return c.Query(sql, each, args...)
}

// Exec implements sqltx.Conn.
func (c *conn) Exec(sql string, args ...any) (n int64, err error) {
	c.put = append(c.put, statement{sql: sql, args: bind(args), changed: &n})
	err = c.send()
	return n, err
}

// Later implements sqltx.Conn.
func (c *conn) Later(sql string, args ...any) error {
	return c.later(statement{sql: sql, args: bind(args)})
}

// Must implements sqltx.Conn.
func (c *conn) Must(missing error, sql string, args ...any) error {
	return c.later(statement{sql: sql, args: bind(args), missing: missing})
}

func (c *conn) later(s statement) error {
	c.put = append(c.put, s)
	if len(c.put) < maxPut {
		return nil
	}
	return c.send()
}

// place is a point among what was put off.
type place struct {
	journeys int64
	at       int
}

// here gives the place of what is put off next.
func (c *conn) here() place { return place{c.journeys, len(c.put)} }

// drop forgets what was put off since a place, and reports whether that is all
// there is to do: nothing of it has been sent.
func (c *conn) drop(p place) bool {
	if c.journeys != p.journeys || len(c.put) < p.at {
		return false
	}
	clear(c.put[p.at:])
	c.put = c.put[:p.at]
	return true
}

// send does all that was put off, in one journey.
func (c *conn) send() (err error) {
	if len(c.put) == 0 {
		return nil
	}
	c.journeys++
	statements := c.put
	defer func() {
		clear(statements)
		c.put = statements[:0]
		if err != nil {
			c.failed = err
		}
	}()
	if c.lost() {
		return fail(statements[0].sql, errLost)
	}
	ctx, cancel := context.WithTimeout(context.Background(), answering)
	defer cancel()
	statements = gather(statements)
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.sql, s.args...)
	}
	results := c.raw.SendBatch(ctx, batch)
	for _, s := range statements {
		if err := c.read(results, s); err != nil {
			_ = results.Close() // gives the same error again
			return err
		}
	}
	return results.Close()
}

// read takes the answer to one statement.
func (c *conn) read(results pgx.BatchResults, s statement) error {
	rows, err := results.Query()
	if err != nil {
		return fail(s.sql, err)
	}
	for s.each != nil && rows.Next() {
		c.cells.raw = rows.RawValues()
		c.row.Reset()
		s.each(c.row)
		if err := c.row.Err(); err != nil {
			rows.Close()
			return fail(s.sql, err)
		}
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fail(s.sql, err)
	}
	c.answered++
	tag := rows.CommandTag()
	n := tag.RowsAffected()
	if s.sql == commit && tag.String() != commit {
		return fail(s.sql, errUndone)
	}
	c.wrote = c.wrote || n > 0 && !tag.Select()
	if s.changed != nil {
		*s.changed = n
	}
	if n == 0 {
		return s.missing
	}
	return nil
}

// commit ends a transaction. One that failed answers it with ROLLBACK, and no
// error.
const commit = "COMMIT"

// errUndone says that the server ended a transaction with nothing kept.
var errUndone = errors.New("the server kept nothing of the transaction")

// control runs commands that take no values at once, in one journey. They do
// their work in a transaction that failed, too. What was put off is forgotten.
func (c *conn) control(sql string) error {
	clear(c.put)
	c.put = c.put[:0]
	c.journeys++
	ctx, cancel := context.WithTimeout(context.Background(), answering)
	defer cancel()
	_, err := c.raw.PgConn().Exec(ctx, sql).ReadAll()
	return fail(sql, err)
}

// fail names the statement that an error came from by its first line, which
// holds no values, and what there is to do about it where that is known.
func fail(sql string, err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(sql, "\n")
	if mend := remedy(err); mend != "" {
		return fmt.Errorf("store: %s: %w; %s", line, err, mend)
	}
	return fmt.Errorf("store: %s: %w", line, err)
}

// bind turns arguments into what is stored.
func bind(args []any) []any {
	bound := make([]any, len(args))
	for i, arg := range args {
		bound[i] = sqltx.Value(arg)
		switch v := bound[i].(type) {
		case string:
			bound[i] = kept(v)
		case []string:
			list := make([]string, len(v))
			for j := range v {
				list[j] = kept(v[j])
			}
			bound[i] = list
		}
	}
	return bound
}

// PostgreSQL keeps no text with the character U+0000
// (https://www.postgresql.org/docs/current/datatype-character.html), nor one
// that is not UTF-8. A mark and a digit stand for what it does not keep; bytes
// that are no character become U+FFFD.
const mark = "\uf8ff"

var (
	escaped   = strings.NewReplacer("\x00", mark+"0", mark, mark+"1")
	unescaped = strings.NewReplacer(mark+"0", "\x00", mark+"1", mark)
)

func kept(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexByte(s, 0) < 0 && !strings.Contains(s, mark) {
		return s
	}
	return escaped.Replace(s)
}

// cells are the columns of the row under way, in the binary form of the
// protocol (https://www.postgresql.org/docs/current/protocol-overview.html).
type cells struct{ raw [][]byte }

// Text implements sqltx.Values.
func (v *cells) Text(i int) string {
	s := string(v.raw[i])
	if strings.Contains(s, mark) {
		return unescaped.Replace(s)
	}
	return s
}

// Int implements sqltx.Values.
func (v *cells) Int(i int) int64 {
	switch b := v.raw[i]; len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case 1:
		return int64(b[0])
	}
	return 0
}

// Float implements sqltx.Values.
func (v *cells) Float(i int) float64 {
	if b := v.raw[i]; len(b) == 8 {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

// Blob implements sqltx.Values.
func (v *cells) Blob(i int) []byte {
	if len(v.raw[i]) == 0 {
		return nil
	}
	return append([]byte(nil), v.raw[i]...)
}

// errLost says that the connection had gone before anything was asked.
var errLost = errors.New("the connection was lost")

// Codes of what a transaction may be tried again after
// (https://www.postgresql.org/docs/current/errcodes-appendix.html), and of what
// somebody has to mend.
const (
	serialization = "40001"
	deadlock      = "40P01"
	lockTaken     = "55P03"
	duplicate     = "23505"
	noMonth       = "23514" // no partition takes the row; no table of ours has another check
	readOnly      = "25006"
	diskFull      = "53100"
	noMemory      = "53200"
	tooMany       = "53300"
	fileLimit     = "53400" // temp_file_limit, for one
	starting      = "57P03"
	denied        = "42501"
	noSuchBase    = "3D000"
	badPassword   = "28P01"
	letNobodyIn   = "28000" // no such role, or no line of pg_hba.conf
)

// code gives the server's own code of an error, "" when it is not the server's.
func code(err error) string {
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		return told.Code
	}
	return ""
}

// text gives what the server says of an error.
func text(err error) string {
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		return told.Message + " (SQLSTATE " + told.Code + ")"
	}
	return err.Error()
}

const mayNot = "the database user may not do this: it must own the schema outreach"

// remedy says what there is to do about an error, "" when nothing is known.
func remedy(err error) string {
	switch code(err) {
	case lockTaken:
		return "another session holds it: look for it in pg_stat_activity and pg_locks, and end it"
	case readOnly:
		return "PostgreSQL takes no writes: it is a standby or was set read-only; point --store at the primary, or end its read-only mode"
	case diskFull:
		return "PostgreSQL's disk is full: make room there; everything goes on by itself then"
	case noMemory:
		return "PostgreSQL has no memory left: give its machine more, or lower its shared_buffers and work_mem; where it names max_locks_per_transaction, raise that"
	case starting:
		return "PostgreSQL is starting, stopping or recovering: where that lasts, its own log says why: a full disk is one reason"
	case tooMany:
		return "PostgreSQL has no connection left: raise its max_connections, or run fewer processes"
	case badPassword, letNobodyIn:
		return "are the user and password right, and does the server's pg_hba.conf let them in?"
	case noSuchBase:
		return "name one that is there, or make it: CREATE DATABASE"
	case denied:
		return mayNot
	}
	return ""
}
