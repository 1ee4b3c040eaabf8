package sqltx

import (
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

const outreachColumns = `rule, customer, n, about, key, version, topic, priority, at, recorded, match, trigger_id,
		status, reason, ended, position, seq, answer, next_at, wakes_on, lease, sent, goal_at`

const selectOutreach = "SELECT " + outreachColumns + " FROM outreaches"

func scanOutreach(r *Row) ledger.Outreach {
	o := ledger.Outreach{
		Ref:   ledger.Ref{Rule: r.Text(), Customer: customer.ID(r.Text()), N: r.int()},
		About: r.Text(), Key: r.Text(), Version: r.Text(), Topic: customer.Topic(r.Text()),
		Priority: r.int(), At: r.at(), Recorded: r.at(), Match: r.properties(), Trigger: r.Text(),
		Status: ledger.Status(r.Text()), Reason: customer.Reason(r.Text()), Ended: r.at(),
		Position: r.Blob(), Seq: r.Int64(), Answer: r.Blob(), NextAt: r.at(),
	}
	r.json(&o.WakesOn)
	o.Lease, o.Sent, o.GoalAt = r.at(), r.int(), r.at()
	return o
}

// outreachValues gives every column after n.
func outreachValues(o ledger.Outreach) ([]any, error) {
	match, err := Properties(o.Match)
	if err != nil {
		return nil, err
	}
	wakes, err := words(o.WakesOn)
	if err != nil {
		return nil, err
	}
	return []any{
		o.About, o.Key, o.Version, string(o.Topic), o.Priority, o.At, o.Recorded, match, o.Trigger,
		string(o.Status), string(o.Reason), o.Ended, o.Position, o.Seq, o.Answer, o.NextAt, wakes,
		o.Lease, o.Sent, o.GoalAt,
	}, nil
}

// lastNumber is the highest number that the rule $1 has given to the customer
// $2, also to outreaches that a merge took away; 0: none.
const lastNumber = `coalesce((SELECT max(n) FROM (
			SELECT max(n) AS n FROM outreaches WHERE rule = $1 AND customer = $2
			UNION ALL SELECT max(n) FROM moved WHERE rule = $1 AND customer = $2) AS given), 0)`

// AddOutreach implements ledger.Outreaches.
func (t *Tx) AddOutreach(o ledger.Outreach) (int, bool, error) {
	values, err := outreachValues(o)
	if err != nil {
		return 0, false, err
	}
	var n int64
	ok := false
	err = t.conn.Change(`INSERT INTO outreaches (`+outreachColumns+`)
		VALUES ($1, $2, `+lastNumber+` + 1,
			$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
		ON CONFLICT (rule, customer, about, key) DO NOTHING
		RETURNING n`, func(r *Row) { n, ok = r.Int64(), true }, append([]any{o.Rule, o.Customer}, values...)...)
	return int(n), ok, err
}

// Outreach implements ledger.Outreaches.
func (t *Tx) Outreach(ref ledger.Ref) (ledger.Outreach, bool, error) {
	return One(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND customer = $2 AND n = $3`, ref.Rule, ref.Customer, ref.N)
}

// SaveOutreach implements ledger.Outreaches.
func (t *Tx) SaveOutreach(o ledger.Outreach) error {
	values, err := outreachValues(o)
	if err != nil {
		return err
	}
	return t.conn.Must(fmt.Errorf("store: outreach %s is not there to be saved", o.Ref), `UPDATE outreaches
		SET about = $1, key = $2, version = $3, topic = $4, priority = $5, at = $6, recorded = $7, match = $8,
			trigger_id = $9, status = $10, reason = $11, ended = $12, position = $13, seq = $14, answer = $15, next_at = $16,
			wakes_on = $17, lease = $18, sent = $19, goal_at = $20
		WHERE rule = $21 AND customer = $22 AND n = $23`, append(values, o.Rule, o.Customer, o.N)...)
}

// OutreachesIn gives outreaches by what follows FROM in a store's own words.
func OutreachesIn(c Conn, where string, args ...any) ([]ledger.Outreach, error) {
	return All(c, scanOutreach, selectOutreach+" "+where, args...)
}

// OpenOutreaches implements ledger.Outreaches.
func (t *Tx) OpenOutreaches(id customer.ID) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE customer = $1 AND status IN ('matched', 'open') ORDER BY rule, n`, id)
}

// LastSent implements ledger.Outreaches.
func (t *Tx) LastSent(rule string, id customer.ID, about string) (ledger.Outreach, bool, error) {
	return One(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND customer = $2 AND about = $3
			AND (sent > 0 OR status <> 'ended' OR reason = 'held_out')
		ORDER BY at DESC, n DESC LIMIT 1`, rule, id, about)
}

// OutreachesOf implements ledger.Outreaches.
func (t *Tx) OutreachesOf(id customer.ID, limit int) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE customer = $1 ORDER BY at DESC, rule, n DESC LIMIT $2`, id, Bound(limit))
}

// AwaitingGoal implements ledger.Outreaches.
func (t *Tx) AwaitingGoal(id customer.ID, rule string, since time.Time) ([]ledger.Outreach, error) {
	return All(t.conn, scanOutreach, selectOutreach+`
		WHERE rule = $1 AND customer = $2 AND status = 'ended' AND goal_at = 0 AND at >= $3 ORDER BY n`,
		rule, id, since)
}

// Decide implements ledger.Outreaches.
func (t *Tx) Decide(decisions ...ledger.Decision) error {
	for _, d := range decisions {
		if err := t.conn.Later(AddDecision,
			d.Customer, d.At, d.Rule, d.N, string(d.Kind), d.Step, d.Channel, d.Template, d.Planned,
			string(d.Reason), d.Note); err != nil {
			return err
		}
	}
	return nil
}

func scanDecision(r *Row) ledger.Decision {
	return ledger.Decision{
		Ref: ledger.Ref{Customer: customer.ID(r.Text()), Rule: r.Text(), N: r.int()},
		At:  r.at(), Kind: ledger.Kind(r.Text()), Step: r.Text(), Channel: customer.Channel(r.Text()),
		Template: r.Text(), Planned: r.at(), Reason: customer.Reason(r.Text()), Note: r.Text(),
	}
}

// Decisions implements ledger.Outreaches.
func (t *Tx) Decisions(id customer.ID, limit int) ([]ledger.Decision, error) {
	return All(t.conn, scanDecision, `SELECT customer, rule, n, at, kind, step, channel, template, planned, reason, note
		FROM (SELECT * FROM decisions WHERE customer = $1 ORDER BY at DESC, id DESC LIMIT $2) AS newest
		ORDER BY at, id`, id, Bound(limit))
}
