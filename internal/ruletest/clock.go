package ruletest

import (
	"time"

	"github.com/outreach-engine/outreach/internal/source"
)

// zoned is the zone that a customer's clock shows from an instant on.
type zoned struct {
	from time.Time
	zone *time.Location
}

// stretch is a time of an expectation as a zone's clock has it: From <= at < To.
type stretch struct {
	zone     *time.Location
	from, to time.Time
}

func (s stretch) has(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// same reports whether two are one time on one clock.
func (s stretch) same(o stretch) bool {
	return s.zone.String() == o.zone.String() && s.from.Equal(o.from) && s.to.Equal(o.to)
}

// above is the line before one: when, and on whose clock.
type above struct {
	id   string
	zone *time.Location
}

// readings gives a moment after an instant as each of a customer's clocks has
// it, the earliest first where they read it while they were in force. Somebody
// who moves may read a time twice, or never: then the last clock has it.
func readings(m moment, base time.Time, zones []zoned) []stretch {
	var read []stretch
	for i, s := range everywhere(m, base, zones) {
		last := i+1 == len(zones)
		if !s.to.Before(zones[i].from) && (last || !s.from.After(zones[i+1].from)) {
			read = append(read, s)
		}
		if last && len(read) == 0 {
			read = append(read, s)
		}
	}
	return read
}

// everywhere gives a moment after an instant on each of a customer's clocks: a
// plan may be for a time at which they will have moved on.
func everywhere(m moment, base time.Time, zones []zoned) []stretch {
	read := make([]stretch, len(zones))
	for i, z := range zones {
		read[i].zone = z.zone
		read[i].from, read[i].to = minutes(m.between(base, z.zone))
	}
	return read
}

// first gives the earliest of the readings that does not end before an
// instant; the last one when all do.
func first(read []stretch, since time.Time) stretch {
	best := read[len(read)-1]
	found := false
	for _, s := range read {
		over := !s.to.After(since.Truncate(time.Minute))
		if !over && (!found || s.from.Before(best.from)) {
			best, found = s, true
		}
	}
	return best
}

// within reports whether an instant is in a time that was asked for: as the
// clock in the given zone has it, where the customer read that one.
func within(read []stretch, usual stretch, at time.Time, zone *time.Location) bool {
	for _, s := range read {
		if zone != nil && s.zone.String() == zone.String() {
			return s.has(at)
		}
	}
	return usual.has(at)
}

// minutes widens a stretch to whole minutes.
func minutes(from, to time.Time) (time.Time, time.Time) {
	start := from.Truncate(time.Minute)
	return start, start.Add(to.Sub(from))
}

// shown writes an instant as a zone's clock has it, with the zone's name where
// it is not the usual one.
func shown(at time.Time, zone, usual *time.Location) string {
	return at.In(zone).Format(clockLayout) + zoneNote(zone, usual)
}

// zoneNote names a zone that is not the usual one.
func zoneNote(zone, usual *time.Location) string {
	if zone.String() == usual.String() {
		return ""
	}
	return " " + zone.String()
}

// zonesOf gives the zones of a customer's clock, oldest first.
func (c *casting) zonesOf(id string) []zoned {
	if who := c.people[id]; who != nil {
		return who.zones
	}
	return []zoned{{zone: c.Zone}}
}

func (c *casting) zoneNow(id string) *time.Location {
	zones := c.zonesOf(id)
	return zones[len(zones)-1].zone
}

// inOrder reports whether a line's instant is not before that of the line
// before, and within what a play may last.
func (c *casting) inOrder(n source.Node, at time.Time, zone *time.Location) bool {
	switch {
	case at.Before(c.at.Truncate(time.Minute)):
		n.Fail("is before the line above it, "+c.clockAbove(zone), "put the lines in the order of time")
	case at.After(c.Script.From.AddDate(maxYears, 0, 0)):
		n.Fail("is more than 10 years after the start", "write an earlier time")
	default:
		return true
	}
	return false
}

// clockAbove gives the time of the line above, and whose clock has it when the
// line below is on another one.
func (c *casting) clockAbove(below *time.Location) string {
	if c.above.zone == nil {
		c.above = above{c.Main, c.Zone}
	}
	text := c.at.In(c.above.zone).Format(clockLayout)
	if c.above.zone.String() == below.String() {
		return text
	}
	return text + " on the clock of " + c.above.id + " in " + c.above.zone.String() +
		", which is " + c.at.In(below).Format(clockLayout) + " in " + below.String()
}

// reach remembers the last thing that the test speaks of.
func (c *casting) reach(at time.Time) {
	if at.After(c.last) {
		c.last = at
	}
}
