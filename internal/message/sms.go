package message

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// maxSMS bounds an SMS, in characters.
// Source: https://www.twilio.com/docs/api/errors/21617
const maxSMS = 1600

// Encodings of SMS.
const (
	GSM7 = "GSM-7"
	UCS2 = "UCS-2"
)

// Sizes of segments, in septets and in UTF-16 units. In a message of several,
// six octets of each go to its header.
// Source: 3GPP TS 23.040 section 9.2.3.24.1.
const (
	gsmSingle, gsmMulti = 160, 153
	ucsSingle, ucsMulti = 70, 67
)

// The alphabet of 3GPP TS 23.038 section 6.2.1, and its extension table, whose
// characters take two septets each.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// Segments gives how many SMS segments a text takes, and in which encoding. A
// character that takes two septets, or two UTF-16 units, is never cut apart.
// An empty text takes none.
func Segments(text string) (count int, encoding string) {
	if text == "" {
		return 0, GSM7
	}
	if foreign(text) < 0 {
		return packed(text, septets, gsmSingle, gsmMulti), GSM7
	}
	return packed(text, units, ucsSingle, ucsMulti), UCS2
}

func septets(r rune) int {
	if strings.ContainsRune(gsmExtended, r) {
		return 2
	}
	return 1
}

func units(r rune) int { return max(1, utf16.RuneLen(r)) }

// packed fills segments one after the other.
func packed(text string, size func(rune) int, single, multi int) int {
	total, count, used := 0, 1, 0
	for _, r := range text {
		n := size(r)
		if total += n; used+n > multi {
			count, used = count+1, 0
		}
		used += n
	}
	if total <= single {
		return 1
	}
	return count
}

// foreign gives where the first character stands that is not in the SMS
// alphabet, -1 when all are.
func foreign(text string) int {
	for i, r := range text {
		if !strings.ContainsRune(gsmBasic, r) && !strings.ContainsRune(gsmExtended, r) {
			return i
		}
	}
	return -1
}

// checkSMS warns of what makes an SMS dear.
func (p *program) checkSMS(ps *source.Problems) {
	for _, s := range p.texts {
		if i := foreign(s.text); i >= 0 {
			p.warnForeign(s, i, ps)
			break
		}
	}
	text, err := p.run(time.UTC, sample)
	if err != nil {
		return
	}
	if count, encoding := Segments(text); count > 2 {
		problem := p.src.problem(-1, "", fmt.Sprintf("takes about %d SMS segments: %d characters in %s", count, utf8.RuneCountInString(text), encoding),
			"shorten it to two: 306 characters in GSM-7, 134 in UCS-2")
		problem.Severity, problem.Code = source.Warning, "long-sms"
		ps.Add(problem)
	}
}

// warnForeign names the character that makes a message dear, unless the text
// is in a script that has no other way.
func (p *program) warnForeign(s piece, i int, ps *source.Problems) {
	r, _ := utf8.DecodeRuneInString(s.text[i:])
	if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
		return
	}
	problem := p.src.problem(s.at+i, string(r),
		foreignName(r)+"is not in the SMS alphabet, so a segment holds 70 characters instead of 160", foreignHint(r))
	problem.Severity, problem.Code = source.Warning, "costly-letter"
	ps.Add(problem)
}

func foreignName(r rune) string {
	switch r {
	case '‘', '’', '“', '”', '„', '‚', '«', '»':
		return "a curly quote "
	case '–', '—':
		return "a long dash "
	case '…':
		return "an ellipsis in one character "
	case '\u00a0', '\u202f', '\u2009':
		return "a space that does not break "
	}
	return ""
}

func foreignHint(r rune) string {
	switch r {
	case '‘', '’', '‚':
		return "write '"
	case '“', '”', '„', '«', '»':
		return "write \""
	case '–', '—':
		return "write -"
	case '…':
		return "write ..."
	case '\u00a0', '\u202f', '\u2009':
		return "write an ordinary space"
	case '`', '´':
		return "write '"
	}
	return "leave it out if you can"
}

// linkToken is how long the token of one of the engine's own links usually is.
const linkToken = 80

// sample gives a value like those that a variable has.
func sample(r read) any {
	switch {
	case len(r.allowed) > 0:
		return r.allowed[0]
	case r.kind == customer.KindID:
		return "A1B2C3D4"
	case isTime(r.kind):
		return instant{at: time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC), day: r.kind == customer.KindDate}
	case r.kind == customer.KindNumber, strings.HasPrefix(r.path, matchRoot+"."):
		return 12.5
	case strings.HasPrefix(r.path, linkRoot+"."):
		return "https://news.example.com/u/" + strings.Repeat("x", linkToken)
	}
	return "Sample"
}
