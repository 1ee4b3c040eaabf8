// Package source reads strict YAML and keeps every problem with its place, its
// value and a way to mend it. It knows YAML and nothing of what the files mean.
package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a problem stops a file from being used.
type Severity int

// The severities. The zero value is an error.
const (
	Error Severity = iota
	Warning
)

// Problem is one fault of one file, in words for whoever wrote the file.
type Problem struct {
	File     string
	Line     int    // from 1; 0: the file as a whole
	Column   int    // from 1, in bytes
	Path     string // steps[1].within; "" at the top
	Value    string // the offending text, shortened
	Message  string // what is wrong
	Hint     string // how to mend it
	Severity Severity
	Code     string // of a warning: what an allow line names; "" when it has none
}

// maxValue bounds how much of an offending text is shown, in bytes.
const maxValue = 60

// String gives the problem on one line: place, path, value, what, how to mend.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Severity == Warning {
		b.WriteString("warning")
		if p.Code != "" {
			b.WriteString(" [" + p.Code + "]")
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	if p.Value != "" {
		fmt.Fprintf(&b, "%q: ", shorten(p.Value))
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

func shorten(s string) string {
	if len(s) <= maxValue {
		return s
	}
	return strings.ToValidUTF8(s[:maxValue], "") + "..."
}

// Problems collects what is wrong with any number of files. The zero value is
// ready for use. It is not safe for concurrent use.
type Problems struct{ list []Problem }

// Add appends problems.
func (ps *Problems) Add(p ...Problem) { ps.list = append(ps.list, p...) }

// List gives all problems by file, line and column.
func (ps *Problems) List() []Problem {
	list := slices.Clone(ps.list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(list)
}

// Err gives all problems as one error, nil when none is worse than a warning.
func (ps *Problems) Err() error {
	if !slices.ContainsFunc(ps.list, func(p Problem) bool { return p.Severity == Error }) {
		return nil
	}
	return &InvalidError{Problems: ps.List()}
}

// InvalidError says that files hold problems; errors.As finds it.
type InvalidError struct{ Problems []Problem }

// Errors counts the problems that are worse than warnings.
func (e *InvalidError) Errors() int {
	n := 0
	for _, p := range e.Problems {
		if p.Severity == Error {
			n++
		}
	}
	return n
}

// Error gives one problem a line.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
