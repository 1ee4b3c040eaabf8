package lint

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// file is one file of marketing's, by the name that problems give it.
type file struct {
	name     string
	text     string
	template bool
}

// files gives every file that may hold an allow line, sorted.
func (h *house) files() []file {
	var list []file
	for _, name := range slices.Sorted(maps.Keys(h.Files.Rules)) {
		if !strings.Contains(name, "/") && strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".test.yaml") {
			list = append(list, file{name: path.Join(h.rulesDir(), name), text: string(h.Files.Rules[name])})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Files.Templates)) {
		list = append(list, file{name: h.templatesDir() + "/" + name, text: string(h.Files.Templates[name]), template: true})
	}
	return list
}

// allow is one comment that lets a warning pass.
type allow struct {
	line, column int
	code, reason string
	of           int // the line that it speaks of; 0: the whole file
	used         bool
}

var (
	// allowLine finds # allow CODE: reason in a line of YAML.
	allowLine = regexp.MustCompile(`^((?:[^'"]|"[^"]*"|'[^']*')*?(?:^|\s))#\s*allow\s+([^\s:]+)\s*(?::\s*(.*?))?\s*$`)
	// allowComment finds the same in a comment of a template.
	allowComment = regexp.MustCompile(`\{%-?\s*comment\s*-?%\}\s*#?\s*allow\s+([^\s:]+)\s*(?::\s*(.*?))?\s*\{%-?\s*endcomment`)
	// textBlock ends a line whose text stands below it.
	textBlock = regexp.MustCompile(`(?:^|[:-]\s+)[|>][0-9+-]*\s*(?:#.*)?$`)
)

// allows gives the allow lines of a file.
func allows(f file) []*allow {
	lines := strings.Split(strings.ReplaceAll(f.text, "\r\n", "\n"), "\n")
	if f.template {
		return inTemplate(lines)
	}
	return inYAML(lines)
}

// inTemplate gives those of a template: of its front matter and of Liquid's
// comments. Each speaks of the whole file.
func inTemplate(lines []string) []*allow {
	var list []*allow
	front := strings.TrimSpace(lines[0]) == "---"
	for i, line := range lines {
		m, column := allowComment.FindStringSubmatch(line), strings.Index(line, "{%")+1
		if m == nil && front && i > 0 {
			if found := allowLine.FindStringSubmatch(line); found != nil {
				m, column = found[1:], len(found[1])+1
			}
		}
		if m != nil {
			list = append(list, &allow{line: i + 1, column: column, code: m[1], reason: m[2]})
		}
		front = front && (i == 0 || strings.TrimSpace(line) != "---")
	}
	return list
}

// inYAML gives those of a YAML file. One on a line of its own speaks of the
// next line that is no comment, another one of its own line.
func inYAML(lines []string) []*allow {
	var list, waiting []*allow
	block := -1 // the indentation of a key whose text stands in the lines below it
	for i, line := range lines {
		bare := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case bare == "" || block >= 0 && indent > block:
			continue
		case textBlock.MatchString(line):
			block = indent
		default:
			block = -1
		}
		own := strings.HasPrefix(bare, "#")
		if m := allowLine.FindStringSubmatch(line); m != nil {
			a := &allow{line: i + 1, column: len(m[1]) + 1, code: m[2], reason: m[3], of: i + 1}
			list = append(list, a)
			if own {
				waiting = append(waiting, a)
			}
		}
		if !own {
			for _, a := range waiting {
				a.of = i + 1
			}
			waiting = nil
		}
	}
	return list
}

// covers reports whether a warning is one that the line lets pass, and
// remembers that there was one. What is said of a file as a whole is allowed
// anywhere in it. Without a reason nothing is allowed.
func (a *allow) covers(p source.Problem) bool {
	fits := p.Severity == source.Warning && p.Code == a.code && p.Code != idleAllow && a.reason != "" &&
		(p.Line == 0 || a.of == 0 || p.Line == a.of)
	a.used = a.used || fits
	return fits
}

// judge reports an allow line that allows nothing.
func (a *allow) judge(file string, ps *source.Problems) {
	p := source.Problem{File: file, Line: a.line, Column: a.column, Severity: source.Warning, Code: idleAllow, Value: a.code}
	switch {
	case a.code == idleAllow:
		p.Message, p.Hint = "is about comments such as this one and cannot be allowed", "leave the comment out"
	case !slices.Contains(Codes(), a.code):
		p.Message, p.Hint = "is not the code of a warning", source.DidYouMean(a.code, Codes())
		if p.Hint == "" {
			p.Hint = "write the word that stands in [ ] in the warning"
		}
	case a.reason == "":
		p.Message, p.Hint = "is allowed without a reason, so it is not", "say why: # allow "+a.code+": the night shift asked for it"
	case !a.used:
		p.Message, p.Hint = "is allowed, and there is no such warning here", "leave the comment out, or move it to the line above the one that the warning names"
	default:
		return
	}
	ps.Add(p)
}
