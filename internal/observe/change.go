package observe

import (
	"cmp"
	"encoding/json"
	"net/mail"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Refusal is one field of a profile that was not taken. The rest of what came
// with it was.
type Refusal struct {
	Field  string // email, prefers.sms, consent.offers
	Reason string // what is wrong and how to mend it; never the value itself
}

// String gives the field and the reason.
func (r Refusal) String() string { return r.Field + ": " + r.Reason }

// ReadTraits sorts traits, by the names that Name gives, into the change of a
// profile. These names are not traits of the company's own:
//
//	email                      an address, RFC 5322 without a display name
//	phone                      E.164, or as dialled in the country that is given with it; as
//	                           dialled and without one it becomes Dialled
//	zone, timezone, time_zone  an IANA name
//	country                    ISO 3166-1 alpha-2
//	state, region              ISO 3166-2 with or without the country; a region
//	                           stays a trait too, since companies have their own
//	locale                     BCP 47, de-AT or de_AT
//	push_token, device_token   one device, added to those that are known: a token, or
//	                           a browser's subscription as JSON
//	consent                    topics given: [offers, tips]; or {offers: yes, tips: no}
//	prefers                    {sms: Mon-Fri 18:00-21:00, any: [...], channel: [sms, email]}
//	address                    a trait; its country and state count where those are not given
//	postal_code, postcode, zip traits, as in an address; with the country US they tell the
//	                           state where none is given
//
// Lists and objects come as their JSON text. An empty value forgets the field.
// A field that cannot be read is refused alone; refusals are sorted by field.
// Traits keep every other name; the map given is not changed.
func ReadTraits(traits map[string]customer.Value, zones *sendtime.Zones) (Change, []Refusal) {
	if len(traits) == 0 {
		return Change{}, nil
	}
	r := traitReader{traits: traits, zones: zones}
	r.place()
	r.addresses()
	r.word()
	r.rest()
	slices.SortFunc(r.refusals, func(a, b Refusal) int { return cmp.Compare(a.String(), b.String()) })
	return r.change, r.refusals
}

// AddDevice adds what a device tells of itself: its zone, where nothing else in
// the change names one, its language and its push token. "" is not told. A zone
// or a language that cannot be read is left out, since nobody can mend
// somebody's device; a token is refused, since the app sent the wrong thing.
func (c *Change) AddDevice(zone, locale, pushToken string, zones *sendtime.Zones) []Refusal {
	if c.Zone == nil && zone != "" {
		if _, err := zones.Load(zone); err == nil {
			c.Zone = &zone
		}
	}
	if locale != "" {
		c.DeviceLocale, _ = parseLocale(locale)
	}
	if pushToken = strings.TrimSpace(pushToken); pushToken == "" || c.PushToken != "" {
		return nil
	}
	token, trouble := parsePush(pushToken)
	if trouble != "" {
		return []Refusal{{Field: "context.device.token", Reason: trouble}}
	}
	c.PushToken = token
	return nil
}

// Locate writes to a profile what the change says of where the customer is.
func (c Change) Locate(p *customer.Profile) {
	for _, field := range []struct{ to, from *string }{
		{&p.Zone, c.Zone}, {&p.Country, c.Country}, {&p.Region, c.Region}, {&p.Phone, c.Phone},
	} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
}

type traitReader struct {
	traits   map[string]customer.Value
	zones    *sendtime.Zones
	change   Change
	refusals []Refusal
	torn     map[customer.Topic]bool // topics that were said yes and no
	abroad   bool                    // their address is in a country that cannot be read
}

func (r *traitReader) refuse(field, reason string) {
	r.refusals = append(r.refusals, Refusal{Field: field, Reason: reason})
}

// first gives the first of the names that is there, with its text.
func (r *traitReader) first(names ...string) (name, text string, ok bool) {
	for _, name := range names {
		if v, ok := r.traits[name]; ok {
			return name, strings.TrimSpace(v.String()), true
		}
	}
	return "", "", false
}

// read sets a field from the first of the names that is there: by parse, or to
// the empty text when the value is empty.
func (r *traitReader) read(field **string, parse func(string) (string, string), names ...string) {
	name, text, ok := r.first(names...)
	if !ok {
		return
	}
	if text != "" {
		var trouble string
		if text, trouble = parse(text); trouble != "" {
			r.refuse(name, trouble)
			return
		}
	}
	*field = &text
}

// place reads where and in which language the customer lives.
func (r *traitReader) place() {
	r.read(&r.change.Zone, r.parseZone, "zone", "timezone", "time_zone")
	r.read(&r.change.Country, parseCountry, "country")
	r.read(&r.change.Locale, parseLocale, "locale")
	r.read(&r.change.Region, parseState, "state")
	if region := r.traits["region"].String(); r.change.Region == nil && looksLikeState(region) {
		r.read(&r.change.Region, parseState, "region")
	}
	r.postalAddress()
	_, code, _ := r.first("postal_code", "postcode", "zip")
	r.postalCode(code)
}

// postalCode reads the state out of a postal code of the United States where
// none is given. Others are left alone.
func (r *traitReader) postalCode(code string) {
	if r.change.Region != nil || r.change.Country == nil || *r.change.Country != "US" {
		return
	}
	if state, ok := sendtime.StateOfZIP(code); ok {
		r.change.Region = &state
	}
}

// postalAddress reads country and state out of an address object, as the
// identify call of analytics libraries has it. What cannot be read there is
// left alone: the whole address stays a trait.
func (r *traitReader) postalAddress() {
	text := r.traits["address"].String()
	if !strings.HasPrefix(text, "{") {
		return
	}
	var address struct {
		Country, State, PostalCode, Postcode, Zip customer.Value
		Postal                                    customer.Value `json:"postal_code"`
	}
	if json.Unmarshal([]byte(text), &address) != nil {
		return
	}
	country, trouble := parseCountry(address.Country.String())
	if trouble == "" && r.change.Country == nil {
		r.change.Country = &country
	}
	r.abroad = trouble != "" && !address.Country.IsZero()
	if state := address.State.String(); r.change.Region == nil && looksLikeState(state) {
		state, _ = parseState(state)
		r.change.Region = &state
	}
	for _, code := range []customer.Value{address.PostalCode, address.Postal, address.Postcode, address.Zip} {
		r.postalCode(code.String())
	}
}

func (r *traitReader) addresses() {
	r.read(&r.change.Email, parseEmail, "email")
	r.phone()
	for _, name := range []string{"push_token", "device_token"} {
		text := strings.TrimSpace(r.traits[name].String())
		if text == "" {
			continue
		}
		token, trouble := parsePush(text)
		if trouble != "" {
			r.refuse(name, trouble)
			continue
		}
		r.change.PushToken = token
	}
}

// parsePush reads a device's token, or a browser's subscription: its JSON with
// nothing else in it, so that the same one is always the same text.
func parsePush(text string) (token, trouble string) {
	if trouble = customer.CheckPushToken(text); trouble != "" {
		_, trouble, _ = strings.Cut(trouble, ": ")
		return "", trouble
	}
	if !customer.IsBrowser(text) {
		return text, ""
	}
	b, _ := customer.ReadBrowser(text)
	return b.Address(), ""
}

// rest keeps every name that is not reserved as a trait.
func (r *traitReader) rest() {
	for name, value := range r.traits {
		switch name {
		case "email", "phone", "zone", "timezone", "time_zone", "country", "state", "locale",
			"push_token", "device_token", "consent", "prefers":
			continue
		case "":
			r.refuse(`""`, "has no name, give it one of letters and digits")
			continue
		}
		if r.change.Traits == nil {
			r.change.Traits = make(map[string]customer.Value, len(r.traits))
		}
		r.change.Traits[name] = value
	}
}

func (r *traitReader) parseZone(text string) (zone, trouble string) {
	if _, err := r.zones.Load(text); err != nil {
		return "", hint(err)
	}
	return text, ""
}

// hint gives an error's text behind the value that it quotes.
func hint(err error) string {
	const quoteEnds = `": `
	text := err.Error()
	if i := strings.LastIndex(text, quoteEnds); i >= 0 {
		return text[i+len(quoteEnds):]
	}
	return text
}

func parseCountry(text string) (country, trouble string) {
	country = strings.ToUpper(text)
	if len(country) != 2 || phonenumbers.GetCountryCodeForRegion(country) == 0 {
		return "", "is not a country's code, write two letters as in ISO 3166: DE, US"
	}
	return country, ""
}

// parseState reads CA, US-CA and us-ca as CA.
func parseState(text string) (state, trouble string) {
	state = strings.ToUpper(text)
	if len(state) > 3 && state[2] == '-' && isWord(state[:2]) {
		state = state[3:]
	}
	if len(state) > 3 || !isWord(state) {
		return "", "is not a state's code, write it as in ISO 3166-2: CA for California"
	}
	return state, ""
}

// looksLikeState tells a state's code from a company's own region.
func looksLikeState(text string) bool {
	text = strings.TrimSpace(text)
	state, trouble := parseState(text)
	return trouble == "" && (len(text) > 3 || len(state) >= 2 && strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "")
}

// parseLocale reads the form of BCP 47 tags, and de_AT.UTF-8 as systems write
// it; whether a language exists is not looked up.
func parseLocale(text string) (locale, trouble string) {
	locale, _, _ = strings.Cut(text, ".")
	locale = strings.ReplaceAll(locale, "_", "-")
	for i, part := range strings.Split(locale, "-") {
		isLanguage := i > 0 || len(part) >= 2 && strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz") == ""
		if len(part) > 8 || !isWord(part) || !isLanguage {
			return "", "is not a language tag, write it as in BCP 47: en, de-AT"
		}
	}
	return locale, ""
}

// isWord reports whether the text is one or more ASCII letters and digits.
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}

// parseEmail reads an address without a name.
func parseEmail(text string) (email, trouble string) {
	const how = "is not an email address, write it as name@example.com"
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || address.Name != "" || customer.CheckAddress(customer.Email, text) != "" {
		return "", how
	}
	local, domain, _ := strings.Cut(text, "@")
	return local + "@" + strings.ToLower(domain), ""
}
