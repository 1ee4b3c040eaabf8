package source

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// What is wrong with a file as a whole.
const (
	tooLarge = "is larger than 1 MiB"
	empty    = "is empty"
	isUTF16  = "is saved as UTF-16, which some programs call Unicode"
	notUTF8  = "is not UTF-8 text"
)

// WholeFile gives the messages of Read that have no line, since they are about
// the file as a whole. Every other problem has a line and a column.
func WholeFile() []string { return []string{tooLarge, empty, isUTF16, notUTF8} }

// NoText gives what is wrong with bytes that are not text as files here hold
// it, and how to mend it; two empty texts when nothing is.
func NoText(text []byte) (message, hint string) {
	wide := strings.HasPrefix(string(text), "\xff\xfe") || strings.HasPrefix(string(text), "\xfe\xff")
	switch {
	case wide:
		return isUTF16, "save it as UTF-8"
	case !utf8.Valid(text):
		return notUTF8, "save it as UTF-8"
	}
	return "", ""
}

// odd are the dashes and dots that word processors make of a hyphen.
const odd = "—–‒−•‣▪●*·"

// withoutDash gives a key without what was meant to be the hyphen of a list.
func withoutDash(key string) string {
	trimmed := strings.TrimLeft(key, "-")
	if trimmed == key {
		for _, r := range odd {
			if rest, found := strings.CutPrefix(key, string(r)); found {
				trimmed = strings.TrimLeftFunc(rest, unicode.IsSpace)
			}
		}
	}
	if first, _ := utf8.DecodeRuneInString(trimmed); !unicode.IsLetter(first) {
		return key
	}
	return trimmed
}

func dashFault(key string) string {
	if strings.HasPrefix(key, "-") {
		return "lacks a space behind its hyphen"
	}
	first, _ := utf8.DecodeRuneInString(key)
	return "starts with " + string(first) + " where a hyphen is due"
}

// textBlock ends a line whose text stands in the lines below it.
var textBlock = regexp.MustCompile(`(?:^|[:-]\s+)[|>][0-9+-]*\s*(?:#.*)?$`)

// indentation reports spaces at the beginning of a line that look like
// spaces and are none, as word processors and web pages have them.
func (f *file) indentation() bool {
	block := -1
	for i, line := range f.lines {
		margin := line[:len(line)-len(strings.TrimLeftFunc(line, unicode.IsSpace))]
		if strings.TrimSpace(line) == "" || block >= 0 && len(margin) > block {
			continue
		}
		block = -1
		if strings.ContainsAny(line, "|>") && textBlock.MatchString(strings.TrimRight(line, "\r")) {
			block = len(margin)
		}
		if at := strings.IndexFunc(margin, func(r rune) bool { return r > unicode.MaxASCII && r != '\ufeff' }); at >= 0 {
			f.problems.Add(Problem{File: f.name, Line: i + 1 + f.first, Column: at + 1, Value: strings.TrimSpace(line),
				Message: "is indented with spaces that are none, as web pages and word processors have them", Hint: "type the spaces anew"})
			return false
		}
	}
	return true
}

// slip is what is wrong with a line, in words for somebody who does not know
// what YAML is.
type slip struct {
	line          int
	message, hint string
}

// syntax reports what the YAML parser refused, at the line that is most
// likely at fault.
func (f *file) syntax(err error) {
	line, column, message, opened := 0, 1, err.Error(), 0
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		line, column, message, opened = e.Mark.Line, max(e.Mark.Column, 1), e.Message, e.ContextMark.Line
	}
	s := f.slip(line, opened, message)
	p := Problem{File: f.name, Line: max(s.line, 1) + f.first, Column: column, Message: s.message, Hint: s.hint}
	raw := f.line(s.line)
	if s.line != line {
		p.Column = len(raw) - len(strings.TrimLeft(raw, " \t")) + 1
	}
	if p.Value = strings.TrimSpace(raw); strings.IndexFunc(p.Value, isControl) >= 0 {
		p.Value = ""
	}
	f.problems.Add(p)
}

// line gives a line by its number from 1, "" when there is none.
func (f *file) line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return strings.TrimRight(f.lines[n-1], "\r")
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' }

// before gives the number of the last line above one that holds more than a
// comment.
func (f *file) before(n int) int {
	for n = min(n, len(f.lines)+1) - 1; n > 1; n-- {
		if bare := strings.TrimSpace(f.line(n)); bare != "" && bare[0] != '#' {
			break
		}
	}
	return max(n, 1)
}

// slip names what a line most likely has that YAML does not read. opened is
// the line of the bracket or quote that is open, 0 when none is.
func (f *file) slip(line, opened int, message string) slip {
	has := func(part string) bool { return strings.Contains(message, part) }
	raw := f.line(line)
	bare := strings.TrimSpace(raw)
	switch {
	case has("control characters"):
		return slip{f.control(), "holds what no text holds; it may be a document or a picture", "save it as plain text"}
	case strings.Contains(raw[:len(raw)-len(strings.TrimLeft(raw, " \t"))], "\t"):
		return slip{line, "is indented with a tab", "indent with spaces, not with tabs"}
	case strings.HasPrefix(bare, "```"):
		return slip{line, "is a mark around an example on a page, and no part of the file", "leave this line out"}
	case strings.HasPrefix(bare, "<"):
		return slip{line, "is part of a web page", "copy the text that the page shows, not the page"}
	case has("could not find expected ':'"):
		n := f.before(line)
		message, hint := colonSlip(strings.TrimPrefix(strings.TrimSpace(f.line(n)), "- "))
		return slip{n, message, hint}
	case has("unexpected end of stream") && opened > 0:
		return slip{opened, "opens a quote that nothing closes", "close it behind the last word, or leave it out"}
	case has("expected ',' or") && opened > 0:
		return slip{opened, "opens a bracket and does not close it, or lacks a comma", "close every bracket on its line, or put the whole value in quotes"}
	case has("node content") && bare == "":
		return slip{f.before(line), "opens a bracket and does not close it, or lacks a value", "close every bracket on its line, or put the whole value in quotes"}
	case has("max depth"):
		return slip{line, "is nested too deep", "close every bracket, or put the whole value in quotes"}
	}
	return f.valueSlip(line, message)
}

// control gives the first line with a character that no text has.
func (f *file) control() int {
	for i := range f.lines {
		if strings.IndexFunc(f.line(i+1), isControl) >= 0 {
			return i + 1
		}
	}
	return 1
}

var (
	colonTight = regexp.MustCompile(`^([A-Za-z_]+):(\S.*)$`)
	colonWide  = regexp.MustCompile(`^([A-Za-z_]+)\s*：\s*(.*)$`)
	colonFixed = regexp.MustCompile(`^([A-Za-z_]+):[\x{a0}\x{2007}\x{202f}]\s*(.*)$`)
	colonNone  = regexp.MustCompile(`^([A-Za-z_]+) +(.*)$`)
)

// colonSlip says what is wrong with the colon of a line.
func colonSlip(text string) (message, hint string) {
	for _, c := range []struct {
		pattern *regexp.Regexp
		message string
	}{
		{colonFixed, "has a space behind its colon that is none, as web pages have it"},
		{colonTight, "lacks a space behind its colon"},
		{colonWide, "has a colon of another script"},
		{colonNone, "lacks a colon"},
	} {
		if m := c.pattern.FindStringSubmatch(text); m != nil {
			return c.message, "write " + m[1] + ": " + shorten(m[2])
		}
	}
	return "is no key with a value", "write key: value"
}

// secondKey finds a key behind a comma or semicolon.
var secondKey = regexp.MustCompile(`[,;]\s*[A-Za-z_]+: `)

// valueSlip judges a line by how its value starts and by where it stands.
func (f *file) valueSlip(line int, message string) slip {
	has := func(part string) bool { return strings.Contains(message, part) }
	raw := f.line(line)
	_, value, _ := strings.Cut(raw, ": ")
	value = strings.TrimSpace(value)
	starts := func(with string) bool { return value != "" && strings.Contains(with, value[:1]) }
	switch {
	case starts("*"):
		return slip{line, "has a value that starts with *, which no value may", "for a cron line write cron before it: cron " + shorten(value)}
	case starts("%@`"):
		return slip{line, "has a value that starts with " + value[:1] + ", which no value may", "put the value in quotes"}
	case starts(`"'`):
		return slip{line, "has a quote that ends before its value does", "put the whole value in the other quotes, or start it with a name: plan in [\"surf\"]"}
	case starts("[{"):
		return slip{line, "has a bracket that ends before its value does, or does not end", "close every bracket on its line, or put the whole value in quotes"}
	case has("mapping values") && secondKey.MatchString(value):
		return slip{line, "holds two keys", "write each on a line of its own"}
	case has("mapping values") && strings.Contains(value, ": "):
		return slip{line, "has a colon in its value", "put the value in quotes, since it holds a colon"}
	case has("mapping values"):
		return slip{line, "is indented further than the line before, which has a value already", "begin it in the same column as the line that it belongs with"}
	case has("'-' indicator"):
		return slip{line, "does not stand in line with the list above", "give each - of a list the same column, and put the keys of a step two columns behind its -"}
	case has("expected key"), has("block end"):
		return slip{line, "does not stand in line with the keys above", "begin it in the same column as the keys that it belongs with"}
	}
	return slip{line, "is not YAML: " + message, "check the quotes and brackets here and the indentation of this line and the one before"}
}
