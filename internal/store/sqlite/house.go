package sqlite

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// maxRejection bounds what is kept of a refused body, in bytes.
const maxRejection = 32 << 10

// Holds implements ledger.House.
func (t *tx) Holds() ([]ledger.Hold, error) {
	scan := func(r *row) ledger.Hold {
		return ledger.Hold{
			Kind: ledger.HoldKind(r.text()), Name: r.text(), At: r.at(), By: r.text(), Note: r.text(),
			Lifted: r.at(), Then: ledger.Resumption(r.text()), Over: time.Duration(r.int64()) * time.Microsecond,
		}
	}
	return all(t.c, scan, `SELECT kind, name, at, set_by, note, lifted, resumption, spread FROM holds
		ORDER BY kind, name, lifted`)
}

// SetHold implements ledger.House.
func (t *tx) SetHold(h ledger.Hold) error {
	_, err := t.exec(`INSERT INTO holds (kind, name, lifted, at, set_by, note, resumption, spread)
		VALUES (?, ?, 0, ?, ?, ?, '', 0)
		ON CONFLICT (kind, name, lifted) DO UPDATE SET set_by = excluded.set_by, note = excluded.note`,
		string(h.Kind), h.Name, h.At, h.By, h.Note)
	return err
}

// LiftHold implements ledger.House.
func (t *tx) LiftHold(h ledger.Hold) error {
	_, err := t.exec(`INSERT INTO holds (kind, name, lifted, at, set_by, note, resumption, spread)
		SELECT kind, name, ?3, at, set_by, note, ?4, ?5 FROM holds WHERE kind = ?1 AND name = ?2 AND lifted = 0
		ON CONFLICT (kind, name, lifted) DO UPDATE SET set_by = excluded.set_by, note = excluded.note,
			resumption = excluded.resumption, spread = excluded.spread`,
		string(h.Kind), h.Name, h.Lifted, string(h.Then), h.Over.Microseconds())
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM holds WHERE kind = ? AND name = ? AND lifted = 0 OR lifted > 0 AND lifted < ?",
		string(h.Kind), h.Name, h.Lifted.Add(-ledger.HoldKept))
	return err
}

// Reject implements ledger.House. Of a body it keeps the first 32 kB.
func (t *tx) Reject(rejections ...ledger.Rejection) error {
	for _, r := range rejections {
		body := r.Body[:min(len(r.Body), maxRejection)]
		_, err := t.exec("INSERT INTO rejections (at, source, reason, body) VALUES (?, ?, ?, ?)",
			r.At, r.Source, r.Reason, body)
		if err != nil {
			return err
		}
	}
	return nil
}

// Rejections implements ledger.House.
func (t *tx) Rejections(limit int) ([]ledger.Rejection, int64, error) {
	count, _, err := one(t.c, number, "SELECT count(*) FROM rejections")
	if err != nil {
		return nil, 0, err
	}
	scan := func(r *row) ledger.Rejection {
		return ledger.Rejection{ID: r.int64(), At: r.at(), Source: r.text(), Reason: r.text(), Body: r.blob()}
	}
	list, err := all(t.c, scan, "SELECT id, at, source, reason, body FROM rejections ORDER BY id DESC LIMIT ?",
		bound(limit))
	return list, count, err
}

// Count implements ledger.House. The row is written at the commit.
func (t *tx) Count(name string, by int64) error {
	if t.w == nil {
		return errReadOnly
	}
	t.w.memory.count(counter{counters, name}, by)
	return nil
}

// Counts implements ledger.House.
func (t *tx) Counts() (map[string]int64, error) {
	counts := map[string]int64{}
	each := func(r *row) { counts[r.text()] = r.int64() }
	if err := t.c.query("SELECT name, count FROM counters", each); err != nil {
		return nil, err
	}
	if t.w != nil {
		t.w.memory.addPending(counts)
	}
	return counts, nil
}

// Setting implements ledger.House.
func (t *tx) Setting(key string) (string, bool, error) {
	return one(t.c, text, "SELECT value FROM settings WHERE key = ?", key)
}

// SetSetting implements ledger.House.
func (t *tx) SetSetting(key, value string) error {
	_, err := t.exec(`INSERT INTO settings (key, value)
		VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// Tallies implements ledger.House.
func (t *tx) Tallies() ([]ledger.Tally, error) {
	scan := func(r *row) ledger.Tally {
		return ledger.Tally{
			Rule: r.text(), Status: ledger.Status(r.text()), Reason: customer.Reason(r.text()), Count: r.int64(),
		}
	}
	return all(t.c, scan, `SELECT rule, status, reason, count(*) FROM outreaches
		GROUP BY rule, status, reason ORDER BY rule, status, reason`)
}
