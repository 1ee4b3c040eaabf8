package source

import (
	"fmt"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Node is one value of a file, with its place and path. What is wrong with it
// goes to the Problems that the file was read with.
type Node struct {
	file *file
	yaml *yaml.Node
	path string
}

type file struct {
	name     string
	lines    []string
	first    int // line number of the first line, less one
	problems *Problems
}

// Kind tells a node's form.
type Kind int

// The forms of a node.
const (
	Scalar Kind = iota
	List
	Mapping
)

func (k Kind) String() string {
	return [...]string{"a single value", "a list", "keys with values"}[k]
}

// Kind gives the node's form.
func (n Node) Kind() Kind {
	switch n.yaml.Kind {
	case yaml.SequenceNode:
		return List
	case yaml.MappingNode:
		return Mapping
	}
	return Scalar
}

// Path gives the node's place in its file in words: steps[1].within.
func (n Node) Path() string { return n.path }

// File gives the name that the file was read under.
func (n Node) File() string { return n.file.name }

// Line gives the line on which the node starts, from 1.
func (n Node) Line() int { return n.yaml.Line + n.file.first }

// Column gives the column at which the node starts, from 1, counted in
// characters.
func (n Node) Column() int { return n.yaml.Column }

// Raw gives a scalar's text whatever its form, and "" for others. It reports
// nothing.
func (n Node) Raw() string { return n.yaml.Value }

// Quoted reports whether a scalar stands in quotes.
func (n Node) Quoted() bool {
	return n.yaml.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
}

// Fail reports a problem at the node, with its value when it is a scalar.
func (n Node) Fail(message, hint string) { n.FailAt(0, message, hint) }

// FailAt reports a problem offset bytes into a scalar's text.
func (n Node) FailAt(offset int, message, hint string) {
	n.file.problems.Add(n.problem(offset, message, hint, Error))
}

// Warn reports what is allowed and most likely not meant. An allow line names
// the code.
func (n Node) Warn(code, message, hint string) {
	p := n.problem(0, message, hint, Warning)
	p.Code = code
	n.file.problems.Add(p)
}

// Mend gives a better hint for what was reported at the node's place when it
// was read, by whoever knows what the file means.
func (n Node) Mend(hint string) {
	at := n.problem(0, "", "", Error)
	for i, p := range n.file.problems.list {
		if p.File == at.File && p.Line == at.Line && p.Column == at.Column && p.Path == at.Path {
			n.file.problems.list[i].Hint = hint
		}
	}
}

// At gives the node at a path below this one, such as steps[1].then[0].at; of
// what is not there it gives the nearest node above.
func (n Node) At(path string) Node {
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next, ok := n.child(word)
		if !ok {
			return n
		}
		n = next
	}
	return n
}

// child gives a mapping's value by its key, or a list's member by its number;
// a single value is a list of one.
func (n Node) child(word string) (Node, bool) {
	if i, err := strconv.Atoi(word); err == nil {
		items := n.Items()
		if i < 0 || i >= len(items) {
			return n, false
		}
		return items[i], true
	}
	if n.Kind() != Mapping {
		return n, false
	}
	for _, e := range n.Entries() {
		if e.Name == word {
			return e.Value, true
		}
	}
	return n, false
}

func (n Node) problem(offset int, message, hint string, severity Severity) Problem {
	line, column := n.Line(), n.yaml.Column
	if n.Quoted() {
		column++
	}
	if block := n.yaml.Style & (yaml.LiteralStyle | yaml.FoldedStyle); block != 0 && offset > 0 {
		before := n.yaml.Value[:min(offset, len(n.yaml.Value))]
		line += 1 + strings.Count(before, "\n")
		offset -= strings.LastIndex(before, "\n") + 1
	}
	return Problem{
		File: n.file.name, Line: line, Column: column + offset,
		Path: n.path, Value: n.yaml.Value, Message: message, Hint: hint, Severity: severity,
	}
}

// Text gives a scalar's text. Lists and mappings are problems.
func (n Node) Text() (string, bool) {
	if n.Kind() != Scalar {
		n.Fail("is "+n.Kind().String()+" where a single value is due", n.braceHint())
		return "", false
	}
	return n.yaml.Value, true
}

// braceHint explains the commonest way to get a mapping by accident.
func (n Node) braceHint() string {
	if n.yaml.Style&yaml.FlowStyle != 0 && n.Kind() == Mapping {
		return "leave out the braces { }"
	}
	if n.Kind() == List {
		return "give one value, without [ ] and without a dash"
	}
	return "write the value on the same line as its key"
}

// Items gives a list's members; a single value is a list of one.
func (n Node) Items() []Node {
	if n.Kind() != List {
		return []Node{n}
	}
	items := make([]Node, len(n.yaml.Content))
	for i, c := range n.yaml.Content {
		items[i] = Node{file: n.file, yaml: c, path: fmt.Sprintf("%s[%d]", n.path, i)}
	}
	return items
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key   Node
	Name  string
	Value Node
}

// Entries gives a mapping's keys in the order of the file. What is no mapping
// is a problem.
func (n Node) Entries() []Entry {
	if n.Kind() != Mapping {
		hint := "write key: value, one a line"
		if n.Kind() == List {
			hint = "leave out the dashes and the [ ], and write key: value, one a line"
		}
		n.Fail("is "+n.Kind().String()+" where keys with values are due", hint)
		return nil
	}
	entries := make([]Entry, 0, len(n.yaml.Content)/2)
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		key, value := n.yaml.Content[i], n.yaml.Content[i+1]
		name := key.Value
		if key.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
			name = withoutDash(name)
		}
		path := join(n.path, name)
		entries = append(entries, Entry{
			Key:   Node{file: n.file, yaml: key, path: path},
			Name:  name,
			Value: Node{file: n.file, yaml: value, path: path},
		})
	}
	return entries
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Fields are a mapping's values by key.
type Fields struct {
	Of     Node
	values map[string]Node
	meant  []string // keys that misspelt ones were most likely to be
}

// Fields reads a mapping whose keys are all among known; every other key is a
// problem that names the nearest known one.
func (n Node) Fields(known ...string) Fields {
	f := Fields{Of: n, values: map[string]Node{}}
	for _, e := range n.Entries() {
		if e.Key.yaml.Tag == "!!merge" {
			continue // strict has reported it
		}
		if !contains(known, e.Name) {
			e.Key.Fail("is not a key that is known here", DidYouMean(e.Name, known))
			f.meant = append(f.meant, Nearest(e.Name, known))
			continue
		}
		f.values[e.Name] = e.Value
	}
	return f
}

// Some reads those of a mapping's keys that are among known and says nothing of
// the others.
func (n Node) Some(known ...string) Fields {
	f := Fields{Of: n, values: map[string]Node{}}
	for _, e := range n.Entries() {
		if contains(known, e.Name) {
			f.values[e.Name] = e.Value
		}
	}
	return f
}

// Get gives the value of a key, and whether it is there.
func (f Fields) Get(key string) (Node, bool) {
	n, ok := f.values[key]
	return n, ok
}

// Require gives the value of a key; a missing one is a problem with the hint,
// unless it is there and misspelt, which Fields reported.
func (f Fields) Require(key, hint string) (Node, bool) {
	n, ok := f.values[key]
	if !ok && f.Of.Kind() == Mapping && !contains(f.meant, key) {
		f.Of.Fail(key+" is missing", hint)
	}
	return n, ok
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}
