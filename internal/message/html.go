package message

import "strings"

// place is where in HTML a byte stands. It follows the HTML tokenizer as far
// as escaping needs it.
// Source: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
type place struct {
	state htmlState
	name  string // of the element while in a tag, or whose raw text this is
	attr  string
	quote byte // of an attribute's value
	begun bool // the value has something in it
}

// htmlState is the state of the tokenizer.
type htmlState int

const (
	inText    htmlState = iota
	inTag               // between attributes
	inName              // of an element
	inAttr              // an attribute's name
	inValue             // in quotes
	inBare              // a value without quotes
	inComment           // <!-- -->
	inRaw               // of style and script
)

// markup follows the HTML of some nodes, and chooses how each output in them
// is escaped.
func (c *compiler) markup(nodes []node, p place) place {
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case textNode:
			p = p.after(n.text)
		case outputNode:
			c.output(n, p)
			p.begun = p.state == inValue
		case captureNode:
			c.captureInHTML(n)
		case forNode:
			c.same(n.at, "{% for %}", p, c.markup(n.body, p))
		case ifNode, caseNode:
			p = c.armsInHTML(n, p)
		}
	}
	return p
}

// armsInHTML follows every arm from the same place, and reports arms that do
// not end in the same one.
func (c *compiler) armsInHTML(n *node, p place) place {
	var end *place
	whole := false
	for _, a := range n.arms {
		q := c.markup(a.body, p)
		if end == nil {
			end = &q
		}
		c.same(a.at, "", *end, q)
		end.begun = end.begun && q.begun
		whole = whole || len(a.tests) == 0
	}
	if end == nil {
		return p
	}
	if !whole {
		c.same(n.at, "", p, *end)
		end.begun = end.begun && p.begun
	}
	return *end
}

func (c *compiler) same(at int, shown string, a, b place) {
	if a.begun, b.begun = false, false; a != b && !c.failed {
		c.fail(at, shown, "opens or closes a quote or a tag in one case and not in the other", "put whole tags, or whole values, into each case")
	}
}

// captureInHTML keeps markup out of captures, which are escaped where they are
// written out.
func (c *compiler) captureInHTML(n *node) {
	var visit func(nodes []node)
	visit = func(nodes []node) {
		for i := range nodes {
			if i := strings.IndexByte(nodes[i].text, '<'); i >= 0 && nodes[i].kind == textNode {
				c.fail(n.at, "{% capture "+n.text+" %}", "holds HTML, which would be shown as text", "capture words only, and write the HTML where it belongs")
				return
			}
			nodes[i].escape = textEscape
			visit(nodes[i].body)
			for _, a := range nodes[i].arms {
				visit(a.body)
			}
		}
	}
	visit(n.body)
}

// output chooses the escape for the place of an output.
func (c *compiler) output(n *node, p place) {
	if n.expr == nil {
		return
	}
	name := n.expr.name
	switch {
	case name == contentRoot && n.expr.op == nameOp && c.layout:
		if n.escape = rawEscape; p.state != inText {
			c.fail(n.at, "{{ content }}", "stands inside a tag", "put it between tags")
		}
	case n.placesItems():
		if n.escape = itemsEscape; p.state != inText {
			c.fail(n.at, "{{ items }}", "stand "+p.state.said(), "put it between tags")
		}
	case p.state == inText:
		n.escape = htmlEscape
	case p.state != inValue:
		c.fail(n.at, name, "stands "+p.state.said()+", where it cannot be made safe", "write it between tags, or in quotes as an attribute's value")
	case p.attr == "style" || strings.HasPrefix(p.attr, "on") || p.attr == "srcdoc":
		c.fail(n.at, name, "stands in "+p.attr+"=, where it cannot be made safe", "choose between whole tags with {% if %}")
	case isAddress(p.attr):
		n.escape = c.addressEscape(n, p.begun, htmlEscape)
	default:
		n.escape = htmlEscape
	}
}

// addressEscape chooses the escape inside a web address: links of the engine's
// own stand as they are, everything else is encoded, and may not be its start.
func (c *compiler) addressEscape(n *node, begun bool, own string) string {
	switch {
	case n.expr.op == nameOp && strings.HasPrefix(n.expr.name, linkRoot+"."):
		return own
	case !begun:
		c.fail(n.at, n.expr.name, "begins a web address, which could then lead anywhere", "write the address's beginning out: https://www.example.com/{{ "+n.expr.name+" }}")
	case n.expr.op == filterOp && n.expr.name == "url_encode":
		return own
	}
	return urlEscape
}

func isAddress(attr string) bool {
	switch attr {
	case "href", "src", "action", "formaction", "background", "cite", "poster", "srcset", "data", "xlink:href":
		return true
	}
	return false
}

func (s htmlState) said() string {
	switch s {
	case inComment:
		return "in a comment"
	case inRaw:
		return "in a style sheet or script"
	case inBare:
		return "in a value without quotes"
	case inValue:
		return "in an attribute's value"
	}
	return "inside of a tag"
}

// after gives the place behind some text.
func (p place) after(s string) place {
	for i := 0; i < len(s); {
		i += p.step(s[i:])
	}
	return p
}

// step goes over the beginning of a text and gives how far.
func (p *place) step(s string) int {
	switch p.state {
	case inText:
		return p.text(s)
	case inComment:
		return p.skipTo(s, "-->")
	case inRaw:
		return p.raw(s)
	case inValue:
		if s[0] == p.quote {
			*p = place{state: inTag, name: p.name}
		} else {
			p.begun = true
		}
		return 1
	}
	return p.tag(s)
}

// raw looks for the end tag of a style sheet or script.
func (p *place) raw(s string) int {
	for i := 0; i+2+len(p.name) <= len(s); i++ {
		if s[i] == '<' && s[i+1] == '/' && strings.EqualFold(s[i+2:i+2+len(p.name)], p.name) {
			*p = place{state: inName, name: "/"}
			return i + 2
		}
	}
	return len(s)
}

func (p *place) skipTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		*p = place{}
		return i + len(end)
	}
	return len(s)
}

func (p *place) text(s string) int {
	i := strings.IndexByte(s, '<')
	switch {
	case i < 0:
		return len(s)
	case strings.HasPrefix(s[i:], "<!--"):
		*p = place{state: inComment}
		return i + 4
	case i+1 < len(s) && (isLetter(s[i+1]) || s[i+1] == '/' || s[i+1] == '!'):
		*p = place{state: inName}
	case i+1 == len(s):
		*p = place{state: inName}
	}
	return i + 1
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// tag goes over one byte between < and >.
func (p *place) tag(s string) int {
	b := s[0]
	space := strings.IndexByte(" \t\r\n/", b) >= 0
	switch {
	case b == '>':
		p.close()
	case p.state == inName && !space:
		p.name = lengthened(p.name, b)
	case p.state == inName && b == '/' && p.name == "":
		p.name = "/"
	case p.state == inBare && !space:
	case (b == '"' || b == '\'') && p.state == inAttr && strings.HasSuffix(p.attr, "="):
		*p = place{state: inValue, name: p.name, attr: strings.TrimSuffix(p.attr, "="), quote: b}
	case space && p.state == inAttr && strings.HasSuffix(p.attr, "="):
	case space && p.state != inAttr:
		*p = place{state: inTag, name: p.name}
	case space:
		p.state = inTag
	case b == '=' && p.attr != "":
		p.state, p.attr = inAttr, strings.TrimSuffix(p.attr, "=")+"="
	case p.state == inAttr && strings.HasSuffix(p.attr, "="):
		*p = place{state: inBare, name: p.name}
	case p.state == inTag:
		*p = place{state: inAttr, name: p.name, attr: strings.ToLower(string(b))}
	default:
		p.attr = lengthened(p.attr, b)
	}
	return 1
}

// lengthened adds to a name as far as a known one could go.
func lengthened(name string, b byte) string {
	const longest = 24
	if len(name) >= longest {
		return name
	}
	return name + strings.ToLower(string(b))
}

func (p *place) close() {
	if p.name == "style" || p.name == "script" {
		*p = place{state: inRaw, name: p.name}
		return
	}
	*p = place{}
}
