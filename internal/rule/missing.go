package rule

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
)

// keptPending is how long an answered wait is remembered, so that events out
// of order find it.
const keptPending = 60 * 24 * time.Hour

// maxPending bounds what is awaited for one customer and rule.
const maxPending = 200

func open(p *behaviour.Pending) bool { return !p.After.IsZero() && p.Came.Before(p.After) }

// judgeMissing keeps what a missing trigger waits for. An event that is older
// than what came before it is followed again from the log.
func (m *Matcher) judgeMissing(s Subject, e customer.Event, log Log) ([]Reason, error) {
	about, ok := m.AboutOf(e)
	if !ok {
		return nil, nil
	}
	p := s.State.Pending[behaviour.Join(m.Name, about)]
	if p != nil && e.At.Before(p.Seen) && log != nil {
		return m.refollow(s, about, *p, log)
	}
	m.followMissing(s, e, about)
	return nil, nil
}

func (m *Matcher) followMissing(s Subject, e customer.Event, about string) {
	key := behaviour.Join(m.Name, about)
	p := s.State.Pending[key]
	isNew := p == nil
	if isNew {
		p = &behaviour.Pending{}
	}
	if e.Name == m.When.Missing.After && !m.await(s, p, e) && isNew {
		return // it promises nothing
	}
	if e.Name == m.When.Missing.Event {
		p.Came = later(p.Came, e.At)
	}
	p.Seen = later(p.Seen, e.At)
	if !isNew {
		return
	}
	if s.State.Pending == nil {
		s.State.Pending = map[string]*behaviour.Pending{}
	}
	s.State.Pending[key] = p
	m.forget(s.State, e.At)
}

// refollow follows all that came of one about value again, oldest first. What
// has fired stays so.
func (m *Matcher) refollow(s Subject, about string, before behaviour.Pending, log Log) ([]Reason, error) {
	events, err := log(m.asks, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	joined := events[:0]
	for _, e := range events {
		if value, ok := m.AboutOf(e); ok && value == about {
			joined = append(joined, e)
		}
	}
	reasons, scratch := m.Replay(s, joined, before.Seen)
	key := behaviour.Join(m.Name, about)
	p := scratch.Pending[key]
	if p == nil {
		return nil, nil
	}
	p.Fired = p.Fired || before.Fired && p.MessageID == before.MessageID
	s.State.Pending[key] = p
	return reasons, nil
}

// await begins to wait for what should follow e, and reports whether it did.
// What is awaited already stays: the earliest unanswered event counts.
func (m *Matcher) await(s Subject, p *behaviour.Pending, e customer.Event) bool {
	if open(p) && (p.Fired || !e.At.Before(p.After)) {
		return false
	}
	promised := e.Properties[m.When.Missing.By]
	due, ok := m.promise(s, e)
	if !ok {
		return false
	}
	*p = behaviour.Pending{After: e.At, Due: due, MessageID: e.MessageID, Promised: promised, Came: p.Came, Seen: p.Seen}
	return true
}

// promise gives the instant until which what should follow e is in time: the
// end of the day when a day was promised. ok is false when e promises nothing.
func (m *Matcher) promise(s Subject, e customer.Event) (due time.Time, ok bool) {
	t := m.When.Missing
	if t.By == "" {
		return t.Within.After(e.At, s.Zone), true
	}
	at, ok := e.Properties[t.By].Time(s.Zone)
	if ok && m.data.Events[t.After].Properties[t.By].Kind == customer.KindDate {
		year, month, day := at.In(s.Zone).Date()
		at = customer.StartOfDay(year, month, day+1, s.Zone)
	}
	return at, ok
}

func (m *Matcher) expireMissing(s Subject, about string, at time.Time) []Reason {
	p := s.State.Pending[behaviour.Join(m.Name, about)]
	if p == nil || !open(p) || p.Fired || p.Due.After(at) {
		return nil
	}
	p.Fired = true
	r := Reason{At: p.Due, About: about, Key: p.MessageID, Trigger: p.MessageID}
	if m.When.Missing.By != "" {
		r.Match = map[string]customer.Value{m.When.Missing.By: p.Promised}
	}
	return []Reason{r}
}

// forget drops what was answered long ago, and when there is too much the
// oldest, answered ones first.
func (m *Matcher) forget(s *behaviour.State, at time.Time) {
	type candidate struct {
		open bool
		seen time.Time
		key  string
	}
	var kept []candidate
	for key, p := range s.Pending {
		if name, _ := behaviour.Split(key); name != m.Name {
			continue
		}
		if !open(p) && p.Seen.Add(keptPending).Before(at) {
			delete(s.Pending, key)
			continue
		}
		kept = append(kept, candidate{open(p), p.Seen, key})
	}
	if len(kept) <= maxPending {
		return
	}
	delete(s.Pending, slices.MinFunc(kept, func(a, b candidate) int {
		if a.open != b.open {
			if b.open {
				return -1
			}
			return 1
		}
		return cmp.Or(a.seen.Compare(b.seen), cmp.Compare(a.key, b.key))
	}).key)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
