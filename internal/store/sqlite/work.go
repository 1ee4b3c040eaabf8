package sqlite

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
func (t *tx) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	if err := t.writes(); err != nil {
		return nil, err
	}
	scan := func(r *row) claimed { return claimed{r.int64(), scanOutreach(r)} }
	found, err := all(t.c, scan, `UPDATE outreaches
		SET lease = ?1
		WHERE rowid IN (
			SELECT rowid FROM outreaches
			WHERE rule = ?2 AND status = 'matched' AND lease <= ?3
			ORDER BY priority DESC, next_at, n, rowid LIMIT ?4)
		RETURNING rowid, `+outreachColumns, until, rule, now, bound(limit))
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
func (t *tx) Overdue(rule string, before time.Time, limit int) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND status = 'open' AND next_at > 0 AND next_at < ?
		ORDER BY next_at, rowid LIMIT ?`, rule, before, bound(limit))
}

// NotEnded implements ledger.Work.
func (t *tx) NotEnded(rule string, limit int) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND status IN ('matched', 'open') LIMIT ?`, rule, bound(limit))
}

// Running implements ledger.Work.
func (t *tx) Running(rule string, after ledger.Ref, limit int) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND (customer, n) > (?, ?) AND status IN ('matched', 'open')
		ORDER BY customer, n LIMIT ?`, rule, string(after.Customer), after.N, bound(limit))
}

// Waiting implements ledger.Work.
func (t *tx) Waiting(wake string, limit int) ([]ledger.Ref, error) {
	scan := func(r *row) ledger.Ref {
		return ledger.Ref{Rule: r.text(), Customer: customer.ID(r.text()), N: r.int()}
	}
	return all(t.c, scan, `SELECT rule, customer, n FROM outreaches
		WHERE status = 'open' AND wakes_on <> '' AND EXISTS (SELECT 1 FROM json_each(wakes_on) WHERE value = ?)
		LIMIT ?`, wake, bound(limit))
}

// Restart implements ledger.Work.
func (t *tx) Restart() (int64, error) {
	return t.exec("UPDATE outreaches SET status = 'matched', lease = 0 WHERE status = 'open'")
}

// Hint implements ledger.Work.
func (t *tx) Hint(ref ledger.Ref, at time.Time) error {
	_, err := t.exec("INSERT INTO hints (rule, customer, n, at) VALUES (?, ?, ?, ?)",
		ref.Rule, ref.Customer, ref.N, at)
	return err
}

// Hints implements ledger.Work.
func (t *tx) Hints(rule string, limit int) ([]ledger.Hint, error) {
	scan := func(r *row) ledger.Hint {
		return ledger.Hint{
			ID:  r.int64(),
			Ref: ledger.Ref{Rule: rule, Customer: customer.ID(r.text()), N: r.int()},
		}
	}
	return all(t.c, scan, "SELECT id, customer, n FROM hints WHERE rule = ? ORDER BY id LIMIT ?", rule, bound(limit))
}

// DropHints implements ledger.Work.
func (t *tx) DropHints(ids []int64) error {
	for _, id := range ids {
		if _, err := t.exec("DELETE FROM hints WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

// SetRecheck implements ledger.Work.
func (t *tx) SetRecheck(rule string, after ledger.Ref) error {
	_, err := t.exec(`INSERT INTO rechecks (rule, customer, n)
		VALUES (?, ?, ?)
		ON CONFLICT (rule) DO UPDATE SET customer = excluded.customer, n = excluded.n`, rule, after.Customer, after.N)
	return err
}

// Rechecks implements ledger.Work.
func (t *tx) Rechecks() (map[string]ledger.Ref, error) {
	var after map[string]ledger.Ref
	each := func(r *row) {
		if after == nil {
			after = map[string]ledger.Ref{}
		}
		rule := r.text()
		after[rule] = ledger.Ref{Rule: rule, Customer: customer.ID(r.text()), N: r.int()}
	}
	return after, t.c.query("SELECT rule, customer, n FROM rechecks", each)
}

// DropRecheck implements ledger.Work.
func (t *tx) DropRecheck(rule string) error {
	_, err := t.exec("DELETE FROM rechecks WHERE rule = ?", rule)
	return err
}

// SetDue implements ledger.Work.
func (t *tx) SetDue(d ledger.Due) error {
	_, err := t.exec(`INSERT INTO dues (customer, rule, about, at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (customer, rule, about) DO UPDATE SET at = excluded.at WHERE excluded.at < dues.at`,
		d.Customer, d.Rule, d.About, d.At)
	return err
}

// Dues implements ledger.Work.
func (t *tx) Dues(rule string, now time.Time, limit int) ([]ledger.Due, error) {
	scan := func(r *row) ledger.Due {
		return ledger.Due{Rule: rule, Customer: customer.ID(r.text()), About: r.text(), At: r.at()}
	}
	return all(t.c, scan, `SELECT customer, about, at FROM dues
		WHERE rule = ? AND at <= ? ORDER BY at, customer, about LIMIT ?`, rule, now, bound(limit))
}

// DropDue implements ledger.Work.
func (t *tx) DropDue(rule string, id customer.ID, about string) error {
	_, err := t.exec("DELETE FROM dues WHERE customer = ? AND rule = ? AND about = ?", id, rule, about)
	return err
}

// rulesWithWork steps from rule to rule along an index of each source, so it
// costs a few look-ups for each rule, however many rows wait.
const rulesWithWork = `WITH RECURSIVE
	matched (rule) AS (
		SELECT min(rule) FROM outreaches WHERE status = 'matched'
		UNION ALL
		SELECT (SELECT min(rule) FROM outreaches WHERE status = 'matched' AND rule > matched.rule)
		FROM matched WHERE rule IS NOT NULL),
	open (rule) AS (
		SELECT min(rule) FROM outreaches WHERE status = 'open'
		UNION ALL
		SELECT (SELECT min(rule) FROM outreaches WHERE status = 'open' AND rule > open.rule)
		FROM open WHERE rule IS NOT NULL),
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
		SELECT 1 FROM outreaches WHERE rule = matched.rule AND status = 'matched' AND lease <= ?1)
	UNION
	SELECT rule FROM open WHERE EXISTS (
		SELECT 1 FROM outreaches WHERE rule = open.rule AND status = 'open' AND next_at > 0 AND next_at < ?2)
	UNION
	SELECT rule FROM due WHERE EXISTS (SELECT 1 FROM dues WHERE rule = due.rule AND at <= ?1)
	ORDER BY 1`

// RulesWithWork implements ledger.Work. Matches that somebody has leased are
// no work until the lease ends.
func (t *tx) RulesWithWork(now, overdue time.Time) ([]string, error) {
	return all(t.c, text, rulesWithWork, now, overdue)
}
