package preview

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

// variables looks at what the template names for a channel.
func (w *writer) variables(c customer.Channel) []Finding {
	var list []Finding
	told := map[string]bool{}
	tell := func(code Code, severity Severity, m message.Mention, what, hint string) {
		if key := string(code) + m.Path; !told[key] {
			told[key] = true
			list = append(list, Finding{Code: code, Severity: severity, Channels: []customer.Channel{c}, Value: m.Path, Message: what, Hint: hint, File: m.File, Line: m.Line, Column: m.Column})
		}
	}
	for _, m := range w.bundle.Templates.Mentions(w.out.Template, c, w.person.Vars.Customer.Locale) {
		root, name, _ := strings.Cut(m.Path, ".")
		switch absent := w.absent(root, name); {
		case m.Guarded && absent && root != "link":
			tell(ValueUnknown, Note, m, "is not known for "+w.person.Name+", so the text does without it", "")
		case !m.Guarded && !absent && w.mayMiss(root):
			tell(DefaultMissing, Warning, m, "may be missing for others, and then nothing is sent",
				"write "+m.Path+" | default: \"...\", or put it in {% if "+m.Path+" %}")
		}
	}
	return list
}

// absent reports whether this person has no value for a variable.
func (w *writer) absent(root, name string) bool {
	v := w.person.Vars
	switch root {
	case "now":
		return false
	case "customer":
		return v.Customer.Traits[name].IsZero() && profileField(v.Customer, name) == ""
	case "match":
		return v.Match[name].IsZero()
	case "link":
		return false // withLinks
	}
	return v.Events[root][name].IsZero()
}

// mayMiss reports whether others may have no value: any trait, and what came
// with an event that is not what each sending rule is about.
func (w *writer) mayMiss(root string) bool {
	if root == "customer" {
		return true
	}
	if _, event := w.bundle.Dictionary.Event(root); !event {
		return false
	}
	return slices.ContainsFunc(w.sends, func(s sending) bool {
		return !slices.Contains(triggerEvents(s.rule), root)
	})
}
