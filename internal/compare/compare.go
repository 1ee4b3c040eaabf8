// Package compare says what an edit of marketing's files changes, in the words
// of those files: rules, field by field and step by step, what the policy and
// the dictionary say, and which texts of templates differ. It knows no
// customer, no event and no store, and judges nothing.
package compare

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/rule"
)

// How is what happened to a thing.
type How string

// What happens to rules, steps, fields and texts.
const (
	Added   How = "added"
	Removed How = "removed"
	Changed How = "changed"
	Moved   How = "moved" // steps alone
)

// Difference is everything that two bundles say differently.
type Difference struct {
	Rules     []Rule   `json:"rules,omitempty"` // by name
	Policy    []Change `json:"policy,omitempty"`
	Data      []Change `json:"data,omitempty"`
	Templates []Text   `json:"templates,omitempty"` // by template and file
}

// Rule is one rule that came, went or changed.
type Rule struct {
	Name    string   `json:"name"`
	How     How      `json:"how"`
	Before  string   `json:"before,omitempty"` // version
	After   string   `json:"after,omitempty"`
	Changes []Change `json:"changes,omitempty"` // of one that changed
}

// Change is one thing that is said differently: a field, or a whole step.
type Change struct {
	Step   string `json:"step,omitempty"` // id; "" is the rule, or the file, itself
	How    How    `json:"how"`
	Key    string `json:"key,omitempty"` // "" is the whole step
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Text is one file of a template.
type Text struct {
	Template string `json:"template"`
	File     string `json:"file"` // sms.txt, email.html.de
	How      How    `json:"how"`
}

// Bundles compares two bundles. That only spacing, comments or tests of rules
// differ is no difference.
func Bundles(before, after *bundle.Bundle) Difference {
	return Difference{
		Rules: rules(before.Rules, after.Rules),
		Policy: append(fields(policyFields(before.Policy), policyFields(after.Policy)),
			holidays(before.Policy.Holidays, after.Policy.Holidays)...),
		Data:      fields(dataFields(before.Dictionary), dataFields(after.Dictionary)),
		Templates: texts(before.Texts, after.Texts),
	}
}

// Nothing reports whether there is no difference.
func (d Difference) Nothing() bool {
	return len(d.Rules)+len(d.Policy)+len(d.Data)+len(d.Templates) == 0
}

func rules(before, after []*rule.Rule) []Rule {
	was, is := byName(before), byName(after)
	var list []Rule
	for _, name := range slices.Sorted(maps.Keys(union(was, is))) {
		old, now := was[name], is[name]
		switch {
		case old == nil:
			list = append(list, Rule{Name: name, How: Added, After: now.Version})
		case now == nil:
			list = append(list, Rule{Name: name, How: Removed, Before: old.Version})
		case old.Version != now.Version:
			changes := append(fields(headFields(old, now), headFields(now, old)), steps(old, now)...)
			list = append(list, Rule{Name: name, How: Changed, Before: old.Version, After: now.Version, Changes: changes})
		}
	}
	return list
}

func byName(list []*rule.Rule) map[string]*rule.Rule {
	named := make(map[string]*rule.Rule, len(list))
	for _, r := range list {
		named[r.Name] = r
	}
	return named
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return all
}

// headFields gives what a rule says beside its steps. When the other one has a
// trigger of another kind, the trigger is one field.
func headFields(r, other *rule.Rule) []rule.Field {
	list := r.Fields()
	if triggerOf(list) == triggerOf(other.Fields()) {
		return list
	}
	var whole []rule.Field
	var words []string
	for _, f := range list {
		key, trigger := strings.CutPrefix(f.Key, triggerPrefix)
		if !trigger {
			whole = append(whole, f)
			continue
		}
		words = append(words, strings.ReplaceAll(key, ".", " ")+" "+f.Value)
	}
	kind, _, _ := strings.Cut(triggerOf(list), ".")
	for i := range words {
		if i > 0 {
			words[i] = strings.TrimPrefix(words[i], kind+" ")
		}
	}
	return append(whole, rule.Field{Key: "when", Value: strings.TrimSpace(strings.Join(words, ", "))})
}

const triggerPrefix = "when."

// triggerOf gives the kind of a trigger: usage, event.
func triggerOf(list []rule.Field) string {
	for _, f := range list {
		if key, ok := strings.CutPrefix(f.Key, triggerPrefix); ok {
			kind, _, _ := strings.Cut(key, ".")
			return kind
		}
	}
	return ""
}

// fields compares two lists, in the order of the newer one; what is no more
// comes last.
func fields(before, after []rule.Field) []Change {
	var list []Change
	for _, f := range after {
		switch old, ok := valueOf(before, f.Key); {
		case !ok:
			list = append(list, Change{How: Added, Key: f.Key, After: f.Value})
		case old != f.Value:
			list = append(list, Change{How: Changed, Key: f.Key, Before: old, After: f.Value})
		}
	}
	for _, f := range before {
		if _, ok := valueOf(after, f.Key); !ok {
			list = append(list, Change{How: Removed, Key: f.Key, Before: f.Value})
		}
	}
	return list
}

func valueOf(list []rule.Field, key string) (string, bool) {
	i := slices.IndexFunc(list, func(f rule.Field) bool { return f.Key == key })
	if i < 0 {
		return "", false
	}
	return list[i].Value, true
}

func texts(before, after map[string][]byte) []Text {
	var list []Text
	for _, file := range slices.Sorted(maps.Keys(union(before, after))) {
		if path.Base(file) == message.SampleFile {
			continue
		}
		old, was := before[file]
		now, is := after[file]
		t := Text{Template: path.Dir(file), File: path.Base(file), How: Changed}
		switch {
		case !was:
			t.How = Added
		case !is:
			t.How = Removed
		case bytes.Equal(old, now):
			continue
		}
		list = append(list, t)
	}
	return list
}
