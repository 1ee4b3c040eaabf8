package memory

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func byTime(a, b customer.Event) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return cmp.Compare(a.MessageID, b.MessageID)
}

// Append implements ledger.Events. Most events come in the order of their
// time.
func (t *tx) Append(e customer.Event) (bool, error) {
	if err := t.writes(); err != nil {
		return false, err
	}
	if _, there := t.data.heard[e.MessageID]; there {
		return false, nil
	}
	put(t.undo, t.data.heard, e.MessageID, struct{}{})
	h, e := t.own(e.Customer), keptEvent(e)
	i := len(h.events)
	for i > 0 && byTime(h.events[i-1], e) > 0 {
		i--
	}
	insert(t.undo, &h.events, i, e)
	return true, nil
}

// Events implements ledger.Events.
func (t *tx) Events(q ledger.EventQuery) ([]customer.Event, error) {
	events := between(t.data.of(q.Customer).events, q.From, q.To)
	n := len(events)
	if len(q.Names) > 0 {
		n = 0
		for i := range events {
			if slices.Contains(q.Names, events[i].Name) {
				n++
			}
		}
	}
	skip := 0
	if q.Limit > 0 && n > q.Limit {
		if q.Newest {
			skip = n - q.Limit
		}
		n = q.Limit
	}
	if n == 0 {
		return nil, nil
	}
	if len(q.Names) == 0 {
		return slices.Clone(events[skip : skip+n]), nil
	}
	return named(events, q.Names, skip, n), nil
}

// named gives n events of the names, behind the first skip of them.
func named(events []customer.Event, names []string, skip, n int) []customer.Event {
	list := make([]customer.Event, 0, n)
	for i := range events {
		if !slices.Contains(names, events[i].Name) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if list = append(list, events[i]); len(list) == n {
			break
		}
	}
	return list
}

// between gives the events of from <= at < to.
func between(events []customer.Event, from, to time.Time) []customer.Event {
	first := func(at time.Time) int {
		i, _ := slices.BinarySearchFunc(events, stored(at), func(e customer.Event, at time.Time) int {
			if e.At.Before(at) {
				return -1
			}
			return 1
		})
		return i
	}
	start, end := 0, len(events)
	if !from.IsZero() {
		start = first(from)
	}
	if !to.IsZero() {
		end = max(start, first(to))
	}
	return events[start:end]
}

// Latest implements ledger.Events.
func (t *tx) Latest(id customer.ID) ([]customer.Event, error) {
	newest := map[string]customer.Event{}
	for _, e := range t.data.of(id).events {
		newest[e.Name] = e
	}
	var list []customer.Event
	for _, name := range slices.Sorted(maps.Keys(newest)) {
		list = append(list, newest[name])
	}
	return list, nil
}

// CountEvents implements ledger.Events.
func (t *tx) CountEvents() (int64, error) { return int64(len(t.data.heard)), nil }

// AddNews implements ledger.Events.
func (t *tx) AddNews(n ledger.News) error {
	if err := t.writes(); err != nil {
		return err
	}
	n.ID, n.Event = t.data.next(), keptEvent(n.Event)
	add(t.undo, &t.data.news, n)
	return nil
}

// News implements ledger.Events.
func (t *tx) News(limit int) ([]ledger.News, error) {
	return given(t.data.news, limit, func(n ledger.News) ledger.News { return n }), nil
}

func (d *data) newsAt(id int64) (int, bool) {
	return slices.BinarySearchFunc(d.news, id, func(n ledger.News, id int64) int { return cmp.Compare(n.ID, id) })
}

// SaveNews implements ledger.Events.
func (t *tx) SaveNews(n ledger.News) error {
	if err := t.writes(); err != nil {
		return err
	}
	if i, ok := t.data.newsAt(n.ID); ok {
		moved := t.data.news[i]
		moved.After = n.After
		replace(t.undo, &t.data.news, i, moved)
	}
	return nil
}

// DropNews implements ledger.Events.
func (t *tx) DropNews(id int64) error {
	if err := t.writes(); err != nil {
		return err
	}
	if i, ok := t.data.newsAt(id); ok {
		remove(t.undo, &t.data.news, i)
	}
	return nil
}
