package rule

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// Set gives traits new values, sorted by trait.
type Set []Assignment

// Assignment gives one trait a value: the one written, or the instant of the
// step.
type Assignment struct {
	Trait string
	Kind  customer.Kind
	Value customer.Value
	Now   bool // the instant itself for a time, the customer's day for a date
}

// At gives the value that a trait gets at an instant.
func (a Assignment) At(now time.Time, zone *time.Location) customer.Value {
	switch {
	case !a.Now:
		return a.Value
	case a.Kind == customer.KindDate:
		return customer.Text(now.In(zone).Format(time.DateOnly))
	}
	return customer.Text(now.UTC().Format(time.RFC3339))
}

// set reads {trait: value or now}.
func (r *reader) set(n source.Node) Set {
	if blank(n) {
		return nil
	}
	if n.Kind() != source.Mapping || len(n.Entries()) == 0 {
		n.Fail("names no trait", "write trait and value, such as set: {plan: surf}")
		r.unread = true
		return nil
	}
	var set Set
	for _, e := range n.Entries() {
		if a, ok := r.assignment(e); ok {
			set = append(set, a)
		}
	}
	if len(set) == 0 {
		r.unread = true
	}
	slices.SortFunc(set, func(a, b Assignment) int { return cmp.Compare(a.Trait, b.Trait) })
	return set
}

// told are the names that the engine keeps apart from traits, since they say
// where and how a customer is reached.
func told() []string {
	return []string{
		"email", "phone", "zone", "timezone", "time_zone", "country", "state", "region", "locale",
		"push_token", "device_token", "consent", "prefers",
	}
}

func (r *reader) assignment(e source.Entry) (Assignment, bool) {
	field, declared := r.env.Data.Traits[e.Name]
	switch {
	case slices.Contains(told(), e.Name):
		e.Key.Fail("is not for rules to set, since only the customer and your systems know it", "leave it out")
		return Assignment{}, false
	case !declared:
		hint := source.DidYouMean(e.Name, r.env.Data.TraitNames())
		if hint == "" {
			hint = "declare it under traits in data.yaml"
		}
		e.Key.Fail("is not a trait of data.yaml", hint)
		return Assignment{}, false
	}
	r.traits[e.Name] = true
	text, ok := textOf(e.Value)
	if !ok {
		return Assignment{}, false
	}
	a := Assignment{Trait: e.Name, Kind: field.Kind, Value: customer.Text(text)}
	dated := field.Kind == customer.KindTime || field.Kind == customer.KindDate
	switch {
	case text == nowWord && dated:
		a.Value, a.Now = customer.Value{}, true
	case text == nowWord && !slices.Contains(field.Allowed, text):
		e.Value.Fail("needs a trait of type time or date, and "+e.Name+" is of type "+string(field.Kind), "name such a trait, or write a value")
		return a, false
	case !field.Reads(a.Value):
		e.Value.Fail("is no value of "+e.Name, valueHint(field.Kind, field.Allowed, text))
		return a, false
	case field.Kind == customer.KindNumber:
		number, _ := a.Value.Float()
		a.Value = customer.Number(number)
	}
	return a, true
}

// valueHint says what a trait can be set to.
func valueHint(kind customer.Kind, allowed []string, text string) string {
	switch {
	case len(allowed) > 0:
		return source.DidYouMean(text, allowed)
	case kind == customer.KindDate:
		return "write a day such as 2026-11-23, or now"
	case kind == customer.KindTime:
		return "write a time such as 2026-11-23T09:00:00Z, or now"
	}
	return "write a number, such as 12.5"
}
