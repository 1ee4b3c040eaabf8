package message

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
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
	case root == ridingRoot:
		return dictionary.Field{Kind: truthKind}, nil
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

// checkTextPlace reports a digest whose plain text does not say where its items
// stand.
func (e *email) checkTextPlace(ps *source.Problems) {
	if e.text == nil || e.text.place || !e.html.places() {
		return
	}
	p := e.text.src.problem(-1, "", "has no {{ items }}, so they stand at its very end", "write {{ items }} where "+string(emailHTML)+" has it")
	p.Severity, p.Code = source.Warning, "items-at-end"
	ps.Add(p)
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
