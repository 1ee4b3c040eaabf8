package sendtime

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// ZoneOfPhone is the zone of a phone number in E.164 form ("+493012345678"),
// when the number is valid and has exactly one clock. Mobile ranges of large
// countries that are given out nationwide have many, and toll-free numbers tell
// none. People keep numbers when they move: a zone that the customer gave
// is better. Answers are remembered.
func (z *Zones) ZoneOfPhone(e164 string) (string, bool) {
	w := z.Where(Clues{Phone: e164})
	if len(w.Zones) != 1 {
		return "", false
	}
	return w.Zones[0].String(), true
}

// CountryOfPhone is the country of a valid phone number in E.164 form, as ISO
// 3166-1 alpha-2. Numbers that belong to no country, such as satellite phones,
// have none. The islands count by themselves: +447911123456 is Guernsey's (GG),
// not Great Britain's. Answers are remembered.
func (z *Zones) CountryOfPhone(e164 string) (string, bool) {
	w := z.Where(Clues{Phone: e164})
	return w.Country, w.Country != ""
}

// phonePlace is what a number tells.
type phonePlace struct {
	country string
	regions []string         // without the country
	zones   []*time.Location // one for each clock that differs, where most people live first
}

// phone reads a number in E.164 form, or the +1 and the area code of one.
func (z *Zones) phone(e164 string) phonePlace {
	code := cmp.Or(areaOf(e164), strings.TrimPrefix(e164, "+1"))
	if told, known := z.atlas().areas[code]; known {
		return z.area(told)
	}
	number, valid := parsePhone(e164)
	if !valid {
		return phonePlace{}
	}
	country := phonenumbers.GetRegionCodeForNumber(number)
	if len(country) != 2 || country == phonenumbers.UNKNOWN_REGION {
		return phonePlace{}
	}
	if phonenumbers.GetNumberType(number) == phonenumbers.TOLL_FREE {
		return phonePlace{country: country} // many countries share such ranges
	}
	home := z.differing(z.atlas().clocks[country])
	if nationwide(number) && len(home) > 0 {
		return phonePlace{country: country, zones: home}
	}
	names, err := phonenumbers.GetTimezonesForNumber(number)
	if err != nil {
		return phonePlace{country: country, zones: home}
	}
	told := z.differing(names)
	if among := z.shared(home, told); len(among) > 0 {
		told = among
	}
	return phonePlace{country: country, zones: told}
}

// area gives what an area code tells.
func (z *Zones) area(told area) phonePlace {
	p := phonePlace{zones: z.differing(told.zones)}
	for _, place := range told.places {
		country, region, ok := strings.Cut(place, "-")
		p.country = country
		if ok {
			p.regions = append(p.regions, region)
		}
	}
	return p
}

// nationwide reports whether a number is of a range that is given out in the
// whole country. libphonenumber gives some of these the zone of the largest
// city. Mobile numbers of Mexico, Argentina and Brazil have area codes.
func nationwide(number *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(number) {
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return false
	case phonenumbers.MOBILE:
		return !slices.Contains([]int32{52, 54, 55}, number.GetCountryCode())
	}
	return true
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
