package message

import (
	"regexp"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// compiler turns one text into a program and reports what is wrong with it.
type compiler struct {
	env    Env
	ps     *source.Problems
	locale string // how numbers and days are written
	layout bool   // content, subject and preheader may be read
	riding riding // what may be said of items
	src    text
	medium medium
	failed bool
	prog   *program
	depth  int               // of blocks, while reading
	locals map[string]static // names that assign, capture and for have made so far
}

// medium is what a text becomes part of.
type medium int

const (
	plain   medium = iota // a text of many lines
	line                  // a text of one line
	html                  // HTML
	address               // a web address
)

func (c *compiler) fail(at int, value, message, hint string) {
	c.failed = true
	c.ps.Add(c.src.problem(at, value, message, hint))
}

func (c *compiler) warn(code string, at int, value, message, hint string) {
	p := c.src.problem(at, value, message, hint)
	p.Severity, p.Code = source.Warning, code
	c.ps.Add(p)
}

// spanKind tells the pieces of a template apart.
type spanKind int

const (
	textSpan   spanKind = iota
	outputSpan          // {{ }}
	tagSpan             // {% %}
)

// span is a piece of a template. For an output, body is what stands between
// the braces; for a tag, what stands behind its name. A text named raw stands
// as it is.
type span struct {
	kind  spanKind
	at    int // of the piece
	name  string
	body  string
	start int // of body
}

var (
	marks   = regexp.MustCompile(`\{\{|\}\}|\{%|%\}`)
	tagWord = regexp.MustCompile(`^\s*(\w*|#)`)
	stray   = regexp.MustCompile(`\{ *(customer|match|link)\.\w+ *\}`)
	// otherField finds *|FNAME|*, %FIRST_NAME%, %%name%%, [[name]] and ${name}.
	otherField = regexp.MustCompile(`\*\|[A-Za-z_:]+\|\*|%[A-Z][A-Z_]+%|%%[A-Za-z_]+%%|\[\[ ?[A-Za-z_.]+ ?\]\]|\$\{[A-Za-z_.]+\}`)
	endRaw     = regexp.MustCompile(`\{%-?\s*endraw\s*-?%\}`)
	endNotes   = regexp.MustCompile(`\{%-?\s*endcomment\s*-?%\}`)
)

// spans cuts a template into pieces. Comments vanish, raw becomes text, and
// dashes inside of braces trim the texts beside them.
func (c *compiler) spans() []span {
	var list []span
	src, trim := c.src.body, false
	add := func(from, to int) {
		s := src[from:to]
		if trim {
			from += len(s) - len(strings.TrimLeft(s, " \t\r\n"))
		}
		if trim = false; from < to {
			list = append(list, span{kind: textSpan, at: from, body: src[from:to]})
		}
	}
	for at := 0; at < len(src); {
		open := opening(src, at)
		add(at, open)
		if open == len(src) {
			break
		}
		s, end, ok := c.braces(open)
		if !ok {
			break
		}
		if src[open+2] == '-' && len(list) > 0 && list[len(list)-1].kind == textSpan {
			list[len(list)-1].body = strings.TrimRight(list[len(list)-1].body, " \t\r\n")
		}
		at, trim = end, src[end-3] == '-' && end-open > 4
		switch {
		case s.kind == tagSpan && s.name == "raw":
			at = c.closing(s, endRaw, func(from, to int) {
				list = append(list, span{kind: textSpan, at: from, name: s.name, body: src[from:to]})
			}, end)
		case s.kind == tagSpan && s.name == "comment":
			at = c.closing(s, endNotes, func(int, int) {}, end)
		default:
			list = append(list, s)
		}
	}
	c.checkStray(list)
	return list
}

// opening gives where the next {{ or {% stands, else the end.
func opening(src string, from int) int {
	for i := from; i+1 < len(src); i++ {
		if src[i] == '{' && (src[i+1] == '{' || src[i+1] == '%') {
			return i
		}
	}
	return len(src)
}

// braces reads the {{ }} or {% %} that opens at a byte.
func (c *compiler) braces(open int) (s span, end int, ok bool) {
	src := c.src.body
	opener := src[open : open+2]
	closer := map[string]string{"{{": "}}", "{%": "%}"}[opener]
	next := marks.FindStringIndex(src[open+2:])
	if next == nil || src[open+2+next[0]:open+2+next[1]] != closer {
		c.fail(open, firstLine(src[open:]), opener+" is not closed", "write "+closer+" behind it")
		return span{}, 0, false
	}
	start, stop := open+2, open+2+next[0]
	end = stop + 2
	if start < stop && src[start] == '-' {
		start++
	}
	if start < stop && src[stop-1] == '-' {
		stop--
	}
	s = span{kind: outputSpan, at: open, start: start, body: src[start:stop]}
	if opener == "{%" {
		s.kind = tagSpan
		m := tagWord.FindStringSubmatchIndex(s.body)
		s.name = s.body[m[2]:m[3]]
		s.start, s.body = start+m[3], s.body[m[3]:]
	}
	return s, end, true
}

// closing looks for the tag that closes raw or comment, hands over what stands
// before it, and gives where the template goes on.
func (c *compiler) closing(s span, end *regexp.Regexp, inside func(from, to int), from int) int {
	m := end.FindStringIndex(c.src.body[from:])
	if m == nil {
		c.fail(s.at, "{% "+s.name+" %}", "is not closed", "write {% end"+s.name+" %} behind it")
		return len(c.src.body)
	}
	inside(from, from+m[0])
	return from + m[1]
}

// checkStray reports braces that would be shown to the customer. HTML may hold
// style sheets, where }} is common.
func (c *compiler) checkStray(list []span) {
	for _, s := range list {
		if s.kind != textSpan || s.name != "" {
			continue
		}
		for _, mark := range []string{"}}", "%}"} {
			if i := strings.Index(s.body, mark); i >= 0 && c.medium != html {
				c.fail(s.at+i, mark, "closes nothing that is open", "write {{ or {% before it, or leave it out")
			}
		}
		if m := stray.FindStringIndex(s.body); m != nil {
			c.warn("single-braces", s.at+m[0], s.body[m[0]:m[1]], "is shown as it stands", "write two braces on each side")
		}
		if m := otherField.FindStringIndex(s.body); m != nil {
			c.warn("other-field", s.at+m[0], s.body[m[0]:m[1]], "is how other systems write a field, and is shown as it stands",
				"write {{ customer. and the name of a trait }}")
		}
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
