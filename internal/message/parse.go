package message

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// nodeKind is what a piece of a parsed template does.
type nodeKind int

const (
	textNode nodeKind = iota
	outputNode
	ifNode // unless too
	caseNode
	assignNode
	captureNode
	forNode
)

// node is a piece of a parsed template.
type node struct {
	kind     nodeKind
	at       int
	text     string // the text; the name that is made; "unless"
	expr     *expr  // what is written, assigned, compared by case, or looped over
	arms     []arm  // of if and case
	body     []node // of capture and for
	reversed bool   // of for
	limit    int    // of for; 0 is none

	escape string // of an output: the filter that makes it safe, found while checking
}

// arm is one way through an if or a case.
type arm struct {
	at    int
	tests []*expr // one for if and elsif, one or more for when, none for else
	body  []node
}

// tree reads spans into nodes.
type tree struct {
	c      *compiler
	spans  []span
	misfit bool // an end stood in the wrong place, so what is open says nothing
}

var (
	localName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	loopShape = regexp.MustCompile(`^\s*([^\s]+)\s+in\s`)
)

func blockTags() []string { return []string{"if", "unless", "case", "capture", "for"} }

func innerTags() []string {
	return []string{"elsif", "else", "when", "endif", "endunless", "endcase", "endcapture", "endfor", "endraw", "endcomment"}
}

// parse reads the whole template.
func (c *compiler) parse() []node {
	t := tree{c: c, spans: c.spans()}
	nodes, _ := t.until(span{}, nil)
	return nodes
}

// until reads up to the first of some tags, which belong to an open one. At
// the end of the template the tag is empty, and an open one is a problem.
func (t *tree) until(open span, ends []string) ([]node, span) {
	var nodes []node
	for len(t.spans) > 0 {
		s := t.spans[0]
		t.spans = t.spans[1:]
		switch {
		case s.kind == textSpan:
			nodes = append(nodes, node{kind: textNode, at: s.at, text: s.body})
		case s.kind == outputSpan:
			nodes = append(nodes, t.output(s))
		case slices.Contains(ends, s.name):
			return nodes, s
		default:
			if n, ok := t.tag(s, open); ok {
				nodes = append(nodes, n)
			}
		}
	}
	if open.name != "" && !t.misfit {
		t.c.fail(open.at, "{% "+open.name+" %}", "is not closed", "write {% end"+open.name+" %} behind it")
	}
	return nodes, span{}
}

func (t *tree) output(s span) node {
	p := t.c.parser(s.body, s.start)
	if !p.failed && len(p.tokens) == 0 {
		t.c.fail(s.at, "{{ }}", "is empty", "name a variable, as {{ customer.plan }}, or leave it out")
		return node{}
	}
	n := node{kind: outputNode, at: s.at, expr: p.whole(p.filtered)}
	return n
}

// tag reads one tag with all that belongs to it; false is a problem, reported.
func (t *tree) tag(s, open span) (node, bool) {
	if t.c.depth++; t.c.depth > maxDepth {
		t.c.fail(s.at, "{% "+s.name+" %}", "stands too deep inside of others", "write it simpler")
		t.spans, t.misfit = nil, true
		return node{}, false
	}
	defer func() { t.c.depth-- }()
	switch s.name {
	case "if", "unless":
		return t.branch(s), true
	case "case":
		return t.choice(s), true
	case "assign":
		return t.assign(s)
	case "capture":
		return t.captured(s), true
	case "for":
		return t.loop(s), true
	}
	t.refuse(s, open)
	return node{}, false
}

// refuse reports a tag that is not known, or not here.
func (t *tree) refuse(s, open span) {
	shown := "{% " + s.name + " %}"
	switch {
	case slices.Contains(innerTags(), s.name) && open.name != "":
		t.misfit = true
		t.c.fail(s.at, shown, "does not fit in {% "+open.name+" %}", "close {% "+open.name+" %} with {% end"+open.name+" %} first")
	case slices.Contains(innerTags(), s.name):
		t.c.fail(s.at, shown, "closes nothing that is open", "leave it out, or write the tag that it belongs to")
	case s.name == "":
		t.c.fail(s.at, "{% %}", "has no name", "write a tag, as {% if customer.plan == \"surf\" %}, or leave it out")
	default:
		t.c.fail(s.at, shown, "is not a tag that is known here", tagHint(s.name))
	}
}

func tagHint(name string) string {
	switch name {
	case "include", "render", "layout", "section":
		return "templates read no other file; write the text here, or in a layout"
	case "break", "continue", "cycle", "tablerow", "increment", "decrement":
		return "a message has no need of it"
	case "elseif", "elif":
		return "write elsif"
	case "end":
		return "write endif, endunless, endcase, endcapture or endfor"
	case "echo":
		return "write {{ }}"
	case "#":
		return "write {% comment %} and {% endcomment %}"
	case "switch":
		return "write case"
	}
	known := slices.Concat(blockTags(), innerTags(), []string{"assign", "comment", "raw"})
	return cmp.Or(source.DidYouMean(name, known), "known: if, elsif, else, unless, case, when, assign, capture, comment, raw, for")
}

// condition reads a tag's one condition.
func (t *tree) condition(s span) *expr {
	p := t.c.parser(s.body, s.start)
	if !p.failed && len(p.tokens) == 0 {
		t.c.fail(s.at, "{% "+s.name+" %}", "has no condition", "write one: {% "+s.name+" customer.plan == \"surf\" %}")
		return nil
	}
	return p.whole(p.condition)
}

// bare reports what stands behind a tag that takes nothing.
func (t *tree) bare(s span) {
	rest := strings.TrimSpace(s.body)
	if rest == "" || strings.HasPrefix(s.name, "end") {
		return
	}
	hint := "leave it out"
	if strings.HasPrefix(rest, "if ") {
		hint = "write elsif"
	}
	t.c.fail(s.start+1, rest, "stands behind "+s.name, hint)
}

func (t *tree) branch(s span) node {
	n := node{kind: ifNode, at: s.at, text: s.name}
	ends := []string{"elsif", "else", "end" + s.name}
	for tag := s; tag.name != "" && tag.name != "end"+s.name; {
		a := arm{at: tag.at}
		if tag.name == "else" {
			t.bare(tag)
			ends = []string{"end" + s.name}
		} else {
			a.tests = []*expr{t.condition(tag)}
		}
		a.body, tag = t.until(s, ends)
		n.arms = append(n.arms, a)
	}
	return n
}

func (t *tree) choice(s span) node {
	n := node{kind: caseNode, at: s.at, expr: t.condition(s)}
	before, tag := t.until(s, []string{"when", "else", "endcase"})
	for _, b := range before {
		if b.kind != textNode || strings.TrimSpace(b.text) != "" {
			t.c.fail(b.at, firstLine(b.text), "stands between case and its first when, where nothing is shown", "move it before {% case %}")
		}
	}
	for tag.name != "" && tag.name != "endcase" {
		a, ends := arm{at: tag.at}, []string{"when", "else", "endcase"}
		if tag.name == "else" {
			t.bare(tag)
			ends = []string{"endcase"}
		} else {
			a.tests = t.when(tag)
		}
		a.body, tag = t.until(s, ends)
		n.arms = append(n.arms, a)
	}
	return n
}

// when = primary {(, | or) primary}
func (t *tree) when(s span) []*expr {
	p := t.c.parser(s.body, s.start)
	var tests []*expr
	e := p.whole(func() *expr {
		tests = []*expr{p.primary()}
		for !p.failed && (p.accept(signToken, ",") || p.accept(wordToken, "or")) {
			tests = append(tests, p.primary())
		}
		return tests[0]
	})
	if e == nil {
		return []*expr{nil}
	}
	return tests
}

// named reports a name that assign, capture and for may not make.
func (t *tree) named(at int, name string) bool {
	root, _, _ := strings.Cut(name, ".")
	switch {
	case !localName.MatchString(name):
		t.c.fail(at, name, "is not a name", "use small letters, digits and _: plan_name")
	case slices.Contains(roots(), root):
		t.c.fail(at, name, "is taken", "choose another name")
	default:
		if _, taken := t.c.env.Data.Properties(name); !taken {
			return true
		}
		t.c.fail(at, name, "is the name of an event or of a webhook's answer", "choose another name")
	}
	return false
}

func (t *tree) assign(s span) (node, bool) {
	left, _, found := strings.Cut(s.body, "=")
	name := strings.TrimSpace(left)
	at := s.start + len(left) - len(strings.TrimLeft(left, " \t\r\n"))
	if !found || name == "" {
		t.c.fail(s.at, "{% assign %}", "has no name and value", "write {% assign plan_name = \"Surf\" %}")
		return node{}, false
	}
	n := node{kind: assignNode, at: s.at, text: name}
	p := t.c.parser(s.body[len(left)+1:], s.start+len(left)+1)
	n.expr = p.whole(p.filtered)
	return n, t.named(at, name) && n.expr != nil
}

func (t *tree) captured(s span) node {
	n := node{kind: captureNode, at: s.at, text: strings.TrimSpace(s.body)}
	if n.text == "" {
		t.c.fail(s.at, "{% capture %}", "has no name", "write {% capture plan_name %}")
	} else {
		t.named(s.start+strings.Index(s.body, n.text), n.text)
	}
	n.body, _ = t.until(s, []string{"endcapture"})
	return n
}

// loop = name in filtered {reversed | limit: number}
func (t *tree) loop(s span) node {
	n := node{kind: forNode, at: s.at}
	if m := loopShape.FindStringSubmatchIndex(s.body); m == nil {
		t.c.fail(s.at, "{% for %}", "does not say what it runs over", "write {% for i in (1..3) %}")
	} else {
		n.text = s.body[m[2]:m[3]]
		t.named(s.start+m[2], n.text)
		p := t.c.parser(s.body[m[1]:], s.start+m[1])
		n.expr = p.whole(func() *expr {
			e := p.filtered()
			p.modifiers(&n)
			return e
		})
	}
	var tag span
	if n.body, tag = t.until(s, []string{"else", "endfor"}); tag.name == "else" {
		t.c.fail(tag.at, "{% else %}", "stands in a for", "use an if before the for")
		t.until(s, []string{"endfor"})
	}
	return n
}

func (p *exprParser) modifiers(n *node) {
	for !p.failed {
		switch {
		case p.accept(wordToken, "reversed"):
			n.reversed = true
		case p.accept(wordToken, "limit"):
			t := token{}
			if p.accept(signToken, ":") {
				t = p.next()
			}
			limit, err := strconv.Atoi(t.text)
			if t.kind != numberToken || err != nil || limit < 1 {
				p.fail(p.peek().at, t.text, "is not a limit", "write limit: 3")
			}
			n.limit = limit
		default:
			return
		}
	}
}
