package ruletest

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// place is where a list stands in its file: the line of its beginning, from 1,
// and the column in characters, from 1.
type place struct {
	line, column int
}

func placeOf(n source.Node) place { return place{n.Line(), n.Column()} }

// span finds the bytes of the list that begins at a place: of one in brackets
// up to and with the bracket that closes it, of one with dashes whole lines,
// up to the last that belongs to it. ok is false for what is neither.
func (p place) span(text string) (from, to int, ok bool) {
	from, ok = p.offset(text)
	switch {
	case !ok || from >= len(text):
		return 0, 0, false
	case text[from] == '[':
		to, ok = closing(text, from)
		return from, to, ok
	case text[from] == '-':
		return from, p.endOfDashes(text, from), true
	}
	return 0, 0, false
}

func (p place) offset(text string) (int, bool) {
	at := 0
	for range p.line - 1 {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
	}
	for range p.column - 1 {
		if at >= len(text) {
			return 0, false
		}
		at += size(text[at:])
	}
	return at, true
}

// size gives the length of a text's first character in bytes.
func size(text string) int {
	for i := range text {
		if i > 0 {
			return i
		}
	}
	return len(text)
}

// closing finds the end of a list in brackets, behind its last one. Quotes and
// comments are passed over.
func closing(text string, from int) (int, bool) {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1, true
			}
		case '"', '\'':
			if strings.ContainsRune(" \t\n[{,:", rune(text[i-1])) {
				i = quoteEnd(text, i)
			}
		case '#':
			if strings.ContainsRune(" \t\n", rune(text[i-1])) {
				i += len(line(text[i:])) - 1
			}
		}
	}
	return 0, false
}

// quoteEnd gives the place of the quote that ends the text which begins at i.
func quoteEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return i
}

func line(text string) string {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return text[:i]
	}
	return text
}

// endOfDashes gives the end of the last line that belongs to a list with
// dashes: lines that are blank or a comment do when one follows that does.
func (p place) endOfDashes(text string, from int) int {
	end := from + len(line(text[from:]))
	for at := end + 1; at < len(text); {
		row := line(text[at:])
		bare := strings.TrimLeft(row, " ")
		indent := len(row) - len(bare)
		blank := strings.TrimSpace(bare) == "" || strings.HasPrefix(bare, "#")
		switch dash := strings.HasPrefix(bare, "- ") || strings.TrimSpace(bare) == "-"; {
		case blank:
		case indent >= p.column || indent == p.column-1 && dash:
			end = at + len(row)
		default:
			return end
		}
		at += len(row) + 1
	}
	return end
}
