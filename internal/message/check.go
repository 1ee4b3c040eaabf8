package message

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// known holds the variables that surely have a value at some place.
type known map[string]bool

func (k known) with(more ...known) known {
	all := maps.Clone(k)
	if all == nil {
		all = known{}
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// maxWork bounds how many pieces rendering can come to, loops multiplied out.
// Together with the bound on each text it keeps rendering short on any
// machine, without a clock.
const maxWork = 20_000

// check finds the kind of every expression and reports what cannot be right.
func (c *compiler) check(nodes []node, k known) {
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case outputNode:
			c.checkOutput(n, k)
		case assignNode:
			c.locals[n.text] = c.expr(n.expr, k)
		case captureNode:
			c.check(n.body, k)
			c.locals[n.text] = static{kind: customer.KindText}
		case ifNode:
			c.checkIf(n, k)
		case caseNode:
			c.checkCase(n, k)
		case forNode:
			c.checkFor(n, k)
		}
	}
}

func (c *compiler) checkOutput(n *node, k known) {
	s := c.expr(n.expr, k)
	if n.expr == nil {
		return
	}
	switch {
	case s.kind == truthKind || s.kind == listKind:
		c.fail(n.expr.at, n.expr.name, "is "+said(s.kind)+" and cannot be written out", "use {% if %}, or the filters first, last or join")
	case isTime(s.kind):
		c.warn("raw-date", n.expr.at, n.expr.name, "is written as 2026-11-23", "say how: | date: \"%d %B\"")
	}
	for _, path := range s.missing {
		if _, local := c.locals[path]; local || strings.HasPrefix(path, customerRoot+".") {
			c.warn("may-be-missing", n.expr.at, path, "may be missing, and then nothing is sent", "write "+path+" | default: \"...\", or put it in {% if "+path+" %}")
		}
	}
}

func (c *compiler) checkIf(n *node, k known) {
	k, flow := k.with(), c.flow()
	for i, a := range n.arms {
		var yes, no known
		for _, test := range a.tests {
			c.expr(test, everything)
			yes, no = implied(test)
		}
		if i == 0 && n.text == "unless" {
			yes, no = no, yes
		}
		c.check(a.body, k.with(yes))
		flow.arm(a)
		k = k.with(no)
	}
	flow.done()
}

func (c *compiler) checkCase(n *node, k known) {
	subject, flow := c.expr(n.expr, everything), c.flow()
	for _, a := range n.arms {
		inside := k.with()
		for _, test := range a.tests {
			s := c.expr(test, everything)
			if test == nil || n.expr == nil {
				continue
			}
			c.comparison("==", n.expr, subject, test, s)
			if n.expr.op == nameOp && test.op != blankOp {
				inside[n.expr.name] = true
			}
		}
		c.check(a.body, inside)
		flow.arm(a)
	}
	flow.done()
}

func (c *compiler) checkFor(n *node, k known) {
	s := c.expr(n.expr, k)
	item := static{kind: customer.KindText}
	if n.expr != nil && n.expr.op == rangeOp {
		item.kind = customer.KindNumber
	} else if n.expr != nil && s.kind != listKind {
		c.fail(n.expr.at, n.expr.name, "is no list to run over", "write a range as (1..3), or a text with | split: \",\"")
	}
	outer, had := c.locals[loopRoot]
	flow := c.flow()
	c.locals[n.text], c.locals[loopRoot] = item, static{}
	c.check(n.body, k)
	delete(c.locals, n.text)
	if delete(c.locals, loopRoot); had {
		c.locals[loopRoot] = outer
	}
	flow.arm(arm{tests: []*expr{n.expr}})
	flow.done()
}

// everything stands for places where an absent value does no harm.
var everything known

// implied gives the variables that have a value when a condition holds, and
// when it does not.
func implied(e *expr) (yes, no known) {
	switch {
	case e == nil:
	case e.op == nameOp:
		return known{e.name: true}, nil
	case e.op == compareOp && e.args[1].op == blankOp && e.args[0].op == nameOp:
		present := known{e.args[0].name: true}
		if e.name == "==" {
			return nil, present
		}
		return present, nil
	case e.op == compareOp && e.name == "!=":
		return nil, namesOf(e)
	case e.op == compareOp:
		return namesOf(e), nil
	case e.op == logicOp:
		return joined(e)
	}
	return nil, nil
}

func namesOf(e *expr) known {
	names := known{}
	for _, side := range e.args {
		if side.op == nameOp {
			names[side.name] = true
		}
	}
	return names
}

// joined is implied for and, or.
func joined(e *expr) (yes, no known) {
	firstYes, firstNo := implied(e.args[0])
	yes, no = firstYes.with(), firstNo.with()
	for _, a := range e.args[1:] {
		moreYes, moreNo := implied(a)
		both := func(into, more known) { maps.DeleteFunc(into, func(name string, _ bool) bool { return !more[name] }) }
		if e.name == "and" {
			maps.Copy(yes, moreYes)
			both(no, moreNo)
		} else {
			both(yes, moreYes)
			maps.Copy(no, moreNo)
		}
	}
	return yes, no
}

// expr finds what is known of an expression. With everything as what is
// known, absent values are cared for.
func (c *compiler) expr(e *expr, k known) static {
	if e == nil {
		return static{}
	}
	switch e.op {
	case literalOp:
		e.static = static{kind: customer.KindText}
		if e.number {
			e.static.kind = customer.KindNumber
		}
	case truthOp:
		e.static = static{kind: truthKind}
	case nameOp:
		e.static = c.name(e, k)
	case filterOp:
		e.static = c.filter(e, k)
	case compareOp:
		left, right := c.expr(e.args[0], everything), c.expr(e.args[1], everything)
		c.comparison(e.name, e.args[0], left, e.args[1], right)
		e.static = static{kind: truthKind}
	case logicOp:
		for _, a := range e.args {
			c.expr(a, everything)
		}
		e.static = static{kind: truthKind}
	case rangeOp:
		e.static = static{kind: listKind}
	}
	return e.static
}

func (c *compiler) name(e *expr, k known) static {
	cared := k == nil || k[e.name]
	root, rest, dotted := strings.Cut(e.name, ".")
	if local, ok := c.locals[e.name]; ok && !dotted && root != loopRoot {
		if cared {
			local.missing = nil
		}
		return local
	}
	if _, inLoop := c.locals[loopRoot]; inLoop && root == loopRoot {
		kind, t := loopField(rest)
		if t != nil {
			c.fail(e.at, e.name, t.message, t.hint)
		}
		return static{kind: kind}
	}
	f, t := c.variable(e.name)
	if t != nil {
		c.fail(e.at, e.name, t.message, t.hint)
		return static{}
	}
	_, event := c.env.Data.Properties(root)
	e.read = c.prog.reading(read{path: e.name, at: e.at, guarded: cared, kind: f.Kind, allowed: f.Allowed, event: event && dotted})
	s := static{kind: f.Kind, allowed: f.Allowed}
	if !cared && (root == customerRoot || event) {
		s.missing = []string{e.name}
	}
	return s
}

// comparison reports two sides that are never equal, or have no order.
func (c *compiler) comparison(sign string, l *expr, left static, r *expr, right static) {
	switch {
	case l.op == blankOp || r.op == blankOp:
		if sign != "==" && sign != "!=" {
			c.fail(l.at, sign+" blank", "means nothing", "write == blank, or != blank")
		}
	case left.kind == anyKind || right.kind == anyKind:
	case left.kind == itemsKind || right.kind == itemsKind: // which checkPlace reports
	case sign == "contains":
		if !isText(left.kind) && left.kind != listKind || !isText(right.kind) {
			c.fail(l.at, l.name, "is "+said(left.kind)+", which contains no "+string(right.kind), "write text on both sides")
		}
	case !comparable(left.kind, right.kind):
		c.fail(r.at, r.name, "is "+said(right.kind)+" and is compared with "+l.name+", which is "+said(left.kind), compareHint(left, r))
	case sign != "==" && sign != "!=" && (isText(left.kind) || left.kind == truthKind):
		c.fail(l.at, l.name, "is "+said(left.kind)+", which is neither smaller nor larger", "use == or !=")
	default:
		c.inClosedList(l, left, r)
		c.inClosedList(r, right, l)
	}
}

func comparable(a, b customer.Kind) bool {
	return a == b || isText(a) && isText(b) || isTime(a) && isTime(b)
}

func compareHint(left static, r *expr) string {
	switch {
	case left.kind == customer.KindNumber && r.op == literalOp:
		return "write the number without quotes"
	case isText(left.kind) && r.op == literalOp:
		return "put it in quotes: \"" + r.name + "\""
	case isText(left.kind) && r.op == truthOp:
		return "truth values arrive as the words \"yes\" and \"no\""
	}
	return "compare like with like"
}

// inClosedList reports a text that the variable beside it never has.
func (c *compiler) inClosedList(name *expr, s static, other *expr) {
	if s.allowed == nil || other.op != literalOp || slices.Contains(s.allowed, other.name) {
		return
	}
	c.fail(other.at, other.name, "is never the value of "+name.name, source.DidYouMean(other.name, s.allowed))
}

// filter checks a filter's name, what it is given and how much.
func (c *compiler) filter(e *expr, k known) static {
	f, ok := findFilter(e.name)
	if !ok {
		c.fail(e.at, e.name, "is not a filter that is known here", filterHint(e.name))
		return static{}
	}
	inKnown := k
	if e.name == defaultFilter {
		inKnown = everything
	}
	in := c.expr(e.args[0], inKnown)
	if !f.accepts(in.kind) {
		c.fail(e.at, e.name, "needs "+said(f.in)+" and gets "+said(in.kind), "leave it out")
	}
	given := e.args[1:]
	if need := f.needs(); len(given) < need || len(given) > len(f.params) {
		c.fail(e.at, e.name, "takes "+counted(need, len(f.params)), "write it as in "+f.example)
		return static{}
	}
	out := static{kind: f.out, missing: in.missing}
	for i, a := range given {
		s := c.expr(a, k)
		if want := f.params[i].kind; want != anyKind && !accepts(want, s.kind) {
			c.fail(a.at, a.name, "is "+said(s.kind)+", and "+e.name+" needs "+said(want), "write it as in "+f.example)
		}
		out.missing = append(slices.Clip(out.missing), s.missing...)
		if e.name == defaultFilter {
			out = static{kind: widest(in.kind, s.kind), missing: s.missing}
		}
	}
	if e.name == dateFilter {
		c.checkDate(given[0])
	}
	return out
}

func widest(a, b customer.Kind) customer.Kind {
	if a == b || isText(b) && isText(a) {
		return a
	}
	return anyKind
}

func counted(least, most int) string {
	switch {
	case most == 0:
		return "no value"
	case least == most && most == 1:
		return "one value"
	case least == most:
		return strconv.Itoa(most) + " values"
	}
	return strconv.Itoa(least) + " to " + strconv.Itoa(most) + " values"
}

// work multiplies out how many pieces rendering can come to.
func work(nodes []node) int {
	sum := len(nodes)
	for _, n := range nodes {
		for _, a := range n.arms {
			sum += work(a.body)
		}
		if n.kind != forNode {
			sum += work(n.body)
			continue
		}
		items := maxItems
		if n.expr != nil && n.expr.op == rangeOp {
			items = max(0, n.expr.to-n.expr.from+1)
		}
		if n.limit > 0 {
			items = min(items, n.limit)
		}
		sum = min(sum+items*(1+work(n.body)), 1<<40)
	}
	return sum
}
