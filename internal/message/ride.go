package message

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// HasItems reports whether a template names the place of items for a channel,
// with {{ items }} in its text in every language, as a digest's has to.
func (l *Library) HasItems(name string, c customer.Channel) bool {
	bodies := l.bodies(name, c)
	return len(bodies) > 0 && !slices.ContainsFunc(bodies, func(p *program) bool { return !p.places() })
}

// Rides reports whether a template can ride on messages of a channel: it has a
// text for it, which is neither a digest nor, in any language, a whole page.
// Nothing rides on text messages, which are paid for by length.
func (l *Library) Rides(name string, c customer.Channel) bool {
	bodies := l.bodies(name, c)
	return len(bodies) > 0 && !slices.ContainsFunc(bodies, func(p *program) bool { return p.unfit() != nil })
}

// CheckItem is CheckUse for a template that rides on messages of the use's
// channels, of any where it names none: it reports one that cannot, and
// variables in what rides that the rule never gives.
func (l *Library) CheckItem(u Use, ps *source.Problems) {
	if !l.checkName(u, ps) {
		return
	}
	channels := u.Channels
	if len(channels) == 0 {
		channels = slices.DeleteFunc(l.Channels(u.Template), func(c customer.Channel) bool { return c == customer.SMS })
	}
	if len(channels) == 0 {
		ps.Add(source.Problem{File: u.Rule, Value: u.Template, Message: "is written for sms only, on which nothing rides",
			Hint: "add " + l.prefix + u.Template + "/" + string(emailHTML)})
	}
	for _, c := range channels {
		l.checkItem(u, c, ps)
	}
}

func (l *Library) checkItem(u Use, c customer.Channel, ps *source.Problems) {
	if c == customer.SMS {
		ps.Add(source.Problem{File: u.Rule, Value: u.Template, Message: "cannot ride on sms, which is paid for by length", Hint: "let it ride on email or push"})
		return
	}
	bodies := l.bodies(u.Template, c)
	if len(bodies) == 0 {
		l.unwritten(u, c, ps)
		return
	}
	for _, p := range bodies {
		if t := p.unfit(); p != nil && t != nil {
			ps.Add(p.src.problem(-1, "", t.message, t.hint))
		}
	}
	for _, p := range l.carried(u.Template, c) {
		p.checkUse(u, ps)
	}
}

// carried gives everything that is run to write a template as an item, but for
// an email's heading, which may be missing.
func (l *Library) carried(name string, c customer.Channel) []*program {
	list := l.bodies(name, c)
	switch c {
	case customer.Email:
		for _, e := range l.templates[name].email {
			list = append(list, e.text)
		}
	case customer.Push:
		for _, p := range l.templates[name].push {
			list = append(list, p.link)
		}
	}
	return slices.DeleteFunc(list, func(p *program) bool { return p == nil })
}

// bodies gives the main text of a template in every language; none for SMS.
func (l *Library) bodies(name string, c customer.Channel) []*program {
	var list []*program
	switch c {
	case customer.Email:
		for _, e := range l.templates[name].email {
			list = append(list, e.html)
		}
	case customer.Push:
		for _, p := range l.templates[name].push {
			list = append(list, p.text)
		}
	}
	return list
}

// unfit says why a text cannot ride on another; nil when it can.
func (p *program) unfit() *trouble {
	switch {
	case p == nil:
		return &trouble{"has problems", "run outreach check"}
	case p.place:
		return &trouble{"is a digest, which holds items and is none", "attach another template"}
	case p.medium == html && wholePage(p.src.body):
		return &trouble{"is a whole page, which cannot stand inside of another", "leave out <html>, <head> and <body>; the layout has them"}
	}
	return nil
}

// wholePage reports whether HTML brings a page of its own.
func wholePage(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc([]string{"<!doctype", "<html", "<head>", "<body"}, func(tag string) bool { return strings.Contains(s, tag) })
}

// Headed reports whether the text that rides on an email has a heading of its
// own in the language of a locale; without one a digest puts its subject there.
func (l *Library) Headed(name, locale string) bool {
	e, _, _ := l.templates[name].email.find(locale)
	return e != nil && e.html != nil && ownHeading.MatchString(e.html.src.body)
}
