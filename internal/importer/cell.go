package importer

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// cell is one value that a map takes from each row.
type cell struct {
	column    int    // of columns; -1: text
	text      []part // a template, when column is -1
	none      []string
	first     string // cut at the first of these; "" not
	lookup    map[string]string
	otherwise string // what lookup gives for the rest; "" refuses it
}

// part is a piece of a template: a text, or a column when text is "".
type part struct {
	text   string
	column int
}

// columns are the columns that a map names, in the order in which it does.
type columns struct {
	names []string
	known []string // those of the file; nil: not known beforehand
}

// use gives the column's place among those named; one that the file has not is
// a problem of the node.
func (c *columns) use(name string, n source.Node) int {
	if c.known != nil && !slices.Contains(c.known, name) {
		n.Fail("names a column that the file has not", source.DidYouMean(name, c.known))
	}
	if i := slices.Index(c.names, name); i >= 0 {
		return i
	}
	c.names = append(c.names, name)
	return len(c.names) - 1
}

// readCell reads a column's name, or {from or text, none, first, lookup, else}.
func (c *columns) readCell(n source.Node) cell {
	if n.Kind() != source.Mapping {
		name, ok := n.Text()
		if !ok {
			return cell{}
		}
		return cell{column: c.use(name, n)}
	}
	f := n.Fields("from", "text", "none", "first", "lookup", "else")
	read := cell{column: -1}
	from, isColumn := f.Get("from")
	text, isText := f.Get("text")
	switch {
	case isColumn == isText:
		n.Fail("needs either from or text", "write {from: column} or {text: \"constant or {column}\"}")
	case isColumn:
		if name, ok := from.Text(); ok {
			read.column = c.use(name, from)
		}
	default:
		read.text = c.readTemplate(text)
	}
	read.readRest(f)
	return read
}

func (c *cell) readRest(f source.Fields) {
	if n, ok := f.Get("none"); ok {
		for _, item := range n.Items() {
			text, _ := item.Text()
			c.none = append(c.none, text)
		}
	}
	if n, ok := f.Get("first"); ok {
		c.first, _ = n.Text()
	}
	lookup, ok := f.Get("lookup")
	if ok {
		c.lookup = map[string]string{}
		for _, e := range lookup.Entries() {
			c.lookup[e.Name], _ = e.Value.Text()
		}
	}
	if n, found := f.Get("else"); found {
		if c.otherwise, _ = n.Text(); !ok {
			n.Fail("stands without lookup", "leave it out, or write the lookup")
		}
	}
}

// readTemplate reads a text with columns in braces.
func (c *columns) readTemplate(n source.Node) []part {
	rest, ok := n.Text()
	if !ok {
		return nil
	}
	var parts []part
	for {
		before, after, found := strings.Cut(rest, "{")
		if before != "" {
			parts = append(parts, part{text: before})
		}
		if !found {
			return parts
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed || name == "" {
			n.Fail("has a brace that names no column", "write {column}")
			return parts
		}
		parts = append(parts, part{column: c.use(name, n)})
		rest = behind
	}
}

// value gives what a row has for the cell, the empty value for nothing.
func (c *cell) value(values []customer.Value) (v customer.Value, trouble string) {
	if c.column >= 0 {
		v = values[c.column]
	} else {
		v = fill(c.text, values)
	}
	if c.lookup == nil && c.first == "" && c.none == nil {
		return v, ""
	}
	text := strings.TrimSpace(v.String())
	if text == "" || slices.Contains(c.none, text) {
		return customer.Value{}, ""
	}
	if c.first != "" {
		text, _, _ = strings.Cut(text, c.first)
	}
	if c.lookup == nil {
		return customer.Text(text), ""
	}
	if found, ok := c.lookup[text]; ok {
		return customer.Text(found), ""
	}
	if c.otherwise == "" {
		return customer.Value{}, "is not in the map's lookup, add it there or give else"
	}
	return customer.Text(c.otherwise), ""
}

// fill writes a template; it is empty where one of its columns is.
func fill(parts []part, values []customer.Value) customer.Value {
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if text == "" {
			if text = strings.TrimSpace(values[p.column].String()); text == "" {
				return customer.Value{}
			}
		}
		b.WriteString(text)
	}
	return customer.Text(b.String())
}
