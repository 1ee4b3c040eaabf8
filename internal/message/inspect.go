package message

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Mention is one place where a template names a variable.
type Mention struct {
	Path    string // customer.first_name
	File    string
	Line    int  // from 1
	Column  int  // from 1, in bytes
	Guarded bool // an if or a default cares for its absence
}

// Mentions gives what a template names for a channel in the version that a locale
// is served, its layout's included, by place. Names in layouts that only
// layouts have are not among them.
func (l *Library) Mentions(name string, c customer.Channel, locale string) []Mention {
	var list []Mention
	for _, p := range l.served(name, c, locale) {
		for _, r := range p.reads {
			if !strings.Contains(r.path, ".") && r.path != nowRoot {
				continue
			}
			line, column := p.src.position(r.at)
			list = append(list, Mention{Path: r.path, File: p.src.file, Line: line, Column: column, Guarded: r.guarded})
		}
	}
	slices.SortStableFunc(list, func(a, b Mention) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(list)
}

// served gives what is run for one channel and locale.
func (l *Library) served(name string, c customer.Channel, locale string) []*program {
	t := l.templates[name]
	var list []*program
	switch c {
	case customer.SMS:
		p, _, _ := t.sms.find(locale)
		list = []*program{p}
	case customer.Push:
		if p, _, _ := t.push.find(locale); p != nil {
			list = []*program{p.title, p.link, p.text}
		}
	case customer.Email:
		if e, key, _ := t.email.find(locale); e != nil {
			layout, _, _ := l.layouts[e.layout].find(key)
			list = []*program{e.subject, e.preheader, e.html, e.text, layout}
		}
	}
	return slices.DeleteFunc(list, func(p *program) bool { return p == nil })
}

// Locales gives the locales that a template is written in for a channel, in
// small letters, sorted; "" serves everybody else.
func (l *Library) Locales(name string, c customer.Channel) []string {
	t := l.templates[name]
	switch c {
	case customer.SMS:
		return slices.Sorted(maps.Keys(t.sms))
	case customer.Push:
		return slices.Sorted(maps.Keys(t.push))
	case customer.Email:
		return slices.Sorted(maps.Keys(t.email))
	}
	return nil
}

// Foreign is a character that the SMS alphabet does not have.
type Foreign struct {
	Char string
	Name string // "a curly quote", "" when it has none
	Hint string // what to write instead
}

// ForeignTo gives the characters of a text for which it is sent in UCS-2, each
// once, in the order of the text.
func ForeignTo(text string) []Foreign {
	var list []Foreign
	seen := map[rune]bool{}
	for {
		i := foreign(text)
		if i < 0 {
			return list
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		text = text[i+size:]
		if !seen[r] {
			seen[r] = true
			list = append(list, Foreign{Char: string(r), Name: strings.TrimSpace(foreignName(r)), Hint: foreignHint(r)})
		}
	}
}
