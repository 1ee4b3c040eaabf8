package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/source"
)

func itoa(n int) string { return strconv.Itoa(n) }

// entrance is the act by which the engine hears of a customer first.
func (c *casting) entrance(id string) simulate.Act {
	return c.act(c.at, observe.Incoming{User: id, Change: c.change(c.people[id].person)})
}

// act numbers an act: at one instant acts keep their order.
func (c *casting) act(at time.Time, in observe.Incoming) simulate.Act {
	in.Event.At, in.Event.Via = at, customer.ViaServer
	in.Event.MessageID = fmt.Sprintf("act-%05d", len(c.Script.Acts))
	return simulate.Act{At: at, Incoming: in}
}

// acts reads the do list.
func (c *casting) acts(n source.Node) {
	items, ok := lines(n, "events and changes", "- {at: Mon 14:20, event: app_opened}")
	if !ok {
		return
	}
	for _, item := range items {
		c.oneAct(item)
	}
}

// lines gives the members of a list of keys with values.
func lines(n source.Node, what, example string) (items []source.Node, ok bool) {
	if blank(n) {
		return nil, false
	}
	if n.Kind() != source.List {
		n.Fail("is "+n.Kind().String()+" where a list of "+what+" is due", "begin each line with a dash: "+example)
		return nil, false
	}
	for _, item := range n.Items() {
		switch {
		case blank(item):
		case item.Kind() != source.Mapping:
			item.Fail("is "+item.Kind().String()+" where keys with values are due", "write "+example)
		default:
			items = append(items, item)
		}
	}
	if len(items) > maxLines {
		n.Fail("has more than 1000 lines", "write several tests")
		return nil, false
	}
	return items, true
}

// entries are the keys of one line.
type entries struct {
	of   source.Node
	list []source.Entry
}

func entriesOf(n source.Node) entries { return entries{n, n.Entries()} }

func (e entries) get(key string) (source.Node, bool) {
	for _, entry := range e.list {
		if entry.Name == key {
			return entry.Value, true
		}
	}
	return source.Node{}, false
}

// refuse reports the keys that are not known.
func (e entries) refuse(known []string) {
	for _, entry := range e.list {
		if entry.Key.Kind() == source.Scalar && entry.Name != "" && !slices.Contains(known, entry.Name) {
			entry.Key.Fail("is not a key that is known here", source.DidYouMean(entry.Name, known))
		}
	}
}

func (c *casting) oneAct(n source.Node) {
	e := entriesOf(n)
	event, isEvent := e.get("event")
	id, known := c.who(e, isEvent)
	at := c.when(e, id)
	if isEvent {
		c.event(e, event, id, at, known)
		return
	}
	c.identify(e, id, at, known)
}

// who gives the customer whom a line is about.
func (c *casting) who(e entries, mayBeNobody bool) (id string, ok bool) {
	n, ok := e.get("customer")
	if !ok {
		return c.Main, true
	}
	text, ok := n.Text()
	switch {
	case !ok || text == "":
		return c.Main, false
	case text == nobody && mayBeNobody:
		return "", true
	case c.people[text] == nil:
		n.Fail("is not a customer of this test", orElse(source.DidYouMean(text, c.order), "add them under others"))
		return c.Main, false
	}
	return text, true
}

// when reads the time of an act. It gives the line before's when there is
// trouble.
func (c *casting) when(e entries, id string) time.Time {
	n, ok := e.get("at")
	if !ok {
		e.of.Fail("has no time", "write at: Mon 14:20")
		return c.at
	}
	m, ok := c.moment(n)
	if !ok {
		return c.at
	}
	if m.window() {
		n.Fail("is a window, and what happens has one time", "write the time at which it happens: at: Mon 18:00")
		return c.at
	}
	if c.at.IsZero() {
		return c.at
	}
	zone := c.zoneNow(id)
	from, _ := m.between(c.at, zone)
	if !c.inOrder(n, from, zone) {
		return c.at
	}
	c.at, c.above = from, above{orElse(id, c.Main), zone}
	c.reach(from)
	return from
}

// moment reads a time.
func (c *casting) moment(n source.Node) (moment, bool) {
	text, ok := n.Text()
	if !ok || text == "" {
		return moment{}, false
	}
	m, trouble, hint := parseMoment(text)
	if trouble != "" {
		n.Fail(trouble, hint)
		return moment{}, false
	}
	return m, true
}

// identify reads an act that changes what is known of a customer.
func (c *casting) identify(e entries, id string, at time.Time, known bool) {
	e.refuse(append(profileKeys(), "at", "customer", "event"))
	p := person{fields: map[string]customer.Value{}, traits: map[string]customer.Value{}}
	who := c.people[id]
	if country, ok := who.known["country"]; ok {
		p.fields["country"] = country // a phone may be written as dialled there
	}
	c.profile(e.fields(profileKeys()), &p)
	if _, ok := e.get("country"); !ok {
		delete(p.fields, "country")
	}
	if len(p.fields)+len(p.traits) == 0 && p.consent == nil {
		if !c.saysAnything(e) {
			e.of.Fail("says neither what happened nor what changed", "write event: app_opened, or traits: {plan: surf}")
		}
		return
	}
	if !known {
		return
	}
	maps.Copy(who.known, p.fields)
	if zone := c.zoneOf(who.known); zone != c.zoneNow(id) {
		who.zones = append(who.zones, zoned{at, zone})
	}
	c.add(e.of, c.act(at, observe.Incoming{User: id, Change: c.change(p)}))
}

// add appends an act and remembers where it stands.
func (c *casting) add(n source.Node, act simulate.Act) {
	c.Script.Acts = append(c.Script.Acts, act)
	c.actLines = append(c.actLines, n.Line())
}

// saysAnything reports whether a line has a key of a change, be it wrong.
func (c *casting) saysAnything(e entries) bool {
	return slices.ContainsFunc(e.list, func(entry source.Entry) bool { return entry.Name != "at" && entry.Name != "customer" })
}

// fields gives those of the entries that are among the known ones.
func (e entries) fields(known []string) source.Fields {
	return e.of.Some(known...)
}

// event reads an act by which something happened.
func (c *casting) event(e entries, n source.Node, id string, at time.Time, known bool) {
	name, ok := n.Text()
	if !ok || name == "" {
		return
	}
	if _, ok := c.env.Bundle.Dictionary.Event(name); !ok {
		n.Fail("is not an event of data.yaml", c.eventHint(name))
		return
	}
	if name == customer.MessageSent {
		n.Fail("is told by the engine itself when a message goes out", "leave the line out")
		return
	}
	in := observe.Incoming{User: id, Event: customer.Event{Name: name, Properties: c.properties(e, name)}}
	act := c.act(at, in)
	act.Of = c.of(e, name)
	act.Event.Via = via(e)
	if known {
		c.add(e.of, act)
	}
}

func (c *casting) eventHint(name string) string {
	data := c.env.Bundle.Dictionary
	if own := data.EventName(name); own != name {
		return "write " + own + ", its name there"
	}
	return source.DidYouMean(name, data.EventNames())
}

// properties reads what an event carries: keys beside those of the line, and
// those under with.
func (c *casting) properties(e entries, event string) map[string]customer.Value {
	var all map[string]customer.Value
	for _, entry := range e.list {
		switch entry.Name {
		case "at", "event", "customer", "of", "via":
		case "with":
			if blank(entry.Value) {
				continue
			}
			for _, inner := range entry.Value.Entries() {
				all = c.property(all, inner, event)
			}
		default:
			all = c.property(all, entry, event)
		}
	}
	return all
}

func (c *casting) property(all map[string]customer.Value, entry source.Entry, event string) map[string]customer.Value {
	if entry.Key.Kind() != source.Scalar || entry.Name == "" {
		return all
	}
	data := c.env.Bundle.Dictionary
	declared, _ := data.Event(event)
	field, ok := declared.Properties[entry.Name]
	if !ok && slices.Contains(profileKeys(), entry.Name) {
		entry.Key.Fail("is no property of "+event+", and a line says what happened or what changed", "write two lines")
		return all
	}
	if !ok {
		known := append(data.PropertyNames(event), "at", "event", "customer", "of", "via", "with")
		hint := "data.yaml gives it none"
		if names := data.PropertyNames(event); len(names) > 0 {
			hint = orElse(source.DidYouMean(entry.Name, known), "see data.yaml")
		}
		entry.Key.Fail("is not a property of "+event, hint)
		return all
	}
	if v, ok := typed(entry.Value, field); ok {
		if all == nil {
			all = map[string]customer.Value{}
		}
		all[entry.Name] = v
	}
	return all
}

// of reads which message or task an event answers.
func (c *casting) of(e entries, event string) string {
	n, ok := e.get("of")
	if !ok {
		return ""
	}
	text, ok := n.Text()
	if !ok || text == "" {
		return ""
	}
	known := c.templates()
	if event == customer.HandoffDone {
		known = tidy(append(c.handoffs(), c.teams()...))
	}
	switch {
	case event != customer.HandoffDone && !customer.OfMessage(event):
		n.Fail("names a message, and "+event+" is about none", "leave of out; it stands with message_clicked and the like")
	case len(c.force) > 0 && !slices.Contains(known, text):
		n.Fail("is nothing that the rule sends or hands over", source.DidYouMean(text, known))
	default:
		return text
	}
	return ""
}

// via reads where an event came from. A use of the app shows that the app is in
// use; what the company's own systems say does not.
func via(e entries) customer.Via {
	n, ok := e.get("via")
	if !ok {
		return customer.ViaServer
	}
	known := []string{string(customer.ViaApp), string(customer.ViaWeb), string(customer.ViaServer)}
	text, ok := n.Text()
	if ok && text != "" && !slices.Contains(known, text) {
		n.Fail("is not where an event can come from", orElse(source.DidYouMean(text, known), "write "+strings.Join(known, ", ")))
	}
	return customer.Via(text)
}

// templates gives what the rules in force send.
func (r *reader) templates() []string {
	var names []string
	r.eachStep(func(s *rule.Step) {
		if s.Send != nil {
			names = append(names, s.Send.Template)
		}
	})
	return tidy(names)
}

// handoffs gives the ids of the steps with which the rules in force hand over.
func (r *reader) handoffs() []string {
	var names []string
	r.eachStep(func(s *rule.Step) {
		if s.Handoff != nil {
			names = append(names, s.ID)
		}
	})
	return names
}

func (r *reader) eachStep(f func(*rule.Step)) {
	for _, own := range r.force {
		own.EachStep(f)
	}
}

func tidy(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
