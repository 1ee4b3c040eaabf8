package sqltx

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// maxRejection bounds what is kept of a refused body, in bytes.
const maxRejection = 32 << 10

// Holds implements ledger.House.
func (t *Tx) Holds() ([]ledger.Hold, error) {
	scan := func(r *Row) ledger.Hold {
		return ledger.Hold{
			Kind: ledger.HoldKind(r.Text()), Name: r.Text(), At: r.at(), By: r.Text(), Note: r.Text(),
			Lifted: r.at(), Then: ledger.Resumption(r.Text()), Over: time.Duration(r.Int64()) * time.Microsecond,
		}
	}
	return All(t.conn, scan, `SELECT kind, name, at, set_by, note, lifted, resumption, spread FROM holds
		ORDER BY kind, name, lifted`)
}

// SetHold implements ledger.House.
func (t *Tx) SetHold(h ledger.Hold) error {
	return t.conn.Later(`INSERT INTO holds (kind, name, lifted, at, set_by, note, resumption, spread)
		VALUES ($1, $2, 0, $3, $4, $5, '', 0)
		ON CONFLICT (kind, name, lifted) DO UPDATE SET set_by = excluded.set_by, note = excluded.note`,
		string(h.Kind), h.Name, h.At, h.By, h.Note)
}

// LiftHold implements ledger.House.
func (t *Tx) LiftHold(h ledger.Hold) error {
	err := t.conn.Later(`INSERT INTO holds (kind, name, lifted, at, set_by, note, resumption, spread)
		SELECT kind, name, CAST($3 AS BIGINT), at, set_by, note, $4, CAST($5 AS BIGINT) FROM holds WHERE kind = $1 AND name = $2 AND lifted = 0
		ON CONFLICT (kind, name, lifted) DO UPDATE SET set_by = excluded.set_by, note = excluded.note,
			resumption = excluded.resumption, spread = excluded.spread`,
		string(h.Kind), h.Name, h.Lifted, string(h.Then), h.Over.Microseconds())
	if err != nil {
		return err
	}
	return t.conn.Later("DELETE FROM holds WHERE kind = $1 AND name = $2 AND lifted = 0 OR lifted > 0 AND lifted < $3",
		string(h.Kind), h.Name, h.Lifted.Add(-ledger.HoldKept))
}

// Reject implements ledger.House. Of a body it keeps the first 32 kB.
func (t *Tx) Reject(rejections ...ledger.Rejection) error {
	for _, r := range rejections {
		body := r.Body[:min(len(r.Body), maxRejection)]
		err := t.conn.Later("INSERT INTO rejections (at, source, reason, body) VALUES ($1, $2, $3, $4)",
			r.At, r.Source, r.Reason, body)
		if err != nil {
			return err
		}
	}
	return nil
}

// Rejections implements ledger.House.
func (t *Tx) Rejections(limit int) ([]ledger.Rejection, int64, error) {
	count, _, err := One(t.conn, Number, "SELECT count(*) FROM rejections")
	if err != nil {
		return nil, 0, err
	}
	scan := func(r *Row) ledger.Rejection {
		return ledger.Rejection{ID: r.Int64(), At: r.at(), Source: r.Text(), Reason: r.Text(), Body: r.Blob()}
	}
	list, err := All(t.conn, scan, "SELECT id, at, source, reason, body FROM rejections ORDER BY id DESC LIMIT $1",
		Bound(limit))
	return list, count, err
}

// Count implements ledger.House. The row is written at the commit.
func (t *Tx) Count(name string, by int64) error {
	if t.memory == nil {
		return ErrReadOnly
	}
	t.memory.count(counter{counters, name}, by)
	return nil
}

// Counts implements ledger.House.
func (t *Tx) Counts() (map[string]int64, error) {
	counts := map[string]int64{}
	each := func(r *Row) { counts[r.Text()] = r.Int64() }
	if err := t.conn.Query("SELECT name, CAST(sum(count) AS BIGINT) FROM counters GROUP BY name", each); err != nil {
		return nil, err
	}
	if t.memory != nil {
		t.memory.addPending(counts)
	}
	return counts, nil
}

// Setting implements ledger.House.
func (t *Tx) Setting(key string) (string, bool, error) {
	return One(t.conn, Text, "SELECT value FROM settings WHERE key = $1", key)
}

// SetSetting implements ledger.House.
func (t *Tx) SetSetting(key, value string) error {
	return t.conn.Later(`INSERT INTO settings (key, value)
		VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}

// Tallies implements ledger.House.
func (t *Tx) Tallies() ([]ledger.Tally, error) {
	scan := func(r *Row) ledger.Tally {
		return ledger.Tally{
			Rule: r.Text(), Status: ledger.Status(r.Text()), Reason: customer.Reason(r.Text()), Count: r.Int64(),
		}
	}
	return All(t.conn, scan, `SELECT rule, status, reason, count(*) FROM outreaches
		GROUP BY rule, status, reason ORDER BY rule, status, reason`)
}
