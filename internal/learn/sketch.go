package learn

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
)

// sketch is what was seen of one trait or property.
type sketch struct {
	seen    int64 // values that are not empty
	people  people
	numbers int64 // that read as a number
	times   int64 // that read as a day or an instant
	days    int64 // texts that are a day
	stamps  int64 // texts that are a day with a time
	epochs  int64 // numbers that may count seconds or milliseconds since 1970
	codes   int64 // texts of digits that a number would not keep: 010, +49
	words   map[string]*wordCount
	many    bool // more different texts than are kept, or one that is no word
}

type wordCount struct {
	seen   int64
	people people
}

// word is a text that may be shown when many customers share it.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*$`)

func (s *sketch) see(who customer.ID, v customer.Value) {
	if v.IsZero() {
		return
	}
	s.seen++
	s.people.see(who)
	s.shape(v)
	s.keep(who, v.String())
}

// shape counts what a value looks like.
func (s *sketch) shape(v customer.Value) {
	text := v.String()
	number, isNumber := v.Float()
	written := v == customer.Text(text)
	_, isTime := v.Time(nil)
	const dayLength = len("2006-01-02")
	count := func(which *int64, is bool) {
		if is {
			*which++
		}
	}
	count(&s.numbers, isNumber)
	count(&s.times, isTime)
	count(&s.days, isTime && written && len(strings.TrimSpace(text)) == dayLength)
	count(&s.stamps, isTime && written && len(strings.TrimSpace(text)) != dayLength)
	const year2000, year2100 = 946_684_800, 4_102_444_800
	count(&s.epochs, isTime && !written && (number >= year2000 && number < year2100 || number >= year2000*1000 && number < year2100*1000))
	count(&s.codes, isNumber && written && (text[0] == '+' || len(text) > 1 && text[0] == '0' && text[1] != '.'))
}

// keep remembers a value as long as all are few short words.
func (s *sketch) keep(who customer.ID, text string) {
	if s.many {
		return
	}
	if len(text) > maxWord || !word.MatchString(text) {
		s.many, s.words = true, nil
		return
	}
	w := s.words[text]
	if w == nil {
		if len(s.words) >= maxWords {
			s.many, s.words = true, nil
			return
		}
		if s.words == nil {
			s.words = map[string]*wordCount{}
		}
		w = &wordCount{}
		s.words[text] = w
	}
	w.seen++
	w.people.see(who)
}

// Bounds of what is enough to propose a type.
const (
	mostAllowed  = 12 // allowed texts
	leastSharing = 5  // customers who share each allowed text
	leastPeople  = 20 // customers with any of them
	oddOneIn     = 100
)

// nearly reports whether so many of all are all but one in a hundred.
func (s *sketch) nearly(count int64) bool { return s.seen > 0 && (s.seen-count)*oddOneIn <= s.seen }

// field gives the type that fits best, and how many of the values it does not
// read.
func (s *sketch) field(name string) (f dictionary.Field, odd int64) {
	of := func(kind customer.Kind) dictionary.Field { return dictionary.Field{Kind: kind} }
	switch {
	case s.nearly(s.days):
		return of(customer.KindDate), s.seen - s.times
	case s.nearly(s.days + s.stamps):
		return of(customer.KindTime), s.seen - s.times
	case endsWith(name, "at", "time", "date", "on") && s.nearly(s.epochs):
		return of(customer.KindTime), s.seen - s.times
	case endsWith(name, "id", "uuid", "key") || s.nearly(s.numbers) && (s.codes > 0 || endsWith(name, "code", "sku", "zip")):
		return of(customer.KindID), 0
	case s.nearly(s.numbers):
		return of(customer.KindNumber), s.seen - s.numbers
	}
	if allowed, covered := s.allowed(); len(allowed) > 0 && !personal(name) {
		return dictionary.Field{Kind: customer.KindText, Allowed: allowed}, s.seen - covered
	}
	if endsWith(name, "code", "sku") {
		return of(customer.KindID), 0
	}
	return of(customer.KindText), 0
}

// allowed gives the words that many customers share, when they are few and
// nearly all of the values, and how many values they are.
func (s *sketch) allowed() (words []string, covered int64) {
	if s.many || s.people.count < leastPeople {
		return nil, 0
	}
	for _, w := range slices.Sorted(maps.Keys(s.words)) {
		if s.words[w].people.count >= leastSharing {
			words, covered = append(words, w), covered+s.words[w].seen
		}
	}
	if len(words) > mostAllowed || len(words) < 2 || !s.nearly(covered) {
		return nil, 0
	}
	return words, covered
}

// endsWith reports whether the last word of a name is one of several.
func endsWith(name string, words ...string) bool {
	return slices.Contains(words, name[strings.LastIndexByte(name, '_')+1:])
}

// personal reports whether a name is one of those behind which people
// themselves stand. Their values are never shown, however many share them.
func personal(name string) bool {
	private := []string{
		"name", "firstname", "lastname", "surname", "nickname", "username", "email", "mail", "phone", "mobile", "tel", "address", "street",
		"city", "town", "village", "zip", "postcode", "postal", "birth", "birthday", "dob", "gender", "sex", "religion", "nationality",
		"ethnicity", "health", "diagnosis", "ip", "device", "token", "password", "secret", "iban", "card", "account", "ssn", "tax", "passport",
		"text", "message", "comment", "note", "subject", "body", "search", "query", "url", "title", "latitude", "longitude", "location",
	}
	return slices.ContainsFunc(strings.Split(name, "_"), func(part string) bool { return slices.Contains(private, part) })
}
