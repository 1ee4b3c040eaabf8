package sendtime

import (
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// ZoneOfPhone is the IANA zone of a phone number in E.164 form ("+493012345678"), when the number is valid
// and its numbering area has exactly one clock; toll-free ranges have many. It is a guess of libphonenumber's
// tables: they give nationwide mobile ranges of some large countries (Russia, Australia, Indonesia) the
// zone of the largest city, and people keep numbers when they move. A zone that the customer gave is better.
func ZoneOfPhone(e164 string) (string, bool) {
	number, valid := parsePhone(e164)
	if !valid {
		return "", false
	}
	zones, err := phonenumbers.GetTimezonesForNumber(number)
	if err != nil || len(zones) == 0 {
		return "", false
	}
	zone := mainZone(zones[0])
	for _, other := range zones[1:] {
		if mainZone(other) != zone {
			return "", false
		}
	}
	if !strings.Contains(zone, "/") || zone == phonenumbers.UNKNOWN_TIMEZONE {
		return "", false
	}
	return zone, true
}

// mainZone joins the names that the IANA database links to London's clock: every British mobile range lists
// all of them.
func mainZone(zone string) string {
	switch zone {
	case "Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey":
		return "Europe/London"
	}
	return zone
}

// CountryOfPhone is the country of a valid phone number in E.164 form, as ISO 3166-1 alpha-2. Numbers that
// belong to no country, such as satellite phones, have none. The islands count by themselves: +447911123456
// is Guernsey's (GG), not Great Britain's.
func CountryOfPhone(e164 string) (string, bool) {
	number, valid := parsePhone(e164)
	if !valid {
		return "", false
	}
	region := phonenumbers.GetRegionCodeForNumber(number)
	if len(region) != 2 || region == phonenumbers.UNKNOWN_REGION {
		return "", false
	}
	return region, true
}

func parsePhone(e164 string) (*phonenumbers.PhoneNumber, bool) {
	const longest = 16 // a plus and 15 digits, ITU-T E.164
	if !strings.HasPrefix(e164, "+") || len(e164) > longest || strings.Trim(e164[1:], "0123456789") != "" {
		return nil, false
	}
	number, err := phonenumbers.Parse(e164, "")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return nil, false
	}
	return number, true
}

// ZoneOfPhone gives what the function ZoneOfPhone does, and remembers it: a
// number is looked up in many tables.
func (z *Zones) ZoneOfPhone(e164 string) (string, bool) { return z.zones.of(e164, ZoneOfPhone) }

// CountryOfPhone gives what the function CountryOfPhone does, and remembers it.
func (z *Zones) CountryOfPhone(e164 string) (string, bool) {
	return z.countries.of(e164, CountryOfPhone)
}

// maxGuesses bounds the numbers that are remembered; beyond it all are
// forgotten.
const maxGuesses = 50_000

// guesses remembers what numbers tell. The zero value remembers none; it is
// safe for concurrent use.
type guesses struct {
	mu    sync.RWMutex
	known map[string]string // "": they do not tell
}

func (g *guesses) of(e164 string, ask func(string) (string, bool)) (string, bool) {
	g.mu.RLock()
	told, known := g.known[e164]
	g.mu.RUnlock()
	if known {
		return told, told != ""
	}
	told, ok := ask(e164)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil || len(g.known) >= maxGuesses {
		g.known = map[string]string{}
	}
	g.known[e164] = told
	return told, ok
}
