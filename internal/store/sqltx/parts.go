package sqltx

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// PartColumns are the columns of a part, as PartsIn reads them.
const PartColumns = `rule, customer, n, step, channel, topic, template, priority, planned, status, reason, attempt,
		lease, retry_at, address, provider, provider_id, code, sent, updated, answer,
		deadline, value, item, digest, carrier, print, turn, beside`

const selectPart = "SELECT " + PartColumns + " FROM parts"

func scanPart(r *Row) ledger.Part {
	return ledger.Part{
		Ref:  ledger.Ref{Rule: r.Text(), Customer: customer.ID(r.Text()), N: r.int()},
		Step: r.Text(), Channel: customer.Channel(r.Text()), Topic: customer.Topic(r.Text()),
		Template: r.Text(), Priority: r.int(), Planned: r.at(), Status: ledger.PartStatus(r.Text()),
		Reason: customer.Reason(r.Text()), Attempt: r.int(), Lease: r.at(), RetryAt: r.at(),
		Address: r.Text(), Provider: r.Text(), ProviderID: r.Text(), Code: r.Text(),
		Sent: r.at(), Updated: r.at(), Answer: r.Blob(),
		Deadline: r.at(), Value: r.float(), Item: r.bool(), Digest: r.Text(), Carrier: r.Text(),
		Print: r.Text(), Turn: r.at(), Beside: r.bool(),
	}
}

// PartsIn gives parts by a statement whose last value is a limit.
func PartsIn(c Conn, sql string, before time.Time, limit int) ([]ledger.Part, error) {
	return All(c, scanPart, sql, before, Bound(limit))
}

// SavePart implements ledger.Parts.
func (t *Tx) SavePart(p ledger.Part) error {
	return t.conn.Later(`INSERT INTO parts (`+PartColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
		ON CONFLICT (rule, customer, n, step, channel) DO UPDATE SET
			topic = excluded.topic, template = excluded.template, priority = excluded.priority,
			planned = excluded.planned, status = excluded.status, reason = excluded.reason,
			attempt = excluded.attempt, lease = excluded.lease, retry_at = excluded.retry_at,
			address = excluded.address, provider = excluded.provider, provider_id = excluded.provider_id,
			code = excluded.code, sent = excluded.sent, updated = excluded.updated,
			answer = excluded.answer, deadline = excluded.deadline, value = excluded.value,
			item = excluded.item, digest = excluded.digest, carrier = excluded.carrier,
			print = excluded.print, turn = excluded.turn, beside = excluded.beside`,
		p.Rule, p.Customer, p.N, p.Step, p.Channel, string(p.Topic), p.Template, p.Priority, p.Planned,
		string(p.Status), string(p.Reason), p.Attempt, p.Lease, p.RetryAt, p.Address, p.Provider,
		p.ProviderID, p.Code, p.Sent, p.Updated, p.Answer, p.Deadline, p.Value, p.Item, p.Digest, p.Carrier,
		p.Print, p.Turn, p.Beside)
}

// Part implements ledger.Parts.
func (t *Tx) Part(ref ledger.Ref, step string, channel customer.Channel) (ledger.Part, bool, error) {
	return One(t.conn, scanPart, selectPart+`
		WHERE rule = $1 AND customer = $2 AND n = $3 AND step = $4 AND channel = $5`,
		ref.Rule, ref.Customer, ref.N, step, channel)
}

// PartsOf implements ledger.Parts.
func (t *Tx) PartsOf(ref ledger.Ref) ([]ledger.Part, error) {
	return All(t.conn, scanPart, selectPart+`
		WHERE rule = $1 AND customer = $2 AND n = $3 ORDER BY step, channel`, ref.Rule, ref.Customer, ref.N)
}

// Slots implements ledger.Parts.
func (t *Tx) Slots(id customer.ID, since time.Time) ([]ledger.Part, error) {
	return All(t.conn, scanPart, selectPart+`
		WHERE customer = $1 AND (((planned >= $2 OR sent >= $2)
			AND status IN ('planned', 'sending', 'ambiguous', 'accepted', 'unknown', 'delivered')) OR status IN ('riding', 'queued'))
		ORDER BY planned, rule, n, step, channel`, id, since)
}

// PartOf implements ledger.Parts.
func (t *Tx) PartOf(provider, providerID string) (ledger.Part, bool, error) {
	if providerID == "" {
		return ledger.Part{}, false, nil
	}
	return One(t.conn, scanPart, selectPart+`
		WHERE provider_id = $1 AND provider = $2 AND provider_id <> '' AND item = 0 ORDER BY sent DESC, rowid DESC LIMIT 1`, providerID, provider)
}

// LastTo implements ledger.Parts. The statuses are those of the index, which
// leaves attempts under way out so that it is written once for a message.
func (t *Tx) LastTo(channel customer.Channel, address string) (ledger.Part, bool, error) {
	if address == "" {
		return ledger.Part{}, false, nil
	}
	return One(t.conn, scanPart, selectPart+`
		WHERE address = $1 AND address <> '' AND status IN ('ambiguous', 'accepted', 'unknown', 'delivered', 'failed')
			AND channel = $2 AND item = 0 AND sent <> 0
		ORDER BY sent DESC, rowid DESC LIMIT 1`, address, channel)
}

// Asking implements ledger.Parts. The indexes are named: without statistics
// SQLite would go through all that are not due yet, by their status.
func (t *Tx) Asking(now time.Time, limit int) ([]ledger.Part, error) {
	return All(t.conn, scanPart, "SELECT "+PartColumns+`, lease AS due
			FROM parts INDEXED BY parts_sending WHERE status = 'sending' AND lease <= $1
		UNION ALL SELECT `+PartColumns+`, retry_at AS due
			FROM parts INDEXED BY parts_ambiguous WHERE status = 'ambiguous' AND retry_at <= $1
		ORDER BY due, rule, customer, n, step, channel LIMIT $2`, now, Bound(limit))
}

// PartsBy implements ledger.Parts.
func (t *Tx) PartsBy(status ledger.PartStatus, limit int) ([]ledger.Part, error) {
	return All(t.conn, scanPart, selectPart+`
		WHERE status = $1 ORDER BY updated, rowid LIMIT $2`, string(status), Bound(limit))
}

// CountParts implements ledger.Parts.
func (t *Tx) CountParts() (map[ledger.PartStatus]int64, error) {
	counts := map[ledger.PartStatus]int64{}
	each := func(r *Row) { counts[ledger.PartStatus(r.Text())] = r.Int64() }
	return counts, t.conn.Query("SELECT status, count(*) FROM parts GROUP BY status", each)
}

// CountReasons implements ledger.Parts.
func (t *Tx) CountReasons(status ledger.PartStatus) (map[customer.Reason]int64, error) {
	counts := map[customer.Reason]int64{}
	each := func(r *Row) { counts[customer.Reason(r.Text())] = r.Int64() }
	return counts, t.conn.Query("SELECT reason, count(*) FROM parts WHERE status = $1 GROUP BY reason", each, string(status))
}
