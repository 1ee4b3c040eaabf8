package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// functions lists the functions by how they are written.
func functions() []string {
	return []string{
		"happened(event, 30d)", "count(event, 30d)", "sum(event.property, 30d)", "latest(event.property)",
		"since(event)", "known(trait)", `sent("template")`, `reachable("push")`, `uses("push")`,
		`mostly("Mon 19:00-21:00")`,
	}
}

// usage gives how a function is written, "" for one that does not exist.
func usage(function string) string {
	for _, f := range functions() {
		if strings.HasPrefix(f, function+"(") {
			return f
		}
	}
	return ""
}

func functionNames() []string {
	list := functions()
	for i, f := range list {
		list[i], _, _ = strings.Cut(f, "(")
	}
	return list
}

func (c *checker) call(n *node) operand {
	written := usage(n.text)
	most := 1 + strings.Count(written, ",")
	switch {
	case written == "":
		return c.strayFunction(n)
	case len(n.args) == 0:
		return c.report(n, "write "+written, "%s() lacks its argument", n.text)
	case len(n.args) > most:
		return c.report(n, "write "+written, "%s has %d arguments", n.text, len(n.args))
	}
	switch arg := n.args[0]; n.text {
	case "happened", "count":
		return c.occurrences(n)
	case "sum":
		return c.sum(n)
	case "latest":
		return c.latest(n)
	case "since":
		return c.sinceCall(n)
	case "known":
		return c.knownCall(arg)
	case "sent":
		return c.sent(n, arg)
	case "mostly":
		return c.mostly(n, arg)
	}
	return c.channel(n)
}

// window reads the second argument; true without one.
func (c *checker) window(n *node) (sendtime.Duration, bool) {
	if len(n.args) < 2 {
		return sendtime.Duration{}, true
	}
	arg := n.args[1]
	switch {
	case arg.kind == spanNode && !arg.span.IsZero():
		return arg.span, true
	case arg.kind == badNode:
	case arg.kind == spanNode:
		c.report(arg, "write a longer duration", "%s is no time at all", c.source(arg))
	case arg.kind == numberNode:
		c.report(arg, units(arg.text), "%s has no unit", c.source(arg))
	case arg.kind == textNode:
		c.report(arg, "write it without quotes: 30d", "%s is a text, not a duration", c.source(arg))
	default:
		c.report(arg, "write a duration such as 30d", "%s is not a duration", c.source(arg))
	}
	return sendtime.Duration{}, false
}

// keep notes an aggregate.
func (c *checker) keep(a Aggregate) Aggregate {
	c.uses.Events = append(c.uses.Events, a.Event)
	c.uses.Aggregates = append(c.uses.Aggregates, a)
	return a
}

func (c *checker) occurrences(n *node) operand {
	event, ok := c.event(n, n.args[0])
	window, fine := c.window(n)
	switch {
	case !ok || !fine:
		return operand{}
	case n.text == "happened":
		return holds(happened{tally(c.keep(Aggregate{Op: Happened, Event: event, Window: window}))})
	}
	return operand{form: numberForm, quantity: tally(c.keep(Aggregate{Op: Count, Event: event, Window: window}))}
}

func (c *checker) sum(n *node) operand {
	decl, ok := c.eventProperty(n)
	window, fine := c.window(n)
	if !ok || !fine {
		return operand{}
	}
	arg := n.args[0]
	if decl.Kind != customer.KindNumber {
		return c.report(arg, "sum adds numbers", "%s is %s", c.source(arg), valueOf(decl, nil).form)
	}
	a := Aggregate{Op: Sum, Event: arg.text, Property: arg.member, Window: window}
	return operand{form: numberForm, quantity: tally(c.keep(a))}
}

func (c *checker) latest(n *node) operand {
	decl, ok := c.eventProperty(n)
	if !ok {
		return operand{}
	}
	a := c.keep(Aggregate{Op: Latest, Event: n.args[0].text, Property: n.args[0].member})
	return valueOf(decl, latestOf{event: a.Event, property: a.Property})
}

func (c *checker) sinceCall(n *node) operand {
	arg := n.args[0]
	if arg.kind == nameNode && c.scope.Event(arg.text) {
		c.keep(Aggregate{Op: Last, Event: arg.text})
		return operand{form: sinceForm, moment: lastAt(arg.text)}
	}
	if c.isStray(arg) {
		return c.strayOf(arg, "an event or a date", slices.Concat(c.known().Events, c.known().Traits))
	}
	o := c.operand(arg)
	switch {
	case o.form == faulty:
		return o
	case o.moment == nil:
		return c.report(arg, "since takes an event, or a trait or property with a date or a time",
			"%s is %s", c.source(arg), o.form)
	}
	return operand{form: sinceForm, moment: o.moment}
}

func (c *checker) knownCall(arg *node) operand {
	if c.isStray(arg) && c.scope.Event(arg.text) {
		return c.report(arg, fmt.Sprintf("write happened(%s)", arg.text), "%s is an event, not a %s", arg.text, c.word())
	}
	o := c.operand(arg)
	switch {
	case o.form == faulty:
		return o
	case o.read == nil:
		return c.report(arg, "known takes a trait or a property", "%s is always known", c.source(arg))
	}
	return holds(isKnown{*o.read})
}

// quotedText gives the text of an argument that must be one.
func (c *checker) quotedText(n, arg *node) (string, bool) {
	if arg.kind == textNode || arg.kind == badNode {
		return arg.text, arg.kind == textNode
	}
	source := c.source(arg)
	c.report(arg, fmt.Sprintf("write %s(%q)", n.text, source), "%s takes a text in quotes, not %s", n.text, source)
	return "", false
}

func (c *checker) sent(n, arg *node) operand {
	template, ok := c.quotedText(n, arg)
	switch {
	case !ok:
		return operand{}
	case !c.scope.Template(template):
		hint := "name a folder under templates"
		if near, found := nearest(template, c.known().Templates); found {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return c.report(arg, hint, "%q is not a template", template)
	}
	c.uses.Sent = true
	return holds(wasSent(template))
}

// channel checks reachable and uses.
func (c *checker) channel(n *node) operand {
	name, ok := c.quotedText(n, n.args[0])
	if !ok {
		return operand{}
	}
	var names []string
	for _, ch := range customer.Channels() {
		names = append(names, string(ch))
		if string(ch) != name {
			continue
		}
		c.uses.Channels = true
		if n.text == "uses" {
			return holds(usesChannel(ch))
		}
		return holds(reachableBy(ch))
	}
	hint := "it is one of " + strings.Join(names, ", ")
	if near, found := nearest(name, names); found {
		hint = fmt.Sprintf("write %q", near)
	}
	return c.report(n.args[0], hint, "%q is not a channel", name)
}

func (c *checker) mostly(n, arg *node) operand {
	hours, ok := c.quotedText(n, arg)
	if !ok {
		return operand{}
	}
	parsed, err := sendtime.ParseWhen(hours)
	switch {
	case err != nil:
		message, hint := splitHint(err.Error())
		return c.report(arg, hint, "%s", message)
	case !parsed.OnlyWindows():
		return c.report(arg, "write from when to when: Mon 19:00-21:00", "%q is not a span of hours", hours)
	}
	hours = strings.Join(strings.Fields(hours), " ")
	c.uses.Hours = append(c.uses.Hours, hours)
	return holds(mostlyIn(hours))
}
