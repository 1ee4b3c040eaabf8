package sendtime

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones load on machines that have no zone files
)

// zoneList holds the IANA names that are accepted, one a line, in byte order: those that name a place or a
// fixed offset in full, and UTC. Abbreviations and the names of countries are left out on purpose.
//
//go:embed zones.txt
var zoneList string

// Zones reads and keeps time zones. It is safe for concurrent use and never holds more zones than there are.
type Zones struct {
	names []string // sorted
	from  func(name string) (*time.Location, error)

	mu     sync.RWMutex
	loaded map[string]*time.Location

	atlas func() *atlas // where people are by numbers and addresses
	found findings
}

// NewZones has every zone of the IANA database within reach; each is loaded when it is first asked for.
func NewZones() *Zones {
	return &Zones{names: strings.Fields(zoneList), from: time.LoadLocation, loaded: map[string]*time.Location{}, atlas: readAtlas()}
}

// Load gives the zone of an exact IANA name ("America/New_York", "UTC"). The empty name, "Local",
// abbreviations ("EST", "CET"), offsets ("GMT+2") and unknown names are refused: an abbreviation or an offset
// does not know the clock changes of a place. The error suggests the nearest names.
func (z *Zones) Load(name string) (*time.Location, error) {
	z.mu.RLock()
	zone, found := z.loaded[name]
	z.mu.RUnlock()
	if found {
		return zone, nil
	}
	if !z.known(name) {
		return nil, fmt.Errorf("zone %q: %s", name, z.hint(name))
	}
	zone, err := z.from(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q: cannot be loaded, check the machine's zone files: %w", name, err)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.loaded[name] = zone
	return zone, nil
}

func (z *Zones) known(name string) bool {
	_, found := slices.BinarySearch(z.names, name)
	return found
}

func (z *Zones) hint(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "is empty, write an IANA name, for example Europe/Berlin"
	case strings.EqualFold(strings.TrimSpace(name), "local"):
		return "depends on the machine, write an IANA name, for example Europe/Berlin"
	case strings.ContainsAny(name, "+0123456789"):
		return "is an offset rather than a place, write for example Europe/Berlin"
	}
	near := z.nearest(name)
	if len(near) == 0 {
		return "is not an IANA name, write for example Europe/Berlin"
	}
	return "is not an IANA name, write " + strings.Join(near, " or ")
}

// mostSuggested bounds the names in an error.
const mostSuggested = 3

// nearest gives the names that somebody probably meant, the best first.
func (z *Zones) nearest(name string) []string {
	asked := plain(name)
	if place, found := usualPlace(asked); found {
		return []string{place}
	}
	farthest := max(1, min(len(asked)/4, 3))
	type scored struct {
		name     string
		distance int
	}
	var near []scored
	for _, known := range z.names {
		whole := plain(known)
		city := whole[strings.LastIndexByte(whole, '/')+1:]
		d := min(distance(asked, whole, farthest), distance(asked, city, farthest))
		if d <= farthest && !strings.HasPrefix(known, "Etc/") {
			near = append(near, scored{known, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, n := range near {
		if n.distance == near[0].distance && len(names) < mostSuggested {
			names = append(names, n.name)
		}
	}
	return names
}

// plain takes away the differences that people do not see in a name.
func plain(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// usualPlace is the best known place for an abbreviation or a country.
func usualPlace(name string) (string, bool) {
	switch name {
	case "gmt", "bst", "gb", "uk":
		return "Europe/London", true
	case "wet", "west", "portugal":
		return "Europe/Lisbon", true
	case "cet", "cest", "met", "mez", "mesz", "germany":
		return "Europe/Berlin", true
	case "eet", "eest":
		return "Europe/Athens", true
	case "est", "edt", "et", "eastern":
		return "America/New_York", true
	case "cst", "cdt", "ct", "central":
		return "America/Chicago", true
	case "mst", "mdt", "mt", "mountain":
		return "America/Denver", true
	case "pst", "pdt", "pt", "pacific":
		return "America/Los_Angeles", true
	case "hst", "hawaii":
		return "Pacific/Honolulu", true
	case "ist", "india":
		return "Asia/Kolkata", true
	case "jst", "japan":
		return "Asia/Tokyo", true
	case "prc", "china":
		return "Asia/Shanghai", true
	case "aest", "aedt":
		return "Australia/Sydney", true
	case "nz", "nzst", "nzdt":
		return "Pacific/Auckland", true
	case "z", "zulu", "uct", "universal":
		return "UTC", true
	}
	return "", false
}

// distance counts the letters to add, drop or change between two names; most+1 stands for any more.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
