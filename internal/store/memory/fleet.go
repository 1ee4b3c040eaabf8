package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Beat implements ledger.House.
func (t *tx) Beat(p ledger.Process) error {
	if err := t.writes(); err != nil {
		return err
	}
	p.Started, p.Beat = stored(p.Started), stored(p.Beat)
	put(t.undo, t.data.processes, p.ID, p)
	old := p.Beat.Add(-ledger.BeatsKept)
	for id, other := range t.data.processes {
		if other.Beat.Before(old) {
			drop(t.undo, t.data.processes, id)
		}
	}
	return nil
}

// Processes implements ledger.House.
func (t *tx) Processes(since time.Time) (list []ledger.Process, err error) {
	for _, p := range t.data.processes {
		if !p.Beat.Before(stored(since)) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b ledger.Process) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// Backlog implements ledger.Work.
func (t *tx) Backlog(now, overdue time.Time) (b ledger.Backlog, err error) {
	now, overdue = stored(now), stored(overdue)
	for s := range t.data.live {
		switch o := s.row(); {
		case o.Status == ledger.Matched:
			count(&b.Matched, o.NextAt)
		case o.overdue(overdue):
			count(&b.Overdue, o.NextAt)
		}
	}
	for _, h := range t.data.hints {
		count(&b.Hints, h.at)
	}
	if len(t.data.hints) > 0 {
		b.Hints.First = t.data.hints[0].at
	}
	for _, h := range t.data.holdings {
		for _, d := range h.dues {
			if !d.At.After(now) {
				count(&b.Due, d.At)
			}
		}
	}
	return b, nil
}

// count adds one that was to go on at an instant.
func count(q *ledger.Queue, at time.Time) {
	q.Count++
	if !at.IsZero() && (q.First.IsZero() || at.Before(q.First)) {
		q.First = at
	}
}
