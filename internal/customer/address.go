package customer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of addresses.
const (
	fewestDigits = 7   // of the shortest numbers in use, with the calling code
	mostDigits   = 15  // ITU-T E.164, 6.2.1
	longestEmail = 254 // RFC 5321, 4.5.3.1.3, without the brackets
	longestLocal = 64  // RFC 5321, 4.5.3.1.1
	longestLabel = 63  // RFC 1035, 2.3.4
)

// What is wrong with addresses. None of these holds the address.
const (
	noNumber = "is not a phone number in the form of E.164: + and 7 to 15 digits"
	noEmail  = "is not an email address: name@example.com, at most 254 bytes"
)

// CheckAddress gives what is wrong with the form of an address of a channel, ""
// when nothing is: then a provider may be asked to deliver there. It never
// holds the address itself. A phone number is + and 7 to 15 digits, the first
// of which is not 0 (ITU-T E.164). An email address is local@domain by RFC 5321
// and RFC 6531, without quotes, comments or an address in figures; the domain
// has a point. Push messages go to what CheckPushToken takes. Whether an address
// reaches anybody only its provider knows. URLs of webhooks have no form here.
func CheckAddress(c Channel, address string) (trouble string) {
	switch {
	case c == SMS && !isE164(address):
		return noNumber
	case c == Email && !isEmail(address):
		return noEmail
	case c == Push:
		return CheckPushToken(address)
	}
	return ""
}

func isE164(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	return plus && len(digits) >= fewestDigits && len(digits) <= mostDigits &&
		digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at > longestLocal || len(text) > longestEmail {
		return false
	}
	return isDotted(text[:at], isAtext) && isDomain(text[at+1:])
}

// isDotted reports whether a text is words with single points between them.
func isDotted(text string, in func(rune) bool) bool {
	for word := range strings.SplitSeq(text, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !in(r) }) {
			return false
		}
	}
	return true
}

// isAtext reports whether a letter may stand in the part before the @: RFC 5322
// 3.2.3, and what can be seen beyond ASCII (RFC 6531, 3.3).
func isAtext(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return isSeen(r)
	case isAlphanumeric(r):
		return true
	}
	return strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isDomain reports whether a text is a name in the DNS with two labels or more,
// in its own script or in ASCII. The last has a letter: it is no address in
// figures.
func isDomain(text string) bool {
	labels := strings.Split(text, ".")
	for _, label := range labels {
		if len(label) > longestLabel || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && isDotted(text, isLabel) && strings.Trim(last, "0123456789") != ""
}

func isLabel(r rune) bool {
	return r == '-' || isAlphanumeric(r) || r >= utf8.RuneSelf && isSeen(r)
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isSeen reports whether a letter shows: not what is broken, blank or steers
// how the rest is written.
func isSeen(r rune) bool { return r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) }
