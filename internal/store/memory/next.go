package memory

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// What a simulator asks between two transactions: what happens next. It must
// not be asked within one.

// Wake is when an outreach goes on with no event.
type Wake struct {
	ledger.Ref
	NextAt time.Time
}

// NextDue gives the earliest due time over all rules and customers; of one
// instant by customer, about and rule.
func (s *Store) NextDue() (d ledger.Due, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.data.holdings {
		for i := range h.dues {
			if !ok || byDue(h.dues[i], d) < 0 {
				d, ok = h.dues[i], true
			}
		}
	}
	return d, ok
}

// NextOpen gives the open outreach that goes on first by time; of one instant
// the one added first. Those that never go on by time are left out.
func (s *Store) NextOpen() (w Wake, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next spot
	for at := range s.data.live {
		if o := at.row(); o.Status != ledger.Open || o.NextAt.IsZero() {
			continue
		}
		if !ok || dueFirst(at, next) < 0 {
			next, ok = at, true
		}
	}
	if !ok {
		return Wake{}, false
	}
	return Wake{Ref: next.row().Ref, NextAt: next.row().NextAt}, true
}

// Matched gives the outreaches that were not started, leased or not, in the
// order of Claim: by priority, then NextAt, then number.
func (s *Store) Matched() []ledger.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.data.waits(toStart, func(o *outreach) bool { return o.Status == ledger.Matched })
	return given(list, 0, givenRef)
}

// Hinted gives the outreaches that have hints, each once, the one with the
// oldest hint first.
func (s *Store) Hinted() (list []ledger.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.data.hints {
		if !slices.Contains(list, h.Ref) {
			list = append(list, h.Ref)
		}
	}
	return list
}

// DropHinted drops all hints.
func (s *Store) DropHinted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data.readers.Load() > 0 {
		s.data = s.data.clone()
	}
	s.data.hints = empty(s.data.hints)
}
