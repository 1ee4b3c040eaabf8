package learn

import (
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// putMembers puts members before the closing brace of a mapping.
func (m *merger) putMembers(n *yaml.Node, members []string) {
	f := flow{row: n.Line - 1, column: byteOf(m.lines[n.Line-1], n.Column-1)}
	if !f.close(m.lines) {
		return
	}
	text := strings.Join(members, ", ")
	switch f.last {
	case '{':
	case ',':
		text = " " + text
	default:
		text = ", " + text
	}
	m.puts = append(m.puts, put{f.row, f.column, text})
}

// byteOf gives the byte at which the letter of a column stands.
func byteOf(text string, column int) int {
	for i := range text {
		if column == 0 {
			return i
		}
		column--
	}
	return len(text)
}

// flow looks for the end of a mapping in braces.
type flow struct {
	row, column int  // behind the last letter that is no space and no comment
	last        byte // that letter
	depth       int
	quote       byte // that is open, 0: none
}

// close goes from the opening brace to where one more member may stand. It
// reports whether the closing brace was found.
func (f *flow) close(lines []string) bool {
	column := f.column
	for row := f.row; row < len(lines); row, column = row+1, 0 {
		for text := lines[row]; column < len(text); column++ {
			c := text[column]
			if f.quote == 0 && c == '#' && (column == 0 || isSpace(text[column-1])) {
				break // a comment
			}
			if f.quote == '"' && c == '\\' {
				column++
				continue
			}
			if f.step(c); f.depth == 0 {
				return true
			}
			if !isSpace(c) {
				f.row, f.column, f.last = row, column+1, c
			}
		}
	}
	return false
}

// step takes one letter. The brace that closes the mapping brings the depth
// to 0.
func (f *flow) step(c byte) {
	switch {
	case f.quote != 0:
		if c == f.quote {
			f.quote = 0
		}
	case (c == '"' || c == '\'') && strings.IndexByte("{[,:", f.last) >= 0:
		f.quote = c
	case c == '{' || c == '[':
		f.depth++
	case c == '}' || c == ']':
		f.depth--
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
