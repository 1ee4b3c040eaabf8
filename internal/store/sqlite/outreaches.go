package sqlite

import (
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

const outreachColumns = `rule, customer, n, about, key, version, topic, priority, at, recorded, match, trigger_id,
		status, reason, ended, position, seq, answer, next_at, wakes_on, lease, sent, goal_at`

const selectOutreach = "SELECT " + outreachColumns + " FROM outreaches"

func scanOutreach(r *row) ledger.Outreach {
	o := ledger.Outreach{
		Ref:   ledger.Ref{Rule: r.text(), Customer: customer.ID(r.text()), N: r.int()},
		About: r.text(), Key: r.text(), Version: r.text(), Topic: customer.Topic(r.text()),
		Priority: r.int(), At: r.at(), Recorded: r.at(), Match: r.properties(), Trigger: r.text(),
		Status: ledger.Status(r.text()), Reason: customer.Reason(r.text()), Ended: r.at(),
		Position: r.blob(), Seq: r.int64(), Answer: r.blob(), NextAt: r.at(),
	}
	r.json(&o.WakesOn)
	o.Lease, o.Sent, o.GoalAt = r.at(), r.int(), r.at()
	return o
}

// outreachValues gives every column after n.
func outreachValues(o ledger.Outreach) ([]any, error) {
	match, err := properties(o.Match)
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

// lastNumber is the highest number that the rule ?1 has given to the customer
// ?2, also to outreaches that a merge took away; 0: none.
const lastNumber = `max(
			coalesce((SELECT max(n) FROM outreaches WHERE rule = ?1 AND customer = ?2), 0),
			coalesce((SELECT max(n) FROM moved WHERE rule = ?1 AND customer = ?2), 0))`

// AddOutreach implements ledger.Outreaches.
func (t *tx) AddOutreach(o ledger.Outreach) (int, bool, error) {
	if err := t.writes(); err != nil {
		return 0, false, err
	}
	values, err := outreachValues(o)
	if err != nil {
		return 0, false, err
	}
	n, ok, err := one(t.c, number, `INSERT INTO outreaches (`+outreachColumns+`)
		VALUES (?1, ?2, `+lastNumber+` + 1,
			?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
		ON CONFLICT (rule, customer, about, key) DO NOTHING
		RETURNING n`, append([]any{o.Rule, o.Customer}, values...)...)
	return int(n), ok, err
}

// Outreach implements ledger.Outreaches.
func (t *tx) Outreach(ref ledger.Ref) (ledger.Outreach, bool, error) {
	return one(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND customer = ? AND n = ?`, ref.Rule, ref.Customer, ref.N)
}

// SaveOutreach implements ledger.Outreaches.
func (t *tx) SaveOutreach(o ledger.Outreach) error {
	values, err := outreachValues(o)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE outreaches
		SET about = ?, key = ?, version = ?, topic = ?, priority = ?, at = ?, recorded = ?, match = ?,
			trigger_id = ?, status = ?, reason = ?, ended = ?, position = ?, seq = ?, answer = ?, next_at = ?,
			wakes_on = ?, lease = ?, sent = ?, goal_at = ?
		WHERE rule = ? AND customer = ? AND n = ?`, append(values, o.Rule, o.Customer, o.N)...)
	if err == nil && n == 0 {
		return fmt.Errorf("store: outreach %s is not there to be saved", o.Ref)
	}
	return err
}

// OpenOutreaches implements ledger.Outreaches.
func (t *tx) OpenOutreaches(id customer.ID) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE customer = ? AND status IN ('matched', 'open') ORDER BY rule, n`, id)
}

// LastSent implements ledger.Outreaches.
func (t *tx) LastSent(rule string, id customer.ID, about string) (ledger.Outreach, bool, error) {
	return one(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND customer = ? AND about = ?
			AND (sent > 0 OR status <> 'ended' OR reason = 'held_out')
		ORDER BY at DESC, n DESC LIMIT 1`, rule, id, about)
}

// OutreachesOf implements ledger.Outreaches.
func (t *tx) OutreachesOf(id customer.ID, limit int) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE customer = ? ORDER BY at DESC, rule, n DESC LIMIT ?`, id, bound(limit))
}

// AwaitingGoal implements ledger.Outreaches.
func (t *tx) AwaitingGoal(id customer.ID, rule string, since time.Time) ([]ledger.Outreach, error) {
	return all(t.c, scanOutreach, selectOutreach+`
		WHERE rule = ? AND customer = ? AND status = 'ended' AND goal_at = 0 AND at >= ? ORDER BY n`,
		rule, id, since)
}

// Decide implements ledger.Outreaches.
func (t *tx) Decide(decisions ...ledger.Decision) error {
	for _, d := range decisions {
		_, err := t.exec(`INSERT INTO decisions
			(customer, at, rule, n, kind, step, channel, template, planned, reason, note)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			d.Customer, d.At, d.Rule, d.N, string(d.Kind), d.Step, d.Channel, d.Template, d.Planned,
			string(d.Reason), d.Note)
		if err != nil {
			return err
		}
	}
	return nil
}

func scanDecision(r *row) ledger.Decision {
	return ledger.Decision{
		Ref: ledger.Ref{Customer: customer.ID(r.text()), Rule: r.text(), N: r.int()},
		At:  r.at(), Kind: ledger.Kind(r.text()), Step: r.text(), Channel: customer.Channel(r.text()),
		Template: r.text(), Planned: r.at(), Reason: customer.Reason(r.text()), Note: r.text(),
	}
}

// Decisions implements ledger.Outreaches.
func (t *tx) Decisions(id customer.ID, limit int) ([]ledger.Decision, error) {
	return all(t.c, scanDecision, `SELECT customer, rule, n, at, kind, step, channel, template, planned, reason, note
		FROM (SELECT * FROM decisions WHERE customer = ? ORDER BY at DESC, id DESC LIMIT ?) AS newest
		ORDER BY at, id`, id, bound(limit))
}
