package message

import (
	"regexp"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// text is a piece of a file that is compiled by itself: a body, or a value of
// the front matter.
type text struct {
	file         string // as in problems
	path         string // the front matter's key; "" for a body
	body         string
	line, column int // of the first byte, from 1
}

// position gives the line and column of a byte.
func (t text) position(at int) (line, column int) {
	before := t.body[:min(max(at, 0), len(t.body))]
	if n := strings.Count(before, "\n"); n > 0 {
		return t.line + n, len(before) - strings.LastIndexByte(before, '\n')
	}
	return t.line, t.column + len(before)
}

// problem makes an error at a byte; before the first is the file as a whole.
func (t text) problem(at int, value, message, hint string) source.Problem {
	p := source.Problem{File: t.file, Path: t.path, Value: value, Message: message, Hint: hint}
	if at >= 0 {
		p.Line, p.Column = t.position(at)
	}
	return p
}

// front is a file's front matter and what follows it.
type front struct {
	r      *reader
	name   string
	lines  []string // of the whole file
	fields source.Fields
	there  bool // the file has one
	ok     bool // and it could be read
	rest   text
}

const fence = "---"

// bareBraces finds a value that YAML reads as a mapping instead of Liquid.
var bareBraces = regexp.MustCompile(`^(\w+:[ \t]*)\{[{%]`)

// front splits a file and reads the keys between its two lines of dashes.
func (r *reader) front(name string, content []byte, keys ...string) front {
	f := front{r: r, name: r.env.Prefix + name, lines: strings.Split(tidy(content), "\n")}
	end := f.end()
	f.there = end != 0
	f.rest = text{file: f.name, body: strings.Join(f.lines[max(end, 0):], "\n"), line: max(end, 0) + 1, column: 1}
	if end <= 0 {
		return f
	}
	for i, line := range f.lines[1 : end-1] {
		if m := bareBraces.FindStringSubmatch(line); m != nil {
			r.ps.Add(source.Problem{File: f.name, Line: i + 2, Column: len(m[1]) + 1, Value: line[len(m[1]):],
				Message: "starts with a brace, which YAML takes for its own", Hint: "put the whole value in quotes"})
			return f
		}
	}
	n, ok := source.ReadAt(f.name, []byte(strings.Join(f.lines[1:end-1], "\n")+"\n"), 1, r.ps)
	if ok && n.Kind() != source.Mapping {
		n.Fail("is "+n.Kind().String()+" where keys with values are due", "write key: value, one a line")
		ok = false
	}
	if f.ok = ok; ok {
		f.fields = n.Fields(keys...)
	}
	return f
}

// end gives the number of lines up to and with the closing dashes; 0 when the
// file has no front matter, -1 when nothing closes it.
func (f *front) end() int {
	if strings.TrimRight(f.lines[0], " \t") != fence {
		return 0
	}
	for i, line := range f.lines[1:] {
		if strings.TrimRight(line, " \t") == fence {
			return i + 2
		}
	}
	f.r.ps.Add(source.Problem{File: f.name, Line: 1, Column: 1, Value: fence,
		Message: "opens a front matter that nothing closes", Hint: "write " + fence + " on a line of its own before the text"})
	return -1
}

// value gives one key's text; absent keys, and what is no text, give false.
func (f *front) value(key string) (text, bool) {
	n, ok := f.fields.Get(key)
	if !f.ok || !ok {
		return text{}, false
	}
	s, ok := n.Text()
	if !ok {
		return text{}, false
	}
	line := ""
	if i := n.Line() - 1; i < len(f.lines) {
		line = f.lines[i]
	}
	_, value, _ := strings.Cut(line, ":")
	column := len(line) - len(strings.TrimLeft(value, " \t")) + 1
	if n.Quoted() {
		column++
	}
	t := text{file: f.name, path: key, body: s, line: n.Line(), column: column}
	if strings.Contains(s, "\n") {
		f.r.ps.Add(t.problem(0, s, "has more than one line", "write it on one line"))
		return text{}, false
	}
	return t, true
}

// require is value for a key that must be there.
func (f *front) require(key, hint string) (text, bool) {
	if !f.there {
		f.r.ps.Add(source.Problem{File: f.name, Line: 1, Column: 1, Message: key + " is missing",
			Hint: "open the file with a line " + fence + ", then " + hint + ", then a line " + fence})
		return text{}, false
	}
	if f.ok {
		f.fields.Require(key, "write "+hint+" between the lines "+fence)
	}
	return f.value(key)
}

func (r *reader) sms(name, locale string, content []byte) *program {
	f := r.front(name, content)
	p := r.compiler(locale).compile(f.rest, plain)
	if p == nil {
		return nil
	}
	p.limit = maxSMS
	p.checkSMS(r.ps)
	return p
}

func (r *reader) email(name, locale string, content []byte) *email {
	f := r.front(name, content, "subject", "preheader", "layout")
	e := &email{layout: defaultLayout}
	if t, ok := f.require("subject", "subject: Your data is nearly used up"); ok {
		e.subject = r.carrier(locale, itemsSaid).compile(t, line)
	}
	if t, ok := f.value("preheader"); ok {
		e.preheader = r.carrier(locale, itemsSaid).compile(t, line)
	}
	if t, ok := f.value("layout"); ok {
		e.layout, e.named = t.body, t
		if t.body == noLayout {
			e.layout = ""
		}
	}
	e.html = r.carrier(locale, itemsHeld).compile(f.rest, html)
	return e
}

func (r *reader) push(name, locale string, content []byte) *push {
	f := r.front(name, content, "title", "link")
	p := &push{}
	if t, ok := f.require("title", "title: Your data is nearly used up"); ok {
		p.title = r.carrier(locale, itemsSaid).compile(t, line)
	}
	if t, ok := f.value("link"); ok {
		p.link = r.compiler(locale).compile(t, address)
	}
	p.text = r.carrier(locale, itemsHeld).compile(f.rest, plain)
	return p
}
