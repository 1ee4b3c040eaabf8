package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// lexer cuts a text into tokens. What is written wrong but plain to
// understand is reported and read as it was meant, so that one slip does not
// hide the next.
type lexer struct {
	text     string
	at       int
	tokens   []token
	strange  bool // a character that the language does not have was reported
	problems []Problem
}

func lex(text string) ([]token, []Problem) {
	l := lexer{text: text}
	for l.skipSpace(); l.at < len(l.text); l.skipSpace() {
		l.next()
	}
	l.tokens = append(l.tokens, token{kind: endToken, at: len(text), end: len(text)})
	return l.tokens, l.problems
}

func (l *lexer) report(at int, hint, format string, args ...any) {
	l.problems = append(l.problems, Problem{Offset: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *lexer) add(t token) {
	l.at = t.end
	l.tokens = append(l.tokens, t)
}

func (l *lexer) peek() rune {
	r, _ := utf8.DecodeRuneInString(l.text[l.at:])
	return r
}

// run gives the longest run from a place on that consists of such characters.
func (l *lexer) run(from int, of func(rune) bool) string {
	rest := l.text[from:]
	if end := strings.IndexFunc(rest, func(r rune) bool { return !of(r) }); end >= 0 {
		return rest[:end]
	}
	return rest
}

func (l *lexer) skipSpace() { l.at += len(l.run(l.at, unicode.IsSpace)) }

func (l *lexer) next() {
	switch r := l.peek(); {
	case unicode.IsLetter(r) || r == '_':
		l.word()
	case isDigit(r):
		l.number()
	case strings.ContainsRune("=!<>&|~", r):
		l.operator()
	case strings.ContainsRune("()[],.+-*/", r):
		l.add(token{kind: signToken, at: l.at, end: l.at + 1, text: string(r)})
	default:
		if ends, isQuote := closers(r); isQuote {
			l.quoted(r, ends)
			return
		}
		l.foreign(r)
	}
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || isDigit(r) }

func (l *lexer) word() {
	word := l.run(l.at, isWord)
	t := token{kind: nameToken, at: l.at, end: l.at + len(word), text: word}
	if meant, ok := keyword(word); ok {
		if meant != word {
			l.report(l.at, "write "+meant, "%q is not an operator", word)
		}
		t.kind, t.text = signToken, meant
	}
	l.add(t)
}

func (l *lexer) operator() {
	run := l.run(l.at, func(r rune) bool { return strings.ContainsRune("=!<>&|~", r) })
	for len(run) > 1 && run != "=!" && run[len(run)-1] == '!' {
		run = run[:len(run)-1] // `and !x` and `== !x` end in a sign of their own
	}
	meant, hint := operator(run)
	kind := signToken
	switch {
	case meant == "":
		kind = badToken
		l.report(l.at, hint, "%q is not in the language", run)
	case hint != "":
		l.report(l.at, hint, "%q is not an operator", run)
	}
	l.add(token{kind: kind, at: l.at, end: l.at + len(run), text: meant})
}

// foreign reads a character that the language does not have.
func (l *lexer) foreign(r rune) {
	end := l.at + utf8.RuneLen(r)
	sign, known := lookalike(r)
	switch {
	case known:
		l.report(l.at, "write "+sign, "%q is not in the language", string(r))
		l.add(token{kind: signToken, at: l.at, end: end, text: sign})
	case !unicode.IsGraphic(r):
		l.report(l.at, "delete it", "an invisible character (%U) stands here", r)
		l.at = end
	case r == '%':
		l.report(l.at, "write a share right behind its number: 80%", `"%%" stands alone`)
		l.add(token{kind: badToken, at: l.at, end: end})
	default:
		if _, hint := operator(""); !l.strange {
			l.report(l.at, hint, "%q is not in the language", string(r))
		}
		l.strange = true
		l.add(token{kind: badToken, at: l.at, end: end})
	}
}

// quoted reads a text. The only escapes are \" \' and \\.
func (l *lexer) quoted(open rune, ends string) {
	start := l.at
	straight := open == '"' || open == '\''
	if !straight {
		l.report(start, `write straight quotes: "surf"`, "%c is a curly quote", open)
	}
	var value strings.Builder
	escaped := false
	for i, r := range l.text[start:] {
		at := start + i
		switch {
		case i == 0:
		case escaped:
			if !strings.ContainsRune(`"'\`, r) {
				l.report(at-1, `write \\ for a backslash`, `\%c is not an escape`, r)
			}
			value.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case strings.ContainsRune(ends, r):
			l.add(token{kind: textToken, at: start, end: at + utf8.RuneLen(r), text: value.String()})
			return
		case unicode.IsControl(r):
			l.report(at, "delete it", "a text holds the control character %U", r)
		default:
			value.WriteRune(r)
		}
	}
	if !straight {
		open = '"'
	}
	l.report(start, fmt.Sprintf("add the closing %c", open), "a text is never closed")
	l.add(token{kind: textToken, at: start, end: len(l.text), text: value.String()})
}

// number reads a number, a share or a length of time.
func (l *lexer) number() {
	start := l.at
	digits := l.digits(start)
	after := start + len(digits)
	gap := l.run(after, unicode.IsSpace)
	behind := after + len(gap)
	word := l.run(behind, isWord)
	switch {
	case strings.HasPrefix(l.text[behind:], "%"):
		if gap != "" {
			l.report(start, "write "+digits+"%", "%s has a space", l.text[start:behind+1])
		}
		l.decimal(digits, "%", behind+1)
	case l.isUnit(digits, gap, word):
		l.span(start, behind+len(word))
	default:
		l.decimal(digits, "", after)
	}
}

// digits gives digits with the points between them.
func (l *lexer) digits(from int) string {
	end := from
	for end < len(l.text) {
		point := l.text[end] == '.' && end+1 < len(l.text) && isDigit(rune(l.text[end+1]))
		if !point && !isDigit(rune(l.text[end])) {
			break
		}
		end++
	}
	return l.text[from:end]
}

// isUnit says whether the word behind a number belongs to it. A word apart is
// a unit only if it can be nothing else, since an operator may be missing.
func (l *lexer) isUnit(digits, gap, word string) bool {
	if word == "" {
		return false
	}
	if gap == "" || odd(word) {
		return true
	}
	_, err := sendtime.ParseDuration("1" + word)
	return err == nil
}

func (l *lexer) span(start, end int) {
	text := l.text[start:end]
	span, err := sendtime.ParseDuration(text)
	if err != nil {
		message, hint := splitHint(err.Error())
		l.report(start, hint, "%s", message)
		l.add(token{kind: badToken, at: start, end: end, text: text})
		return
	}
	l.add(token{kind: spanToken, at: start, end: end, text: span.String(), span: span})
}

// splitHint parts a message of sendtime from its advice.
func splitHint(text string) (message, hint string) {
	text = strings.TrimPrefix(text, "duration ")
	text = strings.NewReplacer(`": has `, `" has `, `": is `, `" is `).Replace(text)
	for _, advice := range []string{", write ", ", use "} {
		if i := strings.Index(text, advice); i >= 0 {
			return text[:i], text[i+2:]
		}
	}
	return text, ""
}

// decimal adds a number; a share is its hundredth.
func (l *lexer) decimal(digits, share string, end int) {
	start := l.at
	f, err := strconv.ParseFloat(digits, 64)
	joined := strings.ReplaceAll(digits, ".", "")
	switch {
	case strings.Count(digits, ".") > 1:
		l.report(start, "write "+joined, "%s has more than one point", digits)
	case err != nil || math.IsInf(f, 0):
		l.report(start, "write a smaller number", "%s is too large", clip(digits))
		f = 0
	case share == "" && thousands(digits):
		l.report(start, fmt.Sprintf("write %s or %s", joined, plain(f)), "%s has two readings", digits)
	}
	text := plain(f) + share
	if share != "" {
		text = strconv.FormatFloat(f, 'f', -1, 64)
		f, _ = strconv.ParseFloat(text+"e-2", 64)
		text += share
	}
	l.add(token{kind: numberToken, at: start, end: end, text: text, number: f})
}

// clip shortens a piece of an expression for a message.
func clip(s string) string {
	const limit = 60
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}
