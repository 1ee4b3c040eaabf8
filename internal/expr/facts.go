package expr

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Facts answers for one customer at one instant. All answers belong to the
// same instant.
type Facts interface {
	Clock
	Values
	Past
	Contact
}

// Clock is the instant that is asked about, and the customer's zone (nil is UTC).
type Clock interface {
	Now() time.Time
	Zone() *time.Location
}

// Values answers for traits and properties; false: not known. A value that
// does not read as its declared kind, and the empty text, count as not known.
type Values interface {
	Name(name string) (customer.Value, bool)
	Property(object, name string) (customer.Value, bool)
}

// Past answers for what happened.
type Past interface {
	// Aggregate gives Happened as 0 or 1, Count and Sum. False counts as 0.
	Aggregate(a Aggregate) (float64, bool)
	// LatestValue gives the property of the newest event.
	LatestValue(event, property string) (customer.Value, bool)
	// LastAt gives the newest instant of the event.
	LastAt(event string) (time.Time, bool)
	// Leaves gives the first instant after Now at which an entry leaves the
	// window of a; zero: none. For Happened the newest entry's leaving will do.
	Leaves(a Aggregate) time.Time
}

// Contact answers for messages, channels and habits.
type Contact interface {
	Sent(template string) bool
	Reachable(ch customer.Channel) bool
	Uses(ch customer.Channel) bool
	// Mostly says whether at least three quarters of what the customer does of
	// late falls into the hours (a WHEN text), on their clock; not known with
	// fewer than three engagements.
	Mostly(when string) (value, known bool)
}

// Op is what is made of the events of one name.
type Op string

// The operations.
const (
	Happened Op = "happened"
	Count    Op = "count"
	Sum      Op = "sum"
	Latest   Op = "latest" // the property of the newest event
	Last     Op = "last"   // the instant of the newest event
)

// Aggregate is one thing to keep about the events of one name. It is
// comparable, and two expressions that ask for the same have equal ones.
type Aggregate struct {
	Op       Op
	Event    string
	Property string            // of Sum and Latest
	Window   sendtime.Duration // up to now; zero: all of the time that counts
}

// String gives the aggregate as one writes it: sum(data_session.mb, 30d).
// Different aggregates have different texts. Last reads last(app_opened).
func (a Aggregate) String() string {
	s := string(a.Op) + "(" + a.Event
	if a.Property != "" {
		s += "." + a.Property
	}
	if !a.Window.IsZero() {
		s += ", " + a.Window.String()
	}
	return s + ")"
}

// Uses is what a program reads: each thing once, sorted.
type Uses struct {
	Traits     []string // bare names
	Events     []string // of aggregates and of event.property
	Aggregates []Aggregate
	Properties [][2]string // object and property
	Channels   bool        // reachable or uses
	Sent       bool
	Hours      []string // the hours of every mostly(), as Facts is asked about them
}

func (u Uses) sorted() Uses {
	u.Traits = sortedSet(u.Traits, cmp.Compare)
	u.Events = sortedSet(u.Events, cmp.Compare)
	u.Hours = sortedSet(u.Hours, cmp.Compare)
	u.Aggregates = sortedSet(u.Aggregates, func(a, b Aggregate) int { return cmp.Compare(a.String(), b.String()) })
	u.Properties = sortedSet(u.Properties, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return u
}

func sortedSet[T comparable](list []T, compare func(a, b T) int) []T {
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}
