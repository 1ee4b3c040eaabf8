package rule

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// Log gives the customer's events of some names, from <= at < to, oldest
// first. Zero instants are open bounds.
type Log func(names []string, from, to time.Time) ([]customer.Event, error)

// Expire gives the reasons that time alone gave at or before an instant, and
// marks them as given. It is asked before an event is applied, with the
// event's instant, and when a due time comes.
func (m *Matcher) Expire(s Subject, about string, at time.Time) []Reason {
	switch {
	case m.When.Silent != nil:
		return m.expireSilence(s, at)
	case m.When.Missing != nil:
		return m.expireMissing(s, about, at)
	}
	return nil
}

// Judge gives the reasons that an event brought, after it was applied to the
// state with result r. Events that came out of order are judged again from
// the log, at their own instants.
func (m *Matcher) Judge(s Subject, e customer.Event, r behaviour.Result, log Log) ([]Reason, error) {
	switch {
	case m.When.Event != nil:
		return m.judgeEvent(s, e), nil
	case m.When.Missing != nil:
		m.followMissing(s, e)
	case m.When.Usage != nil && (r.Disorder || len(r.Rebuild) > 0):
		return m.rejudge(s, e, r, log)
	case m.When.Usage != nil:
		return m.judgeUsage(s, e), nil
	}
	return nil, nil
}

// NextDue gives the first instant after at at which time alone may give a
// reason; zero: never.
func (m *Matcher) NextDue(s Subject, about string, at time.Time) time.Time {
	var due time.Time
	switch {
	case m.When.Silent != nil:
		due = m.silentAt(s)
	case m.When.Missing != nil:
		if p := s.State.Pending[behaviour.Join(m.Name, about)]; p != nil && open(p) && !p.Fired {
			due = p.Due
		}
	}
	if !due.After(at) {
		return time.Time{}
	}
	return due
}

// Holds reports whether a reason still holds at an instant. Reasons that
// happened stand for good.
func (m *Matcher) Holds(s Subject, r Reason, at time.Time) bool {
	switch {
	case m.When.Usage != nil:
		u, ok := m.measure(s, at, r.About)
		return ok && u.share >= m.When.Usage.Reaches && u.bucket.Start.Equal(m.bucket(s, r.At, r.About).Start)
	case m.When.Silent != nil:
		due := m.silentAt(s)
		return !due.IsZero() && !at.Before(due)
	case m.When.Missing != nil:
		p := s.State.Pending[behaviour.Join(m.Name, r.About)]
		return p != nil && p.MessageID == r.Trigger && p.Came.Before(p.After)
	}
	return true
}

// PeriodEnd gives the end of the usage period that holds an instant; zero for
// other triggers and endless periods.
func (m *Matcher) PeriodEnd(s Subject, at time.Time) time.Time {
	u := m.When.Usage
	if u == nil || u.Per.Kind == behaviour.NoPeriod || u.Per.Kind == behaviour.SinceEvent {
		return time.Time{}
	}
	_, end, ok := u.Per.Bounds(at, s.Clock())
	if !ok {
		return time.Time{}
	}
	return end
}

// Replay judges a history from nothing, oldest first, up to now, and gives
// the state that it leaves, which holds this rule's aggregates, marks and
// pending only.
func (m *Matcher) Replay(s Subject, events []customer.Event, now time.Time) ([]Reason, *behaviour.State) {
	scratch := s
	scratch.State = &behaviour.State{}
	var reasons []Reason
	for _, e := range events {
		about, joined := m.AboutOf(e)
		if joined {
			reasons = append(reasons, m.Expire(scratch, about, e.At)...)
		}
		r := scratch.State.Apply(m.plan, e, s.Clock())
		r.Disorder, r.Rebuild = false, nil
		if m.wants(e.Name) {
			found, _ := m.Judge(scratch, e, r, nil)
			reasons = append(reasons, found...)
		}
	}
	for _, about := range m.pendingAbouts(scratch.State) {
		reasons = append(reasons, m.Expire(scratch, about, now)...)
	}
	return reasons, scratch.State
}

// Abouts gives the about values that time may give a reason for.
func (m *Matcher) Abouts(s *behaviour.State) []string { return m.pendingAbouts(s) }

func (m *Matcher) pendingAbouts(s *behaviour.State) []string {
	if m.When.Missing == nil {
		return []string{""}
	}
	var abouts []string
	for key := range s.Pending {
		if name, about, ok := split(key); ok && name == m.Name {
			abouts = append(abouts, about)
		}
	}
	slices.Sort(abouts)
	return abouts
}

// HistoryEvents names the events that Replay needs.
func (m *Matcher) HistoryEvents() []string {
	names := append(m.plan.Events(), m.TriggerEvents()...)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 && names[0] == "" { // silence of any act: every event counts
		return nil
	}
	return names
}

func (m *Matcher) judgeEvent(s Subject, e customer.Event) []Reason {
	t := m.When.Event
	about, ok := m.AboutOf(e)
	if e.Name != t.Event || !ok || !m.where(t.Where, s, e, about) {
		return nil
	}
	return []Reason{{At: e.At, About: about, Key: e.MessageID, Trigger: e.MessageID}}
}

// silentAt gives the instant at which the silence is or was long enough; zero
// when nothing was ever heard.
func (m *Matcher) silentAt(s Subject) time.Time {
	last := s.State.LastAct
	if m.When.Silent.Event != "" {
		last = time.Time{}
		key := m.key(expr.Aggregate{Op: expr.Last, Event: m.When.Silent.Event}, false)
		if series := s.State.Find(key.key, ""); series != nil {
			last = series.All.Last
		}
	}
	if last.IsZero() {
		return last
	}
	return m.When.Silent.For.After(last, s.Zone)
}

func (m *Matcher) expireSilence(s Subject, at time.Time) []Reason {
	due := m.silentAt(s)
	if due.IsZero() || due.After(at) {
		return nil
	}
	return []Reason{{At: due, Key: keyText(due)}}
}
