package expr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

func holds(c condition) operand { return operand{form: truthForm, condition: c} }

// pair checks both sides of a comparison. A name that does not exist is judged
// by what stands beside it: beside a text it lacks its quotes.
func (c *checker) pair(a, b *node) (operand, operand) {
	if c.isStray(a) {
		right := c.operand(b)
		return c.stray(a, beside(b, right)), right
	}
	left := c.operand(a)
	if c.isStray(b) {
		return left, c.stray(b, beside(a, left))
	}
	return left, c.operand(b)
}

// beside gives what a stray name is compared with; a literal tells nothing of it.
func beside(n *node, o operand) operand {
	if n.kind == textNode {
		return operand{}
	}
	return o
}

func (c *checker) isStray(n *node) bool {
	if n.kind != nameNode {
		return false
	}
	_, ok := c.scope.Name(n.text)
	return !ok
}

// compare checks == != < <= > >=.
func (c *checker) compare(n *node) operand {
	a, b := n.args[0], n.args[1]
	left, right := c.pair(a, b)
	rel := relation(n.text)
	switch {
	case left.form == faulty || right.form == faulty:
		return operand{}
	case left.form == truthForm:
		return c.comparedCondition(n, a, b)
	case right.form == truthForm:
		return c.comparedCondition(n, b, a)
	case left.form == sinceForm:
		return c.since(n, left, b, rel)
	case right.form == sinceForm:
		return c.since(n, right, a, rel.mirrored())
	case left.form == numberForm && right.form == numberForm:
		return holds(compareNumbers{rel, left.quantity, right.quantity})
	case left.form == spanForm && right.form == spanForm:
		return holds(compareSpans{rel, left.length, right.length})
	case left.moment != nil || right.moment != nil:
		return c.times(n, left, right)
	case left.textual != nil && right.textual != nil:
		return c.texts(n, left, right)
	}
	return c.mismatch(n, left, right)
}

func (c *checker) comparedCondition(n, condition, other *node) operand {
	hint := "a condition stands by itself: join it with and, or, not"
	source := c.source(condition)
	if condition.kind == callNode {
		hint = fmt.Sprintf("write %s or not %s", source, source)
	}
	if condition.kind == callNode && condition.text == "happened" && other.kind == numberNode {
		hint = "write count" + strings.TrimPrefix(source, condition.text) + " " + n.text + " " + other.text
	}
	return c.report(condition, hint, "%s is a condition, it is not compared", source)
}

// since checks since(x) beside a literal duration. A span is over at its last
// instant, so > and >= are the same, and so are < and <=.
func (c *checker) since(n *node, left operand, literal *node, rel relation) operand {
	switch {
	case literal.kind == numberNode:
		return c.report(literal, units(literal.text), "%s has no unit", c.source(literal))
	case literal.kind == textNode:
		return c.report(literal, "write it without quotes: 30d", "%s is a text, not a duration", c.source(literal))
	case literal.kind != spanNode:
		return c.report(literal, "write a duration such as 30d", "%s cannot stand beside since", c.source(literal))
	case literal.span.IsZero():
		return c.report(literal, "write a longer duration, or known(x)", "%s is no time at all", c.source(literal))
	case rel == "==" || rel == "!=":
		return c.report(n, "write >= for at least, < for less than", "a time since is never exactly %s", literal.text)
	}
	over := elapsed{since: left.moment, span: literal.span}
	if rel == "<" || rel == "<=" {
		return holds(negation{of: over})
	}
	return holds(over)
}

func units(n string) string { return fmt.Sprintf("write %[1]sd, %[1]sh or %[1]smin", n) }

// times checks a comparison of which one side at least is a time.
func (c *checker) times(n *node, left, right operand) operand {
	a, b := n.args[0], n.args[1]
	if left.moment == nil {
		left = c.day(a, left, c.source(b)+" is "+right.form.String())
	}
	if right.moment == nil {
		right = c.day(b, right, c.source(a)+" is "+left.form.String())
	}
	switch {
	case left.form == faulty || right.form == faulty:
		return operand{}
	case left.form != right.form && (n.text == "==" || n.text == "!="):
		return c.report(n, "write >= and < instead", "a time is hardly ever exactly the beginning of a day")
	}
	return holds(compareTimes{relation(n.text), left.moment, right.moment})
}

// day reads what stands beside a time as a day or an instant in quotes.
// beside is the time: "trial_ends_at is a date".
func (c *checker) day(n *node, o operand, beside string) operand {
	const example = `write a day in quotes: "2026-11-23"`
	source := c.source(n)
	switch {
	case n.kind == spanNode:
		name, _, _ := strings.Cut(beside, " is ")
		return c.report(n, fmt.Sprintf("write since(%s)", name), "%s, %s is a duration", beside, source)
	case n.kind != textNode && isDay(strings.ReplaceAll(source, " ", "")):
		return c.report(n, fmt.Sprintf("write it in quotes: %q", strings.ReplaceAll(source, " ", "")),
			"%s is a subtraction, not a day", source)
	case n.kind != textNode:
		return c.report(n, example, "%s, %s is %s", beside, source, o.form)
	case isDay(n.text):
		return operand{form: dateForm, moment: fixedDay(n.text)}
	}
	if _, err := time.Parse(time.RFC3339, n.text); err != nil {
		return c.report(n, example, "%s is not a day", source)
	}
	return operand{form: timeForm, moment: fixedDay(n.text)}
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func (c *checker) texts(n *node, left, right operand) operand {
	if n.text != "==" && n.text != "!=" {
		return c.report(n, "compare texts with ==, != or in", "%q compares numbers, %s is %s",
			n.text, c.source(n.args[0]), left.form)
	}
	if !c.allowed(n.args[1], n.args[0], left) || !c.allowed(n.args[0], n.args[1], right) {
		return operand{}
	}
	return holds(compareTexts{relation(n.text), left.textual, right.textual})
}

// allowed reports a literal that a text can never be.
func (c *checker) allowed(literal, subject *node, o operand) bool {
	source := c.source(subject)
	switch {
	case literal.kind != textNode || subject.kind == textNode:
		return true
	case strings.TrimSpace(literal.text) == "":
		c.report(literal, fmt.Sprintf("write known(%s) or not known(%s)", source, source), "%s is never empty", source)
		return false
	case len(o.allowed) == 0 || slices.Contains(o.allowed, literal.text):
		return true
	}
	hint := "it is one of " + strings.Join(o.allowed, ", ")
	if near, ok := nearest(literal.text, o.allowed); ok {
		hint = fmt.Sprintf("write %q", near)
	}
	c.report(literal, hint, "%s is never %q", source, literal.text)
	return false
}

// mismatch reports two sides of different types.
func (c *checker) mismatch(n *node, left, right operand) operand {
	a, b := n.args[0], n.args[1]
	if a.kind == numberNode || a.kind == textNode || a.kind == spanNode {
		a, b, left, right = b, a, right, left
	}
	hint := mismatchHint(c.source(b), b, left.form)
	if left.form == idForm && b.kind == numberNode {
		return c.report(b, hint, "%s is an id", c.source(a))
	}
	return c.report(b, hint, "%s is %s, %s is %s", c.source(a), left.form, c.source(b), right.form)
}

// mismatchHint mends a literal beside something of another form.
func mismatchHint(source string, literal *node, beside form) string {
	_, readable := customer.Text(literal.text).Float()
	switch {
	case literal.kind == numberNode && (beside == textForm || beside == idForm):
		return fmt.Sprintf("write it in quotes: %q", source)
	case literal.kind == numberNode && beside == spanForm:
		return units(literal.text)
	case literal.kind == textNode && beside == numberForm && readable:
		return "write it without quotes: " + strings.TrimSpace(literal.text)
	case literal.kind == textNode && beside == spanForm:
		return "write a duration without quotes: 30d"
	}
	return ""
}

// in checks in and not in.
func (c *checker) in(n *node) operand {
	subject, list := n.args[0], n.args[1]
	o := c.operand(subject)
	fine := o.form != faulty
	if len(list.args) == 0 {
		c.report(list, `write what it may be: plan in ["surf", "ultimate"]`, "the list is empty")
		fine = false
	}
	for _, element := range list.args {
		fine = c.element(element, subject, o) && fine
	}
	var result condition
	switch {
	case !fine:
		return operand{}
	case o.form == numberForm:
		result = numberIn{o.quantity, collect(list.args, numeral)}
	case o.form == spanForm:
		result = spanIn{o.length, collect(list.args, func(e *node) time.Duration { return e.span.Approx() })}
	case o.textual != nil:
		result = textIn{o.textual, collect(list.args, func(e *node) string { return e.text })}
	default:
		return c.report(subject, "a list holds texts or numbers", "%s is %s", c.source(subject), o.form)
	}
	if n.text == "not in" {
		result = negation{of: result}
	}
	return holds(result)
}

func collect[T any](nodes []*node, each func(*node) T) []T {
	list := make([]T, len(nodes))
	for i, n := range nodes {
		list[i] = each(n)
	}
	return list
}

// isNumeral says that a node is a number, perhaps with a minus.
func isNumeral(n *node) bool {
	if n.isSign("-") && len(n.args) == 1 {
		return isNumeral(n.args[0])
	}
	return n.kind == numberNode
}

func numeral(n *node) float64 {
	if n.kind == signNode {
		return -numeral(n.args[0])
	}
	return n.number
}

// element checks one element of a list; a faulty subject lets all pass but strays.
func (c *checker) element(n, subject *node, o operand) bool {
	if c.isStray(n) {
		c.stray(n, operand{form: textForm, allowed: o.allowed})
		return false
	}
	switch {
	case n.kind == badNode:
		return false
	case n.kind == wordsNode:
		c.operand(n)
		return false
	case n.kind != textNode && n.kind != spanNode && !isNumeral(n):
		c.report(n, "compare it with == instead", "%s stands in a list, which holds texts or numbers only", c.source(n))
		return false
	case o.form == faulty || o.form == truthForm || o.moment != nil:
		return true
	case n.kind == textNode && o.textual != nil:
		return c.allowed(n, subject, o)
	case isNumeral(n) && o.form == numberForm, n.kind == spanNode && o.form == spanForm:
		return true
	}
	element := c.operand(n)
	c.report(n, mismatchHint(c.source(n), n, o.form), "%s is %s, %s is %s",
		c.source(subject), o.form, c.source(n), element.form)
	return false
}
