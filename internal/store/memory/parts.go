package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// partAt gives the place of a part, -1 when it is not there. New ones are
// asked for most.
func (h *holding) partAt(ref ledger.Ref, step string, channel customer.Channel) int {
	for i := len(h.parts) - 1; i >= 0; i-- {
		if p := &h.parts[i]; p.N == ref.N && p.Rule == ref.Rule && p.Step == step && p.Channel == channel {
			return i
		}
	}
	return -1
}

// SavePart implements ledger.Parts.
func (t *tx) SavePart(p ledger.Part) error {
	if err := t.writes(); err != nil {
		return err
	}
	h := t.own(p.Customer)
	if i := h.partAt(p.Ref, p.Step, p.Channel); i >= 0 {
		replace(t.undo, &h.parts, i, part{keptPart(p), h.parts[i].row})
	} else {
		add(t.undo, &h.parts, part{keptPart(p), t.data.next()})
	}
	return nil
}

// Part implements ledger.Parts.
func (t *tx) Part(ref ledger.Ref, step string, channel customer.Channel) (ledger.Part, bool, error) {
	h := t.data.of(ref.Customer)
	i := h.partAt(ref, step, channel)
	if i < 0 {
		return ledger.Part{}, false, nil
	}
	return givenPart(&h.parts[i]), true, nil
}

// partsIn gives the parts of a customer that are asked for, in an order.
func (h *holding) partsIn(order func(a, b *part) int, asked func(*part) bool) []ledger.Part {
	var room [16]*part
	list := room[:0]
	for i := range h.parts {
		if p := &h.parts[i]; asked(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, order)
	return given(list, 0, givenPart)
}

func byStep(a, b *part) int {
	return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Channel, b.Channel))
}

// PartsOf implements ledger.Parts.
func (t *tx) PartsOf(ref ledger.Ref) ([]ledger.Part, error) {
	asked := func(p *part) bool { return p.N == ref.N && p.Rule == ref.Rule }
	return t.data.of(ref.Customer).partsIn(byStep, asked), nil
}

// Slots implements ledger.Parts.
func (t *tx) Slots(id customer.ID, since time.Time) ([]ledger.Part, error) {
	since = stored(since)
	order := func(a, b *part) int {
		if c := a.Planned.Compare(b.Planned); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.N, b.N), byStep(a, b))
	}
	asked := func(p *part) bool {
		return p.Status == ledger.Riding || p.Status == ledger.Queued || p.Status.TakesSlot() && !(p.Planned.Before(since) && p.Sent.Before(since))
	}
	return t.data.of(id).partsIn(order, asked), nil
}

// PartOf implements ledger.Parts.
func (t *tx) PartOf(provider, providerID string) (ledger.Part, bool, error) {
	return t.newest(func(p *part) bool {
		return providerID != "" && p.ProviderID == providerID && p.Provider == provider && !p.Item
	})
}

// LastTo implements ledger.Parts.
func (t *tx) LastTo(channel customer.Channel, address string) (ledger.Part, bool, error) {
	return t.newest(func(p *part) bool {
		return address != "" && p.Address == address && p.Channel == channel && !p.Item && p.Status.Gone() && !p.Sent.IsZero()
	})
}

// newest gives the part that was sent last among those asked for.
func (t *tx) newest(asked func(*part) bool) (ledger.Part, bool, error) {
	var last *part
	for p := range t.data.parts {
		if asked(p) && (last == nil || cmp.Or(p.Sent.Compare(last.Sent), cmp.Compare(p.row, last.row)) > 0) {
			last = p
		}
	}
	if last == nil {
		return ledger.Part{}, false, nil
	}
	return givenPart(last), true, nil
}

// Asking implements ledger.Parts.
func (t *tx) Asking(now time.Time, limit int) ([]ledger.Part, error) {
	var list []*part
	for p := range t.data.parts {
		if p.Status == ledger.Sending && !p.Lease.After(now) || p.Status == ledger.Ambiguous && !p.RetryAt.After(now) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *part) int {
		return cmp.Or(askedAt(a).Compare(askedAt(b)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Customer, b.Customer),
			cmp.Compare(a.N, b.N), byStep(a, b))
	})
	return given(list, limit, givenPart), nil
}

// askedAt gives from when on a part is asked for.
func askedAt(p *part) time.Time {
	if p.Status == ledger.Ambiguous {
		return p.RetryAt
	}
	return p.Lease
}

// PartsBy implements ledger.Parts.
func (t *tx) PartsBy(status ledger.PartStatus, limit int) ([]ledger.Part, error) {
	var list []*part
	for p := range t.data.parts {
		if p.Status == status {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *part) int { return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.row, b.row)) })
	return given(list, limit, givenPart), nil
}

// parts goes through the parts of all customers.
func (d *data) parts(yield func(*part) bool) {
	for _, h := range d.holdings {
		for i := range h.parts {
			if !yield(&h.parts[i]) {
				return
			}
		}
	}
}

// CountParts implements ledger.Parts.
func (t *tx) CountParts() (map[ledger.PartStatus]int64, error) {
	counts := map[ledger.PartStatus]int64{}
	for p := range t.data.parts {
		counts[p.Status]++
	}
	return same(counts), nil
}

// CountReasons implements ledger.Parts.
func (t *tx) CountReasons(status ledger.PartStatus) (map[customer.Reason]int64, error) {
	counts := map[customer.Reason]int64{}
	for p := range t.data.parts {
		if p.Status == status {
			counts[p.Reason]++
		}
	}
	return same(counts), nil
}
