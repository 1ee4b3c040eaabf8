package rule

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
)

// What a finished period is measured against.
const (
	usualPeriods = 8 // before it
	leastPeriods = 4 // fewer say nothing
)

// expireDrop judges the period that ended last before an instant. Its key is
// the day on which it began, so that it stays the same one when the customer's
// zone changes.
func (m *Matcher) expireDrop(s Subject, about string, at time.Time) []Reason {
	series := m.acts.of(s.State, about)
	end, _, ok := m.When.Drop.Per.Bounds(at, s.Clock())
	if series == nil || !ok {
		return nil
	}
	key, start := behaviour.Join(m.Name, about), m.periodBefore(s, end)
	first := behaviour.Date(start, s.Zone)
	if markAt(s.State.Marks[key], first) >= 0 {
		return nil
	}
	count, usual := series.Count(start, end, s.Zone), m.usual(s, series, start)
	if usual <= 0 || float64(count) > m.most(usual) {
		return nil
	}
	addMark(s.State, key, behaviour.Mark{Period: first})
	return []Reason{{
		At: end, About: about, Key: dayText(start, s.Zone),
		Match: map[string]customer.Value{"count": customer.Number(float64(count)), "usual": customer.Number(usual)},
	}}
}

// most gives the number of events that is still a drop.
func (m *Matcher) most(usual float64) float64 {
	const slip = 1e-9 // nine tenths off is no number in binary
	return (1 - m.When.Drop.By + slip) * usual
}

// periodBefore gives the start of the period that ends at an instant.
func (m *Matcher) periodBefore(s Subject, end time.Time) time.Time {
	start, _, _ := m.When.Drop.Per.Bounds(end.Add(-time.Microsecond), s.Clock())
	return start
}

// usual gives the median of the whole periods before an instant, 0 when there
// are too few. The period in which the customer was first heard of is no whole
// one.
func (m *Matcher) usual(s Subject, series *behaviour.Series, end time.Time) float64 {
	var counts []float64
	for range usualPeriods {
		start := m.periodBefore(s, end)
		if start.Before(series.First) {
			break
		}
		counts = append(counts, float64(series.Count(start, end, s.Zone)))
		end = start
	}
	if len(counts) < leastPeriods {
		return 0
	}
	slices.Sort(counts)
	return behaviour.Median(counts)
}

// nextDrop gives the end of the period that holds an instant, while anything
// of what it is measured against is left.
func (m *Matcher) nextDrop(s Subject, about string, at time.Time) time.Time {
	start, end, ok := m.When.Drop.Per.Bounds(at, s.Clock())
	if !ok {
		return time.Time{}
	}
	oldest := start
	for range usualPeriods {
		oldest = m.periodBefore(s, oldest)
	}
	if !m.acts.of(s.State, about).Newest().After(oldest) {
		return time.Time{}
	}
	return end
}
