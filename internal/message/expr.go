package message

import (
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// op is what an expression does.
type op int

const (
	literalOp op = iota // text or number
	blankOp             // blank or nil: no value
	truthOp             // true or false
	nameOp              // a variable or a local name
	filterOp            // args[0] | name: args[1:]
	compareOp           // args[0] name args[1]
	logicOp             // args joined by name: and, or
	rangeOp             // (from..to)
)

// expr is an expression as written.
type expr struct {
	op       op
	at       int
	name     string // the literal's text, the variable's path, the filter, the comparison
	number   bool   // a literal is a number
	grouped  bool   // stands in parentheses
	args     []*expr
	from, to int // of a range
	static   static
	guarded  bool // of a name: its absence is cared for
	blank    bool // of a name: it is compared with blank
	read     int  // index of a variable in program.reads; -1 for a local name
}

const (
	maxDepth = 20  // of parentheses, of blocks, and of filters in a row
	maxItems = 100 // of a range, and of what a loop runs over
)

// exprParser reads one expression; the first problem ends it.
type exprParser struct {
	c      *compiler
	tokens []token
	end    int // of the expression
	depth  int
	failed bool
}

func (c *compiler) parser(body string, start int) *exprParser {
	p := &exprParser{c: c, end: start + len(strings.TrimRight(body, " \t\r\n"))}
	tokens, ok := c.tokens(body, start)
	p.tokens, p.failed = tokens, !ok
	return p
}

func (p *exprParser) fail(at int, value, message, hint string) *expr {
	if !p.failed {
		p.c.fail(at, value, message, hint)
	}
	p.failed = true
	return &expr{at: at}
}

func (p *exprParser) peek() token {
	if len(p.tokens) == 0 {
		return token{kind: endToken, at: p.end}
	}
	return p.tokens[0]
}

func (p *exprParser) next() token {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *exprParser) accept(kind tokenKind, s string) bool {
	if t := p.peek(); t.kind != kind || t.text != s {
		return false
	}
	p.next()
	return true
}

// done reports what is left over.
func (p *exprParser) done() bool {
	if t := p.peek(); !p.failed && t.kind != endToken {
		p.fail(t.at, t.text, "is not expected here", leftHint(t))
	}
	return !p.failed
}

func leftHint(t token) string {
	if isComparison(t) || t.text == "and" || t.text == "or" {
		return "conditions stand in {% if %}"
	}
	if t.text == "[" {
		return signHint(t.text)
	}
	if t.kind == wordToken || t.kind == textToken || t.kind == numberToken {
		return "join two parts with and, or, | or a comma, or put a text in quotes"
	}
	return "leave it out"
}

// condition = relation {and relation} | relation {or relation}
func (p *exprParser) condition() *expr {
	first := p.relation()
	word := p.peek()
	if word.kind != wordToken || word.text != "and" && word.text != "or" {
		return first
	}
	e := &expr{op: logicOp, at: first.at, name: word.text, args: []*expr{first}}
	for t := p.peek(); !p.failed && t.kind == wordToken && (t.text == "and" || t.text == "or"); t = p.peek() {
		if t.text != word.text {
			return p.fail(t.at, t.text, "stands beside "+word.text+", which can be read in two ways", "put one pair in parentheses, or use a second if")
		}
		p.next()
		e.args = append(e.args, p.relation())
	}
	return e
}

// relation = filtered [comparison filtered]
func (p *exprParser) relation() *expr {
	left := p.filtered()
	t := p.peek()
	if !isComparison(t) {
		return left
	}
	p.next()
	right := p.filtered()
	for _, side := range []*expr{left, right} {
		if side.op == filterOp && !side.grouped {
			return p.fail(side.at, "| "+side.name, "is a filter inside a comparison", "assign the filtered value to a name first, and compare the name")
		}
	}
	if more := p.peek(); isComparison(more) {
		return p.fail(more.at, more.text, "is a second comparison", "join comparisons with and")
	}
	return &expr{op: compareOp, at: left.at, name: t.text, args: []*expr{left, right}}
}

func isComparison(t token) bool {
	switch t.text {
	case "==", "!=", "<", ">", "<=", ">=":
		return t.kind == signToken
	case "contains":
		return t.kind == wordToken
	}
	return false
}

// filtered = primary {| word [: primary {, primary}]}
func (p *exprParser) filtered() *expr {
	e := p.primary()
	for n := 1; !p.failed && p.accept(signToken, "|"); n++ {
		t := p.next()
		if n > maxDepth {
			return p.fail(t.at, t.text, "is one filter too many", "write it simpler")
		}
		if t.kind != wordToken {
			return p.fail(t.at, t.text, "stands where a filter's name is due", "write a filter behind |, or leave | out")
		}
		e = &expr{op: filterOp, at: t.at, name: t.text, args: []*expr{e}}
		if !p.accept(signToken, ":") {
			continue
		}
		e.args = append(e.args, p.primary())
		for !p.failed && p.accept(signToken, ",") {
			e.args = append(e.args, p.primary())
		}
	}
	return e
}

// primary = text | number | name | ( range | condition )
func (p *exprParser) primary() *expr {
	t := p.next()
	switch {
	case t.kind == textToken:
		return &expr{op: literalOp, at: t.at, name: t.text}
	case t.kind == numberToken:
		return &expr{op: literalOp, at: t.at, name: t.text, number: true}
	case t.kind == wordToken:
		return p.word(t)
	case t.kind == signToken && t.text == "(":
		return p.group(t)
	case t.kind == endToken:
		return p.fail(t.at, "", "a value is missing here", "name a variable, as customer.plan, or write a text in quotes")
	}
	return p.fail(t.at, t.text, "stands where a value is due", signHint(t.text))
}

func signHint(sign string) string {
	switch sign {
	case "[":
		return "write names with a dot: customer.plan"
	case "!":
		return "for \"not\" use unless, or !="
	}
	return "name a variable, as customer.plan, or write a text in quotes"
}

func (p *exprParser) word(t token) *expr {
	switch t.text {
	case "nil", "blank":
		return &expr{op: blankOp, at: t.at}
	case "true", "false":
		return &expr{op: truthOp, at: t.at, name: t.text}
	case "not":
		return p.fail(t.at, t.text, "is not a word of Liquid", "use unless, or !=")
	case "empty", "null":
		return p.fail(t.at, t.text, "is not known here", "write blank")
	case "and", "or", "contains", "in":
		return p.fail(t.at, t.text, "stands where a value is due", "name a variable, as customer.plan, or write a text in quotes")
	}
	return &expr{op: nameOp, at: t.at, name: t.text, read: -1}
}

func (p *exprParser) group(open token) *expr {
	if p.depth++; p.depth > maxDepth {
		return p.fail(open.at, open.text, "opens too many parentheses", "write it simpler")
	}
	defer func() { p.depth-- }()
	if len(p.tokens) > 1 && p.tokens[1].text == ".." && p.tokens[1].kind == signToken {
		return p.span(open)
	}
	e := p.condition()
	if !p.failed && !p.accept(signToken, ")") {
		return p.fail(open.at, open.text, "is not closed", "write ) behind it")
	}
	e.grouped = true
	return e
}

// span = ( number .. number )
func (p *exprParser) span(open token) *expr {
	from, _, to := p.next(), p.next(), p.next()
	e := &expr{op: rangeOp, at: open.at}
	var errFrom, errTo error
	e.from, errFrom = strconv.Atoi(from.text)
	e.to, errTo = strconv.Atoi(to.text)
	if from.kind != numberToken || to.kind != numberToken || errFrom != nil || errTo != nil {
		return p.fail(open.at, "("+from.text+".."+to.text, "is a range whose ends are not whole numbers", "write both ends out: (1..5)")
	}
	if e.to-e.from >= maxItems {
		return p.fail(open.at, "("+from.text+".."+to.text+")", "has more than 100 members", "write a shorter range")
	}
	if !p.accept(signToken, ")") {
		return p.fail(open.at, open.text, "is not closed", "write ) behind it")
	}
	return e
}

// whole reads an expression that is all of a body. The result is nil when it
// had a problem.
func (p *exprParser) whole(rule func() *expr) *expr {
	if p.failed {
		return nil
	}
	e := rule()
	if !p.done() {
		return nil
	}
	return e
}

// filterHint names the nearest filter, or why a well-known one is not there.
func filterHint(name string) string {
	switch name {
	case "escape", "escape_once", "h", "html", "newline_to_br", "xml_escape":
		return "leave it out: values are escaped by themselves"
	case "raw", "safe":
		return "leave it out: values are never taken as HTML"
	case "money", "currency", "number_with_delimiter":
		return "use number: 2"
	}
	if near := source.DidYouMean(name, filterNames()); near != "" {
		return near
	}
	return "known: " + strings.Join(filterNames(), ", ")
}
