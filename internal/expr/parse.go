package expr

import "fmt"

// parser reads tokens by the binding power of operators (Pratt's way). After
// the first fault that leaves the structure open it reports no other; faults
// that leave it clear are reported and read as meant.
type parser struct {
	text     string
	tokens   []token
	i        int
	nesting  int
	commas   bool // a comma separates here
	failed   bool
	problems []Problem
}

// newParser makes ready to read a text. Its problems are those of the words.
func newParser(text string) *parser {
	tokens, problems := lex(text)
	return &parser{text: text, tokens: tokens, problems: problems}
}

// whole reads all of the text. The node is never nil; after a fault, pieces
// of it are bad nodes, and failed says whether the text was read to its end.
func (p *parser) whole() *node {
	if p.peek().kind == endToken {
		return p.fail(0, `write a condition, for example plan == "surf"`, "the expression is empty")
	}
	root := p.expression(orPower)
	if t := p.peek(); !p.failed {
		switch {
		case t.is(")") || t.is("]"):
			p.fail(t.at, "remove it, or open the bracket", "%q closes nothing", t.text)
		case t.is(","):
			p.stopAtComma()
		}
	}
	return root
}

func (p *parser) stopAtComma() *node {
	return p.fail(p.peek().at, "join conditions with and or or", "a comma stands between conditions")
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) ahead() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[p.i]
	p.i = min(p.i+1, len(p.tokens)-1)
	return t
}

func (p *parser) source(at, end int) string { return clip(p.text[at:end]) }

func (p *parser) report(at int, hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{at, fmt.Sprintf(format, args...), hint})
}

// fail reports a fault after which the structure is not clear.
func (p *parser) fail(at int, hint, format string, args ...any) *node {
	if !p.failed {
		p.report(at, hint, format, args...)
	}
	return p.giveUp()
}

// giveUp ends the reading without a word: the fault is reported already.
func (p *parser) giveUp() *node {
	p.failed = true
	p.i = len(p.tokens) - 1
	return &node{at: p.peek().at, end: p.peek().at}
}

// nest reads something inside brackets, a call or a sign.
func (p *parser) nest(at int, read func() *node) *node {
	if p.nesting == maxNesting {
		return p.fail(at, "split it over several steps or rules", "the expression is nested more than %d deep", maxNesting)
	}
	p.nesting++
	commas := p.commas
	n := read()
	p.commas = commas
	p.nesting--
	return n
}

// expression reads operands and all operators of at least that power.
func (p *parser) expression(least int) *node {
	left := p.operand()
	for !p.failed {
		sign, tokens := p.sign(left)
		if power(sign) < least || sign == "" {
			return left
		}
		for range tokens {
			p.take()
		}
		left = p.binary(left, sign)
	}
	return left
}

func (p *parser) binary(left *node, sign string) *node {
	if sign == "in" || sign == "not in" {
		return p.in(left, sign)
	}
	right := p.expression(power(sign) + 1)
	n := join(left, sign, right)
	if power(sign) == comparePower && !p.failed {
		return p.unchain(n)
	}
	return n
}

// join makes one node of two sides. And with and, or with or become one list.
func join(left *node, sign string, right *node) *node {
	n := &node{kind: signNode, at: left.at, end: right.end, text: sign}
	for _, side := range []*node{left, right} {
		if (sign == "and" || sign == "or") && side.isSign(sign) {
			n.args = append(n.args, side.args...)
			continue
		}
		n.args = append(n.args, side)
	}
	return n
}

// unchain reports 1 < x < 3 and reads it as meant.
func (p *parser) unchain(first *node) *node {
	sign, tokens := p.sign(first)
	if power(sign) != comparePower {
		return first
	}
	for range tokens {
		p.take()
	}
	middle := first.args[1]
	second := p.binary(middle, sign)
	if p.failed {
		return second
	}
	rest := p.source(middle.at, second.end)
	p.report(first.at, fmt.Sprintf("write %s and %s", p.source(first.at, first.end), rest),
		"%s compares twice", p.source(first.at, second.end))
	return join(first, "and", second)
}

func (p *parser) in(subject *node, sign string) *node {
	if t := p.peek(); !t.is("[") {
		return p.fail(t.at, `write the list in square brackets: plan in ["surf", "ultimate"]`, "%q needs a list", sign)
	}
	list := p.nest(p.peek().at, func() *node {
		open := p.take()
		n := &node{kind: listNode, at: open.at}
		n.args, n.end = p.arguments(open, "]")
		return n
	})
	return join(subject, sign, list)
}

// arguments reads what stands between commas up to the closing bracket, and
// gives the place behind it.
func (p *parser) arguments(open token, closing string) ([]*node, int) {
	p.commas = true
	var args []*node
	for !p.peek().is(closing) {
		args = append(args, p.argument())
		if !p.peek().is(",") {
			break
		}
		p.take()
	}
	if !p.peek().is(closing) {
		p.fail(open.at, "add the missing "+closing, "%q is never closed", open.text)
	}
	return args, p.take().end
}

// argument reads an expression, or a row of names such as Order Completed.
func (p *parser) argument() *node {
	first, second := p.peek(), p.ahead()
	if _, isWord := wordOperator(second.text); first.kind != nameToken || second.kind != nameToken || isWord {
		return p.expression(orPower)
	}
	n := &node{kind: wordsNode, at: first.at}
	for p.peek().kind == nameToken {
		n.end = p.take().end
	}
	n.text = p.source(n.at, n.end)
	return n
}

// operand reads one side of an operator.
func (p *parser) operand() *node {
	t := p.peek()
	switch t.kind {
	case numberToken, textToken, spanToken:
		p.take()
		return &node{kind: t.literal(), at: t.at, end: t.end, text: t.text, number: t.number, span: t.span}
	case nameToken:
		return p.name()
	case badToken:
		if t.text == "" {
			return p.giveUp()
		}
		p.take()
		return &node{at: t.at, end: t.end}
	case endToken:
		before := p.tokens[p.i-1]
		return p.fail(t.at, "add what is missing", "the expression ends after %q", p.source(before.at, before.end))
	}
	return p.signed()
}

// signed reads an operand that begins with a sign.
func (p *parser) signed() *node {
	t := p.peek()
	switch t.text {
	case "-":
		return p.nest(t.at, func() *node { return p.prefixed(minusPower) })
	case "not":
		return p.nest(t.at, func() *node { return p.prefixed(notPower) })
	case "(":
		return p.nest(t.at, p.group)
	case "[":
		return p.fail(t.at, `a list stands behind in: plan in ["surf", "ultimate"]`, "a list stands alone")
	case ".":
		return p.fail(t.at, "write a number with its zero: 0.5; a property with its event: order_placed.total",
			"nothing stands before the point")
	}
	return p.fail(t.at, "add what is missing before it, or remove it", "%q stands where a value should", t.text)
}

func (p *parser) prefixed(power int) *node {
	sign := p.take()
	operand := p.expression(power)
	return &node{kind: signNode, at: sign.at, end: operand.end, text: sign.text, args: []*node{operand}}
}

func (p *parser) group() *node {
	open := p.take()
	p.commas = false
	n := p.expression(orPower)
	if p.peek().is(",") {
		return p.stopAtComma()
	}
	if !p.peek().is(")") {
		return p.fail(open.at, "add the missing )", `"(" is never closed`)
	}
	closing := p.take()
	inner := *n
	inner.at, inner.end = open.at, closing.end
	return &inner
}

// name reads a name, a property or a call.
func (p *parser) name() *node {
	t := p.take()
	n := &node{kind: nameNode, at: t.at, end: t.end, text: t.text}
	switch {
	case p.peek().is("("):
		return p.nest(t.at, func() *node { return p.call(n) })
	case p.peek().is("."):
		return p.property(n)
	}
	return n
}

func (p *parser) call(n *node) *node {
	open := p.take()
	n.kind = callNode
	n.args, n.end = p.arguments(open, ")")
	return n
}

func (p *parser) property(n *node) *node {
	point := p.take()
	member := p.take()
	if member.kind != nameToken {
		return p.fail(point.at, "write "+n.text+" with the name of a property: order_placed.total",
			"nothing fits behind the point of %s.", n.text)
	}
	n.kind, n.member, n.end = propertyNode, member.text, member.end
	switch t := p.peek(); {
	case t.is("."):
		return p.fail(t.at, "write an event and one property: order_placed.total",
			"%s.%s has a second point", n.text, n.member)
	case t.is("("):
		return p.fail(n.at, "call it by its name alone: happened(order_placed)",
			"%s.%s is not a function", n.text, n.member)
	}
	return n
}

// sign gives the operator behind an operand, and how many tokens make it; ""
// where the expression, or the part between brackets, ends.
func (p *parser) sign(left *node) (string, int) {
	t, next := p.peek(), p.ahead()
	switch {
	case t.kind == endToken || t.is(")") || t.is("]"):
		return "", 0
	case t.is("not") && next.is("in"):
		return "not in", 2
	case t.is(",") && p.thousands(left):
		return p.sign(left)
	case t.is(","):
		return "", 0
	case t.kind == badToken:
		p.giveUp()
		return "", 0
	case t.kind == signToken && power(t.text) > lowest:
		return t.text, 1
	case t.kind == nameToken:
		return p.word(left, t, next)
	case t.is("not"):
		p.fail(t.at, `write != for a value, not in for a list, and not before a condition`, `"not" stands behind a value`)
	default:
		p.missing(left, t)
	}
	return "", 0
}

func (p *parser) missing(left *node, t token) {
	hint := "put an operator between them: ==, in, and, or"
	if p.commas {
		hint = "put a comma or an operator between them"
	}
	p.fail(t.at, hint, "%s follows %s without an operator", p.source(t.at, t.end), p.source(left.at, left.end))
}
