package ruletest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// kinds lists the keys of which a line under expect has exactly one.
func kinds() []string {
	return []string{string(Sent), string(NotSent), string(Ended), string(NotEntered), string(Planned), string(Task), string(Called)}
}

const expectExample = "- {at: Mon 18:00-21:00, sent: usage-warning}"

// expectations reads the expect list. Its first line's time counts from the
// start.
func (c *casting) expectations(n source.Node) {
	c.list = placeOf(n)
	if n.Kind() == source.List && len(n.Items()) == 0 {
		return
	}
	items, ok := lines(n, "what is to happen", expectExample)
	if !ok {
		return
	}
	c.at, c.above, c.zones = c.Script.From, above{}, map[string][]zoned{}
	for id, who := range c.people {
		c.zones[id] = who.zones
	}
	for _, item := range items {
		c.expectation(item)
	}
}

func (c *casting) expectation(n source.Node) {
	e := entriesOf(n)
	kind, ok := kindOf(e)
	if !ok {
		return
	}
	e.refuse(append(keysOf(kind), string(kind), "at", "customer"))
	x := Expectation{Kind: kind, Line: n.Line()}
	x.Customer, _ = c.who(e, false)
	c.subjectOf(e, &x)
	c.details(e, &x)
	c.expectedAt(e, &x)
	c.Expect = append(c.Expect, x)
}

// kindOf finds what a line is about.
func kindOf(e entries) (Kind, bool) {
	var found []source.Entry
	for _, entry := range e.list {
		if slices.Contains(kinds(), entry.Name) {
			found = append(found, entry)
		}
	}
	switch {
	case len(found) == 1:
		return Kind(found[0].Name), true
	case len(found) > 1:
		found[1].Key.Fail("stands beside "+found[0].Name+", and a line says one thing", "write two lines")
		return "", false
	}
	for _, entry := range e.list {
		if near := source.Nearest(entry.Name, kinds()); near != "" && entry.Name != "at" {
			entry.Key.Fail("is not a key that is known here", "did you mean "+near+"?")
			return "", false
		}
	}
	e.of.Fail("does not say what is to happen", "write one of "+strings.Join(kinds(), ", ")+", as in "+expectExample[2:])
	return "", false
}

// keysOf gives the keys that a line of a kind may have.
func keysOf(kind Kind) []string {
	switch kind {
	case Sent:
		return []string{"channel", "contains", "lacks", "subject"}
	case NotSent:
		return []string{"reason", "channel"}
	case Planned:
		return []string{"for", "channel"}
	}
	return nil
}

// subjectOf reads the value of the line's own key.
func (c *casting) subjectOf(e entries, x *Expectation) {
	n, _ := e.get(string(x.Kind))
	text, ok := n.Text()
	if !ok || text == "" {
		return
	}
	switch x.Kind {
	case Sent, NotSent, Planned:
		x.Name = c.oneOf(n, text, c.templates(), "is not a template that the rule sends")
	case Ended, NotEntered:
		x.Reason = readReason(n, text)
	case Task:
		x.Name = c.oneOf(n, text, c.teams(), "is not a team that the rule hands over to")
	case Called:
		x.Name = c.oneOf(n, text, c.webhooks(), "is not the name (as) of a webhook of the rule")
	}
}

// oneOf holds a name to those that the rules in force have. With no sound rule
// there is nothing to hold it to.
func (c *casting) oneOf(n source.Node, text string, known []string, trouble string) string {
	if len(c.force) > 0 && !slices.Contains(known, text) {
		n.Fail(trouble, source.DidYouMean(text, known))
	}
	return text
}

func readReason(n source.Node, text string) customer.Reason {
	var known []string
	for _, r := range customer.Reasons() {
		known = append(known, string(r))
	}
	if !slices.Contains(known, text) {
		n.Fail("is not a reason", orElse(source.DidYouMean(text, known), "the page on rules lists them; outreach test --update writes the one that holds"))
	}
	return customer.Reason(text)
}

// details reads the keys that narrow a line down.
func (c *casting) details(e entries, x *Expectation) {
	if n, ok := e.get("channel"); ok {
		x.Channel = readChannel(n)
	}
	if x.Kind == Sent {
		x.Contains, x.Lacks = texts(e, "contains"), texts(e, "lacks")
		if n, ok := e.get("subject"); ok {
			x.Subject, _ = n.Text()
		}
	}
	if n, ok := e.get("reason"); ok && x.Kind == NotSent {
		if text, ok := n.Text(); ok && text != "" {
			x.Reason = readReason(n, text)
		}
	} else if x.Kind == NotSent {
		e.of.Fail("has no reason", "say why it does not go out, such as reason: no_consent; outreach test --update writes the one that holds")
	}
}

func readChannel(n source.Node) customer.Channel {
	text, ok := n.Text()
	if !ok || text == "" {
		return ""
	}
	var known []string
	for _, channel := range customer.Channels() {
		known = append(known, string(channel))
	}
	if !slices.Contains(known, text) {
		n.Fail("is not a channel", orElse(source.DidYouMean(text, known), "known: "+strings.Join(known, ", ")))
	}
	return customer.Channel(text)
}

// unconfirmed reads the channels of which no word comes back by itself: one, a
// list, or none of them.
func unconfirmed(n source.Node) []customer.Channel {
	if blank(n) || n.Kind() == source.Scalar && n.Raw() == nobody {
		return nil
	}
	var list []customer.Channel
	for _, item := range n.Items() {
		c := readChannel(item)
		if c != "" && slices.Contains(list, c) {
			item.Fail("stands twice", "keep one of them")
			continue
		}
		list = append(list, c)
	}
	return list
}

// texts reads one text or a list of them.
func texts(e entries, key string) []string {
	n, ok := e.get(key)
	if !ok {
		return nil
	}
	if n.Kind() == source.Mapping {
		n.Text()
		return nil
	}
	var list []string
	for _, item := range n.Items() {
		if text, ok := item.Text(); ok && text != "" {
			list = append(list, text)
		}
	}
	return list
}

// expectedAt reads the times of a line.
func (c *casting) expectedAt(e entries, x *Expectation) {
	if n, ok := e.get("at"); ok {
		c.within(n, x)
	} else if x.Kind != NotSent && x.Kind != Ended && x.Kind != NotEntered {
		e.of.Fail("has no time", "write at: Mon 18:00, or a window: at: Mon 18:00-21:00")
	}
	n, ok := e.get("for")
	if !ok || x.Kind != Planned {
		return
	}
	if m, ok := c.moment(n); ok && !c.at.IsZero() {
		zones := c.zonesOf(x.Customer)
		planned := first(readings(m, c.at, zones), c.at)
		x.ForFrom, x.ForTo, x.forZone, x.forRead = planned.from, planned.to, planned.zone, everywhere(m, c.at, zones)
		c.reach(x.ForTo)
	}
}

// within reads the point or window of a line. A window that begins before the
// line above, and of which something is left, is in order.
func (c *casting) within(n source.Node, x *Expectation) {
	m, ok := c.moment(n)
	if !ok || c.at.IsZero() {
		return
	}
	x.read = readings(m, c.at, c.zonesOf(x.Customer))
	s := first(x.read, c.at)
	if !c.inOrder(n, s.to.Add(-time.Minute), s.zone) {
		return
	}
	x.From, x.To, x.Window, x.zone = s.from, s.to, m.window(), s.zone
	if s.from.After(c.at) {
		c.at, c.above = s.from, above{x.Customer, s.zone}
	}
	for _, s := range x.read {
		c.reach(s.to)
	}
}

// teams gives whom the rules in force hand over to.
func (r *reader) teams() []string {
	var names []string
	r.eachStep(func(s *rule.Step) {
		if s.Handoff != nil {
			names = append(names, s.Handoff.Team)
		}
	})
	return tidy(names)
}

// webhooks gives the names of webhooks: as, or the step's id.
func (r *reader) webhooks() []string {
	var names []string
	r.eachStep(func(s *rule.Step) {
		if s.Webhook != nil {
			names = append(names, cmp.Or(s.Webhook.As, s.ID))
		}
	})
	return tidy(names)
}

// answers reads what webhooks answer in the test, by the types of data.yaml.
func (c *casting) answers(n source.Node) {
	if blank(n) {
		return
	}
	all := map[string]map[string]customer.Value{}
	for _, e := range n.Entries() {
		switch {
		case e.Key.Kind() != source.Scalar || e.Name == "" || blank(e.Value):
		case len(c.force) > 0 && !slices.Contains(c.webhooks(), e.Name):
			e.Key.Fail("is not the name (as) of a webhook of the rule", source.DidYouMean(e.Name, c.webhooks()))
		default:
			all[e.Name] = c.answer(e)
		}
	}
	c.Script.Answers = all
}

func (c *casting) answer(e source.Entry) map[string]customer.Value {
	answer := map[string]customer.Value{}
	declared := c.env.Bundle.Dictionary.Webhooks[e.Name]
	for _, field := range e.Value.Entries() {
		if field.Key.Kind() != source.Scalar || field.Name == "" {
			continue
		}
		as, ok := declared[field.Name]
		if !ok {
			field.Key.Fail("is not a field of "+e.Name+" in data.yaml", source.DidYouMean(field.Name, slices.Sorted(maps.Keys(declared))))
			continue
		}
		if v, ok := typed(field.Value, as); ok {
			answer[field.Name] = v
		}
	}
	return answer
}
