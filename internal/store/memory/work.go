package memory

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// live goes through the outreaches of all customers that have not ended.
func (d *data) live(yield func(spot) bool) {
	for _, h := range d.holdings {
		for _, i := range h.live {
			if !yield(spot{h, i}) {
				return
			}
		}
	}
}

// waits gives the live outreaches that are asked for, in an order.
func (d *data) waits(order func(a, b spot) int, asked func(*outreach) bool) []spot {
	var list []spot
	for s := range d.live {
		if asked(s.row()) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, order)
	return list
}

// toStart puts first what is to be started first.
func toStart(a, b spot) int {
	x, y := a.row(), b.row()
	return cmp.Or(cmp.Compare(y.Priority, x.Priority), x.NextAt.Compare(y.NextAt), cmp.Compare(x.N, y.N), cmp.Compare(x.row, y.row))
}

// dueFirst puts first what goes on first.
func dueFirst(a, b spot) int {
	x, y := a.row(), b.row()
	return cmp.Or(x.NextAt.Compare(y.NextAt), cmp.Compare(x.row, y.row))
}

func givenSpot(s spot) ledger.Outreach { return givenOutreach(s.row()) }

func givenRef(s spot) ledger.Ref { return s.row().Ref }

// Claim implements ledger.Work.
func (t *tx) Claim(rule string, now, until time.Time, limit int) ([]ledger.Outreach, error) {
	if err := t.writes(); err != nil {
		return nil, err
	}
	now, until = stored(now), stored(until)
	list := t.data.waits(toStart, func(o *outreach) bool {
		return o.Status == ledger.Matched && o.Rule == rule && !o.Lease.After(now)
	})
	return given(list, limit, func(s spot) ledger.Outreach {
		row := *s.row()
		row.Lease = until
		t.change(s, row)
		return givenOutreach(&row)
	}), nil
}

// Overdue implements ledger.Work.
func (t *tx) Overdue(rule string, before time.Time, limit int) ([]ledger.Outreach, error) {
	before = stored(before)
	list := t.data.waits(dueFirst, func(o *outreach) bool { return o.Rule == rule && o.overdue(before) })
	return given(list, limit, givenSpot), nil
}

// Late implements ledger.Work.
func (t *tx) Late(from, before time.Time, limit int) ([]ledger.Outreach, error) {
	from, before = stored(from), stored(before)
	list := t.data.waits(dueFirst, func(o *outreach) bool { return o.overdue(before) && !o.NextAt.Before(from) })
	return given(list, limit, givenSpot), nil
}

func (o *outreach) overdue(before time.Time) bool {
	return o.Status == ledger.Open && !o.NextAt.IsZero() && o.NextAt.Before(before)
}

// NotEnded implements ledger.Work.
func (t *tx) NotEnded(rule string, limit int) ([]ledger.Outreach, error) {
	list := t.data.waits(dueFirst, func(o *outreach) bool { return o.Rule == rule })
	return given(list, limit, givenSpot), nil
}

// OldestRunning implements ledger.Work.
func (t *tx) OldestRunning() (oldest time.Time, err error) {
	for s := range t.data.live {
		if at := s.row().At; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest, nil
}

// Running implements ledger.Work.
func (t *tx) Running(rule string, after ledger.Ref, limit int) ([]ledger.Outreach, error) {
	list := t.data.waits(byRef, func(o *outreach) bool { return o.Rule == rule && compareRefs(o.Ref, after) > 0 })
	return given(list, limit, givenSpot), nil
}

func byRef(a, b spot) int { return compareRefs(a.row().Ref, b.row().Ref) }

// compareRefs orders by customer and number.
func compareRefs(a, b ledger.Ref) int {
	return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.N, b.N))
}

// Waiting implements ledger.Work.
func (t *tx) Waiting(wake string, limit int) ([]ledger.Ref, error) {
	list := t.data.waits(dueFirst, func(o *outreach) bool { return o.Status == ledger.Open && slices.Contains(o.WakesOn, wake) })
	return given(list, limit, givenRef), nil
}

// Restart implements ledger.Work.
func (t *tx) Restart() (int64, error) {
	if err := t.writes(); err != nil {
		return 0, err
	}
	list := t.data.waits(dueFirst, func(o *outreach) bool { return o.Status == ledger.Open })
	for _, s := range list {
		row := *s.row()
		row.Status, row.Lease = ledger.Matched, time.Time{}
		t.change(s, row)
	}
	return int64(len(list)), nil
}

// Hint implements ledger.Work.
func (t *tx) Hint(ref ledger.Ref, at time.Time) error {
	if err := t.writes(); err != nil {
		return err
	}
	add(t.undo, &t.data.hints, hint{ledger.Hint{ID: t.data.next(), Ref: ref}, stored(at)})
	return nil
}

// Hints implements ledger.Work.
func (t *tx) Hints(rule string, limit int) (list []ledger.Hint, err error) {
	for _, h := range t.data.hints {
		if limit > 0 && len(list) == limit {
			break
		}
		if h.Rule == rule {
			list = append(list, h.Hint)
		}
	}
	return list, nil
}

// DropHints implements ledger.Work.
func (t *tx) DropHints(ids []int64) error {
	if err := t.writes(); err != nil {
		return err
	}
	for _, id := range ids {
		i, there := slices.BinarySearchFunc(t.data.hints, id, func(h hint, id int64) int { return cmp.Compare(h.ID, id) })
		if there {
			remove(t.undo, &t.data.hints, i)
		}
	}
	return nil
}

// SetRecheck implements ledger.Work.
func (t *tx) SetRecheck(rule string, after ledger.Ref) error {
	if err := t.writes(); err != nil {
		return err
	}
	put(t.undo, t.data.rechecks, rule, ledger.Ref{Rule: rule, Customer: after.Customer, N: after.N})
	return nil
}

// Rechecks implements ledger.Work.
func (t *tx) Rechecks() (map[string]ledger.Ref, error) { return keptMap(t.data.rechecks), nil }

// DropRecheck implements ledger.Work.
func (t *tx) DropRecheck(rule string) error {
	if err := t.writes(); err != nil {
		return err
	}
	drop(t.undo, t.data.rechecks, rule)
	return nil
}

func (h *holding) dueAt(rule, about string) int {
	return slices.IndexFunc(h.dues, func(d ledger.Due) bool { return d.Rule == rule && d.About == about })
}

// SetDue implements ledger.Work.
func (t *tx) SetDue(d ledger.Due) error {
	if err := t.writes(); err != nil {
		return err
	}
	d.At = stored(d.At)
	h := t.own(d.Customer)
	switch i := h.dueAt(d.Rule, d.About); {
	case i < 0:
		add(t.undo, &h.dues, d)
	case d.At.Before(h.dues[i].At):
		replace(t.undo, &h.dues, i, d)
	}
	return nil
}

func byDue(a, b ledger.Due) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.About, b.About), cmp.Compare(a.Rule, b.Rule))
}

// Dues implements ledger.Work.
func (t *tx) Dues(rule string, now time.Time, limit int) (list []ledger.Due, err error) {
	now = stored(now)
	for _, h := range t.data.holdings {
		for _, d := range h.dues {
			if d.Rule == rule && !d.At.After(now) {
				list = append(list, d)
			}
		}
	}
	slices.SortFunc(list, byDue)
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, nil
}

// DropDue implements ledger.Work.
func (t *tx) DropDue(rule string, id customer.ID, about string) error {
	if err := t.writes(); err != nil {
		return err
	}
	h := t.own(id)
	if i := h.dueAt(rule, about); i >= 0 {
		remove(t.undo, &h.dues, i)
	}
	return nil
}

// RulesWithWork implements ledger.Work. Matches that somebody has leased are
// no work until the lease ends.
func (t *tx) RulesWithWork(now, overdue time.Time) ([]string, error) {
	now, overdue = stored(now), stored(overdue)
	var rules []string
	for s := range t.data.live {
		if o := s.row(); o.overdue(overdue) || o.Status == ledger.Matched && !o.Lease.After(now) {
			rules = append(rules, o.Rule)
		}
	}
	for _, h := range t.data.hints {
		rules = append(rules, h.Rule)
	}
	for _, h := range t.data.holdings {
		for _, d := range h.dues {
			if !d.At.After(now) {
				rules = append(rules, d.Rule)
			}
		}
	}
	rules = slices.AppendSeq(rules, maps.Keys(t.data.rechecks))
	slices.Sort(rules)
	return slices.Compact(rules), nil
}
