package intake

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// maxDepth bounds how deep lists and objects may stand in each other.
const maxDepth = 32

// reader reads one JSON text (RFC 8259) in a single pass, straight into what a
// call is made of. encoding/json would read most of it two or three times.
// Texts and keys that its methods give as bytes hold until the next call.
type reader struct {
	body    []byte
	at      int
	tooDeep bool // something stood deeper than maxDepth

	open    []byte            // the brackets that skip has open
	scratch []byte            // the last text that held escapes
	names   map[string]string // outside name -> name, as far as seen
}

// unreadable says where a body stops being JSON.
type unreadable struct {
	line, column int // from 1, the column in bytes
	what         string
}

func (e *unreadable) Error() string {
	return fmt.Sprintf("body: line %d, column %d: %s", e.line, e.column, e.what)
}

func (r *reader) fail(what string) error {
	before := r.body[:min(r.at, len(r.body))]
	return &unreadable{
		line:   bytes.Count(before, []byte("\n")) + 1,
		column: len(before) - bytes.LastIndexByte(before, '\n'),
		what:   what,
	}
}

// peek gives the next byte that is no white space, 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.body); r.at++ {
		if c := r.body[r.at]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// end reports what stands behind the value.
func (r *reader) end() error {
	if r.peek(); r.at < len(r.body) {
		return r.fail("something stands behind the end of the body")
	}
	return nil
}

// object reads an object; each must read the value of the key.
func (r *reader) object(each func(key []byte) error) error {
	if r.peek() != '{' {
		return r.fail("an object is due here, which starts with {")
	}
	r.at++
	if r.peek() == '}' {
		r.at++
		return nil
	}
	for {
		key, err := r.key()
		if err != nil {
			return err
		}
		if err := each(key); err != nil {
			return err
		}
		if more, err := r.more('}'); !more {
			return err
		}
	}
}

// list reads a list; each must read one value.
func (r *reader) list(each func() error) error {
	if r.peek() != '[' {
		return r.fail("a list is due here, which starts with [")
	}
	r.at++
	if r.peek() == ']' {
		r.at++
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		if more, err := r.more(']'); !more {
			return err
		}
	}
}

// more reads the comma before another member, or the closing bracket.
func (r *reader) more(closing byte) (bool, error) {
	switch r.peek() {
	case ',':
		r.at++
		return true, nil
	case closing:
		r.at++
		return false, nil
	}
	return false, r.fail("a comma or " + string(rune(closing)) + " is due here")
}

func (r *reader) key() ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.fail("a key in double quotes is due here")
	}
	key, err := r.text()
	if err != nil {
		return nil, err
	}
	if r.peek() != ':' {
		return nil, r.fail("a colon is due here")
	}
	r.at++
	return key, nil
}

// value reads any value as a trait or property: what is neither a text nor a
// number becomes yes, no, empty, or its own JSON text. A number that a float
// cannot hold exactly, such as a long id, stays the text that it was.
func (r *reader) value() (customer.Value, error) {
	switch c := r.peek(); c {
	case '"':
		text, err := r.text()
		return customer.Text(string(text)), err
	case '{', '[':
		from := r.at
		err := r.skip()
		return customer.Text(strings.ToValidUTF8(string(r.body[from:r.at]), "\uFFFD")), err
	case 't':
		return customer.Text("yes"), r.word("true")
	case 'f':
		return customer.Text("no"), r.word("false")
	case 'n':
		return customer.Value{}, r.word("null")
	}
	literal, err := r.number()
	if err != nil {
		return customer.Value{}, err
	}
	return numberValue(literal), nil
}

// maxDigits is how many decimal digits a float64 always holds exactly.
const maxDigits = 15

func numberValue(literal []byte) customer.Value {
	if len(literal) <= maxDigits {
		if n, ok := wholeNumber(literal); ok {
			return customer.Number(n)
		}
	}
	f, err := strconv.ParseFloat(string(literal), 64)
	isLong := len(bytes.TrimLeft(literal, "-")) > maxDigits && !bytes.ContainsAny(literal, ".eE")
	if err != nil || math.IsInf(f, 0) || isLong {
		return customer.Text(string(literal))
	}
	return customer.Number(f)
}

func wholeNumber(literal []byte) (float64, bool) {
	n := 0
	for _, c := range literal {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return float64(n), true
}

// name gives the name under which a trait or property is kept; one without any
// letter stays as it is.
func (r *reader) name(outside []byte) string {
	if name, ok := r.names[string(outside)]; ok {
		return name
	}
	name := observe.Name(string(outside))
	if name == "" {
		name = string(outside)
	}
	if r.names == nil {
		r.names = map[string]string{}
	}
	r.names[string(outside)] = name
	return name
}

func (r *reader) word(word string) error {
	if !bytes.HasPrefix(r.body[r.at:], []byte(word)) {
		return r.fail("a value is due here: a text, a number, true, false, null, a list or an object")
	}
	r.at += len(word)
	return nil
}

// number reads a number's literal.
func (r *reader) number() ([]byte, error) {
	from := r.at
	if r.at < len(r.body) && r.body[r.at] == '-' {
		r.at++
	}
	whole := r.digits()
	ok := whole == 1 || whole > 1 && r.body[r.at-whole] != '0'
	if ok && r.at < len(r.body) && r.body[r.at] == '.' {
		r.at++
		ok = r.digits() > 0
	}
	if ok && r.at < len(r.body) && r.body[r.at]|0x20 == 'e' {
		r.at++
		if r.at < len(r.body) && (r.body[r.at] == '+' || r.body[r.at] == '-') {
			r.at++
		}
		ok = r.digits() > 0
	}
	if !ok {
		r.at = from
		return nil, r.fail("a value is due here: a text, a number, true, false, null, a list or an object")
	}
	return r.body[from:r.at], nil
}

func (r *reader) digits() (n int) {
	for r.at < len(r.body) && r.body[r.at] >= '0' && r.body[r.at] <= '9' {
		r.at, n = r.at+1, n+1
	}
	return n
}

// text reads a text. Bytes that are not UTF-8 and NUL, which no database
// keeps, become U+FFFD.
func (r *reader) text() ([]byte, error) {
	text, plain, err := r.scanText()
	switch {
	case err != nil:
		return nil, err
	case plain:
		return text, nil
	case bytes.IndexByte(text, '\\') >= 0:
		r.scratch = unescape(r.scratch[:0], text)
		text = r.scratch
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return text, nil
}

// scanText passes a text whose quote is next. It gives what stands between the
// quotes; plain means ASCII without escapes.
func (r *reader) scanText() (text []byte, plain bool, err error) {
	plain = true
	for i := r.at + 1; i < len(r.body); i++ {
		switch c := r.body[i]; {
		case c == '"':
			text = r.body[r.at+1 : i]
			r.at = i + 1
			return text, plain, nil
		case c == '\\':
			plain = false
			n := escapeLength(r.body[i:])
			if n == 0 {
				r.at = i
				return nil, false, r.fail(`what follows \ is not an escape that JSON knows`)
			}
			i += n - 1
		case c < ' ':
			r.at = i
			return nil, false, r.fail(`a control character stands in a text, write it as \n or \u00XX`)
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return nil, false, r.fail("the text that starts here has no closing quote")
}

// escapeLength gives the length of the escape that s starts with, 0 for none.
func escapeLength(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	if strings.IndexByte(`"\/bfnrt`, s[1]) >= 0 {
		return 2
	}
	if _, ok := hex4(s); ok {
		return 6
	}
	return 0
}

// hex4 reads the unit of a \uXXXX at the start of s.
func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range s[2:6] {
		switch {
		case c >= '0' && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

// unescape appends to out what a text with valid escapes means.
func unescape(out, text []byte) []byte {
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			out = append(out, text[i])
			i++
			continue
		}
		unit, ok := hex4(text[i:])
		if !ok {
			out = append(out, escaped(text[i+1]))
			i += 2
			continue
		}
		i += 6
		if low, ok := hex4(text[i:]); ok && utf16.IsSurrogate(unit) {
			if pair := utf16.DecodeRune(unit, low); pair != utf8.RuneError {
				unit = pair
				i += 6
			}
		}
		if unit == 0 {
			unit = utf8.RuneError
		}
		out = utf8.AppendRune(out, unit)
	}
	return out
}

func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
