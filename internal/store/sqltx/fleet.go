package sqltx

import (
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Beat implements ledger.House.
func (t *Tx) Beat(p ledger.Process) error {
	err := t.conn.Later(`INSERT INTO processes (id, role, version, host, started, beat, slowed)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET role = excluded.role, version = excluded.version, host = excluded.host,
			started = excluded.started, beat = excluded.beat, slowed = excluded.slowed`,
		p.ID, p.Role, p.Version, p.Host, p.Started, p.Beat, p.Slowed)
	if err != nil {
		return err
	}
	return t.conn.Later("DELETE FROM processes WHERE beat < $1", p.Beat.Add(-ledger.BeatsKept))
}

// Processes implements ledger.House.
func (t *Tx) Processes(since time.Time) ([]ledger.Process, error) {
	scan := func(r *Row) ledger.Process {
		return ledger.Process{ID: r.Text(), Role: r.Text(), Version: r.Text(), Host: r.Text(), Started: r.at(), Beat: r.at(), Slowed: int(r.Int64())}
	}
	return All(t.conn, scan, `SELECT id, role, version, host, started, beat, slowed FROM processes
		WHERE beat >= $1 ORDER BY started, id`, since)
}

// The backlog. Due times and overdue outreaches are counted rule by rule along
// an index, since far more of either wait for later.
const (
	countMatched = `SELECT count(*), coalesce(min(CASE WHEN next_at > 0 THEN next_at END), 0)
		FROM outreaches WHERE status = 'matched'`
	countHints = `SELECT count(*), coalesce((SELECT at FROM hints WHERE id = (SELECT min(id) FROM hints)), 0)
		FROM hints`
	countDue = `WITH RECURSIVE due (rule) AS (
			SELECT min(rule) FROM dues
			UNION ALL
			SELECT (SELECT min(rule) FROM dues WHERE rule > due.rule) FROM due WHERE rule IS NOT NULL)
		SELECT CAST(coalesce(sum(n), 0) AS BIGINT), coalesce(min(at), 0) FROM (
			SELECT (SELECT count(*) FROM dues WHERE rule = due.rule AND at <= $1) AS n,
				(SELECT min(at) FROM dues WHERE rule = due.rule AND at <= $1) AS at
			FROM due WHERE rule IS NOT NULL) AS counted`
	countOverdue = `WITH RECURSIVE ` + openRules + `
		SELECT CAST(coalesce(sum(n), 0) AS BIGINT), coalesce(min(at), 0) FROM (
			SELECT (SELECT count(*) FROM outreaches
					WHERE rule = open.rule AND status = 'open' AND next_at > 0 AND next_at < $1) AS n,
				(SELECT min(next_at) FROM outreaches
					WHERE rule = open.rule AND status = 'open' AND next_at > 0 AND next_at < $1) AS at
			FROM open WHERE rule IS NOT NULL) AS counted`
)

// Backlog implements ledger.Work.
func (t *Tx) Backlog(now, overdue time.Time) (b ledger.Backlog, err error) {
	scan := func(r *Row) ledger.Queue { return ledger.Queue{Count: r.Int64(), First: r.at()} }
	for _, ask := range []struct {
		into *ledger.Queue
		sql  string
		args []any
	}{
		{&b.Matched, countMatched, nil},
		{&b.Hints, countHints, nil},
		{&b.Due, countDue, []any{now}},
		{&b.Overdue, countOverdue, []any{overdue}},
	} {
		if *ask.into, _, err = One(t.conn, scan, ask.sql, ask.args...); err != nil {
			return ledger.Backlog{}, err
		}
	}
	return b, nil
}
