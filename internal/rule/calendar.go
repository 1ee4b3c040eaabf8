package rule

import (
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// longGone is how far back a day that is told of late is still looked at: a
// reason that is not fresh is written down, one of last year is not.
const longGone = 30 * 24 * time.Hour

// dayText writes an instant's day on the customer's clock, ISO 8601.
func dayText(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02") }

// day gives the first instant of the day that the date trigger's trait holds.
func (m *Matcher) day(s Subject) (time.Time, bool) {
	v, ok := s.trait(m.When.Date.Of)
	if !ok {
		return time.Time{}, false
	}
	at, ok := v.Time(s.Zone)
	if !ok {
		return time.Time{}, false
	}
	y, month, d := at.In(s.Zone).Date()
	return customer.StartOfDay(y, month, d, s.Zone), true
}

// point gives the first instant of the day that lies a length of time from
// another one.
func (d *DateTrigger) point(day time.Time, length sendtime.Duration, zone *time.Location) time.Time {
	shifted := length.Before(day, zone)
	if d.After {
		shifted = length.After(day, zone)
	}
	y, month, n := shifted.In(zone).Date()
	return customer.StartOfDay(y, month, n, zone)
}

// given gives the newest point of a day that was given; zero: none. A mark's
// Period is the day, its Limit the point, in seconds since 1970.
func (m *Matcher) given(s Subject, day time.Time) time.Time {
	for _, k := range s.State.Marks[m.Name] {
		if k.Period.Equal(day) {
			return time.Unix(int64(k.Limit), 0).UTC()
		}
	}
	return time.Time{}
}

// expireDate gives the points up to an instant that were not given, oldest
// first.
func (m *Matcher) expireDate(s Subject, at time.Time) []Reason {
	day, ok := m.day(s)
	if !ok {
		return nil
	}
	var reasons []Reason
	for from := later(m.given(s, day), at.Add(-longGone)); ; {
		point, length := m.pointAfter(s, day, from)
		if point.IsZero() || point.After(at) {
			break
		}
		text := dayText(day, s.Zone)
		reasons = append(reasons, Reason{
			At: point, Key: keyText(text, m.When.Date.side(), length.String()),
			Match: map[string]customer.Value{"day": customer.Text(text), m.When.Date.side(): customer.Text(length.String())},
		})
		from = point
	}
	if n := len(reasons); n > 0 {
		s.State.Marks = withMark(s.State.Marks, m.Name, behaviour.Mark{Period: day, Limit: seconds(reasons[n-1].At)})
	}
	return reasons
}

// withMark keeps one mark alone under a key.
func withMark(marks map[string][]behaviour.Mark, key string, mark behaviour.Mark) map[string][]behaviour.Mark {
	if marks == nil {
		marks = map[string][]behaviour.Mark{}
	}
	marks[key] = []behaviour.Mark{mark}
	return marks
}

// pointAfter gives the first of a day's points after an instant, and how far
// from the day it lies; zero: there is none.
func (m *Matcher) pointAfter(s Subject, day, from time.Time) (first time.Time, length sendtime.Duration) {
	for _, d := range m.When.Date.Points {
		point := m.When.Date.point(day, d, s.Zone)
		if point.After(from) && (first.IsZero() || point.Before(first)) {
			first, length = point, d
		}
	}
	return first, length
}

// nextPoint gives the first point after an instant that was not given.
func (m *Matcher) nextPoint(s Subject, at time.Time) time.Time {
	day, ok := m.day(s)
	if !ok {
		return time.Time{}
	}
	point, _ := m.pointAfter(s, day, later(m.given(s, day), at))
	return point
}

// nextTime gives the first instant of a schedule's times after one.
func (m *Matcher) nextTime(s Subject, at time.Time) time.Time {
	return m.starts.After(at, s.Zone)
}

// expireSchedule gives the newest time of a schedule up to an instant, for a
// customer who was known then and is in the audience. Its key is the reading
// of their clock, so that who travels has each time once.
func (m *Matcher) expireSchedule(s Subject, at time.Time) []Reason {
	last := s.Profile.Since
	for _, k := range s.State.Marks[m.Name] {
		last = later(last, k.Period)
	}
	var newest time.Time
	for t := m.nextTime(s, later(last, at.Add(-longGone))); !t.IsZero() && !t.After(at); t = m.nextTime(s, t) {
		newest = t
	}
	if newest.IsZero() {
		return nil
	}
	s.State.Marks = withMark(s.State.Marks, m.Name, behaviour.Mark{Period: newest})
	if !m.Fits(s, newest, "", nil) {
		return nil
	}
	return []Reason{{At: newest, Key: newest.In(s.Zone).Format("2006-01-02T15:04")}}
}
