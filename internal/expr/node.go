package expr

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

type nodeKind uint8

const (
	badNode      nodeKind = iota // already reported
	numberNode                   // text, number
	textNode                     // text
	spanNode                     // text, span
	nameNode                     // text
	propertyNode                 // text is the object, member the property
	wordsNode                    // several names in a row, where one should stand
	callNode                     // text is the function, args
	listNode                     // args
	signNode                     // text is the operator, args its sides: one of not and -, all of and/or, else two
)

// node is one piece of an expression as it was written.
type node struct {
	kind         nodeKind
	at, end      int // its bytes in the text
	text, member string
	number       float64
	span         sendtime.Duration
	args         []*node
}

func (n *node) isSign(signs ...string) bool {
	if n.kind != signNode {
		return false
	}
	for _, s := range signs {
		if n.text == s {
			return true
		}
	}
	return false
}

// The binding powers: what binds tighter has the higher one.
const (
	lowest = iota
	orPower
	andPower
	notPower
	comparePower
	addPower
	multiplyPower
	minusPower // the sign of a number
	highest
)

// power gives the binding power of an operator between two sides, or lowest.
func power(sign string) int {
	switch sign {
	case "or":
		return orPower
	case "and":
		return andPower
	case "==", "!=", "<", "<=", ">", ">=", "in", "not in":
		return comparePower
	case "+", "-":
		return addPower
	case "*", "/":
		return multiplyPower
	}
	return lowest
}

func (n *node) power() int {
	switch {
	case n.kind != signNode:
		return highest
	case len(n.args) > 1:
		return power(n.text)
	case n.text == "not":
		return notPower
	}
	return minusPower
}

// String gives the canonical text: one space around operators, brackets only
// where they change the meaning, straight double quotes.
func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case textNode:
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(n.text))
		b.WriteByte('"')
	case propertyNode:
		b.WriteString(n.text + "." + n.member)
	case callNode:
		b.WriteString(n.text + "(")
		n.writeArgs(b, ", ", lowest)
		b.WriteByte(')')
	case listNode:
		b.WriteByte('[')
		n.writeArgs(b, ", ", lowest)
		b.WriteByte(']')
	case signNode:
		n.writeSign(b)
	default:
		b.WriteString(n.text)
	}
}

func (n *node) writeSign(b *strings.Builder) {
	switch {
	case len(n.args) > 1:
		n.writeArgs(b, " "+n.text+" ", n.power())
	case n.text == "not":
		b.WriteString("not ")
		n.args[0].writeWithin(b, notPower)
	default:
		b.WriteString(n.text)
		n.args[0].writeWithin(b, minusPower)
	}
}

// writeArgs writes the sides of an operator of that power. All operators read
// from the left, so a side further right needs brackets at the same power too.
func (n *node) writeArgs(b *strings.Builder, between string, power int) {
	for i, arg := range n.args {
		if i > 0 {
			b.WriteString(between)
			arg.writeWithin(b, power+1)
			continue
		}
		arg.writeWithin(b, power)
	}
}

func (n *node) writeWithin(b *strings.Builder, power int) {
	if n.power() >= power {
		n.write(b)
		return
	}
	b.WriteByte('(')
	n.write(b)
	b.WriteByte(')')
}
