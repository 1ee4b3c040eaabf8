package observe

import (
	"cmp"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/outreach-engine/outreach/internal/customer"
)

// shortestPhone is the length of the shortest numbers in use, those of small
// islands, with their plus.
const shortestPhone = 8

// What is said of numbers that are refused.
const (
	noPhone      = "is not a phone number that can exist, write it as in E.164: + and at most 15 digits"
	noCountry    = "is not an international number, write + and the country's calling code first, or give country with it"
	noPhoneThere = "is not a phone number of the customer's country, write + and the country's calling code first, or give country with it"
)

// phone reads a number in E.164, or as dialled in the country that came with
// it. One that may be a number of the country that the customer has already is
// left for Dial.
func (r *traitReader) phone() {
	if _, text, ok := r.first("phone"); ok && r.country() == "" && !r.unreadCountry() && looksDialled(text) {
		r.change.Dialled = &text
		return
	}
	r.read(&r.change.Phone, func(text string) (phone, trouble string) { return readPhone(text, r.country()) }, "phone")
}

// country gives the country that came with the traits, "" for none.
func (r *traitReader) country() string {
	if r.change.Country == nil {
		return ""
	}
	return *r.change.Country
}

// unreadCountry reports whether a country came that cannot be read: a number
// that came with it is most likely one of that country.
func (r *traitReader) unreadCountry() bool {
	_, said, _ := r.first("country")
	return r.change.Country == nil && said != "" || r.abroad
}

// looksDialled reports whether a text may be a number without its country: so
// many digits with what people write between them.
func looksDialled(text string) bool {
	const fewest, most = 4, 17 // the shortest national numbers; 15 digits behind a prefix
	digits := 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune(" \u00a0-./()", c):
			return false
		}
	}
	return digits >= fewest && digits <= most
}

// readPhone reads a number in E.164, or as dialled in a country; "" is none.
// Lengths are checked by country, not whether the number is in use: only its
// network knows that.
func readPhone(text, country string) (phone, trouble string) {
	number, err := phonenumbers.Parse(text, country)
	if err == nil {
		phone = phonenumbers.Format(number, phonenumbers.E164)
	}
	switch {
	case err != nil && country == "" && !strings.HasPrefix(text, "+"):
		return "", noCountry
	case len(phone) < shortestPhone || phonenumbers.IsAlphaNumber(text) ||
		phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE || customer.CheckAddress(customer.SMS, phone) != "":
		return "", noPhone
	}
	return phone, ""
}

// Dial reads Dialled as dialled in the customer's country, and puts it into
// Phone: the country of this change, else that of the profile, else that of the
// number that the profile has, else home, ISO 3166-1 alpha-2 or "". Since the
// country did not come with the number, it must be one that the country gives
// out. What cannot be read is refused, and leaves the profile as it is. Without
// Dialled there is nothing to do.
func (c *Change) Dial(p *customer.Profile, home string) []Refusal {
	if c.Dialled == nil {
		return nil
	}
	text := *c.Dialled
	c.Dialled = nil
	country := p.Country
	if c.Country != nil {
		country = *c.Country
	}
	country = cmp.Or(country, countryOf(p.Phone), home)
	phone, trouble := readPhone(text, country)
	if trouble == "" && countryOf(phone) == "" {
		trouble = noPhoneThere
	}
	switch {
	case trouble == "":
		c.Phone = &phone
		return nil
	case country != "":
		trouble = noPhoneThere
	}
	return []Refusal{{Field: "phone", Reason: trouble}}
}

// countryOf gives the country that gives a number in E.164 out, "" for none.
func countryOf(phone string) string {
	number, err := phonenumbers.Parse(phone, "")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return ""
	}
	country := phonenumbers.GetRegionCodeForNumber(number)
	if len(country) != 2 || country == phonenumbers.UNKNOWN_REGION {
		return ""
	}
	return country
}
