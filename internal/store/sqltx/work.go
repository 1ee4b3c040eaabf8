package sqltx

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// claimed is an outreach and the number of its row: its place among those
// added.
type claimed struct {
	row int64
	o   ledger.Outreach
}

// Claim implements ledger.Work. Of equals the one added first goes first, in
// the index's own order, so that a claim costs the same however many wait.
func (t *Tx) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	return Claimed(t.conn, `UPDATE outreaches
		SET lease = $1
		WHERE rowid IN (
			SELECT rowid FROM outreaches
			WHERE rule = $2 AND status = 'matched' AND lease <= $3
			ORDER BY priority DESC, next_at, n, rowid LIMIT $4)`, until, rule, now, Bound(limit))
}

// Claimed claims by a statement, and gives what it claimed in the order in which
// it was to be claimed.
func Claimed(c Conn, sql string, args ...any) ([]ledger.Outreach, error) {
	var found []claimed
	scan := func(r *Row) { found = append(found, claimed{r.Int64(), scanOutreach(r)}) }
	err := c.Change(sql+" RETURNING rowid, "+outreachColumns, scan, args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b claimed) int {
		return cmp.Or(
			cmp.Compare(b.o.Priority, a.o.Priority),
			a.o.NextAt.Compare(b.o.NextAt),
			cmp.Compare(a.o.N, b.o.N),
			cmp.Compare(a.row, b.row))
	})
	list := make([]ledger.Outreach, len(found))
	for i, c := range found {
		list[i] = c.o
	}
	return list, nil
}

// Overdue implements ledger.Work.
func (t *Tx) Overdue(rule string, before time.Time, limit int) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND status = 'open' AND next_at > 0 AND next_at < $2
		ORDER BY next_at, rowid LIMIT $3`, rule, before, Bound(limit))
}

// openRules steps from rule to rule along the index of open outreaches.
const openRules = `open (rule) AS (
		SELECT min(rule) FROM outreaches WHERE status = 'open'
		UNION ALL
		SELECT (SELECT min(rule) FROM outreaches WHERE status = 'open' AND rule > open.rule)
		FROM open WHERE rule IS NOT NULL)`

// Late implements ledger.Work. It costs a look-up for each rule that has open
// outreaches.
func (t *Tx) Late(from, before time.Time, limit int) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, "WITH RECURSIVE "+openRules+"\n\t"+selectOutreach+`
		WHERE rule IN (SELECT rule FROM open) AND status = 'open' AND next_at > 0 AND next_at >= $1 AND next_at < $2
		LIMIT $3`, from, before, Bound(limit))
}

// NotEnded implements ledger.Work.
func (t *Tx) NotEnded(rule string, limit int) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND status IN ('matched', 'open') LIMIT $2`, rule, Bound(limit))
}

// OldestRunning implements ledger.Work.
func (t *Tx) OldestRunning() (time.Time, error) {
	at, _, err := One(t.conn, (*Row).at, `SELECT coalesce(min(at), 0) FROM (
		SELECT min(at) AS at FROM outreaches WHERE status = 'matched' AND at <> 0
		UNION ALL SELECT min(at) FROM outreaches WHERE status = 'open' AND at <> 0) AS oldest`)
	return at, err
}

// Running implements ledger.Work.
func (t *Tx) Running(rule string, after ledger.Ref, limit int) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND (customer, n) > ($2, $3) AND status IN ('matched', 'open')
		ORDER BY customer, n LIMIT $4`, rule, string(after.Customer), after.N, Bound(limit))
}

// Waiting implements ledger.Work.
func (t *Tx) Waiting(wake string, limit int) ([]ledger.Ref, error) {
	return Refs(t.conn, `SELECT rule, customer, n FROM outreaches
		WHERE status = 'open' AND wakes_on <> '' AND EXISTS (SELECT 1 FROM json_each(wakes_on) WHERE value = $1)
		LIMIT $2`, wake, limit)
}

// Refs names outreaches by a statement whose values are a word and a limit.
func Refs(c Conn, sql, word string, limit int) ([]ledger.Ref, error) {
	scan := func(r *Row) ledger.Ref {
		return ledger.Ref{Rule: r.Text(), Customer: customer.ID(r.Text()), N: r.int()}
	}
	return All(c, scan, sql, word, Bound(limit))
}

// Restart implements ledger.Work.
func (t *Tx) Restart() (int64, error) {
	return t.conn.Exec("UPDATE outreaches SET status = 'matched', lease = 0 WHERE status = 'open'")
}

// Hint implements ledger.Work.
func (t *Tx) Hint(ref ledger.Ref, at time.Time) error {
	return t.conn.Later(AddHint,
		ref.Rule, ref.Customer, ref.N, at)
}

// Hints implements ledger.Work.
func (t *Tx) Hints(rule string, limit int) ([]ledger.Hint, error) {
	scan := func(r *Row) ledger.Hint {
		return ledger.Hint{
			ID:  r.Int64(),
			Ref: ledger.Ref{Rule: rule, Customer: customer.ID(r.Text()), N: r.int()},
		}
	}
	return All(t.conn, scan, "SELECT id, customer, n FROM hints WHERE rule = $1 ORDER BY id LIMIT $2", rule, Bound(limit))
}

// DropHints implements ledger.Work.
func (t *Tx) DropHints(ids []int64) error {
	for _, id := range ids {
		if err := t.conn.Later("DELETE FROM hints WHERE id = $1", id); err != nil {
			return err
		}
	}
	return nil
}

// SetRecheck implements ledger.Work.
func (t *Tx) SetRecheck(rule string, after ledger.Ref) error {
	return t.conn.Later(`INSERT INTO rechecks (rule, customer, n)
		VALUES ($1, $2, $3)
		ON CONFLICT (rule) DO UPDATE SET customer = excluded.customer, n = excluded.n`, rule, after.Customer, after.N)
}

// Rechecks implements ledger.Work.
func (t *Tx) Rechecks() (map[string]ledger.Ref, error) {
	var after map[string]ledger.Ref
	each := func(r *Row) {
		if after == nil {
			after = map[string]ledger.Ref{}
		}
		rule := r.Text()
		after[rule] = ledger.Ref{Rule: rule, Customer: customer.ID(r.Text()), N: r.int()}
	}
	return after, t.conn.Query("SELECT rule, customer, n FROM rechecks", each)
}

// DropRecheck implements ledger.Work.
func (t *Tx) DropRecheck(rule string) error {
	return t.conn.Later("DELETE FROM rechecks WHERE rule = $1", rule)
}

// SetDue implements ledger.Work.
func (t *Tx) SetDue(d ledger.Due) error {
	return t.conn.Later(KeepDue,
		d.Customer, d.Rule, d.About, d.At)
}

// Dues implements ledger.Work.
func (t *Tx) Dues(rule string, now time.Time, limit int) ([]ledger.Due, error) {
	scan := func(r *Row) ledger.Due {
		return ledger.Due{Rule: rule, Customer: customer.ID(r.Text()), About: r.Text(), At: r.at()}
	}
	return All(t.conn, scan, `SELECT customer, about, at FROM dues
		WHERE rule = $1 AND at <= $2 ORDER BY at, customer, about LIMIT $3`, rule, now, Bound(limit))
}

// DropDue implements ledger.Work.
func (t *Tx) DropDue(rule string, id customer.ID, about string) error {
	return t.conn.Later("DELETE FROM dues WHERE customer = $1 AND rule = $2 AND about = $3", id, rule, about)
}

// rulesWithWork steps from rule to rule along an index of each source, so it
// costs a few look-ups for each rule, however many rows wait.
const rulesWithWork = `WITH RECURSIVE
	matched (rule) AS (
		SELECT min(rule) FROM outreaches WHERE status = 'matched'
		UNION ALL
		SELECT (SELECT min(rule) FROM outreaches WHERE status = 'matched' AND rule > matched.rule)
		FROM matched WHERE rule IS NOT NULL),
	` + openRules + `,
	hinted (rule) AS (
		SELECT min(rule) FROM hints
		UNION ALL
		SELECT (SELECT min(rule) FROM hints WHERE rule > hinted.rule) FROM hinted WHERE rule IS NOT NULL),
	due (rule) AS (
		SELECT min(rule) FROM dues
		UNION ALL
		SELECT (SELECT min(rule) FROM dues WHERE rule > due.rule) FROM due WHERE rule IS NOT NULL)
	SELECT rule FROM hinted WHERE rule IS NOT NULL
	UNION
	SELECT rule FROM rechecks
	UNION
	SELECT rule FROM matched WHERE EXISTS (
		SELECT 1 FROM outreaches WHERE rule = matched.rule AND status = 'matched' AND lease <= $1)
	UNION
	SELECT rule FROM open WHERE EXISTS (
		SELECT 1 FROM outreaches WHERE rule = open.rule AND status = 'open' AND next_at > 0 AND next_at < $2)
	UNION
	SELECT rule FROM due WHERE EXISTS (SELECT 1 FROM dues WHERE rule = due.rule AND at <= $1)
	ORDER BY 1`

// RulesWithWork implements ledger.Work. Matches that somebody has leased are
// no work until the lease ends.
func (t *Tx) RulesWithWork(now, overdue time.Time) ([]string, error) {
	return All(t.conn, Text, rulesWithWork, now, overdue)
}
