package learn

import (
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Fragment gives the proposal as a part of a data.yaml, with what speaks for
// each line behind it. It reads as data.yaml where no event of it is declared.
func (p Proposal) Fragment() string {
	var b strings.Builder
	b.WriteString(p.unnamed())
	if p.Lone > 0 {
		b.WriteString("# Left out: " + wording.Count(int64(p.Lone), "name") + " that came with one customer each\n")
	}
	if len(p.Traits) > 0 {
		b.WriteString("traits:\n")
		for _, f := range p.Traits {
			b.WriteString(line(indentStep, f.Name+": "+typeText(f.Type), f.traitWords()))
		}
	}
	if len(p.Events) > 0 {
		b.WriteString("events:\n")
		for _, e := range p.Events {
			b.WriteString(e.text(indentStep))
		}
	}
	return b.String()
}

// unnamed gives the comment on names that no rule could write.
func (p Proposal) unnamed() string {
	if len(p.Unnamed) == 0 {
		return ""
	}
	const shown = 20
	var names []string
	for _, name := range p.Unnamed[:min(len(p.Unnamed), shown)] {
		names = append(names, strconv.Quote(name))
	}
	if more := len(p.Unnamed) - shown; more > 0 {
		names = append(names, "and "+strconv.Itoa(more)+" more")
	}
	return "# Came too, under names that data.yaml could not have: " + strings.Join(names, ", ") + "\n"
}

const indentStep = "  "

// text gives an event with its properties, one a line.
func (e Event) text(indent string) string {
	if len(e.Properties) == 0 {
		return line(indent, e.Name+": {}", e.words())
	}
	var b strings.Builder
	b.WriteString(line(indent, e.Name+":", e.words()))
	for _, f := range e.Properties {
		b.WriteString(line(indent+indentStep, f.Name+": "+typeText(f.Type), f.propertyWords(e)))
	}
	return b.String()
}

// line gives one line with its comment, where there is one.
func line(indent, text, comment string) string {
	if comment == "" {
		return indent + text + "\n"
	}
	return indent + text + " # " + comment + "\n"
}

// typeText writes a type as data.yaml has it.
func typeText(f dictionary.Field) string {
	if len(f.Allowed) > 0 {
		return "[" + strings.Join(f.Allowed, ", ") + "]"
	}
	return string(f.Kind)
}

func (e Event) words() string {
	if e.Declared {
		return "declared; these properties came too"
	}
	text := wording.Count(e.Times, "time") + ", " + wording.Count(e.People, "customer")
	if e.ByServer {
		text += "; all from your own systems: if it is no act of the customer's own, add by: us"
	}
	return text
}

func (f Field) traitWords() string { return wording.Count(f.Seen, "customer") + oddWords(f.Odd) }

func (f Field) propertyWords(e Event) string {
	switch {
	case f.Odd > 0:
		return wording.Count(f.Seen, "value") + oddWords(f.Odd)
	case f.Seen < e.Times:
		return wording.Count(f.Seen, "value")
	}
	return ""
}

func oddWords(odd int64) string {
	if odd == 0 {
		return ""
	}
	return ", " + wording.Number(float64(odd)) + " odd"
}
