package expr

import (
	"fmt"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// form is what an operand is, finer than Type.
type form uint8

const (
	faulty form = iota // already reported
	numberForm
	textForm
	idForm
	dateForm
	timeForm
	spanForm
	sinceForm // since(x): a duration that only stands beside a literal one
	truthForm
)

func (f form) String() string {
	switch f {
	case numberForm:
		return "a number"
	case textForm:
		return "a text"
	case idForm:
		return "an id"
	case dateForm:
		return "a date"
	case timeForm:
		return "a time"
	case spanForm, sinceForm:
		return "a duration"
	case truthForm:
		return "a condition"
	}
	return "nothing"
}

func (f form) is(want Type) bool {
	switch f {
	case numberForm:
		return want == Number
	case textForm, idForm:
		return want == Text
	case dateForm, timeForm:
		return want == Time
	case spanForm:
		return want == Span
	case truthForm:
		return want == Truth
	}
	return false
}

// operand is a checked piece. Of the ways to evaluate it, those of its form are set.
type operand struct {
	form      form
	allowed   []string
	condition condition
	quantity  quantity
	textual   textual
	moment    moment
	length    length
	read      *read // a name whose value comes with the facts
}

// checker gives each node its type and builds what evaluates it.
type checker struct {
	text     string
	scope    Scope
	names    *Names // nil until asked for
	cut      bool   // the text was not read to its end, so what is missing is no second fault
	uses     Uses
	problems []Problem
}

// report notes a fault and gives the operand that silences those that follow from it.
func (c *checker) report(n *node, hint, format string, args ...any) operand {
	c.problems = append(c.problems, Problem{n.at, fmt.Sprintf(format, args...), hint})
	return operand{}
}

// source gives a node as it was written.
func (c *checker) source(n *node) string { return clip(c.text[n.at:n.end]) }

func (c *checker) known() Names {
	if c.names == nil {
		names := c.scope.Known()
		c.names = &names
	}
	return *c.names
}

// need reports an operand that does not come to the wanted type.
func (c *checker) need(n *node, o operand, want Type) operand {
	if o.form == faulty || o.form.is(want) {
		return o
	}
	switch {
	case c.cut:
		return operand{}
	case o.form == sinceForm:
		return c.report(n, "compare it: "+c.source(n)+" < 30d", "%s stands without a comparison", c.source(n))
	}
	return c.report(n, c.needHint(n, o, want), "%s is %s, not a %s", c.source(n), o.form, want)
}

func (c *checker) needHint(n *node, o operand, want Type) string {
	source := c.source(n)
	switch {
	case want == Number && o.form == truthForm && n.kind == callNode && n.text == "happened":
		return "write count" + strings.TrimPrefix(source, n.text)
	case want != Truth:
		return ""
	case o.form == numberForm && n.kind == callNode && n.text == "count":
		return "compare it: " + source + " >= 1"
	case o.form == numberForm:
		return "compare it: " + source + " > 0"
	case n.kind == textNode:
		return "compare something with it: plan == " + source
	case o.form == textForm && len(o.allowed) > 0:
		return fmt.Sprintf("compare it: %s == %q", source, o.allowed[0])
	case o.form == textForm, o.form == idForm:
		return "compare it: " + source + ` == "…", or write known(` + source + ")"
	case o.form == dateForm, o.form == timeForm:
		return fmt.Sprintf("write since(%s) < 30d, or known(%s)", source, source)
	}
	return ""
}

// operand checks a node whatever its type.
func (c *checker) operand(n *node) operand {
	switch n.kind {
	case numberNode:
		return operand{form: numberForm, quantity: fixedNumber(n.number)}
	case textNode:
		return operand{form: textForm, textual: fixedText(n.text)}
	case spanNode:
		return operand{form: spanForm, length: fixedSpan(n.span)}
	case nameNode:
		return c.name(n)
	case propertyNode:
		return c.property(n)
	case callNode:
		return c.call(n)
	case signNode:
		return c.sign(n)
	case wordsNode:
		return c.report(n, fmt.Sprintf("as a text write %q", n.text), "%s has a space", n.text)
	}
	return operand{}
}

func (c *checker) name(n *node) operand {
	decl, ok := c.scope.Name(n.text)
	if !ok {
		return c.stray(n, operand{})
	}
	c.uses.Traits = append(c.uses.Traits, n.text)
	return valueOf(decl, bareName(n.text))
}

// valueOf gives the operand of a declared name.
func valueOf(decl Decl, from source) operand {
	r := read{source: from, kind: decl.Kind}
	o := operand{allowed: decl.Allowed, read: &r}
	switch decl.Kind {
	case customer.KindNumber:
		o.form, o.quantity = numberForm, r
	case customer.KindID:
		o.form, o.textual = idForm, r
	case customer.KindDate:
		o.form, o.moment = dateForm, r
	case customer.KindTime:
		o.form, o.moment = timeForm, r
	case KindSpan:
		o.form, o.length = spanForm, r
	default:
		o.form, o.textual = textForm, r
	}
	return o
}

func (c *checker) property(n *node) operand {
	decl, ok := c.scope.Property(n.text, n.member)
	if !ok {
		return c.strayProperty(n)
	}
	if c.scope.Event(n.text) {
		c.uses.Events = append(c.uses.Events, n.text)
	}
	c.uses.Properties = append(c.uses.Properties, [2]string{n.text, n.member})
	return valueOf(decl, propertyOf{object: n.text, name: n.member})
}

func (c *checker) sign(n *node) operand {
	switch n.text {
	case "and", "or":
		return c.logic(n)
	case "not":
		o := c.truth(n.args[0])
		if o.form == faulty {
			return o
		}
		return operand{form: truthForm, condition: negation{of: o.condition}}
	case "in", "not in":
		return c.in(n)
	case "+", "-", "*", "/":
		return c.arithmetic(n)
	}
	return c.compare(n)
}

// truth checks a node that must be a condition.
func (c *checker) truth(n *node) operand { return c.need(n, c.operand(n), Truth) }

func (c *checker) logic(n *node) operand {
	terms := make([]condition, 0, len(n.args))
	for i, arg := range n.args {
		if n.text == "or" && i > 0 && c.isAlternative(n.args[i-1], arg) {
			continue
		}
		if o := c.truth(arg); o.form != faulty {
			terms = append(terms, o.condition)
		}
	}
	switch {
	case len(terms) < len(n.args):
		return operand{}
	case n.text == "and":
		return operand{form: truthForm, condition: all(terms)}
	}
	return operand{form: truthForm, condition: some(terms)}
}

// isAlternative reports plan == "surf" or "ultimate".
func (c *checker) isAlternative(before, n *node) bool {
	if !before.isSign("==") || (n.kind != textNode && n.kind != numberNode) {
		return false
	}
	hint := fmt.Sprintf("write %s in [%s, %s]", c.source(before.args[0]), c.source(before.args[1]), c.source(n))
	c.report(n, hint, "%s is compared with nothing", c.source(n))
	return true
}

func (c *checker) arithmetic(n *node) operand {
	if len(n.args) == 1 {
		o := c.need(n.args[0], c.operand(n.args[0]), Number)
		if o.form == faulty {
			return o
		}
		return operand{form: numberForm, quantity: negative{of: o.quantity}}
	}
	left := c.need(n.args[0], c.operand(n.args[0]), Number)
	right := c.need(n.args[1], c.operand(n.args[1]), Number)
	if left.form == faulty || right.form == faulty {
		return operand{}
	}
	return operand{form: numberForm, quantity: arithmetic{sign: n.text[0], left: left.quantity, right: right.quantity}}
}
