package message

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/osteele/liquid"

	"github.com/outreach-engine/outreach/internal/customer"
)

// program is one text, checked and ready to run. It is immutable.
type program struct {
	src    text
	medium medium
	locale string // how numbers and days are written
	limit  int    // of what it writes, in bytes; in characters for SMS
	reads  []read
	texts  []piece
	sites  []site
	place  bool // it says {{ items }}
	liquid *liquid.Template
}

// piece is a text between outputs and tags.
type piece struct {
	at   int
	text string
}

// read is a variable that a program reads.
type read struct {
	path    string
	at      int
	guarded bool // its absence is cared for
	event   bool // it is an event's property
	kind    customer.Kind
	allowed []string
}

// site is where something can go wrong while rendering.
type site struct {
	at    int
	name  string // the first name in the expression
	reads []int
}

// reading gives the index of a read, which it keeps once.
func (p *program) reading(r read) int {
	for i, known := range p.reads {
		if known.path == r.path && known.guarded == r.guarded {
			return i
		}
	}
	p.reads = append(p.reads, r)
	return len(p.reads) - 1
}

// compile reads, checks and builds one text. It gives nil when there was an
// error.
func (c *compiler) compile(src text, m medium) *program {
	c.src, c.medium, c.locals = src, m, map[string]static{}
	c.prog = &program{src: src, medium: m, locale: c.locale, limit: maxTemplate}
	nodes := c.parse()
	c.check(nodes, known{})
	c.checkPlace(nodes, "")
	if c.failed {
		return nil
	}
	if work(nodes) > maxWork {
		c.fail(-1, "", "takes too many steps to render", "loop over less")
	}
	c.escapes(nodes)
	if c.failed {
		return nil
	}
	var b strings.Builder
	c.prog.emit(&b, nodes)
	var err error
	if c.prog.liquid, err = engine().ParseString(b.String()); c.prog.liquid == nil {
		c.fail(-1, "", "is not Liquid: "+fmt.Sprint(err), "write it simpler")
		return nil
	}
	return c.prog
}

// escapes chooses how each output is made safe.
func (c *compiler) escapes(nodes []node) {
	switch c.medium {
	case html:
		if end := c.markup(nodes, place{}); end.state != inText && !c.failed {
			c.fail(-1, "", "ends "+end.state.said(), "close it")
		}
	case address:
		c.addresses(nodes)
	default:
		each(nodes, func(n *node) { n.escape = c.plainEscape(n) })
	}
}

func (c *compiler) plainEscape(n *node) string {
	if n.placesItems() {
		return itemsEscape
	}
	return textEscape
}

// addresses checks a text that is a web address.
func (c *compiler) addresses(nodes []node) {
	begun := false
	for i := range nodes {
		n := &nodes[i]
		switch {
		case n.kind == textNode:
			if begun = begun || strings.TrimSpace(n.text) != ""; i == 0 {
				c.scheme(n)
			}
		case n.kind == outputNode:
			n.escape, begun = c.addressEscape(n, begun, textEscape), true
		default:
			c.fail(n.at, "", "a tag stands in a web address", "write the address out, with {{ }} for its parts")
		}
	}
}

// scheme reports an address whose beginning could run something.
func (c *compiler) scheme(n *node) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(n.text), ":")
	scheme = strings.ToLower(scheme)
	if !ok || rest == "" || scheme == "javascript" || scheme == "data" || scheme == "http" {
		c.fail(n.at, n.text, "is not a web address", "begin with https://, or with your app's own scheme")
	}
}

func each(nodes []node, do func(*node)) {
	for i := range nodes {
		do(&nodes[i])
		each(nodes[i].body, do)
		for _, a := range nodes[i].arms {
			each(a.body, do)
		}
	}
}

// emit writes nodes as Liquid for the engine.
func (p *program) emit(b *strings.Builder, nodes []node) {
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case textNode:
			p.texts = append(p.texts, piece{n.at, n.text})
			fmt.Fprintf(b, "{%% %s %d %%}", textTag, len(p.texts)-1)
		case outputNode:
			site := p.site(n.expr)
			fmt.Fprintf(b, "{{ %s | %s: %d, %s }}", p.expr(n.expr, site), n.escape, site, runName)
		case assignNode:
			fmt.Fprintf(b, "{%% assign %s = %s %%}", local(n.text), p.expr(n.expr, p.site(n.expr)))
		case captureNode:
			fmt.Fprintf(b, "{%% capture %s %%}", local(n.text))
			p.emit(b, n.body)
			b.WriteString("{% endcapture %}")
		case forNode:
			p.emitFor(b, n)
		case ifNode, caseNode:
			p.emitArms(b, n)
		}
	}
}

func (p *program) emitFor(b *strings.Builder, n *node) {
	fmt.Fprintf(b, "{%% for %s in %s", local(n.text), p.expr(n.expr, p.site(n.expr)))
	if n.reversed {
		b.WriteString(" reversed")
	}
	if n.limit > 0 {
		fmt.Fprintf(b, " limit:%d", n.limit)
	}
	b.WriteString(" %}")
	p.emit(b, n.body)
	b.WriteString("{% endfor %}")
}

// emitArms writes case as if too, so that there is one way to compare.
func (p *program) emitArms(b *strings.Builder, n *node) {
	for i, a := range n.arms {
		tests := make([]string, len(a.tests))
		for j, t := range a.tests {
			if n.kind == caseNode {
				t = &expr{op: compareOp, at: t.at, name: "==", args: []*expr{n.expr, t}}
			}
			tests[j] = p.expr(t, p.site(t))
		}
		switch {
		case len(a.tests) == 0 && i == 0:
			b.WriteString("{% if true %}")
		case len(a.tests) == 0:
			b.WriteString("{% else %}")
		case i == 0 && n.text == "unless":
			fmt.Fprintf(b, "{%% if (%s) == false or (%s) == nil %%}", tests[0], tests[0])
		case i == 0:
			fmt.Fprintf(b, "{%% if %s %%}", strings.Join(tests, " or "))
		default:
			fmt.Fprintf(b, "{%% elsif %s %%}", strings.Join(tests, " or "))
		}
		p.emit(b, a.body)
	}
	if len(n.arms) > 0 {
		b.WriteString("{% endif %}")
	}
}

func local(name string) string { return "l_" + name }

// site keeps where an expression stands and what it reads.
func (p *program) site(e *expr) int {
	s := site{at: e.at}
	var visit func(e *expr)
	visit = func(e *expr) {
		if e.op == nameOp {
			if s.name == "" {
				s.name, s.at = e.name, e.at
			}
			if e.read >= 0 {
				s.reads = append(s.reads, e.read)
			}
		}
		for _, a := range e.args {
			visit(a)
		}
	}
	visit(e)
	p.sites = append(p.sites, s)
	return len(p.sites) - 1
}

// expr writes an expression so that it can stand anywhere.
func (p *program) expr(e *expr, site int) string {
	switch e.op {
	case literalOp:
		return literal(e)
	case blankOp:
		return "nil"
	case truthOp:
		return e.name
	case nameOp:
		return name(e)
	case rangeOp:
		return fmt.Sprintf("(%d..%d)", e.from, e.to)
	case logicOp:
		parts := make([]string, len(e.args))
		for i, a := range e.args {
			parts[i] = p.expr(a, site)
		}
		return "(" + strings.Join(parts, " "+e.name+" ") + ")"
	case compareOp:
		return p.compare(e, site)
	}
	return p.filtered(e, site)
}

func literal(e *expr) string {
	if e.number {
		return e.name
	}
	if strings.Contains(e.name, `"`) {
		return "'" + e.name + "'"
	}
	return `"` + e.name + `"`
}

func name(e *expr) string {
	switch {
	case e.read >= 0:
		return "v" + strconv.Itoa(e.read)
	case strings.HasPrefix(e.name, loopRoot+"."):
		return e.name
	}
	return local(e.name)
}

func (p *program) compare(e *expr, site int) string {
	left, right := p.expr(e.args[0], site), p.expr(e.args[1], site)
	if slices.ContainsFunc(e.args, func(a *expr) bool { return a.op == blankOp }) {
		left, right = "("+left+" | "+presentOf+")", "("+right+" | "+presentOf+")"
	}
	if isTime(e.args[0].static.kind) && isTime(e.args[1].static.kind) {
		left, right = "("+left+" | "+instantOf+")", "("+right+" | "+instantOf+")"
	}
	return "(" + left + " " + e.name + " " + right + ")"
}

// filtered writes a filter with all its values, and the state behind them.
func (p *program) filtered(e *expr, site int) string {
	f, _ := findFilter(e.name)
	var args []string
	for i, param := range f.params {
		switch fallback := param.fallback.(type) {
		case float64:
			args = append(args, strconv.FormatFloat(fallback, 'f', -1, 64))
		case string:
			args = append(args, strconv.Quote(fallback))
		default:
			args = append(args, "")
		}
		if i+1 < len(e.args) {
			args[i] = p.expr(e.args[i+1], site)
		}
	}
	args = append(args, strconv.Itoa(site), runName)
	return "(" + p.expr(e.args[0], site) + " | " + filterName + e.name + ": " + strings.Join(args, ", ") + ")"
}
