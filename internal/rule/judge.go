package rule

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Log gives the customer's events of some names, from <= at < to, oldest
// first. Zero instants are open bounds.
type Log func(names []string, from, to time.Time) ([]customer.Event, error)

// Expire gives the reasons that time alone gave at or before an instant, and
// marks them as given. It is asked when a due time comes. A silence is given
// whenever it is asked for, with the same key.
func (m *Matcher) Expire(s Subject, about string, at time.Time) []Reason {
	switch {
	case m.When.Silent != nil:
		return m.expireSilence(s, about, at)
	case m.When.Missing != nil:
		return m.expireMissing(s, about, at)
	case m.When.Drop != nil:
		return m.expireDrop(s, about, at)
	case m.When.Date != nil:
		return m.expireDate(s, at)
	case m.When.Schedule != nil:
		return m.expireSchedule(s, at)
	case m.When.Becomes != nil:
		return m.expireBecomes(s, at)
	}
	return nil
}

// ExpireBefore gives the reasons that time alone gave before an event, which
// may take them away: it is asked with the event's instant, before the event
// is applied. What the calendar gives waits for its due time.
func (m *Matcher) ExpireBefore(s Subject, about string, at time.Time) []Reason {
	if m.byCalendar() {
		return nil
	}
	return m.Expire(s, about, at)
}

// byCalendar reports whether the calendar alone gives the rule's reasons.
func (m *Matcher) byCalendar() bool {
	return m.When.Drop != nil || m.When.Date != nil || m.When.Schedule != nil
}

// Judge gives the reasons that an event brought, after it was applied to the
// state with result r. Events that came out of order are judged again from
// the log, at their own instants; it holds e already. A nil log says that
// there are none.
func (m *Matcher) Judge(s Subject, e customer.Event, r behaviour.Result, log Log) ([]Reason, error) {
	switch {
	case m.When.Event != nil:
		return m.judgeEvent(s, e), nil
	case m.When.Missing != nil:
		return m.judgeMissing(s, e, log)
	case m.When.Usage != nil:
		return m.judgeUsage(s, e, r, log)
	case m.When.Count != nil:
		return m.judgeCount(s, e), nil
	case m.When.Becomes != nil:
		return m.turn(s, e.At, e.MessageID), nil
	}
	return nil, nil
}

// NextDue gives the first instant after at at which time alone may give a
// reason; zero: never.
func (m *Matcher) NextDue(s Subject, about string, at time.Time) time.Time {
	var due time.Time
	switch {
	case m.When.Silent != nil:
		_, due = m.silence(s, about)
	case m.When.Missing != nil:
		if p := s.State.Pending[behaviour.Join(m.Name, about)]; p != nil && open(p) && !p.Fired {
			due = p.Due
		}
	case m.When.Drop != nil:
		due = m.nextDrop(s, about, at)
	case m.When.Date != nil:
		due = m.nextPoint(s, at)
	case m.When.Schedule != nil:
		due = m.nextTime(s, at)
	case m.When.Becomes != nil:
		due = m.When.Becomes.Cond.NextChange(&view{m: m, s: s, at: at})
	}
	if !due.After(at) {
		return time.Time{}
	}
	return due
}

// Awaited gives the instant at which time alone gives the next reason, after
// an event was taken in at now. It may be past, when the event is from a
// history; zero: there is none.
func (m *Matcher) Awaited(s Subject, about string, now time.Time) time.Time {
	switch {
	case m.When.Silent != nil, m.When.Missing != nil:
		return m.NextDue(s, about, time.Time{})
	case m.When.Date != nil:
		return m.nextPoint(s, now.Add(-longGone))
	case m.When.Becomes != nil:
		return m.NextDue(s, about, m.lookedAt(s, now))
	}
	return m.NextDue(s, about, now)
}

// left reports whether the customer no longer shares the value by which an
// event that named no customer reached them: whoever moved away is not
// concerned any more, and would not hear of the end.
func (m *Matcher) left(s Subject, r Reason) bool {
	if r.About == "" || !customer.IsShared(r.Trigger, s.Profile.ID) {
		return false
	}
	v, known := s.Trait(m.About)
	return known && v.String() != r.About
}

// Holds reports whether a reason still holds at an instant. Reasons that
// happened stand for good.
func (m *Matcher) Holds(s Subject, r Reason, at time.Time) bool {
	switch {
	case m.left(s, r):
		return false
	case m.When.Usage != nil:
		u, ok := m.measure(s, at, r.About)
		return ok && m.reached(u) && u.bucket.Start.Equal(m.bucket(s, r.At, r.About).Start)
	case m.When.Silent != nil:
		last, due := m.silence(s, r.About)
		return !due.IsZero() && !at.Before(due) && r.Key == keyText(last)
	case m.When.Missing != nil:
		p := s.State.Pending[behaviour.Join(m.Name, r.About)]
		return p != nil && p.MessageID == r.Trigger && p.Came.Before(p.After)
	case m.When.Count != nil:
		n, _ := m.acts.of(s.State, r.About).Window(m.When.Count.Within, at, s.Zone)
		return n >= int64(m.When.Count.Times)
	case m.When.Date != nil:
		return m.sameDay(s, r)
	case m.When.Becomes != nil:
		return m.Condition(m.When.Becomes.Cond, s, at, "", nil)
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
// pending only. No reason is given twice.
func (m *Matcher) Replay(s Subject, events []customer.Event, now time.Time) ([]Reason, *behaviour.State) {
	scratch := s
	scratch.State = &behaviour.State{}
	given := reasons{seen: map[[2]string]bool{}}
	for _, e := range m.turnsFirst(events) {
		if about, joined := m.AboutOf(e); joined {
			given.add(m.ExpireBefore(scratch, about, e.At)...)
		}
		r := scratch.State.Apply(m.plan, e, s.Clock())
		if m.wants(e.Name) {
			found, _ := m.Judge(scratch, e, r, nil) // only a log gives errors
			given.add(found...)
		}
	}
	if m.When.Becomes != nil { // it turns only under the eyes of the rule
		m.turn(scratch, now, "")
		return nil, scratch.State
	}
	for _, about := range m.Abouts(scratch.State) {
		given.add(m.Expire(scratch, about, now)...)
	}
	return given.list, scratch.State
}

// reasons are those that differ in about or key.
type reasons struct {
	list []Reason
	seen map[[2]string]bool
}

func (r *reasons) add(found ...Reason) {
	for _, why := range found {
		if id := [2]string{why.About, why.Key}; !r.seen[id] {
			r.seen[id] = true
			r.list = append(r.list, why)
		}
	}
}

// turnsFirst puts the event that starts a period before the others of its
// instant, which belong to that period.
func (m *Matcher) turnsFirst(events []customer.Event) []customer.Event {
	u := m.When.Usage
	if u == nil || u.Per.Kind != behaviour.SinceEvent {
		return events
	}
	turns := func(e customer.Event) int {
		if e.Name == u.Per.Of {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(events), func(a, b customer.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(turns(a), turns(b)))
	})
}

// Abouts gives the about values that time may give a reason for, sorted.
func (m *Matcher) Abouts(s *behaviour.State) []string {
	switch {
	case m.When.Silent != nil, m.When.Drop != nil:
		return m.acts.abouts(s)
	case m.When.Missing == nil:
		return []string{""}
	}
	var abouts []string
	for key := range s.Pending {
		if name, about := behaviour.Split(key); name == m.Name {
			abouts = append(abouts, about)
		}
	}
	slices.Sort(abouts)
	return abouts
}

// HistoryEvents names the events that Replay needs.
func (m *Matcher) HistoryEvents() []string {
	names := append(m.plan.Events(), m.asks...)
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

// silence gives the newest act and the instant at which the silence after it
// is or was long enough; both are zero when nothing was ever heard.
func (m *Matcher) silence(s Subject, about string) (last, due time.Time) {
	last = s.State.LastAct
	if m.When.Silent.Event != "" {
		last = m.acts.of(s.State, about).Newest()
	}
	if last.IsZero() {
		return last, last
	}
	if !m.When.Silent.Unusual {
		return last, m.When.Silent.For.After(last, s.Zone)
	}
	days, ok := behaviour.Unusual(m.acts.of(s.State, about).Gaps())
	if !ok {
		return last, time.Time{}
	}
	return last, sendtime.Duration{Days: days}.After(last, s.Zone)
}

// expireSilence gives the silence at an instant. Its key is the act that it
// follows, so that it stays the same one when the customer's zone changes or
// the rule's patience is edited.
func (m *Matcher) expireSilence(s Subject, about string, at time.Time) []Reason {
	last, due := m.silence(s, about)
	if due.IsZero() || due.After(at) {
		return nil
	}
	return []Reason{{At: due, About: about, Key: keyText(last)}}
}
