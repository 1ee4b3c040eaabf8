package message

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/k3a/html2text"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Vars is what one message may say. Render changes nothing in it.
type Vars struct {
	Customer customer.Profile                     // customer.<trait>, customer.locale
	Match    map[string]customer.Value            // match.used, match.share
	Events   map[string]map[string]customer.Value // latest properties, by event: order_placed.order_id; and by webhook's answer: coupon.code
	// The engine's own signed links, whole addresses: link.unsubscribe and
	// link.preferences. "" where the engine has no public address: a text that
	// needs one is then not written, and an if leaves it out.
	Unsubscribe, Preferences string

	Now  time.Time      // the instant of the message
	Zone *time.Location // the customer's; nil is UTC
}

// RenderError says why a template could not be written for one customer. It
// holds no personal data, so it may be logged.
type RenderError struct {
	Template string
	Channel  customer.Channel
	File     string // "" when the template itself is not there
	Line     int    // from 1; 0: no one place
	Column   int    // from 1, in bytes
	Variable string // customer.first_name; "" when none is to blame
	Trouble  string
	Hint     string

	over bool // it is too long, so that it may do with fewer items
}

// Error gives template, place, variable, trouble and what to do, on one line.
func (e *RenderError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "template %s: %s: ", e.Template, e.Channel)
	if e.File != "" {
		b.WriteString(e.File + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
		}
		b.WriteString(" ")
	}
	if e.Variable != "" {
		b.WriteString(e.Variable + " ")
	}
	b.WriteString(e.Trouble)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// maxLine bounds subjects, titles, preheaders and links, in bytes.
// Source: RFC 5322 section 2.1.1.
const maxLine = 998

// Render writes a template for one customer and channel, in the version for
// the customer's locale: exact, else the language, else the one without a
// locale. Every error is a *RenderError.
func (l *Library) Render(name string, c customer.Channel, v Vars) (channel.Content, error) {
	content, _, err := l.Compose(name, c, v, nil)
	return content, err
}

// Try gives the error that Render would give, and costs less: no plain text is
// made of a mail's HTML.
func (l *Library) Try(name string, c customer.Channel, v Vars) error {
	_, err := l.TryCompose(name, c, v, nil)
	return err
}

func renderError(name string, c customer.Channel, err error) *RenderError {
	e, ok := errors.AsType[*RenderError](err)
	if !ok {
		e = &RenderError{Trouble: err.Error()}
	}
	e.Template, e.Channel = name, c
	return e
}

// textPart makes the text part of a mail that has none of its own.
type textPart func() (string, error)

var errUnwritten = errors.New("is not written for this channel")

func (l *Library) render(name string, c customer.Channel, v Vars, riders []rider) (channel.Content, textPart, error) {
	t := l.templates[name]
	switch c {
	case customer.SMS:
		if p, _, _ := t.sms.find(v.Customer.Locale); p != nil {
			text, err := p.write(v, page{})
			return channel.Content{Text: text}, nil, err
		}
	case customer.Push:
		if p, _, _ := t.push.find(v.Customer.Locale); p != nil {
			content, err := p.render(v, riders)
			return content, nil, err
		}
	case customer.Email:
		if e, locale, _ := t.email.find(v.Customer.Locale); e != nil {
			layout, _, _ := l.layouts[e.layout].find(locale)
			return e.render(v, layout, riders)
		}
	}
	return channel.Content{}, nil, errUnwritten
}

var (
	trailing   = regexp.MustCompile(`[ \t\x{00a0}]+(\n|$)`)
	leading    = regexp.MustCompile(`(?m)^[ \t]+`)
	emptyLines = regexp.MustCompile(`\n{3,}`)
)

// readable makes a text part from HTML, with links in angle brackets.
func readable(html string) string {
	s := html2text.HTML2TextWithOptions(html, html2text.WithUnixLineBreaks(), html2text.WithLinksInnerText(), html2text.WithListSupport())
	return leading.ReplaceAllString(tidyText(s), "")
}

// tidyText drops what tags on lines of their own leave behind.
func tidyText(s string) string {
	return strings.TrimSpace(emptyLines.ReplaceAllString(trailing.ReplaceAllString(s, "$1"), "\n\n"))
}

// write runs a program for one customer.
func (p *program) write(v Vars, filled page) (string, error) {
	if p == nil {
		return "", errors.New("has problems; run outreach check")
	}
	return p.run(v.Zone, func(r read) any { return v.value(r, filled) })
}

// run runs a program with values for what it reads; nil is absent.
func (p *program) run(zone *time.Location, value func(read) any) (_ string, err error) {
	r := &run{prog: p, format: format{locale: p.locale, zone: zone}, values: make([]any, len(p.reads))}
	bindings := make(map[string]any, len(p.reads)+1)
	bindings[runName] = r
	for i, known := range p.reads {
		r.values[i] = value(known)
		bindings["v"+strconv.Itoa(i)] = r.values[i]
	}
	out := bounded{limit: p.bytes()}
	out.Grow(min(2*len(p.src.body), out.limit))
	if err := p.execute(bindings, &out); r.err != nil {
		return "", p.trouble(r)
	} else if err != nil {
		return "", p.failed(-1, "", err.Error(), "")
	}
	s := p.finish(out.String())
	if out.over || p.tooLong(s) {
		return "", p.tooLarge()
	}
	return s, nil
}

// execute keeps whatever the engine may do from ending the process.
func (p *program) execute(bindings map[string]any, out *bounded) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be rendered with these values")
		}
	}()
	if e := p.liquid.FRender(out, bindings); e != nil {
		return errors.New("cannot be rendered with these values")
	}
	return nil
}

// finish gives a text the form of its medium.
func (p *program) finish(s string) string {
	switch p.medium {
	case line, address:
		return strings.Join(strings.Fields(s), " ")
	case html:
		return s
	}
	return tidyText(s)
}

// bytes bounds what may be written before it gets its form.
func (p *program) bytes() int { return min(maxTemplate, p.limit*utf8.UTFMax*2) }

func (p *program) tooLong(s string) bool {
	switch {
	case p.medium == line || p.medium == address:
		return len(s) > maxLine
	case p.limit == maxSMS:
		return utf8.RuneCountInString(s) > maxSMS
	}
	return len(s) > p.limit
}

func (p *program) bound() string {
	switch {
	case p.medium == line || p.medium == address:
		return "998 bytes in one line"
	case p.limit == maxSMS:
		return "1600 characters"
	}
	return "100 kB"
}

// tooLarge says that what a program writes is more than its medium takes.
func (p *program) tooLarge() error {
	at := -1
	if p.src.path != "" {
		at = 0
	}
	e := p.failed(at, "", "makes a message of more than "+p.bound(), "shorten the text, or bound what it holds with | truncate: 40")
	e.over = true
	return e
}

// trouble says what went wrong where, naming the variable that is absent.
func (p *program) trouble(r *run) error {
	s := p.sites[r.site]
	for _, i := range s.reads {
		if r.values[i] == nil {
			return p.failed(p.reads[i].at, p.reads[i].path, errAbsent.Error(), "add | default: or put it in an if")
		}
	}
	hint := ""
	if errors.Is(r.err, errAbsent) {
		hint = "add | default: or put it in an if"
	}
	return p.failed(s.at, s.name, r.err.Error(), hint)
}

func (p *program) failed(at int, variable, trouble, hint string) *RenderError {
	problem := p.src.problem(at, "", trouble, hint)
	return &RenderError{File: problem.File, Line: problem.Line, Column: problem.Column, Variable: variable, Trouble: trouble, Hint: hint}
}

// value gives what a read finds; an empty text is absent.
func (v Vars) value(r read, filled page) any {
	root, name, _ := strings.Cut(r.path, ".")
	switch {
	case root == nowRoot:
		return instant{at: v.Now.In(v.Zone)}
	case name == "":
		return filled.field(root)
	case root == linkRoot:
		return present(v.link(name))
	case root == matchRoot:
		return v.typed(v.Match[name], r.kind)
	case root == customerRoot:
		if value := v.typed(v.Customer.Traits[name], r.kind); value != nil {
			return value
		}
		return v.typed(customer.Text(field(v.Customer, name)), r.kind)
	}
	return v.typed(v.Events[root][name], r.kind)
}

// link gives one of the engine's own links by its name in templates.
func (v Vars) link(name string) string {
	switch name {
	case unsubscribeLink:
		return v.Unsubscribe
	case preferencesLink:
		return v.Preferences
	}
	return ""
}

func present(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return s
}

// field gives a profile's own field by its name in templates.
func field(p customer.Profile, name string) string {
	switch name {
	case "country":
		return p.Country
	case "email":
		return p.Email
	case "locale":
		return p.Locale
	case "phone":
		return p.Phone
	case "region":
		return p.Region
	case "zone":
		return p.Zone
	}
	return ""
}

// typed reads a value as its declared kind; nil when it cannot be read so.
func (v Vars) typed(value customer.Value, kind customer.Kind) any {
	switch kind {
	case customer.KindNumber:
		if n, ok := value.Float(); ok {
			return n
		}
		return nil
	case customer.KindDate, customer.KindTime:
		if t, ok := value.Time(v.Zone); ok {
			return instant{at: t.In(v.Zone), day: kind == customer.KindDate}
		}
		return nil
	case anyKind:
		if n, ok := value.Float(); ok && value == customer.Number(n) {
			return n
		}
	}
	return present(value.String())
}
