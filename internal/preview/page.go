package preview

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

//go:embed page
var files embed.FS

// pages writes HTML. Everything that it shows is escaped; mails stand in
// frames without scripts, forms or the network.
type pages struct {
	templates *template.Template
	style     template.CSS
	script    template.JS
}

func newPages() *pages {
	return &pages{
		templates: template.Must(template.New("").Funcs(template.FuncMap{"label": label, "mail": letterOf}).ParseFS(files, "page/*.html")),
		style:     template.CSS(embedded("page.css")),
		script:    template.JS(embedded("page.js")),
	}
}

// embedded gives a file that is part of the program, so it is there.
func embedded(name string) string {
	text, _ := files.ReadFile("page/" + name)
	return string(text)
}

// label names a channel in a heading.
func label(c customer.Channel) string {
	switch c {
	case customer.SMS:
		return "SMS"
	case customer.Email:
		return "Email"
	case customer.Push:
		return "Push"
	}
	return string(c)
}

// letter is an email as one mail program shows it.
type letter struct {
	*Email
	Scheme scheme
	Staged string
}

func letterOf(e *Email, as scheme) letter { return letter{e, as, staged(e.HTML, as)} }

// pageView is what a template's page shows.
type pageView struct {
	*Preview
	Policy template.HTML // the Content-Security-Policy of a page that is a file; "" when a header has it
	Style  template.CSS
	Script template.JS // "": none
	Nav    *nav        // nil: none
}

// HTML gives a preview as one page that needs nothing beside itself: no
// script, no network.
func (p *Preview) HTML() ([]byte, error) {
	pages := newPages()
	return pages.render("template.html", pageView{Preview: p, Policy: template.HTML(`<meta http-equiv="Content-Security-Policy" content="` + policyFor("") + `">`), Style: pages.style})
}

func (p *pages) render(name string, view any) ([]byte, error) {
	var out bytes.Buffer
	err := p.templates.ExecuteTemplate(&out, name, view)
	return out.Bytes(), err
}

// policyFor lets a page run its one script, if it has one, and nothing else:
// mails bring their own styles and inlined pictures, and are cut off from the
// network.
func policyFor(script template.JS) string {
	list := []string{"default-src 'none'", "style-src 'unsafe-inline'", "img-src data:", "base-uri 'none'", "form-action 'none'"}
	if script != "" {
		sum := sha256.Sum256([]byte(script))
		list = append(list, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "connect-src 'self'", "frame-ancestors 'none'")
	}
	return strings.Join(list, "; ")
}
