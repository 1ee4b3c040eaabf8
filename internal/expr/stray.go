package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// stray reports a bare name that the scope does not know, by what stands
// beside it; a zero operand when nothing helps.
func (c *checker) stray(n *node, beside operand) operand {
	names, word := c.known(), c.word()
	near, found := nearest(n.text, names.Traits)
	switch written := usage(n.text); {
	case isConstant(n.text):
		return c.report(n, constantHint(n.text), "%s is not in the language", n.text)
	case c.scope.Event(n.text):
		return c.report(n, fmt.Sprintf("write happened(%s)", n.text), "%s is an event, not a %s", n.text, word)
	case beside.textual != nil || beside.form == textForm:
		return c.report(n, unquotedHint(n.text, beside, near), "%s is not a %s", n.text, word)
	case written != "":
		return c.report(n, "write "+written, "%s is a function, not a %s", n.text, word)
	case slices.Contains(names.Objects, n.text):
		return c.report(n, "write "+n.text+"."+c.example(n.text, ""), "%s is no value by itself", n.text)
	case found:
		return c.report(n, fmt.Sprintf("did you mean %s?", near), "%s is not a %s", n.text, word)
	}
	return c.report(n, "declare it in data.yaml", "%s is not a %s", n.text, word)
}

// word is what a bare name is called.
func (c *checker) word() string {
	if word := c.known().Word; word != "" {
		return word
	}
	return "trait"
}

func isConstant(name string) bool {
	switch strings.ToLower(name) {
	case "true", "false", "null", "nil", "none", "undefined", "empty":
		return true
	}
	return false
}

func constantHint(name string) string {
	switch strings.ToLower(name) {
	case "true", "false":
		return `a condition stands by itself, as in not happened(order_placed); a trait is compared with its words, as in == "yes"`
	}
	return "write known(x) or not known(x)"
}

// unquotedHint mends a text that lacks its quotes, or perhaps a trait that is
// misspelt.
func unquotedHint(name string, beside operand, trait string) string {
	if near, ok := nearest(name, beside.allowed); ok {
		return fmt.Sprintf("as a text write %q", near)
	}
	hint := fmt.Sprintf("as a text write %q", name)
	if trait != "" {
		return fmt.Sprintf("did you mean %s? %s", trait, hint)
	}
	return hint
}

// example gives a property of an event or object, of a kind or ("") of any,
// to show how it is written.
func (c *checker) example(object string, kind customer.Kind) string {
	list := slices.Sorted(slices.Values(c.propertiesOf(object)))
	for _, name := range list {
		if decl, _ := c.scope.Property(object, name); kind == "" || decl.Kind == kind {
			return name
		}
	}
	return "property"
}

func (c *checker) propertiesOf(object string) []string {
	if f := c.known().Properties; f != nil {
		return f(object)
	}
	return nil
}

// strayProperty reports event.property that the scope does not know.
func (c *checker) strayProperty(n *node) operand {
	names := c.known()
	_, isName := c.scope.Name(n.text)
	switch {
	case c.scope.Event(n.text) || slices.Contains(names.Objects, n.text):
		hint := fmt.Sprintf("declare it under %s in data.yaml", n.text)
		if near, ok := nearest(n.member, c.propertiesOf(n.text)); ok {
			hint = fmt.Sprintf("did you mean %s.%s?", n.text, near)
		}
		return c.report(n, hint, "%s has no property %s", n.text, n.member)
	case isName:
		return c.report(n, fmt.Sprintf("write %s alone, or name an event", n.text),
			"%s is a %s, it has no properties", n.text, c.word())
	}
	event := node{at: n.at, end: n.at + len(n.text), text: n.text}
	return c.strayOf(&event, "an event", slices.Concat(names.Events, names.Objects))
}

// strayOf reports a name that is not what it should be.
func (c *checker) strayOf(n *node, what string, among []string) operand {
	hint := "declare it in data.yaml"
	if near, ok := nearest(n.text, among); ok {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return c.report(n, hint, "%s is not %s", n.text, what)
}

func (c *checker) strayFunction(n *node) operand {
	hint := "the functions are " + strings.Join(functionNames(), ", ")
	if near, ok := nearest(n.text, functionNames()); ok {
		hint = "write " + usage(near)
	}
	if c.scope.Event(n.text) {
		return c.report(n, fmt.Sprintf("write happened(%s)", n.text), "%s is an event, not a function", n.text)
	}
	if _, ok := c.scope.Name(n.text); ok {
		return c.report(n, "write it without brackets", "%s is a %s, not a function", n.text, c.word())
	}
	return c.report(n, hint, "%s is not a function", n.text)
}

// event gives the event that an argument names.
func (c *checker) event(call, n *node) (string, bool) {
	if n.kind == nameNode && c.scope.Event(n.text) {
		return n.text, true
	}
	source := c.source(n)
	near, found := nearest(n.text, c.known().Events)
	switch {
	case n.kind == badNode:
	case n.kind == propertyNode:
		c.report(n, fmt.Sprintf("write %s(%s)", call.text, n.text), "%s is a property, not an event", source)
	case n.kind == textNode && found:
		c.report(n, "write "+near, "%s is a text, not an event", source)
	case n.kind == textNode:
		c.report(n, "write the name that data.yaml gives it, without quotes", "%s is a text, not an event", source)
	case n.kind == wordsNode && found:
		c.report(n, fmt.Sprintf("did you mean %s?", near), "%s has a space", source)
	case n.kind == wordsNode:
		c.report(n, "write the name that data.yaml gives it", "%s has a space", source)
	case n.kind == nameNode:
		c.notEvent(n)
	default:
		c.oddEvent(n)
	}
	return "", false
}

func (c *checker) notEvent(n *node) {
	if _, ok := c.scope.Name(n.text); ok {
		c.report(n, fmt.Sprintf("compare it, or write known(%s)", n.text), "%s is a %s, not an event", n.text, c.word())
		return
	}
	c.strayOf(n, "an event", c.known().Events)
}

// oddEvent reports an argument such as order-placed.
func (c *checker) oddEvent(n *node) {
	source := c.source(n)
	hint := "write the name that data.yaml gives it"
	if near, ok := nearest(source, c.known().Events); ok {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	c.report(n, hint, "%s is not an event", source)
}

// eventProperty gives the declaration of the event.property that a call
// must have as its first argument.
func (c *checker) eventProperty(call *node) (Decl, bool) {
	n := call.args[0]
	switch {
	case n.kind == badNode:
		return Decl{}, false
	case n.kind == nameNode && c.scope.Event(n.text):
		kind := customer.Kind("")
		if call.text == "sum" {
			kind = customer.KindNumber
		}
		c.report(n, fmt.Sprintf("write %s(%s.%s)", call.text, n.text, c.example(n.text, kind)),
			"%s needs a property of %s", call.text, n.text)
		return Decl{}, false
	case n.kind != propertyNode:
		c.report(n, "write "+usage(call.text), "%s takes an event's property, not %s", call.text, c.source(n))
		return Decl{}, false
	case !c.scope.Event(n.text):
		c.strayOf(&node{at: n.at, end: n.end, text: n.text}, "an event", c.known().Events)
		return Decl{}, false
	}
	decl, ok := c.scope.Property(n.text, n.member)
	if !ok {
		c.strayProperty(n)
	}
	return decl, ok
}
