// Package behaviour is one customer's running state: what they last did,
// windowed counts and sums, totals per period, hours of the week. It follows
// events one at a time and answers for an instant; it knows no rule, no store
// and no clock.
package behaviour

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// State is what is kept of one customer's behaviour. The zero value is that
// of somebody who never did anything. It is not safe for concurrent use.
type State struct {
	// LastAct is the newest act of the customer's own.
	LastAct time.Time `json:"act,omitzero"`
	// Used holds, per channel, when they last did something by it: opened or
	// clicked a message, or (push) used the app.
	Used map[customer.Channel]time.Time `json:"used,omitempty"`
	// Hours counts their own acts per hour of the week on their clock; 0 is
	// Monday 00:00.
	Hours map[int]int `json:"hours,omitempty"`
	// Series are the aggregates, by Def.Key and about value.
	Series map[string]*Series `json:"series,omitempty"`
	// Marks are the triggers that fired, by rule and about value.
	Marks map[string][]Mark `json:"marks,omitempty"`
	// Pending are what is awaited after something else, by definition and
	// about value.
	Pending map[string]*Pending `json:"pending,omitempty"`
	// Running says that an outreach may be open.
	Running bool `json:"running,omitempty"`
	// Goals holds, per rule, until when its goal counts for an outreach.
	Goals map[string]time.Time `json:"goals,omitempty"`
}

// Mark is one firing of a crossing trigger.
type Mark struct {
	Period time.Time `json:"p,omitzero"` // start of the period
	Limit  float64   `json:"l"`
}

// Pending is an event that something should follow.
type Pending struct {
	After     time.Time      `json:"a,omitzero"` // the event's instant; zero: what should follow came first
	Due       time.Time      `json:"d,omitzero"`
	MessageID string         `json:"m,omitempty"`
	Promised  customer.Value `json:"p,omitzero"`
	Came      time.Time      `json:"c,omitzero"` // when what was awaited came; zero: not
	Fired     bool           `json:"f,omitempty"`
}

// Decode reads what Encode wrote; empty bytes are the zero state.
func Decode(b []byte) (*State, error) {
	s := &State{}
	if len(b) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("behaviour state: %w", err)
	}
	return s, nil
}

// Encode writes the state.
func (s *State) Encode() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("behaviour state: " + err.Error()) // every field is plain data: cannot happen
	}
	return b
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
	for _, d := range p.byEvent[e.Name] {
		about, ok := d.about(e)
		if !ok {
			continue
		}
		series := s.series(d.key, about)
		if d.Per.Kind == SinceEvent && e.Name == d.Per.Of {
			if !series.turn(e.At) {
				r.Rebuild = append(r.Rebuild, d.Def)
			}
			if d.Event != e.Name {
				continue
			}
		}
		late, disorder := series.add(d, e, c)
		r.Late = r.Late || late
		r.Disorder = r.Disorder || disorder
	}
	return r
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
	}
	if !p.own(e) {
		return
	}
	if e.At.After(s.LastAct) {
		s.LastAct = e.At
	}
	if s.Hours == nil {
		s.Hours = map[int]int{}
	}
	s.Hours[hourOfWeek(e.At.In(c.Zone))]++
}

// usedBy names the channel that an event proves to be in use.
func usedBy(e customer.Event) (customer.Channel, bool) {
	switch e.Name {
	case customer.MessageOpened, customer.MessageClicked, customer.MessageReplied:
		channel := customer.Channel(e.Properties[customer.ChannelProperty].String())
		return channel, channel != ""
	}
	return customer.Push, e.Via == customer.ViaApp
}

// hourOfWeek counts from Monday 00:00 of t's own clock.
func hourOfWeek(t time.Time) int {
	return (int(t.Weekday())+6)%7*24 + t.Hour()
}

func (s *State) series(key, about string) *Series {
	full := Join(key, about)
	series := s.Series[full]
	if series == nil {
		if s.Series == nil {
			s.Series = map[string]*Series{}
		}
		series = &Series{}
		s.Series[full] = series
	}
	return series
}

// Find gives the series of a definition's key and about value, nil when
// nothing came.
func (s *State) Find(key, about string) *Series { return s.Series[Join(key, about)] }

// Join names what belongs to one about value.
func Join(key, about string) string {
	if about == "" {
		return key
	}
	return key + "\x1f" + about
}

// Mostly says whether at least four fifths of the customer's own acts fell
// into hours of the week that in holds; not known with fewer than four acts.
func (s *State) Mostly(in func(hourOfWeek int) bool) (value, known bool) {
	const enough, share = 4, 0.8
	all, inside := 0, 0
	for hour, n := range s.Hours {
		all += n
		if in(hour) {
			inside += n
		}
	}
	if all < enough {
		return false, false
	}
	return float64(inside) >= share*float64(all), true
}
