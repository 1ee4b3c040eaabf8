package sendtime

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// What the files hold, how, and where it is from stands at their top.
var (
	//go:embed places.txt
	placeList string
	//go:embed areas.txt
	areaList string
	//go:embed zips.txt
	zipList string
)

// atlas holds the clocks of countries and regions, and what numbers of the
// North American Numbering Plan tell. It is immutable.
type atlas struct {
	clocks  map[string][]string // zones by place, where most people live first; a place is US or US-FL
	regions map[string][]string // of the countries that have several clocks, without the country
	areas   map[string]area     // by area code
}

// area is what an area code tells.
type area struct{ places, zones []string }

// readAtlas lays out the files when they are first asked for.
func readAtlas() func() *atlas {
	return sync.OnceValue(func() *atlas {
		a := &atlas{clocks: map[string][]string{}, regions: map[string][]string{}, areas: map[string]area{}}
		for words := range lines(placeList) {
			places, zones := split(words)
			for _, place := range places {
				a.clocks[place] = zones
				if country, region, ok := strings.Cut(place, "-"); ok {
					a.regions[country] = append(a.regions[country], region)
				}
			}
		}
		for words := range lines(areaList) {
			a.readAreas(words)
		}
		return a
	})
}

// readAreas reads places, area codes and, behind =, zones.
func (a *atlas) readAreas(words []string) {
	var codes []string
	var told area
	for _, word := range words {
		switch {
		case word == "=":
		case strings.Contains(word, "/"):
			told.zones = append(told.zones, word)
		case word[0] >= '0' && word[0] <= '9':
			codes = append(codes, word)
		default:
			told.places = append(told.places, word)
		}
	}
	if told.zones == nil {
		for _, place := range told.places {
			told.zones = append(told.zones, a.clocks[place]...)
		}
	}
	for _, code := range codes {
		a.areas[code] = told
	}
}

// lines gives the words of each line that is no comment.
func lines(text string) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) > 0 && !strings.HasPrefix(words[0], "#") && !yield(words) {
				return
			}
		}
	}
}

// split parts places from zones.
func split(words []string) (places, zones []string) {
	for i, word := range words {
		if strings.Contains(word, "/") {
			return words[:i], words[i:]
		}
	}
	return words, nil
}

// areaOf gives the area code of a number of the North American Numbering Plan
// in E.164 form, "" for others.
func areaOf(e164 string) string {
	const whole = len("+12125550123")
	if len(e164) != whole || !strings.HasPrefix(e164, "+1") || strings.Trim(e164[1:], "0123456789") != "" {
		return ""
	}
	return e164[2:5]
}

// StateOfZIP is the state of a US postal code ("33101", "33101-1234"), ISO
// 3166-2 without the country. ok is false for what is none, and for prefixes
// that no one state has.
func StateOfZIP(code string) (state string, ok bool) {
	bare, rest, long := strings.Cut(code, "-")
	if len(bare) != len("33101") || long && len(rest) != len("1234") || strings.Trim(bare+rest, "0123456789") != "" {
		return "", false
	}
	prefix := bare[:3]
	for words := range lines(zipList) {
		for _, span := range words[1:] {
			from, to, several := strings.Cut(span, "-")
			if prefix == from || several && prefix >= from && prefix <= to {
				return strings.TrimPrefix(words[0], "US-"), true
			}
		}
	}
	return "", false
}

// placeOf writes a place as the files have it.
func placeOf(country, region string) string { return fmt.Sprintf("%s-%s", country, region) }
