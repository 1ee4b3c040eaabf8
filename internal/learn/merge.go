package learn

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

// Sections of a data.yaml.
const (
	traitsKey = "traits"
	eventsKey = "events"
)

// Merge gives a data.yaml with the proposal added. What is there stays byte for
// byte; lines are put behind the traits, behind the events and behind the
// properties that there are. A text that data.yaml's reader refuses is an error,
// and so is one whose merged form it would refuse.
func (p Proposal) Merge(text []byte) ([]byte, error) {
	if len(strings.TrimSpace(string(text))) == 0 {
		return []byte(p.Fragment()), nil
	}
	if err := sound(text); err != nil {
		return nil, fmt.Errorf("data.yaml: holds mistakes, mend them first (outreach check): %w", err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil || len(document.Content) == 0 {
		return nil, errors.Join(errors.New("data.yaml: holds no keys, empty it or write traits: and events:"), err)
	}
	m := &merger{lines: strings.SplitAfter(string(text), "\n"), root: document.Content[0]}
	m.traits(p.Traits)
	m.events(p.Events)
	merged := []byte(m.text())
	if err := sound(merged); err != nil {
		return nil, fmt.Errorf("data.yaml: what was learned does not fit into it, write it in by hand: %w", err)
	}
	return merged, nil
}

// sound reports what the reader of data.yaml refuses.
func sound(text []byte) error {
	var ps source.Problems
	dictionary.Read("data.yaml", text, &ps)
	return ps.Err()
}

// merger puts texts into a file.
type merger struct {
	lines []string // each with its end
	root  *yaml.Node
	puts  []put
	tail  string // what goes behind the last line
}

// put is a text that goes before a byte of a line.
type put struct {
	line, column int // from 0
	text         string
}

// text gives the file with everything put in. What goes to the same place
// stands there in the order in which it was put.
func (m *merger) text() string {
	lines := append(slices.Clone(m.lines), "")
	slices.Reverse(m.puts)
	slices.SortStableFunc(m.puts, func(a, b put) int { return cmp.Or(b.line-a.line, b.column-a.column) })
	for _, p := range m.puts {
		lines[p.line] = lines[p.line][:p.column] + p.text + lines[p.line][p.column:]
	}
	all := strings.Join(lines, "")
	if m.tail != "" && !strings.HasSuffix(all, "\n") {
		all += "\n"
	}
	return all + m.tail
}

func (m *merger) traits(fields []Field) {
	var block, flow []string
	section := m.section(traitsKey)
	for _, f := range fields {
		block = append(block, line(m.childIndent(section), f.Name+": "+typeText(f.Type), f.traitWords()))
		flow = append(flow, f.Name+": "+typeText(f.Type))
	}
	m.add(section, traitsKey, block, flow)
}

func (m *merger) events(events []Event) {
	var block, flow []string
	section := m.section(eventsKey)
	for _, e := range events {
		if e.Declared {
			m.properties(e, section)
			continue
		}
		block = append(block, e.text(m.childIndent(section)))
		flow = append(flow, e.Name+": {"+strings.Join(flowOf(e.Properties), ", ")+"}")
	}
	m.add(section, eventsKey, block, flow)
}

func flowOf(fields []Field) []string {
	var list []string
	for _, f := range fields {
		list = append(list, f.Name+": "+typeText(f.Type))
	}
	return list
}

// properties adds to an event that is declared.
func (m *merger) properties(e Event, section place) {
	if section.value == nil {
		return // the engine's own
	}
	at := m.child(section, e.Name)
	if at.value == nil {
		return
	}
	var block []string
	for _, f := range e.Properties {
		block = append(block, line(m.childIndent(at), f.Name+": "+typeText(f.Type), f.propertyWords(e)))
	}
	m.add(at, e.Name, block, flowOf(e.Properties))
}

// place is a mapping of the file: its value, nil when it is not there, the
// column of its key, and the line behind it.
type place struct {
	value  *yaml.Node
	indent int
	end    int // line, from 0
}

func (m *merger) section(key string) place {
	return m.child(place{value: m.root, end: len(m.lines)}, key)
}

// child finds a key's value in a mapping.
func (m *merger) child(of place, key string) place {
	content := of.value.Content
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Value != key {
			continue
		}
		end := of.end
		if i+2 < len(content) {
			end = content[i+2].Line - 1
		}
		return place{value: content[i+1], indent: content[i].Column - 1, end: m.behind(end)}
	}
	return place{}
}

// behind goes back over blank lines and comments before a line.
func (m *merger) behind(end int) int {
	for end > 0 {
		text := strings.TrimSpace(m.lines[end-1])
		if text != "" && !strings.HasPrefix(text, "#") {
			return end
		}
		end--
	}
	return end
}

// childIndent gives the indentation of a mapping's keys.
func (m *merger) childIndent(p place) string {
	if p.value != nil && len(p.value.Content) > 0 && p.value.Style&yaml.FlowStyle == 0 {
		return strings.Repeat(" ", p.value.Content[0].Column-1)
	}
	return strings.Repeat(" ", p.indent+len(indentStep))
}

// add puts lines behind a block mapping, or members into one in braces. A
// section that is not there is put at the end of the file.
func (m *merger) add(p place, key string, block, flow []string) {
	switch {
	case len(block) == 0:
	case p.value == nil:
		m.tail += key + ":\n" + strings.Join(block, "")
	case p.value.Style&yaml.FlowStyle == 0:
		m.putLines(p.end, strings.Join(block, ""))
	default:
		m.putMembers(p.value, flow)
	}
}

// putLines puts whole lines before a line.
func (m *merger) putLines(at int, text string) {
	if at > 0 && !strings.HasSuffix(m.lines[at-1], "\n") {
		m.lines[at-1] += "\n"
	}
	m.puts = append(m.puts, put{line: at, text: text})
}
