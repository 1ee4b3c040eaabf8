package message

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/dictionary"

	"github.com/outreach-engine/outreach/internal/customer"
)

// riding is what a text may say of the items that ride on its message.
type riding int

const (
	noItems   riding = iota // nothing: text messages carry none
	itemsSaid               // how many there are: subjects, preheaders, titles
	itemsHeld               // how many, and a place for them: bodies and layouts
)

// carrier is a compiler for a text of a message that items may ride on.
func (r *reader) carrier(locale string, what riding) *compiler {
	c := r.compiler(locale)
	c.riding = what
	return c
}

// ridden looks up the names that tell of items.
func (c *compiler) ridden(root string) (dictionary.Field, *trouble) {
	switch {
	case c.riding == noItems:
		return dictionary.Field{}, &trouble{"is known in emails and notifications only", "leave it out: no item rides on this text"}
	case root == countRoot:
		return dictionary.Field{Kind: customer.KindNumber}, nil
	case c.riding == itemsSaid:
		return dictionary.Field{}, &trouble{"are whole texts, and this is one line", "write {{ items }} in the text, and {{ items_count }} here"}
	}
	return dictionary.Field{Kind: itemsKind}, nil
}

// checkPlace reports {{ items }} where the items could not stand as they are,
// or would stand more than once.
func (c *compiler) checkPlace(nodes []node, inside string) {
	if c.riding != itemsHeld {
		return
	}
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case captureNode:
			c.checkPlace(n.body, "{% capture %}")
		case forNode:
			c.onlyAsked(n.expr)
			c.checkPlace(n.body, "{% for %}")
		case outputNode:
			c.placeIn(n, inside)
		case assignNode:
			c.untouched(n.expr)
		default:
			c.onlyAsked(n.expr)
		}
		for _, a := range n.arms {
			for _, test := range a.tests {
				c.onlyAsked(test)
			}
			c.checkPlace(a.body, inside)
		}
	}
}

func (c *compiler) placeIn(n *node, inside string) {
	switch {
	case !n.placesItems():
		c.onlyAsked(n.expr)
	case inside != "":
		c.fail(n.expr.at, itemsRoot, "stand in a "+inside, "write {{ items }} outside of it")
	case c.prog.place:
		c.fail(n.expr.at, itemsRoot, "stand in a second place", "write {{ items }} once")
	default:
		c.prog.place = true
	}
}

// onlyAsked reports an expression that does more with items than ask whether
// there are any.
func (c *compiler) onlyAsked(e *expr) {
	switch {
	case e == nil || e.op == nameOp:
		return
	case e.op == logicOp || e.op == compareOp && e.args[1].op == blankOp:
		for _, a := range e.args {
			c.onlyAsked(a)
		}
		return
	}
	c.untouched(e)
}

// untouched reports an expression that names items.
func (c *compiler) untouched(e *expr) {
	if at, ok := e.naming(itemsRoot); ok {
		c.fail(at, itemsRoot, "are whole texts, with which nothing can be done", "write {{ items }} by itself, {% if items %}, or items_count")
	}
}

// placesItems reports whether a node is {{ items }}.
func (n *node) placesItems() bool {
	return n.kind == outputNode && n.expr != nil && n.expr.op == nameOp && n.expr.name == itemsRoot
}

// naming finds a name in an expression.
func (e *expr) naming(name string) (at int, ok bool) {
	if e == nil {
		return 0, false
	}
	if e.op == nameOp && e.name == name {
		return e.at, true
	}
	for _, a := range e.args {
		if at, ok = a.naming(name); ok {
			return at, true
		}
	}
	return 0, false
}

// places reports whether a program has a place for items.
func (p *program) places() bool { return p != nil && p.place }

// HasItems reports whether a template names the place of items for a channel,
// with {{ items }} in its text in every language, as a digest's has to.
func (l *Library) HasItems(name string, c customer.Channel) bool {
	bodies := l.bodies(name, c)
	return len(bodies) > 0 && !slices.ContainsFunc(bodies, func(p *program) bool { return !p.places() })
}

// Rides reports whether a template can ride on messages of a channel: it has a
// text for it, which is neither a digest nor, in any language, a whole page.
// Nothing rides on text messages, which are paid for by length.
func (l *Library) Rides(name string, c customer.Channel) bool {
	bodies := l.bodies(name, c)
	return len(bodies) > 0 && !slices.ContainsFunc(bodies, func(p *program) bool { return p.unfit() != nil })
}

// bodies gives the main text of a template in every language; none for SMS.
func (l *Library) bodies(name string, c customer.Channel) []*program {
	var list []*program
	switch c {
	case customer.Email:
		for _, e := range l.templates[name].email {
			list = append(list, e.html)
		}
	case customer.Push:
		for _, p := range l.templates[name].push {
			list = append(list, p.text)
		}
	}
	return list
}

// unfit says why a text cannot ride on another; nil when it can.
func (p *program) unfit() *trouble {
	switch {
	case p == nil:
		return &trouble{"has problems", "run outreach check"}
	case p.place:
		return &trouble{"is a digest, which holds items and is none", "attach another template"}
	case p.medium == html && wholePage(p.src.body):
		return &trouble{"is a whole page, which cannot stand inside of another", "leave out <html>, <head> and <body>; the layout has them"}
	}
	return nil
}

// wholePage reports whether HTML brings a page of its own.
func wholePage(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc([]string{"<!doctype", "<html", "<head>", "<body"}, func(tag string) bool { return strings.Contains(s, tag) })
}

// Headed reports whether the text that rides on an email has a heading of its
// own in the language of a locale; without one a digest puts its subject there.
func (l *Library) Headed(name, locale string) bool {
	e, _, _ := l.templates[name].email.find(locale)
	return e != nil && e.html != nil && ownHeading.MatchString(e.html.src.body)
}
