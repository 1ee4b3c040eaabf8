package rule

import (
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Subject is one customer as rules see them.
type Subject struct {
	Profile *customer.Profile
	State   *behaviour.State
	Zone    *time.Location
	// Reach says whether a channel can reach them: an address that is not
	// suppressed. Nil goes by the address alone.
	Reach func(customer.Channel) bool
}

// Clock gives what the customer's calendar depends on.
func (s Subject) Clock() behaviour.Clock {
	return behaviour.Clock{Zone: s.Zone, Trait: s.Trait}
}

// Trait gives a trait by name, as rules read it; what the profile holds in fields of its own
// answers to the names that identify calls use.
func (s Subject) Trait(name string) (customer.Value, bool) {
	if v, ok := s.Profile.Traits[name]; ok {
		return v, !v.IsZero()
	}
	text := ""
	switch name {
	case "country":
		text = s.Profile.Country
	case "region", "state":
		text = s.Profile.Region
	case "locale":
		text = s.Profile.Locale
	case "zone", "timezone":
		text = s.Profile.Zone
	case "email":
		text = s.Profile.Email
	case "phone":
		text = s.Profile.Phone
	}
	return customer.Text(text), text != ""
}

// Story is what an outreach has lived through so far.
type Story struct {
	Events []customer.Event // since it began, oldest first, the trigger included
	Match  map[string]customer.Value
	Sent   map[string]bool // templates that went out
	// Answers holds what webhooks answered, by the name of the answer.
	Answers map[string]map[string]customer.Value
}

// usedFor is how long an act by a channel shows that it is in use.
var usedFor = sendtime.Duration{Days: 90}

// view answers an expression's questions for one subject at one instant.
type view struct {
	m     *Matcher
	s     Subject
	at    time.Time
	about string
	story *Story
	event *customer.Event // in a where: the event whose properties are bare names
	limit bool            // in a usage limit: totals are those of the period
}

var _ expr.Facts = (*view)(nil)

func (v *view) Now() time.Time       { return v.at }
func (v *view) Zone() *time.Location { return v.s.Zone }

func (v *view) Name(name string) (customer.Value, bool) {
	if v.event != nil {
		if p, ok := v.event.Properties[name]; ok {
			return p, !p.IsZero()
		}
	}
	return v.s.Trait(name)
}

func (v *view) Property(object, name string) (customer.Value, bool) {
	if v.event != nil && v.event.Name == object {
		p, ok := v.event.Properties[name]
		return p, ok
	}
	if v.story == nil {
		return customer.Value{}, false
	}
	if object == "match" {
		p, ok := v.story.Match[name]
		return p, ok
	}
	if answer, ok := v.story.Answers[object]; ok {
		p, ok := answer[name]
		return p, ok
	}
	for i := len(v.story.Events) - 1; i >= 0; i-- {
		if e := &v.story.Events[i]; e.Name == object && v.m.Joins(*e, v.about) {
			p, ok := e.Properties[name]
			return p, ok
		}
	}
	return customer.Value{}, false
}

func (v *view) series(a expr.Aggregate) (s *behaviour.Series, period bool) {
	k := v.m.key(a, v.limit)
	return k.of(v.s.State, v.about), k.period
}

func (v *view) Aggregate(a expr.Aggregate) (float64, bool) {
	series, period := v.series(a)
	var count int64
	var sum float64
	switch {
	case series == nil:
	case period:
		b := series.In(v.at)
		count, sum = b.Count, b.Sum
	case a.Window.IsZero():
		count, sum = series.All.Count, series.All.Sum
	default:
		count, sum = series.Window(a.Window, v.at, v.s.Zone)
	}
	switch a.Op {
	case expr.Sum:
		return sum, true
	case expr.Happened:
		return float64(min(count, 1)), true
	}
	return float64(count), true
}

func (v *view) LatestValue(event, property string) (customer.Value, bool) {
	series, period := v.series(expr.Aggregate{Op: expr.Latest, Event: event, Property: property})
	if series == nil {
		return customer.Value{}, false
	}
	value := series.All.Value
	if period {
		value = series.In(v.at).Value
	}
	return value, !value.IsZero()
}

func (v *view) LastAt(event string) (time.Time, bool) {
	series, _ := v.series(expr.Aggregate{Op: expr.Last, Event: event})
	if series == nil {
		return time.Time{}, false
	}
	return series.All.Last, !series.All.Last.IsZero()
}

func (v *view) Leaves(a expr.Aggregate) time.Time {
	series, _ := v.series(a)
	return series.Leaves(a.Window, v.at, v.s.Zone)
}

func (v *view) Sent(template string) bool { return v.story != nil && v.story.Sent[template] }

func (v *view) Reachable(ch customer.Channel) bool {
	if v.s.Reach != nil {
		return v.s.Reach(ch)
	}
	return v.s.Profile.Address(ch) != ""
}

// Uses reports whether the channel reaches the customer and they did
// something by it within ninety days.
func (v *view) Uses(ch customer.Channel) bool {
	at, ok := v.s.State.Used[ch]
	return ok && v.Reachable(ch) && usedFor.After(at, v.s.Zone).After(v.at)
}

// monday is the first instant of a week that starts on a Monday, in UTC.
var monday = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// Mostly counts an act into the hours when the middle of its hour is in them.
func (v *view) Mostly(when string) (value, known bool) {
	w, ok := v.m.whens[when]
	if !ok {
		return false, false
	}
	var in sendtime.Hours
	for hour := range 7 * 24 {
		if w.Contains(monday.Add(time.Duration(hour)*time.Hour+30*time.Minute), time.UTC) {
			in.Add(hour)
		}
	}
	return v.s.State.Mostly(in, v.at)
}
