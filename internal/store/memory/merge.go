package memory

import (
	"errors"
	"slices"
	"strconv"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Merge implements ledger.Customers.
func (t *tx) Merge(from, into customer.ID) error {
	if err := t.writes(); err != nil {
		return err
	}
	if from == into || from == "" || into == "" {
		return errors.New("store: merge: two customers are needed")
	}
	d := t.data
	t.own(from)
	t.own(into)
	i, _ := d.place(from)
	j, _ := d.place(into)
	m := move{from: d.holdings[i], into: d.holdings[j].clone(), behind: map[string]int{}}
	for k := range m.into.outreaches {
		o := &m.into.outreaches[k]
		m.behind[o.Rule] = max(m.behind[o.Rule], o.N)
	}
	for of, n := range d.left {
		if of.customer == into {
			m.behind[of.rule] = max(m.behind[of.rule], n)
		}
	}
	t.track(m)
	m.rows()
	replace(t.undo, &d.holdings, i, &holding{id: from})
	replace(t.undo, &d.holdings, j, m.into)
	t.rename(m)
	return nil
}

// move is one merge.
type move struct {
	from, into *holding
	behind     map[string]int // the highest number that a rule gave to into, before
}

// ref gives the name of one of from's outreaches among those of into.
func (m move) ref(r ledger.Ref) ledger.Ref {
	return ledger.Ref{Rule: r.Rule, Customer: m.into.id, N: r.N + m.behind[r.Rule]}
}

// rows adds the rows of from to those of into, which nobody else sees yet.
// Where both had the same reason, the moved one's key says its name until then,
// so that both are kept.
func (m move) rows() {
	taken := len(m.into.outreaches)
	for _, o := range m.from.outreaches {
		if slices.ContainsFunc(m.into.outreaches[:taken], func(other outreach) bool {
			return other.Rule == o.Rule && other.About == o.About && other.Key == o.Key
		}) {
			o.Key = "merged/" + string(m.from.id) + "/" + strconv.Itoa(o.N) + "/" + o.Key
		}
		o.Ref = m.ref(o.Ref)
		if o.isLive() {
			m.into.live = append(m.into.live, len(m.into.outreaches))
		}
		m.into.outreaches = append(m.into.outreaches, o)
	}
	for _, p := range m.from.parts {
		p.Ref = m.ref(p.Ref)
		m.into.parts = append(m.into.parts, p)
	}
	for _, d := range m.from.decisions {
		d.Ref = m.ref(d.Ref)
		m.into.decisions = append(m.into.decisions, d)
	}
	slices.SortStableFunc(m.into.decisions, func(a, b ledger.Decision) int { return a.At.Compare(b.At) })
	for _, e := range m.from.events {
		e.Customer = m.into.id
		m.into.events = append(m.into.events, e)
	}
	slices.SortFunc(m.into.events, byTime)
	for _, d := range m.from.dues {
		d.Customer = m.into.id
		if i := m.into.dueAt(d.Rule, d.About); i < 0 {
			m.into.dues = append(m.into.dues, d)
		} else if d.At.Before(m.into.dues[i].At) {
			m.into.dues[i] = d
		}
	}
}

// rename gives what stands outside the holdings its new customer.
func (t *tx) rename(m move) {
	d := t.data
	for external, id := range d.names {
		if id == m.from.id {
			put(t.undo, d.names, external, m.into.id)
		}
	}
	for i, h := range d.hints {
		if h.Customer == m.from.id {
			replace(t.undo, &d.hints, i, hint{ledger.Hint{ID: h.ID, Ref: m.ref(h.Ref)}, h.at})
		}
	}
	for i, e := range d.evidence {
		if e.Customer == m.from.id {
			e.Customer = m.into.id
			replace(t.undo, &d.evidence, i, e)
		}
	}
	for i, n := range d.news {
		if n.Event.Customer == m.from.id {
			n.Event.Customer = m.into.id
			replace(t.undo, &d.news, i, n)
		}
	}
}

// track remembers where outreaches go. Those that went to from before go on
// with it.
func (t *tx) track(m move) {
	for ref, to := range t.data.moved {
		if to.Customer == m.from.id {
			put(t.undo, t.data.moved, ref, m.ref(to))
		}
	}
	for i := range m.from.outreaches {
		ref := m.from.outreaches[i].Ref
		put(t.undo, t.data.moved, ref, m.ref(ref))
		of := series{ref.Rule, ref.Customer}
		put(t.undo, t.data.left, of, max(t.data.left[of], ref.N))
	}
}

// Moved implements ledger.Customers.
func (t *tx) Moved(ref ledger.Ref) (ledger.Ref, error) {
	if to, ok := t.data.moved[ref]; ok {
		return to, nil
	}
	return ref, nil
}
