package observe

import (
	"unicode"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Name gives the name under which an outside name of an event, a trait or a
// property is kept: small letters and digits with _ between the words, as
// rules write it. orderId and "Order ID" become order_id. A name that is so
// already comes back as it is; one without any letter or digit is "".
func Name(outside string) string {
	if isName(outside) {
		return outside
	}
	name := make([]rune, 0, len(outside)+4)
	letters := []rune(outside)
	for i, r := range letters {
		switch {
		case !isLetter(r):
			name = gap(name)
			continue
		case unicode.IsUpper(r) && i > 0 && startsWord(letters, i):
			name = gap(name)
		}
		name = append(name, unicode.ToLower(r))
	}
	if n := len(name); n > 0 && name[n-1] == '_' {
		name = name[:n-1]
	}
	return string(name)
}

// startsWord tells whether the capital at i begins a word: after a small
// letter or a digit, or as the last capital of a run (HTTPServer).
func startsWord(letters []rune, i int) bool {
	before := letters[i-1]
	if isLetter(before) && !unicode.IsUpper(before) {
		return true
	}
	return unicode.IsUpper(before) && i+1 < len(letters) && unicode.IsLower(letters[i+1]) && !isPlural(letters, i)
}

// isPlural tells whether a run of capitals ends with a small s: productIDs.
func isPlural(letters []rune, i int) bool {
	return letters[i+1] == 's' && (i+2 == len(letters) || !isLetter(letters[i+2]) || unicode.IsUpper(letters[i+2]))
}

func gap(name []rune) []rune {
	if n := len(name); n > 0 && name[n-1] != '_' {
		return append(name, '_')
	}
	return name
}

func isName(s string) bool {
	last := byte('_')
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '_' || last == '_') {
			return false
		}
		last = c
	}
	return last != '_'
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// IsOurs reports whether an event's name is one that the engine keeps for what
// it makes itself: nobody else may send an event of that name.
func IsOurs(name string) bool {
	return name == customer.Identified || customer.OfMessage(name)
}
