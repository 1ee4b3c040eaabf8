// Package behaviour is one customer's running state: what they last did,
// windowed counts and sums, totals per period, hours of the week. It follows
// events one at a time and answers for an instant; it knows no rule, no store
// and no clock.
package behaviour

import (
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// State is what is kept of one customer's behaviour. The zero value is that
// of somebody who never did anything. It is not safe for concurrent use.
type State struct {
	// LastAct is the newest act of the customer's own.
	LastAct time.Time
	// Used holds, per channel, when they last did something by it: opened or
	// clicked a message, or (push) used the app.
	Used map[customer.Channel]time.Time
	// Unanswered counts, per channel, the messages that went out since they last
	// did something by it.
	Unanswered map[customer.Channel]int
	// Habits are the hours of the week in which they do something, on their
	// clock: per channel what they do by it, and under AnyChannel every act of
	// their own.
	Habits map[customer.Channel]*habit.Profile
	// Series are the aggregates, by Def.Key and about value.
	Series map[string]*Series
	// Marks are the triggers that fired, by rule and about value.
	Marks map[string][]Mark
	// Pending are what is awaited after something else, by definition and
	// about value.
	Pending map[string]*Pending
	// Running says that an outreach may be open.
	Running bool
	// Goals holds, per rule, until when its goal counts for an outreach.
	Goals map[string]time.Time
}

// Mark is one firing of a crossing trigger.
type Mark struct {
	Period time.Time // start of the period
	Limit  float64
}

// Pending is an event that something should follow.
type Pending struct {
	After     time.Time // the event's instant; zero: what should follow came first
	Due       time.Time
	MessageID string
	Promised  customer.Value
	Came      time.Time // when what was awaited came; zero: not
	Fired     bool
	Seen      time.Time // the newest instant of either event: an older one is out of order
}

// Clock is what a customer's calendar depends on.
type Clock struct {
	Zone  *time.Location
	Trait func(name string) (customer.Value, bool)
}

// Result is what applying one event met.
type Result struct {
	// Late says that the event was older than the previous period of at least
	// one definition, which left it out.
	Late bool
	// Disorder says that the event was older than what some definition had
	// seen, so that a crossing may have happened in the past.
	Disorder bool
	// Rebuild lists the definitions that only the log can answer for.
	Rebuild []Def
}

// Apply brings one event into the state. Within the current and the previous
// period of each definition the order of events does not matter.
func (s *State) Apply(p *Plan, e customer.Event, c Clock) Result {
	s.act(p, e, c)
	var r Result
	if len(p.byEvent[""]) > 0 && p.own(e) {
		for _, d := range p.byEvent[""] {
			s.series(d, "").add(d, e, c)
		}
	}
	for _, d := range p.byEvent[e.Name] {
		about, ok := d.about(e)
		if d.turns(e.Name) && !s.turn(d, about, e.At) {
			r.Rebuild = append(r.Rebuild, d.Def)
		}
		if !ok || d.Event != e.Name || !d.passes(e, c) {
			continue
		}
		late, disorder := s.series(d, about).add(d, e, c)
		r.Late = r.Late || late
		r.Disorder = r.Disorder || disorder
	}
	return r
}

// turn starts a new period for one about value, or for all of them when the
// event has none. It reports false when only the log can tell the totals.
func (s *State) turn(d planned, about string, at time.Time) bool {
	turned := s.series(d, about).turn(at)
	if d.About == "" || about != "" {
		return turned
	}
	for key, series := range s.Series {
		if strings.HasPrefix(key, d.key+separator) {
			turned = series.turn(at) && turned
		}
	}
	return turned
}

// act keeps what every act of the customer's own says.
func (s *State) act(p *Plan, e customer.Event, c Clock) {
	if channel, ok := usedBy(e); ok {
		if s.Used == nil {
			s.Used = map[customer.Channel]time.Time{}
		}
		if e.At.After(s.Used[channel]) {
			s.Used[channel] = e.At
		}
		delete(s.Unanswered, channel)
		s.habit(channel).Add(e.At.In(c.Zone), weightOf(e))
	}
	if !p.own(e) {
		return
	}
	if e.At.After(s.LastAct) {
		s.LastAct = e.At
	}
	s.habit(customer.AnyChannel).Add(e.At.In(c.Zone), weightOf(e))
}

// habit gives the profile of a channel to be added to.
func (s *State) habit(channel customer.Channel) *habit.Profile {
	p := s.Habits[channel]
	if p == nil {
		p = &habit.Profile{}
		if s.Habits == nil {
			s.Habits = map[customer.Channel]*habit.Profile{}
		}
		s.Habits[channel] = p
	}
	return p
}

// weightOf gives what an act says of an hour: an answer to a message more than
// what happens by itself.
func weightOf(e customer.Event) habit.Weight {
	if e.Name == customer.MessageClicked || e.Name == customer.MessageReplied {
		return habit.Answered
	}
	return habit.Seen
}

// Reached notes that a message went out by a channel.
func (s *State) Reached(channel customer.Channel) {
	if s.Unanswered == nil {
		s.Unanswered = map[customer.Channel]int{}
	}
	s.Unanswered[channel]++
}

// usedBy names the channel that an event proves to be in use. What a program
// did proves nothing.
func usedBy(e customer.Event) (customer.Channel, bool) {
	if e.ByMachine() {
		return "", false
	}
	switch e.Name {
	case customer.MessageOpened, customer.MessageClicked, customer.MessageReplied:
		channel := customer.Channel(e.Properties[customer.ChannelProperty].String())
		return channel, channel != ""
	}
	return customer.Push, e.Via == customer.ViaApp && !customer.OfMessage(e.Name)
}

// maxAbouts bounds the about values that one definition is kept for; beyond it
// the one that was quiet longest is forgotten.
const maxAbouts = 200

func (s *State) series(d planned, about string) *Series {
	full := Join(d.key, about)
	series := s.Series[full]
	if series != nil {
		return series
	}
	if s.Series == nil {
		s.Series = map[string]*Series{}
	}
	series = &Series{}
	if about != "" {
		s.crowd(d.key)
		if all := s.Series[d.key]; all != nil { // the last turn of all about values
			series.Now = Bucket{Start: all.Now.Start, End: all.Now.End}
			series.Before = Bucket{Start: all.Before.Start, End: all.Before.End}
		}
	}
	s.Series[full] = series
	return series
}

// crowd makes room for one more about value of a definition.
func (s *State) crowd(key string) {
	count, oldest, oldestAt := 0, "", time.Time{}
	for k, series := range s.Series {
		if !strings.HasPrefix(k, key+separator) {
			continue
		}
		count++
		if at := series.Newest(); oldest == "" || at.Before(oldestAt) || at.Equal(oldestAt) && k < oldest {
			oldest, oldestAt = k, at
		}
	}
	if count >= maxAbouts {
		delete(s.Series, oldest)
	}
}

// Find gives the series of a definition's key and about value, nil when
// nothing came.
func (s *State) Find(key, about string) *Series { return s.Series[Join(key, about)] }

// separator stands between a key and an about value. Keys never hold it.
const separator = "\x1f"

// Join names what belongs to one about value.
func Join(key, about string) string {
	if about == "" {
		return key
	}
	return key + separator + about
}

// Split undoes Join.
func Split(full string) (key, about string) {
	key, about, _ = strings.Cut(full, separator)
	return key, about
}

// Mostly says whether at least three quarters of what the customer does of late
// falls into some hours of the week; not known with fewer than three
// engagements, of which each hour of a week has at most one.
func (s *State) Mostly(in sendtime.Hours, now time.Time) (value, known bool) {
	const enough, share = 3, 0.75
	p := s.Habits[customer.AnyChannel]
	if p.Evidence(now) < enough {
		return false, false
	}
	return p.Share(now, in) >= share, true
}
