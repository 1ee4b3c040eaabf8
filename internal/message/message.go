// Package message turns templates into messages. It decides what a template
// may say, in which language a customer reads it, and how many SMS segments a
// text takes. It refuses to know who is reached, when and why, and it reads no
// file and no clock: the same template and variables give the same message.
//
// Templates are Liquid, of which this is the whole language: outputs with
// filters, and the tags if, elsif, else, unless, case, when, assign, capture,
// comment, raw and for. Everything else is a problem at load. What a variable
// holds is only ever written out, never read as Liquid, and is escaped for the
// place in which it stands.
package message

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

// Env is what templates are checked against.
type Env struct {
	Data   *dictionary.Dictionary // traits and events that may be named; nil declares none
	Prefix string                 // stands before a file's path in problems: "templates/"
}

// Library is a set of checked templates. It is immutable and safe for
// concurrent use. Use it only when reading it gave no error: what had problems
// is left out.
type Library struct {
	prefix    string
	templates map[string]template
	layouts   map[string]variants[*program]
}

// template holds a message's parts, per channel and locale.
type template struct {
	sms   variants[*program]
	email variants[*email]
	push  variants[*push]
}

type email struct {
	layout    string   // "" is none
	named     text     // where the front matter names it, if it does
	subject   *program // one line
	preheader *program // nil is none
	html      *program
	text      *program // nil is made from the HTML
}

type push struct {
	title *program
	link  *program // nil is none
	text  *program
}

// variants are the versions of one thing by locale, in lower case; "" serves
// everybody else.
type variants[T any] map[string]T

// find gives the version for a locale: exact (de-AT), then its language (de),
// then the one without a locale.
func (v variants[T]) find(locale string) (found T, key string, ok bool) {
	key = strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
	for {
		if found, ok = v[key]; ok || key == "" {
			return found, key, ok
		}
		key = key[:max(strings.LastIndexByte(key, '-'), 0)]
	}
}

// Names gives the templates, sorted.
func (l *Library) Names() []string { return slices.Sorted(maps.Keys(l.templates)) }

// Channels gives the channels that a template is written for, in the order of
// customer.Channels; none for a template that is not known.
func (l *Library) Channels(name string) []customer.Channel {
	t := l.templates[name]
	has := map[customer.Channel]bool{
		customer.SMS: len(t.sms) > 0, customer.Email: len(t.email) > 0, customer.Push: len(t.push) > 0,
	}
	return slices.DeleteFunc(customer.Channels(), func(c customer.Channel) bool { return !has[c] })
}

// Use is how one rule sends one template.
type Use struct {
	Rule     string // stands as the file in problems about the use itself
	Template string
	Channels []customer.Channel // empty: whichever the template is written for
	Match    []string           // names under match. that this rule gives
	Events   []string           // events, and webhooks' answers, whose properties can be known in this outreach
}

// CheckUse reports what a rule's use of a template cannot have: a template or
// channel that is not there, and variables that this rule never gives, unless
// they are guarded by an if or a default.
func (l *Library) CheckUse(u Use, ps *source.Problems) {
	if !l.checkName(u, ps) {
		return
	}
	written := l.Channels(u.Template)
	for _, c := range u.Channels {
		if !slices.Contains(written, c) {
			l.unwritten(u, c, ps)
		}
	}
	for _, c := range written {
		if len(u.Channels) > 0 && !slices.Contains(u.Channels, c) {
			continue
		}
		for _, p := range l.programs(u.Template, c) {
			p.checkUse(u, ps)
		}
	}
}

// checkName reports a template that is not there.
func (l *Library) checkName(u Use, ps *source.Problems) bool {
	_, ok := l.templates[u.Template]
	if !ok {
		ps.Add(source.Problem{File: u.Rule, Value: u.Template, Message: "is not a template",
			Hint: cmp.Or(source.DidYouMean(u.Template, l.Names()), "add "+l.prefix+u.Template+"/sms.txt, email.html or push.txt")})
	}
	return ok
}

func (l *Library) unwritten(u Use, c customer.Channel, ps *source.Problems) {
	ps.Add(source.Problem{File: u.Rule, Value: u.Template, Message: "is not written for " + string(c),
		Hint: "add " + l.prefix + u.Template + "/" + string(bodyOf(c))})
}

// programs gives everything that is run to render a template for a channel.
func (l *Library) programs(name string, c customer.Channel) []*program {
	t := l.templates[name]
	var list []*program
	switch c {
	case customer.SMS:
		list = slices.AppendSeq(list, maps.Values(t.sms))
	case customer.Push:
		for _, p := range t.push {
			list = append(list, p.title, p.link, p.text)
		}
	case customer.Email:
		for locale, e := range t.email {
			layout, _, _ := l.layouts[e.layout].find(locale)
			list = append(list, e.subject, e.preheader, e.html, e.text, layout)
		}
	}
	return slices.DeleteFunc(list, func(p *program) bool { return p == nil })
}

func (p *program) checkUse(u Use, ps *source.Problems) {
	for _, r := range p.reads {
		root, name, _ := strings.Cut(r.path, ".")
		switch {
		case root == matchRoot && !slices.Contains(u.Match, name):
			p.checkGiven(r, u, u.Match, ps)
		case r.event && !slices.Contains(u.Events, root):
			p.checkGiven(r, u, nil, ps)
		}
	}
}

// checkGiven reports one read of what the rule does not give. A guarded one is
// meant for other rules, unless it looks like a slip of the pen.
func (p *program) checkGiven(r read, u Use, given []string, ps *source.Problems) {
	_, name, _ := strings.Cut(r.path, ".")
	problem := p.src.problem(r.at, r.path, "is not known in rule "+u.Rule, source.DidYouMean(name, given))
	if r.guarded {
		if source.Nearest(name, given) == "" {
			return
		}
		problem.Severity, problem.Code = source.Warning, "not-given"
	}
	if problem.Hint == "" {
		problem.Hint = "put it in an if, add | default:, or use another template"
	}
	ps.Add(problem)
}
