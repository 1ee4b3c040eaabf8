package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// maxRejection bounds what is kept of a refused body, in bytes.
const maxRejection = 32 << 10

// Holds implements ledger.House.
func (t *tx) Holds() ([]ledger.Hold, error) { return keptList(t.data.holds), nil }

// holdAt gives the place of a hold by kind, name and when it was lifted.
func (d *data) holdAt(h ledger.Hold) (int, bool) {
	return slices.BinarySearchFunc(d.holds, h, func(a, b ledger.Hold) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), a.Lifted.Compare(b.Lifted))
	})
}

// keepHold inserts a hold; one that is there keeps its At.
func (t *tx) keepHold(h ledger.Hold) {
	if i, there := t.data.holdAt(h); there {
		h.At = t.data.holds[i].At
		replace(t.undo, &t.data.holds, i, h)
	} else {
		insert(t.undo, &t.data.holds, i, h)
	}
}

// SetHold implements ledger.House.
func (t *tx) SetHold(h ledger.Hold) error {
	if err := t.writes(); err != nil {
		return err
	}
	t.keepHold(ledger.Hold{Kind: h.Kind, Name: h.Name, At: stored(h.At), By: h.By, Note: h.Note})
	return nil
}

// LiftHold implements ledger.House.
func (t *tx) LiftHold(h ledger.Hold) error {
	if err := t.writes(); err != nil {
		return err
	}
	if i, there := t.data.holdAt(ledger.Hold{Kind: h.Kind, Name: h.Name}); there {
		lifted := t.data.holds[i]
		remove(t.undo, &t.data.holds, i)
		lifted.Lifted, lifted.Then, lifted.Over = stored(h.Lifted), h.Then, h.Over.Truncate(time.Microsecond)
		t.keepHold(lifted)
	}
	old := stored(h.Lifted.Add(-ledger.HoldKept))
	for i := len(t.data.holds) - 1; i >= 0; i-- {
		if h := t.data.holds[i]; !h.InForce() && h.Lifted.Before(old) {
			remove(t.undo, &t.data.holds, i)
		}
	}
	return nil
}

// Reject implements ledger.House. Of a body it keeps the first 32 kB.
func (t *tx) Reject(rejections ...ledger.Rejection) error {
	if err := t.writes(); err != nil {
		return err
	}
	for _, r := range rejections {
		r.ID, r.At, r.Body = t.data.next(), stored(r.At), keptBytes(r.Body[:min(len(r.Body), maxRejection)])
		add(t.undo, &t.data.rejections, r)
	}
	return nil
}

// Rejections implements ledger.House.
func (t *tx) Rejections(limit int) ([]ledger.Rejection, int64, error) {
	newest := slices.Clone(t.data.rejections)
	slices.Reverse(newest)
	list := given(newest, limit, func(r ledger.Rejection) ledger.Rejection {
		r.Body = slices.Clone(r.Body)
		return r
	})
	return list, int64(len(newest)), nil
}

// Count implements ledger.House.
func (t *tx) Count(name string, by int64) error {
	if err := t.writes(); err != nil {
		return err
	}
	put(t.undo, t.data.counts, name, t.data.counts[name]+by)
	return nil
}

// Counts implements ledger.House.
func (t *tx) Counts() (map[string]int64, error) { return keptMap(t.data.counts), nil }

// Alter implements ledger.Texts: whoever writes is alone.
func (t *tx) Alter() error { return t.writes() }

// Setting implements ledger.House.
func (t *tx) Setting(key string) (string, bool, error) {
	value, ok := t.data.settings[key]
	return value, ok, nil
}

// SetSetting implements ledger.House.
func (t *tx) SetSetting(key, value string) error {
	if err := t.writes(); err != nil {
		return err
	}
	put(t.undo, t.data.settings, key, value)
	return nil
}

// Tallies implements ledger.House.
func (t *tx) Tallies() ([]ledger.Tally, error) {
	counts := map[ledger.Tally]int64{}
	for _, h := range t.data.holdings {
		for i := range h.outreaches {
			o := &h.outreaches[i]
			counts[ledger.Tally{Rule: o.Rule, Status: o.Status, Reason: o.Reason}]++
		}
	}
	var list []ledger.Tally
	for tally, n := range counts {
		tally.Count = n
		list = append(list, tally)
	}
	slices.SortFunc(list, func(a, b ledger.Tally) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Reason, b.Reason))
	})
	return list, nil
}
