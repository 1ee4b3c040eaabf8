package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Statements that keep customers and counts. Counts go to the connection's own
// row.
var dialect = sqltx.Dialect{
	LockCustomer: sqltx.OneCustomer + " FOR UPDATE",
	AddCount: `INSERT INTO counters (name, slot, count)
		VALUES ($1, pg_backend_pid() % 64, $2)
		ON CONFLICT (name, slot) DO UPDATE SET count = counters.count + excluded.count`,
	AddTotal: `INSERT INTO totals (name, slot, count)
		VALUES ($1, pg_backend_pid() % 64, $2)
		ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count`,
	Shared: true,
}

// tx is one closure's transaction: what others may change meanwhile is locked
// before it is relied on.
type tx struct {
	spoken
	w      *writer
	gate   bool // it is of the gate's lane
	c      *conn
	whose  map[string]customer.ID            // outside ids as resolved under the customer's lock
	held   map[customer.ID]bool              // customers who are locked, as far as they are there
	nobody map[string]bool                   // outside ids that are nobody's, and stay so
	heard  map[eventID]bool                  // ids of events: true is there
	log    log                               // events to be written
	open   map[customer.ID][]ledger.Outreach // of customers who are locked: as it stands
}

var _ ledger.Tx = (*tx)(nil)

func newTx(w *writer, lane ledger.Lane) *tx {
	t := &tx{w: w, c: w.c, gate: lane == ledger.GateLane, whose: map[string]customer.ID{}, held: map[customer.ID]bool{}, nobody: map[string]bool{}, heard: map[eventID]bool{}, open: map[customer.ID][]ledger.Outreach{}}
	t.spoken = spoken{sqltx.New(w.c, w.memory), w.c}
	return t
}

// spoken is a transaction in PostgreSQL's own words, where they are not SQLite's.
type spoken struct {
	*sqltx.Tx
	conn sqltx.Conn
}

const waiting = `SELECT rule, customer, n FROM outreaches
		WHERE status = 'open' AND wakes_on <> '' AND strpos(wakes_on, $1) > 0
		LIMIT $2`

// Waiting implements ledger.Work. A word with its quotes stands in a JSON list
// of words only where it is one: quotes within words are escaped.
func (t spoken) Waiting(wake string, limit int) ([]ledger.Ref, error) {
	quoted, err := json.Marshal(wake)
	if err != nil {
		return nil, err
	}
	return sqltx.Refs(t.conn, waiting, string(quoted), limit)
}

const asking = `SELECT ` + sqltx.PartColumns + ` FROM (
			SELECT *, lease AS due FROM parts WHERE status = 'sending' AND lease <= $1
			UNION ALL SELECT *, retry_at AS due FROM parts WHERE status = 'ambiguous' AND retry_at <= $1) AS asked
		ORDER BY due, rule, customer, n, step, channel LIMIT $2`

// Asking implements ledger.Parts.
func (t spoken) Asking(now time.Time, limit int) ([]ledger.Part, error) {
	return sqltx.PartsIn(t.conn, asking, now, limit)
}

// finish writes what was put off to the closure's end: the events that it
// appended, unless somebody asked for events before.
func (t *tx) finish() error { return t.log.write(t.c) }

// snapshot is a connection within a read.
type snapshot struct{ *conn }

func (snapshot) Change(string, func(*sqltx.Row), ...any) error { return sqltx.ErrReadOnly }
func (snapshot) Exec(string, ...any) (int64, error)            { return 0, sqltx.ErrReadOnly }
func (snapshot) Later(string, ...any) error                    { return sqltx.ErrReadOnly }
func (snapshot) Must(error, string, ...any) error              { return sqltx.ErrReadOnly }

// lockKey gives the key of an advisory lock of ours.
func lockKey(kind, name string) int64 {
	sum := sha256.Sum256([]byte("outreach/" + kind + "/" + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// What is in force, and the settings, stand behind one advisory lock: whoever
// reads them shares it to the transaction's end, whoever alters them has it
// alone.
var (
	inForce   = lockKey("in force", "")
	shareLock = "SELECT pg_advisory_xact_lock_shared($1)"
	ownLock   = "SELECT pg_advisory_xact_lock($1)"
)

// Alter implements ledger.Texts.
func (t *tx) Alter() error { return t.c.Later(ownLock, inForce) }

// Active implements ledger.Texts.
func (t *tx) Active() ([]ledger.Active, error) {
	_ = t.c.Later(shareLock, inForce)
	return t.Tx.Active()
}

// Activate implements ledger.Texts.
func (t *tx) Activate(a ledger.Active) error {
	_ = t.c.Later(ownLock, inForce)
	return t.Tx.Activate(a)
}

// Deactivate implements ledger.Texts.
func (t *tx) Deactivate(kind ledger.DocumentKind, name string) error {
	_ = t.c.Later(ownLock, inForce)
	return t.Tx.Deactivate(kind, name)
}

// Setting implements ledger.House.
func (t *tx) Setting(key string) (string, bool, error) {
	_ = t.c.Later(shareLock, inForce)
	return t.Tx.Setting(key)
}

// SetSetting implements ledger.House.
func (t *tx) SetSetting(key, value string) error {
	_ = t.c.Later(ownLock, inForce)
	return t.Tx.SetSetting(key, value)
}

// Holds stand behind another such lock: who reads them at the gate opens the
// attempt before anybody sets one, or sees it.
var holding = lockKey("holds", "")

// Holds implements ledger.House.
func (t *tx) Holds() ([]ledger.Hold, error) {
	_ = t.c.Later(shareLock, holding)
	return t.Tx.Holds()
}

// SetHold implements ledger.House.
func (t *tx) SetHold(h ledger.Hold) error {
	_ = t.c.Later(ownLock, holding)
	return t.Tx.SetHold(h)
}

// LiftHold implements ledger.House.
func (t *tx) LiftHold(h ledger.Hold) error {
	_ = t.c.Later(ownLock, holding)
	return t.Tx.LiftHold(h)
}

// doorOf gives the key of the lock behind which it stands whether an address is
// suppressed: one of a few, since the server has no room for a lock of each
// (https://www.postgresql.org/docs/current/runtime-config-locks.html).
func doorOf(channel customer.Channel, address string) int64 {
	const doors = 1 << 12
	return lockKey("address", string(channel)+"/"+address) & (doors - 1)
}

// Suppressed implements ledger.Customers. At the gate nobody suppresses the
// address until the attempt is open.
func (t *tx) Suppressed(channel customer.Channel, address string) (customer.Suppression, bool, error) {
	if t.gate {
		_ = t.c.Later(shareLock, doorOf(channel, address))
	}
	return t.Tx.Suppressed(channel, address)
}

// Suppress implements ledger.Customers.
func (t *tx) Suppress(s customer.Suppression) error {
	_ = t.c.Later(ownLock, doorOf(s.Channel, s.Address))
	return t.Tx.Suppress(s)
}

// Pace implements ledger.House. Who reads a scope's row has it to the
// transaction's end, also where there is none yet.
func (t *tx) Pace(scope string) (p ledger.Pace, ok bool, err error) {
	_ = t.c.Later(ownLock, lockKey("pace", scope))
	return t.Tx.Pace(scope)
}

// News implements ledger.Events. Those that somebody else is telling are left
// to them.
func (t *tx) News(limit int) ([]ledger.News, error) {
	return sqltx.NewsOf(t.c, sqltx.SelectNews+" FOR UPDATE SKIP LOCKED", limit)
}
