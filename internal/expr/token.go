package expr

import (
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	textToken
	spanToken
	signToken // operators, brackets, and the words and, or, not, in
	badToken  // already reported
)

// token is one word of an expression. text is a name, a text's value, a sign,
// or a number as it is written canonically (80%, 12.5).
type token struct {
	kind    tokenKind
	at, end int
	text    string
	number  float64
	span    sendtime.Duration
}

func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

// literal gives the kind of node that a literal becomes.
func (t token) literal() nodeKind {
	switch t.kind {
	case numberToken:
		return numberNode
	case textToken:
		return textNode
	case spanToken:
		return spanNode
	}
	return badNode
}

// keyword gives the operator word that a word is meant to be, in any case.
func keyword(word string) (string, bool) {
	switch lower := strings.ToLower(word); lower {
	case "and", "or", "not", "in":
		return lower, true
	}
	return "", false
}

// operator reads a run of the characters = ! < > & | ~. meant is the operator,
// "" for one that the language does not have; hint mends what is not written right.
func operator(run string) (meant, hint string) {
	switch run {
	case "==", "!=", "<", "<=", ">", ">=":
		return run, ""
	case "=", "===":
		return "==", "write =="
	case "<>", "!==", "=!":
		return "!=", "write !="
	case "=>":
		return ">=", "write >="
	case "=<":
		return "<=", "write <="
	case "&", "&&":
		return "and", "write and"
	case "|", "||":
		return "or", "write or"
	case "!":
		return "not", "write not"
	}
	return "", "the operators are and, or, not, in, ==, !=, <, <=, >, >=, +, -, * and /"
}

// lookalike gives the sign that a typographic character stands for.
func lookalike(r rune) (string, bool) {
	switch r {
	case '≥':
		return ">=", true
	case '≤':
		return "<=", true
	case '≠':
		return "!=", true
	case '−', '–', '—':
		return "-", true
	case '×', '·':
		return "*", true
	case '÷':
		return "/", true
	}
	return "", false
}

// closers gives the characters that may close what r opens, and whether r is a
// quote at all. A straight quote is closed by itself only.
func closers(r rune) (string, bool) {
	switch r {
	case '"', '\'':
		return string(r), true
	case '“', '”', '„', '«', '»':
		return "“”„«»\"", true
	case '‘', '’', '‚', '‹', '›', '`':
		return "‘’‚‹›`'", true
	}
	return "", false
}

// plain writes a number so that it reads back as itself.
func plain(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if thousands(s) {
		return s + "0"
	}
	return s
}

// thousands says that a number such as 1.000 could be meant as thousands.
func thousands(digits string) bool {
	whole, fraction, _ := strings.Cut(digits, ".")
	return len(fraction) == 3 && len(whole) <= 3 && strings.Trim(whole, "0") != ""
}

// odd says that a word behind a number is a wrong unit rather than a name.
func odd(word string) bool {
	switch strings.ToLower(word) {
	case "m", "sec", "secs", "mins", "hr", "hrs", "wk", "wks", "mo", "mon", "mos", "y", "yr", "yrs":
		return true
	}
	return false
}
