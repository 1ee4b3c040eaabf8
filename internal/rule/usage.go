package rule

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// usage is a usage trigger's figures at one instant.
type usage struct {
	bucket behaviour.Bucket
	used   float64
	limit  float64
	share  float64
}

// bucket gives the total that holds an instant.
func (m *Matcher) bucket(s Subject, at time.Time, about string) behaviour.Bucket {
	series := m.total.of(s.State, about)
	switch {
	case series == nil:
		return behaviour.Bucket{}
	case !m.total.period:
		return series.All
	}
	return series.In(at)
}

// measure gives the figures at an instant; ok is false when the limit is not
// known or not above zero, or nothing was used.
func (m *Matcher) measure(s Subject, at time.Time, about string) (u usage, ok bool) {
	t := m.When.Usage
	u.bucket = m.bucket(s, at, about)
	switch t.Op {
	case expr.Sum:
		u.used = u.bucket.Sum
	case expr.Count:
		u.used = float64(u.bucket.Count)
	default:
		u.used, ok = u.bucket.Value.Float()
		if !ok {
			return u, false
		}
	}
	limit, known := t.Limit.Number(&view{m: m, s: s, at: at, about: about, limit: true})
	if !known || limit <= 0 || u.bucket.Count == 0 {
		return u, false
	}
	u.limit, u.share = limit, u.used/limit
	return u, true
}

func (m *Matcher) judgeUsage(s Subject, e customer.Event, r behaviour.Result, log Log) ([]Reason, error) {
	abouts := m.usageAbouts(s.State)
	if about, ok := m.AboutOf(e); ok && m.total.joined {
		abouts = []string{about}
	}
	rebuild := slices.DeleteFunc(slices.Clone(r.Rebuild), func(d behaviour.Def) bool { return !slices.Contains(m.defs, d) })
	behind := func(about string) bool { return m.behind(s, e, about) }
	if log != nil && (len(rebuild) > 0 || slices.ContainsFunc(abouts, behind)) {
		return m.rejudge(s, e, rebuild, log)
	}
	var reasons []Reason
	for _, about := range abouts {
		if r, ok := m.cross(s, e, about); ok {
			reasons = append(reasons, r)
		}
	}
	return reasons, nil
}

// usageAbouts gives the about values that something was used for.
func (m *Matcher) usageAbouts(s *behaviour.State) []string { return m.total.abouts(s) }

// behind reports whether an event is older than what its total or limit
// counted already, and may have made the total cross before now.
func (m *Matcher) behind(s Subject, e customer.Event, about string) bool {
	older := slices.ContainsFunc(m.parts, func(k seriesKey) bool { return k.of(s.State, about).Newest().After(e.At) })
	if !older || m.bucket(s, e.At, about).Count == 0 {
		return false
	}
	if len(m.parts) > 1 || m.When.Usage.Op == expr.Latest {
		return true
	}
	u, ok := m.measure(s, e.At, about)
	if !ok || !m.reached(u) {
		return false // what only grows has never been higher
	}
	marks := s.State.Marks[behaviour.Join(m.Name, about)]
	i := markAt(marks, u.bucket.Start)
	return i < 0 || marks[i].Limit < u.limit
}

// reached reports whether the share is. Sums of decimals may be off in their
// last digits, by the order in which they were made.
func (m *Matcher) reached(u usage) bool {
	const slip = 1e-9
	return u.share >= m.When.Usage.Reaches-slip
}

// markAt gives the place of a period's firing, -1 when there is none.
func markAt(marks []behaviour.Mark, period time.Time) int {
	return slices.IndexFunc(marks, func(k behaviour.Mark) bool { return k.Period.Equal(period) })
}

// cross gives the reason when the share is reached and was not marked: once a
// period, and again after the share was below, because the limit grew or, for
// latest, because the value fell. Who is still above a grown limit is not told
// again.
func (m *Matcher) cross(s Subject, e customer.Event, about string) (Reason, bool) {
	u, ok := m.measure(s, e.At, about)
	if !ok {
		return Reason{}, false
	}
	key := behaviour.Join(m.Name, about)
	marks := s.State.Marks[key]
	i := markAt(marks, u.bucket.Start)
	latest := m.When.Usage.Op == expr.Latest
	if !m.reached(u) {
		if i >= 0 && (latest || u.limit > marks[i].Limit) {
			s.State.Marks[key] = slices.Delete(marks, i, i+1)
		}
		return Reason{}, false
	}
	if i >= 0 {
		return Reason{}, false
	}
	addMark(s.State, key, behaviour.Mark{Period: u.bucket.Start, Limit: u.limit})
	r := Reason{At: e.At, About: about, Trigger: e.MessageID, Match: u.match(), Key: keyText(u.bucket.Start, u.limit)}
	if latest {
		r.Key = keyText(u.bucket.Start, u.limit, e.At)
	}
	return r, true
}

// addMark keeps a firing of a period that has none, of the newest two periods
// only.
func addMark(s *behaviour.State, key string, mark behaviour.Mark) {
	marks := append(s.Marks[key], mark)
	slices.SortFunc(marks, func(a, b behaviour.Mark) int { return a.Period.Compare(b.Period) })
	if len(marks) > 2 {
		marks = marks[len(marks)-2:]
	}
	if s.Marks == nil {
		s.Marks = map[string][]behaviour.Mark{}
	}
	s.Marks[key] = marks
}

// Present gives a reason's figures as they are at an instant: those of a usage
// trigger move on while an outreach waits. What has no figures any more keeps
// those of the reason.
func (m *Matcher) Present(s Subject, r Reason, at time.Time) map[string]customer.Value {
	if m.When.Usage == nil {
		return r.Match
	}
	if u, ok := m.measure(s, at, r.About); ok {
		return u.match()
	}
	return r.Match
}

// match gives the figures that templates and expressions may use.
func (u usage) match() map[string]customer.Value {
	return map[string]customer.Value{
		"used":  customer.Number(tidy(u.used)),
		"limit": customer.Number(tidy(u.limit)),
		"share": customer.Number(tidy(u.share)),
		"left":  customer.Number(tidy(max(u.limit-u.used, 0))),
	}
}

// tidy drops what adding decimals leaves behind the sixth place.
func tidy(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// rejudge reads the periods that an event out of order touched again, oldest
// first, and keeps their marks.
func (m *Matcher) rejudge(s Subject, e customer.Event, rebuild []behaviour.Def, log Log) ([]Reason, error) {
	from := time.Time{}
	if start, _, ok := m.When.Usage.Per.Bounds(e.At, s.Clock()); ok && len(rebuild) == 0 && !m.limitLooksBack() {
		from = start
	}
	events, err := log(m.HistoryEvents(), from, time.Time{})
	if err != nil {
		return nil, err
	}
	reasons, scratch := m.Replay(s, events, e.At)
	for _, d := range rebuild {
		copySeries(s.State, scratch, d.Key())
	}
	for key, old := range s.State.Marks { // below and above in turn: only the log knows
		if name, _ := behaviour.Split(key); name == m.Name {
			s.State.Marks[key] = slices.DeleteFunc(old, func(k behaviour.Mark) bool { return !k.Period.Before(from) })
		}
	}
	for key, marks := range scratch.Marks {
		for _, mark := range marks {
			addMark(s.State, key, mark)
		}
	}
	return reasons, nil
}

// limitLooksBack reports whether the limit depends on more than its period.
func (m *Matcher) limitLooksBack() bool {
	return slices.ContainsFunc(m.parts[1:], func(k seriesKey) bool { return !k.period })
}

// copySeries takes every series of a definition from one state to another.
func copySeries(to, from *behaviour.State, key string) {
	of := func(full string) bool { k, _ := behaviour.Split(full); return k == key }
	to.Series = replaced(to.Series, from.Series, of)
}

// replaced gives a map with the entries of some keys taken from another one.
func replaced[V any](to, from map[string]V, of func(key string) bool) map[string]V {
	maps.DeleteFunc(to, func(key string, _ V) bool { return of(key) })
	for key, v := range from {
		if !of(key) {
			continue
		}
		if to == nil {
			to = map[string]V{}
		}
		to[key] = v
	}
	return to
}

// mine reports whether a mark's or wait's key is of this rule.
func (m *Matcher) mine(key string) bool {
	name, _ := behaviour.Split(key)
	return name == m.Name
}

// Adopt takes what a replay of the whole history left into the customer's
// state, in place of this rule's aggregates, marks and pending.
func (m *Matcher) Adopt(to, from *behaviour.State) {
	for _, d := range m.defs {
		copySeries(to, from, d.Key())
	}
	to.Marks = replaced(to.Marks, from.Marks, m.mine)
	to.Pending = replaced(to.Pending, from.Pending, m.mine)
}

// Recall keeps, of a rule that the calendar alone starts, what was given by a
// state before: a history does not tell that.
func (m *Matcher) Recall(to, before *behaviour.State) {
	if m.byCalendar() {
		to.Marks = replaced(to.Marks, before.Marks, m.mine)
	}
}

// Recount adopts totals that were made anew because the customer's calendar
// moved. The period at an instant stays marked only where it was marked by the
// calendar of before, so that what the new one shows for the first time is
// judged next.
func (m *Matcher) Recount(to, from *behaviour.State, at time.Time) {
	for _, about := range m.usageAbouts(from) {
		key := behaviour.Join(m.Name, about)
		if markAt(to.Marks[key], m.total.of(to, about).In(at).Start) >= 0 {
			continue
		}
		marks := from.Marks[key]
		if i := markAt(marks, m.total.of(from, about).In(at).Start); i >= 0 {
			from.Marks[key] = slices.Delete(marks, i, i+1)
		}
	}
	m.Adopt(to, from)
}
