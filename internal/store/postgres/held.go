package postgres

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Whatever belongs to a customer is read under the lock of the customer's row:
// so it stays as it was read until the commit, as where one writer is alone.

// hold locks customers, in id order, by one journey for those that are not
// locked yet.
func (t *tx) hold(ids ...customer.ID) error {
	var list []string
	for _, id := range ids {
		if id == "" || t.held[id] {
			continue
		}
		t.held[id] = true
		if !t.Remembers(id) {
			list = append(list, string(id))
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return t.Fetch(sqltx.SelectCustomer+" WHERE id = ANY($1) ORDER BY id FOR UPDATE", list)
}

// underLock gives a list of what belongs to customers once all of them are locked.
func underLock[T any](t *tx, list func() ([]T, error), whose func(T) customer.ID) ([]T, error) {
	for {
		found, err := list()
		if err != nil {
			return nil, err
		}
		ids := make([]customer.ID, 0, len(found))
		for _, one := range found {
			if id := whose(one); id != "" && !t.held[id] {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			return found, nil
		}
		if err := t.hold(ids...); err != nil {
			return nil, err
		}
	}
}

func whoseOutreach(o ledger.Outreach) customer.ID { return o.Customer }

// Events implements ledger.Events.
func (t *tx) Events(q ledger.EventQuery) ([]customer.Event, error) {
	if err := t.hold(q.Customer); err != nil {
		return nil, err
	}
	if err := t.log.write(t.c); err != nil {
		return nil, err
	}
	return t.Tx.Events(q)
}

// Latest implements ledger.Events.
func (t *tx) Latest(id customer.ID) ([]customer.Event, error) {
	if err := t.hold(id); err != nil {
		return nil, err
	}
	if err := t.log.write(t.c); err != nil {
		return nil, err
	}
	return t.Tx.Latest(id)
}

// Outreach implements ledger.Outreaches.
func (t *tx) Outreach(ref ledger.Ref) (ledger.Outreach, bool, error) {
	if err := t.hold(ref.Customer); err != nil {
		return ledger.Outreach{}, false, err
	}
	return t.Tx.Outreach(ref)
}

// LastSent implements ledger.Outreaches.
func (t *tx) LastSent(rule string, id customer.ID, about string) (ledger.Outreach, bool, error) {
	if err := t.hold(id); err != nil {
		return ledger.Outreach{}, false, err
	}
	return t.Tx.LastSent(rule, id, about)
}

// OutreachesOf implements ledger.Outreaches.
func (t *tx) OutreachesOf(id customer.ID, limit int) ([]ledger.Outreach, error) {
	if err := t.hold(id); err != nil {
		return nil, err
	}
	return t.Tx.OutreachesOf(id, limit)
}

// AwaitingGoal implements ledger.Outreaches.
func (t *tx) AwaitingGoal(id customer.ID, rule string, since time.Time) ([]ledger.Outreach, error) {
	if err := t.hold(id); err != nil {
		return nil, err
	}
	return t.Tx.AwaitingGoal(id, rule, since)
}

// Part implements ledger.Parts.
func (t *tx) Part(ref ledger.Ref, step string, channel customer.Channel) (ledger.Part, bool, error) {
	if err := t.hold(ref.Customer); err != nil {
		return ledger.Part{}, false, err
	}
	return t.Tx.Part(ref, step, channel)
}

// PartsOf implements ledger.Parts.
func (t *tx) PartsOf(ref ledger.Ref) ([]ledger.Part, error) {
	if err := t.hold(ref.Customer); err != nil {
		return nil, err
	}
	return t.Tx.PartsOf(ref)
}

// Slots implements ledger.Parts.
func (t *tx) Slots(id customer.ID, since time.Time) ([]ledger.Part, error) {
	if err := t.hold(id); err != nil {
		return nil, err
	}
	return t.Tx.Slots(id, since)
}

// Claim implements ledger.Work. Of a rule, one process claims at a time. Rows
// and customers whom somebody else has locked are left to them: a claim never
// waits for a customer, and who goes on with what it gave waits for nobody.
func (t *tx) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	_ = t.c.Later(ownLock, lockKey("claim", rule))
	var picked []claimable
	err := t.conn.Query(pick, func(r *sqltx.Row) {
		picked = append(picked, claimable{whose: r.Text(), n: r.Int64(), known: r.Int64() != 0})
	}, rule, now, sqltx.Bound(limit))
	if err != nil || len(picked) == 0 {
		return nil, err
	}
	whose := make([]string, len(picked))
	for i, p := range picked {
		whose[i] = p.whose
	}
	free := map[string]bool{}
	err = t.conn.Query("SELECT id FROM customers WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED",
		func(r *sqltx.Row) { free[r.Text()] = true }, whose)
	if err != nil {
		return nil, err
	}
	var customers []string
	var numbers []int64
	var locked []customer.ID
	for _, p := range picked {
		if free[p.whose] || !p.known {
			customers, numbers, locked = append(customers, p.whose), append(numbers, p.n), append(locked, customer.ID(p.whose))
		}
	}
	if err := t.hold(locked...); err != nil {
		return nil, err
	}
	clear(t.open)
	return sqltx.Claimed(t.conn, claim, until, rule, customers, numbers)
}

// claimable is a row that a claim has locked; known says that its customer has
// a row, too.
type claimable struct {
	whose string
	n     int64
	known bool
}

const pick = `SELECT customer, n, (SELECT count(*) FROM customers WHERE id = outreaches.customer) FROM outreaches
		WHERE rule = $1 AND status = 'matched' AND lease <= $2
		ORDER BY priority DESC, next_at, n, rowid LIMIT $3
		FOR UPDATE SKIP LOCKED`

const claim = `UPDATE outreaches
		SET lease = $1
		FROM unnest(CAST($3 AS text[]), CAST($4 AS bigint[])) AS picked (whose, number)
		WHERE rule = $2 AND customer = whose AND n = number`

// Dues implements ledger.Work.
func (t *tx) Dues(rule string, now time.Time, limit int) ([]ledger.Due, error) {
	return underLock(t, func() ([]ledger.Due, error) { return t.Tx.Dues(rule, now, limit) },
		func(d ledger.Due) customer.ID { return d.Customer })
}

// Overdue implements ledger.Work.
func (t *tx) Overdue(rule string, before time.Time, limit int) ([]ledger.Outreach, error) {
	return underLock(t, func() ([]ledger.Outreach, error) { return t.Tx.Overdue(rule, before, limit) }, whoseOutreach)
}

// NotEnded implements ledger.Work.
func (t *tx) NotEnded(rule string, limit int) ([]ledger.Outreach, error) {
	return underLock(t, func() ([]ledger.Outreach, error) { return t.Tx.NotEnded(rule, limit) }, whoseOutreach)
}

// Running implements ledger.Work.
func (t *tx) Running(rule string, after ledger.Ref, limit int) ([]ledger.Outreach, error) {
	return underLock(t, func() ([]ledger.Outreach, error) { return t.Tx.Running(rule, after, limit) }, whoseOutreach)
}
