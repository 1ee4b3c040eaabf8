package memory

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func (o *outreach) isLive() bool { return o.Status == ledger.Matched || o.Status == ledger.Open }

// AddOutreach implements ledger.Outreaches.
func (t *tx) AddOutreach(o ledger.Outreach) (int, bool, error) {
	if err := t.writes(); err != nil {
		return 0, false, err
	}
	h := t.own(o.Customer)
	o.N = 1 + t.data.left[series{o.Rule, o.Customer}]
	for i := range h.outreaches {
		other := &h.outreaches[i]
		if other.Rule != o.Rule {
			continue
		}
		if other.About == o.About && other.Key == o.Key {
			return 0, false, nil
		}
		o.N = max(o.N, other.N+1)
	}
	row := outreach{keptOutreach(o), t.data.next()}
	if row.isLive() {
		add(t.undo, &h.live, len(h.outreaches))
	}
	add(t.undo, &h.outreaches, row)
	return o.N, true, nil
}

// at gives the place of an outreach, -1 when it is not there. New ones are
// asked for most.
func (h *holding) at(ref ledger.Ref) int {
	for i := len(h.outreaches) - 1; i >= 0; i-- {
		if o := &h.outreaches[i]; o.N == ref.N && o.Rule == ref.Rule {
			return i
		}
	}
	return -1
}

// Outreach implements ledger.Outreaches.
func (t *tx) Outreach(ref ledger.Ref) (ledger.Outreach, bool, error) {
	h := t.data.of(ref.Customer)
	i := h.at(ref)
	if i < 0 {
		return ledger.Outreach{}, false, nil
	}
	return givenOutreach(&h.outreaches[i]), true, nil
}

// SaveOutreach implements ledger.Outreaches.
func (t *tx) SaveOutreach(o ledger.Outreach) error {
	if err := t.writes(); err != nil {
		return err
	}
	h := t.own(o.Customer)
	i := h.at(o.Ref)
	if i < 0 {
		return fmt.Errorf("store: outreach %s is not there to be saved", o.Ref)
	}
	t.change(spot{h, i}, outreach{keptOutreach(o), h.outreaches[i].row})
	return nil
}

// spot is where an outreach stands.
type spot struct {
	*holding
	i int
}

func (s spot) row() *outreach { return &s.outreaches[s.i] }

// change replaces a row and notes whether it has ended.
func (t *tx) change(s spot, row outreach) {
	j, was := slices.BinarySearch(s.live, s.i)
	switch is := row.isLive(); {
	case was && !is:
		remove(t.undo, &s.live, j)
	case !was && is:
		insert(t.undo, &s.live, j, s.i)
	}
	replace(t.undo, &s.outreaches, s.i, row)
}

// OpenOutreaches implements ledger.Outreaches.
func (t *tx) OpenOutreaches(id customer.ID) ([]ledger.Outreach, error) {
	h := t.data.of(id)
	list := given(h.live, 0, func(i int) ledger.Outreach { return givenOutreach(&h.outreaches[i]) })
	slices.SortFunc(list, func(a, b ledger.Outreach) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.N, b.N)) })
	return list, nil
}

// LastSent implements ledger.Outreaches.
func (t *tx) LastSent(rule string, id customer.ID, about string) (ledger.Outreach, bool, error) {
	h := t.data.of(id)
	var last *outreach
	for i := range h.outreaches {
		o := &h.outreaches[i]
		sent := o.Sent > 0 || o.Status != ledger.Ended || o.Reason == customer.HeldOut
		if sent && o.Rule == rule && o.About == about && (last == nil || cmp.Or(o.At.Compare(last.At), o.N-last.N) > 0) {
			last = o
		}
	}
	if last == nil {
		return ledger.Outreach{}, false, nil
	}
	return givenOutreach(last), true, nil
}

// pointers gives the outreaches of a customer that are asked for, to be put in
// order.
func (h *holding) pointers(asked func(*outreach) bool) (list []*outreach) {
	for i := range h.outreaches {
		if o := &h.outreaches[i]; asked(o) {
			list = append(list, o)
		}
	}
	return list
}

// OutreachesOf implements ledger.Outreaches.
func (t *tx) OutreachesOf(id customer.ID, limit int) ([]ledger.Outreach, error) {
	list := t.data.of(id).pointers(func(*outreach) bool { return true })
	slices.SortFunc(list, func(a, b *outreach) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Rule, b.Rule), cmp.Compare(b.N, a.N))
	})
	return given(list, limit, givenOutreach), nil
}

// AwaitingGoal implements ledger.Outreaches.
func (t *tx) AwaitingGoal(id customer.ID, rule string, since time.Time) ([]ledger.Outreach, error) {
	since = stored(since)
	list := t.data.of(id).pointers(func(o *outreach) bool {
		return o.Rule == rule && o.Status == ledger.Ended && o.GoalAt.IsZero() && !o.At.Before(since)
	})
	slices.SortFunc(list, func(a, b *outreach) int { return cmp.Compare(a.N, b.N) })
	return given(list, 0, givenOutreach), nil
}

// Decide implements ledger.Outreaches.
func (t *tx) Decide(decisions ...ledger.Decision) error {
	if err := t.writes(); err != nil {
		return err
	}
	for _, d := range decisions {
		d.At, d.Planned = stored(d.At), stored(d.Planned)
		h := t.own(d.Customer)
		i := len(h.decisions)
		for i > 0 && h.decisions[i-1].At.After(d.At) {
			i--
		}
		insert(t.undo, &h.decisions, i, d)
	}
	return nil
}

// Decisions implements ledger.Outreaches.
func (t *tx) Decisions(id customer.ID, limit int) ([]ledger.Decision, error) {
	list := t.data.of(id).decisions
	if limit > 0 {
		list = list[max(0, len(list)-limit):]
	}
	return keptList(list), nil
}
