package message

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// format writes numbers and days as the language of a template's file does.
type format struct {
	locale string
	zone   *time.Location
}

// instant is a time or a day in the customer's zone. It is a type of its own
// so that the Liquid engine has no way to write or compare it by itself.
type instant struct {
	at  time.Time
	day bool
}

// auto asks for as many digits as a number has, up to two.
const auto = -1

func (f format) language() string {
	language, _, _ := strings.Cut(f.locale, "-")
	return language
}

// text writes any value: numbers without a trailing zero and without
// thousands, days as ISO 8601.
func (f format) text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(rounded(v, 9), 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case instant:
		if v.day {
			return v.at.Format(time.DateOnly)
		}
		return v.at.Format("2006-01-02 15:04")
	}
	return fmt.Sprint(v)
}

// rounded rounds half away from zero.
func rounded(n float64, digits int) float64 {
	scale := math.Pow10(digits)
	if math.Abs(n)*scale > 1e15 {
		return n
	}
	return math.Round(n*scale) / scale
}

// marks gives the signs for thousands and decimals. Where typography asks for
// a narrow space an ordinary one stands: narrow ones are not in the SMS
// alphabet, and would double the price of a message.
func (f format) marks() (thousands, decimal string) {
	switch {
	case f.locale == "de-CH" || f.locale == "de-LI":
		return "'", "."
	case f.locale == "es-MX":
		return ",", "."
	}
	switch f.language() {
	case "de", "es", "it", "nl", "pt", "da", "tr", "id", "el", "ro", "hr", "sl":
		return ".", ","
	case "fr", "sv", "nb", "no", "fi", "pl", "cs", "sk", "ru", "uk", "bg", "hu", "et", "lv", "lt":
		return " ", ","
	}
	return ",", "."
}

// number writes thousands apart: 12,345.6. digits is how many stand behind the
// decimal sign; auto is as many as there are, up to two.
func (f format) number(n float64, digits int) string {
	s := strconv.FormatFloat(math.Abs(rounded(n, min(max(digits, 0), 9))), 'f', min(max(digits, 0), 9), 64)
	if digits < 0 {
		s = strconv.FormatFloat(math.Abs(rounded(n, 2)), 'f', -1, 64)
	}
	integer, fraction, _ := strings.Cut(s, ".")
	thousands, decimal := f.marks()
	for i := len(integer) - 3; i > 0; i -= 3 {
		integer = integer[:i] + thousands + integer[i:]
	}
	if fraction != "" {
		integer += decimal + fraction
	}
	if n < 0 && strings.Trim(s, "0.") != "" {
		return "-" + integer
	}
	return integer
}

// percent writes a share: 0.81 is 81 %. Source for the space: ISO 80000-1.
func (f format) percent(share float64, digits int) string {
	return f.number(share*100, digits) + " %"
}

// gigabytes writes a number of megabytes: 850 MB, 12.1 GB. 1 GB is 1000 MB.
func (f format) gigabytes(mb float64) string {
	if math.Abs(math.Round(mb)) < 1000 {
		return f.number(mb, 0) + " MB"
	}
	return f.number(rounded(mb/1000, 1), auto) + " GB"
}

// date writes a time by the directives of strftime.
func (f format) date(v any, layout string) (any, error) {
	t, ok := v.(instant)
	if !ok {
		at, read := customer.Text(f.text(v)).Time(f.zone)
		if !read {
			return nil, errors.New("is no time")
		}
		t = instant{at: at.In(f.zone)}
	}
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			b.WriteByte(layout[i])
			continue
		}
		directive := directiveAt(layout[i:])
		s, ok := f.directive(directive, t.at)
		if !ok {
			return nil, errors.New("has no such directive")
		}
		b.WriteString(s)
		i += len(directive) - 1
	}
	return b.String(), nil
}

// directiveAt gives the directive at the start of a text: %d, %-d.
func directiveAt(s string) string {
	if strings.HasPrefix(s, "%-") {
		return s[:min(3, len(s))]
	}
	return s[:min(2, len(s))]
}

func (f format) directive(d string, t time.Time) (string, bool) {
	switch d {
	case "%A":
		return f.weekday(t.Weekday()), true
	case "%B":
		return f.month(t.Month()), true
	case "%e":
		return fmt.Sprintf("%2d", t.Day()), true
	case "%-H":
		return strconv.Itoa(t.Hour()), true
	case "%%":
		return "%", true
	}
	layout, ok := map[string]string{
		"%Y": "2006", "%y": "06", "%m": "01", "%-m": "1", "%b": "Jan", "%d": "02", "%-d": "2", "%a": "Mon",
		"%H": "15", "%I": "03", "%-I": "3", "%M": "04", "%-M": "4", "%S": "05", "%p": "PM", "%P": "pm",
		"%F": time.DateOnly, "%R": "15:04", "%T": time.TimeOnly, "%D": "01/02/06", "%j": "002", "%Z": "MST", "%z": "-0700",
	}[d]
	return t.Format(layout), ok
}

func (f format) month(m time.Month) string {
	if names := map[string][]string{
		"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		"es": {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		"it": {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	}[f.language()]; names != nil {
		return names[m-1]
	}
	return m.String()
}

func (f format) weekday(d time.Weekday) string {
	if names := map[string][]string{
		"de": {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		"es": {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		"fr": {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		"it": {"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
	}[f.language()]; names != nil {
		return names[d]
	}
	return d.String()
}

// checkDate reports directives that are not known, and names of months and
// days that would be English in another language's text.
func (c *compiler) checkDate(e *expr) {
	if e.op != literalOp || e.number {
		return
	}
	f := format{locale: c.locale}
	for i := 0; i < len(e.name); i++ {
		if e.name[i] != '%' {
			continue
		}
		d := directiveAt(e.name[i:])
		if _, ok := f.directive(d, time.Time{}); !ok {
			c.fail(e.at+1+i, d, "is not a part of a date", "for example %d %B %Y, %A, %H:%M")
		}
		named := d == "%A" || d == "%B"
		if (d == "%a" || d == "%b") && f.language() != "en" || named && !slices.Contains([]string{"en", "de", "es", "fr", "it"}, f.language()) {
			c.warn("english-date", e.at+1+i, d, "is written in English", "use numbers, as %d.%m.%Y")
		}
		i += len(d) - 1
	}
}
