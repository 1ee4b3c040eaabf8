package message

import (
	"regexp"
	"strings"
)

// tokenKind tells the words of an expression apart.
type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	numberToken
	textToken // without its quotes
	signToken
)

type token struct {
	kind tokenKind
	text string
	at   int
}

var (
	wordShape   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*`)
	numberShape = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?`)
	signShape   = regexp.MustCompile(`^(==|!=|<=|>=|<>|&&|\|\||\.\.|[|:,()<>=!\[\].&])`)
)

// maxDigits bounds a number's text, so that it always fits.
const maxDigits = 15

// tokens cuts an expression that starts at a byte into words. The first
// problem ends it.
func (c *compiler) tokens(body string, start int) ([]token, bool) {
	var list []token
	for i := 0; i < len(body); {
		if strings.IndexByte(" \t\r\n", body[i]) >= 0 {
			i++
			continue
		}
		t, size := scan(body[i:])
		t.at = start + i
		if !c.checkToken(t, body[i:], size) {
			return nil, false
		}
		list = append(list, t)
		i += size
	}
	return list, true
}

// scan gives the first token and its length, 0 when there is none.
func scan(s string) (token, int) {
	if s[0] == '"' || s[0] == '\'' {
		if end := strings.IndexByte(s[1:], s[0]); end >= 0 && !strings.Contains(s[1:1+end], "\n") {
			return token{kind: textToken, text: s[1 : 1+end]}, end + 2
		}
		return token{}, 0
	}
	for _, shape := range []struct {
		kind tokenKind
		*regexp.Regexp
	}{{wordToken, wordShape}, {numberToken, numberShape}, {signToken, signShape}} {
		if m := shape.FindString(s); m != "" {
			return token{kind: shape.kind, text: m}, len(m)
		}
	}
	return token{}, 0
}

// checkToken reports what is no word of an expression, with the way to say it.
func (c *compiler) checkToken(t token, rest string, size int) bool {
	switch {
	case size == 0 && (rest[0] == '"' || rest[0] == '\''):
		c.fail(t.at, firstLine(rest), "is a text whose quotes are not closed", "write "+rest[:1]+" at its end, on the same line")
	case size == 0 && startsWithAny(rest, "“", "”", "„", "‘", "’", "«", "»"):
		c.fail(t.at, firstLine(rest), "starts with a curly quote", "use straight quotes: \"")
	case size == 0:
		c.fail(t.at, firstLine(rest), "starts with a sign that means nothing here", "leave it out, or put it in quotes")
	case t.kind == numberToken && len(t.text) > maxDigits:
		c.fail(t.at, t.text, "is a number with too many digits", "write fewer, or put it in quotes as a text")
	case t.text == "=" && t.kind == signToken:
		c.fail(t.at, t.text, "is not a comparison", "write ==")
	case t.text == "<>" && t.kind == signToken:
		c.fail(t.at, t.text, "is not a comparison", "write !=")
	case t.text == "&&" || t.text == "||" || t.text == "&":
		c.fail(t.at, t.text, "is not a word of Liquid", "write and, or or")
	default:
		return true
	}
	return false
}

func startsWithAny(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
