package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
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
	c      *conn
	whose  map[string]customer.ID // outside ids as resolved under the customer's lock
	nobody map[string]bool        // outside ids that are nobody's, and stay so
	heard  map[eventID]bool       // ids of events: true is there
	log    log                    // events to be written
}

var _ ledger.Tx = (*tx)(nil)

func newTx(w *writer) *tx {
	t := &tx{w: w, c: w.c, whose: map[string]customer.ID{}, nobody: map[string]bool{}, heard: map[eventID]bool{}}
	over := ahead{w.c, t}
	t.spoken = spoken{sqltx.New(over, w.memory), over}
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

// finish writes what was put off to the closure's end.
func (t *tx) finish() error { return t.log.write(t.c) }

// ahead is the connection as one closure has it: the events that it appended
// are written before anything is asked.
type ahead struct {
	*conn
	t *tx
}

func (a ahead) Query(sql string, each func(*sqltx.Row), args ...any) error {
	if err := a.t.log.write(a.conn); err != nil {
		return err
	}
	return a.conn.Query(sql, each, args...)
}

func (a ahead) Change(sql string, each func(*sqltx.Row), args ...any) error {
	return a.Query(sql, each, args...)
}

func (a ahead) Exec(sql string, args ...any) (int64, error) {
	if err := a.t.log.write(a.conn); err != nil {
		return 0, err
	}
	return a.conn.Exec(sql, args...)
}

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

// Pace implements ledger.House. Who reads a scope's row has it to the
// transaction's end, also where there is none yet.
func (t *tx) Pace(scope string) (p ledger.Pace, ok bool, err error) {
	_ = t.c.Later(ownLock, lockKey("pace", scope))
	return t.Tx.Pace(scope)
}

// Claim implements ledger.Work. Rows that somebody else is claiming, and
// customers whom somebody else has locked, are left to them: a claim never
// waits, and who goes on with what it gave waits for nobody.
func (t *tx) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	var rows []int64
	var whose []string
	busy := map[string]bool{}
	err := t.c.Query(`SELECT rowid, customer, CASE WHEN EXISTS (SELECT FROM customers WHERE id = customer) THEN 1 ELSE 0 END FROM outreaches
		WHERE rule = $1 AND status = 'matched' AND lease <= $2
		ORDER BY priority DESC, next_at, n, rowid LIMIT $3
		FOR UPDATE SKIP LOCKED`, func(r *sqltx.Row) {
		rows, whose = append(rows, r.Int64()), append(whose, r.Text())
		busy[whose[len(whose)-1]] = r.Int64() != 0
	}, rule, now, sqltx.Bound(limit))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	locked, err := sqltx.All(t.c, sqltx.Text, "SELECT id FROM customers WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED", whose)
	if err != nil {
		return nil, err
	}
	for _, id := range locked {
		delete(busy, id)
	}
	free := rows[:0]
	for i, row := range rows {
		if !busy[whose[i]] {
			free = append(free, row)
		}
	}
	if err := t.lockAll(locked); err != nil {
		return nil, err
	}
	return sqltx.Claimed(t.c, `UPDATE outreaches
		SET lease = $1
		WHERE rowid = ANY($2)`, until, free)
}

// News implements ledger.Events. Those that somebody else is telling are left
// to them.
func (t *tx) News(limit int) ([]ledger.News, error) {
	return sqltx.NewsOf(t.c, sqltx.SelectNews+" FOR UPDATE SKIP LOCKED", limit)
}

// Customer implements ledger.Customers. Where there is no row to be locked, the
// id is kept from others who would make one.
func (t *tx) Customer(id customer.ID) (ledger.Record, bool, error) {
	r, ok, err := t.Tx.Customer(id)
	if ok || err != nil {
		return r, ok, err
	}
	_ = t.c.Later(ownLock, lockKey("customer", string(id)))
	return t.Tx.Customer(id)
}

// Resolve implements ledger.Customers. The customer is locked, and looked up
// again under the lock: a merge may have taken the id elsewhere. An id that is
// nobody's is kept from others who would give it to somebody.
func (t *tx) Resolve(external string) (customer.ID, bool, error) {
	if id, known := t.whose[external]; known {
		return id, true, nil
	}
	if t.nobody[external] {
		return "", false, nil
	}
	const who = "SELECT customer FROM identities WHERE external = $1"
	id, ok, err := sqltx.One(t.c, sqltx.Text, who, external)
	for err == nil {
		if ok {
			_, _, err = t.Customer(customer.ID(id))
		} else {
			err = t.c.Later(ownLock, lockKey("identity", external))
		}
		if err != nil {
			break
		}
		again, still, failed := sqltx.One(t.c, sqltx.Text, who, external)
		if err = failed; err == nil && again == id && still == ok {
			t.note(external, customer.ID(id), ok)
			return customer.ID(id), ok, nil
		}
		id, ok = again, still
	}
	return "", false, err
}

func (t *tx) note(external string, id customer.ID, ok bool) {
	if ok {
		t.whose[external] = id
		delete(t.nobody, external)
	} else {
		t.nobody[external] = true
	}
}

// Join implements ledger.Customers.
func (t *tx) Join(external string, id customer.ID) error {
	t.note(external, id, true)
	return t.Tx.Join(external, id)
}

// Merge implements ledger.Customers.
func (t *tx) Merge(from, into customer.ID) error {
	clear(t.whose)
	clear(t.nobody)
	return t.Tx.Merge(from, into)
}

// Expect implements ledger.Customers: two journeys fetch and lock what a batch
// needs.
func (t *tx) Expect(n ledger.Need) error {
	externals := slices.Compact(slices.Sorted(slices.Values(n.Externals)))
	before, err := t.ahead(externals, n.Messages)
	if err != nil || len(externals) == 0 {
		return err
	}
	ids := make([]string, 0, len(before))
	var keys []int64
	for _, external := range externals {
		if id, known := before[external]; known {
			ids = append(ids, id)
		} else {
			keys = append(keys, lockKey("identity", external))
		}
	}
	slices.Sort(keys)
	slices.Sort(ids)
	for _, key := range keys {
		_ = t.c.Later(ownLock, key)
	}
	if err := t.lockAll(slices.Compact(ids)); err != nil {
		return err
	}
	after, err := t.identities(externals)
	for _, external := range externals {
		id, known := after[external]
		if was, did := before[external]; known == did && id == was { // else it is resolved when it is asked for
			t.note(external, customer.ID(id), known)
		}
	}
	return err
}

// ahead reads whose outside ids are, and which events there are.
func (t *tx) ahead(externals, messages []string) (whose map[string]string, err error) {
	if len(messages) > 0 {
		ids := make([][]byte, len(messages))
		for i, m := range messages {
			id := idOf(m)
			ids[i], t.heard[id] = id[:], false
		}
		t.c.put = append(t.c.put, statement{
			sql: "SELECT id FROM event_ids WHERE id = ANY($1)", args: []any{ids},
			each: func(r *sqltx.Row) { t.heard[eventID(r.Blob())] = true },
		})
	}
	return t.identities(externals)
}

func (t *tx) identities(externals []string) (map[string]string, error) {
	whose := make(map[string]string, len(externals))
	each := func(r *sqltx.Row) { whose[r.Text()] = r.Text() }
	return whose, t.c.Query("SELECT external, customer FROM identities WHERE external = ANY($1)", each, externals)
}

// lockAll reads and locks customers, in id order.
func (t *tx) lockAll(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return t.Tx.Fetch(sqltx.SelectCustomer+" WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
}
