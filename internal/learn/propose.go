package learn

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

// Proposal is what data.yaml could declare beside what it does.
type Proposal struct {
	Traits []Field // by name
	Events []Event // by name
	// Unnamed are received names that no rule could write, by name: words of
	// the rule language, or names of another form.
	Unnamed []string
	// Lone counts names left out, since each came with one customer where many
	// names came: they are keys that apps make of what belongs to customers.
	Lone int
}

// Field is a trait or a property.
type Field struct {
	Name   string
	Type   dictionary.Field
	Seen   int64 // values
	People int64 // customers with one
	Odd    int64 // values that the type does not read
}

// Event is an event, or more properties of one that is declared.
type Event struct {
	Name       string
	Declared   bool
	Times      int64
	People     int64 // customers to whom it happened
	ByServer   bool  // all came from systems of the company's own, while others came from apps
	Properties []Field
}

// Empty reports whether there is nothing to add.
func (p Proposal) Empty() bool { return len(p.Traits) == 0 && len(p.Events) == 0 }

// Propose gives what was seen and known does not declare. A type is one that
// reads all values but at most one in a hundred; Odd counts the others. A trait
// or property that never had a value is a text.
func (s *Seen) Propose(known *dictionary.Dictionary) Proposal {
	var p Proposal
	for _, name := range p.shared(s.traits) {
		_, isEvent := known.Event(name)
		_, isAnswer := known.Webhooks[name]
		switch _, declared := known.Traits[name]; {
		case declared:
		case isEvent || isAnswer || !nameable("traits: {%: text}", name):
			p.Unnamed = append(p.Unnamed, name)
		default:
			p.Traits = append(p.Traits, fieldOf(name, s.traits[name]))
		}
	}
	own := dictionary.Empty()
	for _, name := range slices.Sorted(maps.Keys(s.events)) {
		if _, is := own.Events[name]; is {
			continue
		}
		if e, ok := p.event(name, s.events[name], known); ok {
			e.ByServer = e.ByServer && s.apps
			p.Events = append(p.Events, e)
		}
	}
	slices.Sort(p.Unnamed)
	p.Unnamed = slices.Compact(p.Unnamed)
	return p
}

// shared gives names in order, without those that may be made of what belongs
// to a single customer.
func (p *Proposal) shared(all map[string]*sketch) []string {
	const many = 100
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(all) > many && all[name].people.count < 2 {
			p.Lone++
			continue
		}
		names = append(names, name)
	}
	return names
}

// event gives what could be declared of an event; ok is false when there is
// nothing.
func (p *Proposal) event(name string, h *happened, known *dictionary.Dictionary) (e Event, ok bool) {
	declared, isDeclared := known.Event(name)
	_, isTrait := known.Traits[name]
	_, isAnswer := known.Webhooks[name]
	isTrait = isTrait || slices.ContainsFunc(p.Traits, func(f Field) bool { return f.Name == name })
	if outside := known.EventName(name); outside != name {
		return Event{}, false // it came before that was declared
	}
	if !isDeclared && (isTrait || isAnswer || !nameable("events: {%: {}}", name)) {
		p.Unnamed = append(p.Unnamed, name)
		return Event{}, false
	}
	e = Event{
		Name: name, Declared: isDeclared, Times: h.times, People: h.people.count,
		ByServer: !isDeclared && h.fromServer == h.times,
	}
	for _, property := range p.shared(h.properties) {
		_, has := declared.Properties[property]
		switch {
		case has:
		case !nameable("events: {a: {%: text}}", property) || property == "from" || property == "by":
			p.Unnamed = append(p.Unnamed, name+"."+property)
		default:
			e.Properties = append(e.Properties, fieldOf(property, h.properties[property]))
		}
	}
	return e, !isDeclared || len(e.Properties) > 0
}

func fieldOf(name string, s *sketch) Field {
	f := Field{Name: name, Type: dictionary.Field{Kind: customer.KindText}, Seen: s.seen, People: s.people.count}
	if s.seen > 0 {
		f.Type, f.Odd = s.field(name)
	}
	return f
}

// nameable asks the reader of data.yaml whether a name may stand for % in a
// line.
func nameable(line, name string) bool {
	before, after, _ := strings.Cut(line, "%")
	var ps source.Problems
	dictionary.Read("data.yaml", []byte(before+strconv.Quote(name)+after), &ps)
	return name != "" && len(ps.List()) == 0
}
