package rule

import (
	"slices"
	"strings"
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
	if !m.declares(m.When.Usage.Event, m.About) {
		about = ""
	}
	series := s.State.Find(m.usage, about)
	if series == nil {
		return behaviour.Bucket{}
	}
	if m.When.Usage.Per.Kind == behaviour.NoPeriod {
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

func (m *Matcher) judgeUsage(s Subject, e customer.Event) []Reason {
	abouts := []string{""}
	if m.About != "" {
		about, ok := m.AboutOf(e)
		if abouts = []string{about}; !ok {
			abouts = m.usageAbouts(s.State)
		}
	}
	var reasons []Reason
	for _, about := range abouts {
		if r, ok := m.cross(s, e, about); ok {
			reasons = append(reasons, r)
		}
	}
	return reasons
}

// usageAbouts gives the about values that something was used for.
func (m *Matcher) usageAbouts(s *behaviour.State) []string {
	var abouts []string
	for key := range s.Series {
		if about, ok := strings.CutPrefix(key, m.usage+"\x1f"); ok {
			abouts = append(abouts, about)
		}
	}
	slices.Sort(abouts)
	return abouts
}

// cross gives the reason when the share is reached and was not marked: once a
// period, again when the limit grew, and for latest again after it was below.
func (m *Matcher) cross(s Subject, e customer.Event, about string) (Reason, bool) {
	u, ok := m.measure(s, e.At, about)
	if !ok {
		return Reason{}, false
	}
	key := behaviour.Join(m.Name, about)
	marks := s.State.Marks[key]
	i := slices.IndexFunc(marks, func(k behaviour.Mark) bool { return k.Period.Equal(u.bucket.Start) })
	latest := m.When.Usage.Op == expr.Latest
	if u.share < m.When.Usage.Reaches {
		if latest && i >= 0 {
			s.State.Marks[key] = slices.Delete(marks, i, i+1)
		}
		return Reason{}, false
	}
	if i >= 0 && marks[i].Limit >= u.limit {
		return Reason{}, false
	}
	m.mark(s.State, key, i, behaviour.Mark{Period: u.bucket.Start, Limit: u.limit})
	r := Reason{At: e.At, About: about, Trigger: e.MessageID, Match: u.match(), Key: keyText(u.bucket.Start, u.limit)}
	if latest {
		r.Key = keyText(u.bucket.Start, u.limit, e.At)
	}
	return r, true
}

// mark keeps a firing, of the newest two periods only.
func (m *Matcher) mark(s *behaviour.State, key string, i int, mark behaviour.Mark) {
	marks := s.Marks[key]
	if i >= 0 {
		marks[i] = mark
		return
	}
	marks = append(marks, mark)
	slices.SortFunc(marks, func(a, b behaviour.Mark) int { return a.Period.Compare(b.Period) })
	if len(marks) > 2 {
		marks = marks[len(marks)-2:]
	}
	if s.Marks == nil {
		s.Marks = map[string][]behaviour.Mark{}
	}
	s.Marks[key] = marks
}

// match gives the figures that templates and expressions may use.
func (u usage) match() map[string]customer.Value {
	return map[string]customer.Value{
		"used":  customer.Number(u.used),
		"limit": customer.Number(u.limit),
		"share": customer.Number(u.share),
		"left":  customer.Number(max(u.limit-u.used, 0)),
	}
}

// rejudge reads the periods that an event out of order touched again, oldest
// first, and keeps their marks.
func (m *Matcher) rejudge(s Subject, e customer.Event, r behaviour.Result, log Log) ([]Reason, error) {
	from := time.Time{}
	if start, _, ok := m.When.Usage.Per.Bounds(e.At, s.Clock()); ok && len(r.Rebuild) == 0 && !m.limitLooksBack() {
		from = start
	}
	events, err := log(m.HistoryEvents(), from, time.Time{})
	if err != nil {
		return nil, err
	}
	reasons, scratch := m.Replay(s, events, e.At)
	for _, d := range r.Rebuild {
		copySeries(s.State, scratch, d.Key())
	}
	for key, marks := range scratch.Marks {
		for _, mark := range marks {
			i := slices.IndexFunc(s.State.Marks[key], func(k behaviour.Mark) bool { return k.Period.Equal(mark.Period) })
			m.mark(s.State, key, i, mark)
		}
	}
	return reasons, nil
}

// limitLooksBack reports whether the limit depends on more than its period.
func (m *Matcher) limitLooksBack() bool {
	for _, a := range m.When.Usage.Limit.Uses().Aggregates {
		if !m.key(a, true).period {
			return true
		}
	}
	return false
}

// copySeries takes every series of a definition from one state to another.
func copySeries(to, from *behaviour.State, key string) {
	for k, series := range from.Series {
		if k == key || strings.HasPrefix(k, key+"\x1f") {
			if to.Series == nil {
				to.Series = map[string]*behaviour.Series{}
			}
			to.Series[k] = series
		}
	}
}

// Adopt takes what a replay left into the customer's state: this rule's
// aggregates, marks and pending.
func (m *Matcher) Adopt(to, from *behaviour.State) {
	for _, d := range m.defs {
		copySeries(to, from, d.Key())
	}
	for key, marks := range from.Marks {
		if to.Marks == nil {
			to.Marks = map[string][]behaviour.Mark{}
		}
		to.Marks[key] = marks
	}
	for key, p := range from.Pending {
		if to.Pending == nil {
			to.Pending = map[string]*behaviour.Pending{}
		}
		to.Pending[key] = p
	}
}
