package preview

import (
	"html"
	"regexp"
	"strings"
)

// markup is what an email's HTML holds, as far as it is looked at.
type markup struct {
	links  []string
	images []image
	words  string // what a reader sees
}

type image struct {
	src string
	alt bool // it has the attribute, perhaps empty: a decoration
}

var (
	comment   = regexp.MustCompile(`(?s)<!--.*?-->`)
	element   = regexp.MustCompile(`(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>`)
	attribute = regexp.MustCompile(`(?s)([a-zA-Z][a-zA-Z0-9:-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?`)
	unseen    = regexp.MustCompile(`(?is)<(style|script|title|head)\b.*?</(style|script|title|head)\s*>`)
	hidden    = regexp.MustCompile(`(?i)display\s*:\s*none`)
	tags      = regexp.MustCompile(`(?s)<[^>]*>`)
)

// scan reads an email's HTML. What templates make is well formed; other HTML
// is read as far as it goes.
func scan(page string) markup {
	var m markup
	page = comment.ReplaceAllString(page, "")
	var seen strings.Builder
	at, veil, depth := 0, "", 0
	body := unseen.ReplaceAllString(page, " ")
	for _, found := range element.FindAllStringSubmatchIndex(body, -1) {
		closing, name := body[found[2]:found[3]] != "", strings.ToLower(body[found[4]:found[5]])
		if veil == "" {
			seen.WriteString(body[at:found[0]] + " ")
		}
		at = found[1]
		attrs := attributes(body[found[6]:found[7]])
		if !closing {
			m.take(name, attrs)
		}
		switch {
		case veil == "" && !closing && hidden.MatchString(attrs["style"]) && name != "img":
			veil, depth = name, 1
		case veil == name && closing:
			if depth--; depth == 0 {
				veil = ""
			}
		case veil == name:
			depth++
		}
	}
	if veil == "" {
		seen.WriteString(body[at:])
	}
	m.words = strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(seen.String(), " "))), " ")
	return m
}

func (m *markup) take(name string, attrs map[string]string) {
	switch href, linked := attrs["href"]; {
	case (name == "a" || name == "area") && linked:
		m.links = append(m.links, href)
	case name == "img":
		_, alt := attrs["alt"]
		m.images = append(m.images, image{src: attrs["src"], alt: alt})
	}
}

func attributes(s string) map[string]string {
	attrs := map[string]string{}
	for _, found := range attribute.FindAllStringSubmatch(s, -1) {
		name := strings.ToLower(found[1])
		if _, twice := attrs[name]; !twice {
			attrs[name] = html.UnescapeString(strings.Trim(found[2], `"'`))
		}
	}
	return attrs
}
