package rule

import (
	"strings"
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

// followMissing keeps what a missing trigger waits for. The order in which
// the two events arrive does not matter.
func (m *Matcher) followMissing(s Subject, e customer.Event) {
	about, ok := m.AboutOf(e)
	if !ok {
		return
	}
	key := behaviour.Join(m.Name, about)
	p := s.State.Pending[key]
	if p == nil {
		p = &behaviour.Pending{}
	}
	changed := false
	if e.Name == m.When.Missing.After {
		changed = m.await(s, p, e)
	}
	if e.Name == m.When.Missing.Event && e.At.After(p.Came) {
		p.Came, changed = e.At, true
	}
	if !changed {
		return
	}
	if s.State.Pending == nil {
		s.State.Pending = map[string]*behaviour.Pending{}
	}
	s.State.Pending[key] = p
	m.forget(s.State, e.At)
}

// await begins to wait for what should follow e. What is awaited already
// stays: the earliest unanswered event counts.
func (m *Matcher) await(s Subject, p *behaviour.Pending, e customer.Event) (changed bool) {
	if open(p) && (p.Fired || !e.At.Before(p.After)) {
		return false
	}
	promised := e.Properties[m.When.Missing.By]
	due := m.When.Missing.Within.After(e.At, s.Zone)
	if m.When.Missing.By != "" {
		at, ok := promised.Time(s.Zone)
		if !ok {
			return false
		}
		due = at
	}
	*p = behaviour.Pending{After: e.At, Due: due, MessageID: e.MessageID, Promised: promised, Came: p.Came}
	return true
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

// forget drops what was answered long ago, and the oldest when there is too
// much.
func (m *Matcher) forget(s *behaviour.State, at time.Time) {
	oldest, oldestAt, count := "", time.Time{}, 0
	for key, p := range s.Pending {
		if name, _, ok := split(key); !ok || name != m.Name {
			continue
		}
		seen := later(p.After, p.Came)
		if !open(p) && seen.Add(keptPending).Before(at) {
			delete(s.Pending, key)
			continue
		}
		count++
		if oldest == "" || seen.Before(oldestAt) || seen.Equal(oldestAt) && key < oldest {
			oldest, oldestAt = key, seen
		}
	}
	if count > maxPending {
		delete(s.Pending, oldest)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// split undoes behaviour.Join.
func split(key string) (name, about string, ok bool) {
	name, about, _ = strings.Cut(key, "\x1f")
	return name, about, name != ""
}
