package sendtime

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Clues are what may tell where somebody is. Any may be "".
type Clues struct {
	Zone    string // the zone that they gave, an IANA name
	Phone   string // E.164
	Country string // of their address, ISO 3166-1 alpha-2
	Region  string // of their address, ISO 3166-2 without the country
	Home    string // the country when nothing of theirs tells one
}

// Whereabouts are what clues tell. They are shared and never to be changed.
type Whereabouts struct {
	Country string   // of the address, else of the phone, else Home; "" not told
	Regions []string // the regions that it may be, sorted when there are several; nil: not told
	// Zones are the clocks that somebody may read, one zone for each clock that
	// differs in the years to come; nil: no clue tells any.
	Zones []*time.Location
	// Settled: the first of Zones is where one clue places them alone, and the
	// others are where another clue does. Otherwise the first is merely where
	// most people live.
	Settled bool
	How     Clue // what tells the zones

	ring []*time.Location // Zones twice over
}

// Clue names what told a zone.
type Clue string

// The clues that tell zones.
const (
	BySaid    Clue = "said"
	ByPhone   Clue = "phone"
	ByAddress Clue = "address"
)

// But gives all Zones but one, by its index; nil when there is no other. It
// allocates nothing.
func (w *Whereabouts) But(i int) []*time.Location {
	n := len(w.Zones)
	if n < 2 || i < 0 || i >= n {
		return nil
	}
	return w.ring[i+1 : i+n : i+n]
}

// Index gives which of Zones has the clock of a zone; -1 when none has.
func (w *Whereabouts) Index(zones *Zones, zone *time.Location) int {
	return slices.IndexFunc(w.Zones, func(z *time.Location) bool { return zones.SameClock(z, zone) })
}

// Where gives what clues tell: the zone that was given; else the zone of the
// phone number when that has one clock; else that of the address when that has
// one; else the clocks that phone and address leave possible together. A phone
// and an address that contradict each other leave both possible, since people
// keep their numbers when they move. Answers are remembered.
func (z *Zones) Where(c Clues) *Whereabouts {
	c = z.needed(c)
	z.found.mu.RLock()
	w := z.found.known[c]
	z.found.mu.RUnlock()
	if w != nil {
		return w
	}
	w = z.find(c)
	z.found.keep(c, w)
	return w
}

// needed leaves out what does not count, so that many customers share an
// answer: all of a number but its area code, and all of it where the rest tells
// enough.
func (z *Zones) needed(c Clues) Clues {
	if c.Country != "" {
		c.Home = ""
	}
	if c.Zone != "" && !z.loads(c.Zone) {
		c.Zone = ""
	}
	if regions := z.atlas().regions[c.Country]; c.Zone != "" && c.Country != "" && (len(regions) == 0 || slices.Contains(regions, c.Region)) {
		c.Phone = ""
	}
	if code := areaOf(c.Phone); code != "" {
		if _, known := z.atlas().areas[code]; known {
			c.Phone = c.Phone[:len("+1212")]
		}
	}
	return c
}

func (z *Zones) loads(name string) bool {
	_, err := z.Load(name)
	return err == nil
}

func (z *Zones) find(c Clues) *Whereabouts {
	phone := z.phone(c.Phone)
	w := &Whereabouts{Country: cmp.Or(c.Country, phone.country, c.Home)}
	given, err := z.Load(c.Zone)
	if err == nil {
		w.Zones, w.How = []*time.Location{given}, BySaid
	} else {
		w.decide(z, phone.zones, z.addressed(c, w.Country))
	}
	w.ring = slices.Concat(w.Zones, w.Zones)
	w.Regions = z.regions(c, w, phone)
	return w
}

// addressed gives the clocks of an address in a country, none when there is no
// address.
func (z *Zones) addressed(c Clues, country string) []*time.Location {
	if c.Region != "" {
		if zones := z.atlas().clocks[placeOf(country, c.Region)]; zones != nil {
			return z.differing(zones)
		}
	}
	return z.differing(z.atlas().clocks[c.Country])
}

// decide chooses among the clocks of the phone and of the address.
func (w *Whereabouts) decide(z *Zones, phone, address []*time.Location) {
	w.How = ByPhone
	both := z.shared(address, phone)
	switch {
	case len(phone) == 1:
		w.Zones, w.Settled = z.joined(phone, without(address, both)), true
	case len(address) == 1:
		w.Zones, w.Settled, w.How = z.joined(address, without(phone, z.shared(phone, address))), true, ByAddress
	case len(both) > 0:
		w.Zones = both
	case len(phone) > 0:
		w.Zones = z.joined(phone, address)
	default:
		w.Zones, w.How = address, ByAddress
	}
	if len(w.Zones) == 0 {
		w.How = ""
	}
}

// joined puts the second list behind the first.
func (z *Zones) joined(first, second []*time.Location) []*time.Location {
	return append(slices.Clone(first), without(second, z.shared(second, first))...)
}

// without gives what a list has but another has not; a list that shares
// anything at all is no contradiction and adds nothing.
func without(list, shared []*time.Location) []*time.Location {
	if len(shared) > 0 {
		return nil
	}
	return list
}

// shared gives the zones of a list whose clock another list has too.
func (z *Zones) shared(list, other []*time.Location) (both []*time.Location) {
	for _, zone := range list {
		if z.has(other, zone) {
			both = append(both, zone)
		}
	}
	return both
}

func (z *Zones) has(list []*time.Location, zone *time.Location) bool {
	return slices.ContainsFunc(list, func(other *time.Location) bool { return z.SameClock(zone, other) })
}

// differing loads zones and leaves out those whose clock one before has.
func (z *Zones) differing(names []string) (list []*time.Location) {
	for _, name := range names {
		if zone, err := z.Load(name); err == nil && !z.has(list, zone) {
			list = append(list, zone)
		}
	}
	return list
}

// regions gives the regions that the address, else the phone, else the clock
// leaves possible.
func (z *Zones) regions(c Clues, w *Whereabouts, phone phonePlace) []string {
	known := z.atlas().regions[w.Country]
	switch {
	case c.Region != "" && (len(known) == 0 || slices.Contains(known, c.Region)):
		return []string{c.Region}
	case len(known) == 0 || len(w.Zones) == 0:
		return nil
	}
	possible := func(regions []string) (list []string) {
		for _, region := range regions {
			if len(z.shared(z.differing(z.atlas().clocks[placeOf(w.Country, region)]), w.Zones)) > 0 {
				list = append(list, region)
			}
		}
		return list
	}
	if phone.country == w.Country {
		if list := possible(phone.regions); len(list) > 0 {
			return list
		}
	}
	home := z.differing(z.atlas().clocks[w.Country])
	if len(z.shared(home, w.Zones)) == len(home) {
		return nil
	}
	list := possible(known)
	slices.Sort(list)
	return list
}

// clocksFrom is the first of the years in which clocks are compared.
const clocksFrom = 2026

// SameClock reports whether two zones read the same throughout the years to
// come, which Europe/Berlin and Europe/Vienna do.
func (z *Zones) SameClock(a, b *time.Location) bool {
	return a == b || z.clockOf(a) == z.clockOf(b)
}

// clockOf gives a text that two zones share when their clocks read the same.
func (z *Zones) clockOf(zone *time.Location) string {
	z.found.mu.RLock()
	text, known := z.found.clocks[zone]
	z.found.mu.RUnlock()
	if known {
		return text
	}
	text = readings(zone)
	z.found.mu.Lock()
	defer z.found.mu.Unlock()
	if z.found.clocks == nil {
		z.found.clocks = map[*time.Location]string{}
	}
	z.found.clocks[zone] = text
	return text
}

// readings writes down when a clock changes, and to what.
func readings(zone *time.Location) string {
	var b bytes.Buffer
	from := time.Date(clocksFrom, time.January, 1, 0, 0, 0, 0, time.UTC)
	writeClock(&b, zone, from.Unix(), from.AddDate(yearsAhead, 0, 0).Unix())
	return b.String()
}

// maxFound bounds the answers that are remembered; beyond it all are
// forgotten.
const maxFound = 50_000

// findings remembers answers. The zero value remembers none; it is safe for
// concurrent use.
type findings struct {
	mu     sync.RWMutex
	known  map[Clues]*Whereabouts
	clocks map[*time.Location]string
}

func (f *findings) keep(c Clues, w *Whereabouts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxFound {
		f.known = map[Clues]*Whereabouts{}
	}
	c = Clues{strings.Clone(c.Zone), strings.Clone(c.Phone), strings.Clone(c.Country), strings.Clone(c.Region), strings.Clone(c.Home)}
	f.known[c] = w
}
