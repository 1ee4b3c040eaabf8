package rule

import (
	"slices"
	"strings"
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

// day gives the first instant of the day that the date trigger's trait holds,
// and the name of that day, as midnight UTC. An instant is named by its day in
// UTC, so that a date stays the same one when the customer's zone changes.
func (m *Matcher) day(s Subject) (at, name time.Time, ok bool) {
	v, ok := s.Trait(m.When.Date.Of)
	if !ok {
		return time.Time{}, time.Time{}, false
	}
	at, ok = v.Time(s.Zone)
	name, known := v.Time(time.UTC)
	if !ok || !known {
		return time.Time{}, time.Time{}, false
	}
	y, month, d := at.In(s.Zone).Date()
	return customer.StartOfDay(y, month, d, s.Zone), behaviour.Date(name, time.UTC), true
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

// given reports whether a point of a day was given. A mark's Period is the
// day's name, its Limit the point's place in the list: both stay what they are
// when the customer's zone changes.
func (m *Matcher) given(s Subject, name time.Time, place int) bool {
	return slices.ContainsFunc(s.State.Marks[m.Name], func(k behaviour.Mark) bool {
		return k.Period.Equal(name) && int(k.Limit) == place
	})
}

// expireDate gives the points up to an instant that were not given, oldest
// first.
func (m *Matcher) expireDate(s Subject, at time.Time) []Reason {
	day, name, ok := m.day(s)
	if !ok {
		return nil
	}
	var reasons []Reason
	var marks []behaviour.Mark
	for i := range m.When.Date.Points {
		if m.given(s, name, i) {
			marks = append(marks, behaviour.Mark{Period: name, Limit: float64(i)})
		}
	}
	for from := at.Add(-longGone); ; {
		point, places := m.pointAfter(s, day, name, from)
		if point.IsZero() || point.After(at) {
			break
		}
		length := m.When.Date.Points[places[0]].String()
		reasons = append(reasons, Reason{
			At: point, Key: keyText(dayText(name, time.UTC), m.When.Date.side(), length),
			Match: map[string]customer.Value{"day": customer.Text(dayText(day, s.Zone)), m.When.Date.side(): customer.Text(length)},
		})
		for _, i := range places {
			marks = append(marks, behaviour.Mark{Period: name, Limit: float64(i)})
		}
		from = point
	}
	if len(reasons) > 0 {
		s.State.Marks = withMarks(s.State.Marks, m.Name, marks...)
	}
	return reasons
}

// sameDay reports whether the trait holds the day that a reason was given for.
func (m *Matcher) sameDay(s Subject, r Reason) bool {
	_, name, ok := m.day(s)
	given, _, _ := strings.Cut(r.Key, "/")
	return ok && given == dayText(name, time.UTC)
}

// withMarks keeps these marks alone under a key.
func withMarks(marks map[string][]behaviour.Mark, key string, list ...behaviour.Mark) map[string][]behaviour.Mark {
	if marks == nil {
		marks = map[string][]behaviour.Mark{}
	}
	marks[key] = list
	return marks
}

// pointAfter gives the first of a day's points after an instant that was not
// given, and the places in the list of all that lie there; zero: there is none.
func (m *Matcher) pointAfter(s Subject, day, name, from time.Time) (first time.Time, places []int) {
	for i, d := range m.When.Date.Points {
		point := m.When.Date.point(day, d, s.Zone)
		switch {
		case !point.After(from) || m.given(s, name, i) || !first.IsZero() && point.After(first):
		case point.Equal(first):
			places = append(places, i)
		default:
			first, places = point, []int{i}
		}
	}
	return first, places
}

// nextPoint gives the first point after an instant that was not given.
func (m *Matcher) nextPoint(s Subject, at time.Time) time.Time {
	day, name, ok := m.day(s)
	if !ok {
		return time.Time{}
	}
	point, _ := m.pointAfter(s, day, name, at)
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
	s.State.Marks = withMarks(s.State.Marks, m.Name, behaviour.Mark{Period: newest})
	if !m.Fits(s, newest, "", nil) {
		return nil
	}
	return []Reason{{At: newest, Key: newest.In(s.Zone).Format("2006-01-02T15:04")}}
}
