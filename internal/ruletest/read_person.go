package ruletest

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
)

// person is a customer as a file describes them.
type person struct {
	id      string
	fields  map[string]customer.Value // zone, phone, prefers ... as identify has them; the empty value is none
	traits  map[string]customer.Value
	consent map[customer.Topic]bool // nil: they said nothing
}

// profileKeys are what a customer has beside traits.
func profileKeys() []string {
	return []string{"zone", "country", "state", "locale", "phone", "email", "push_token", "traits", "consent", "prefers"}
}

// person reads a customer and merges it over another, key by key.
func (r *reader) person(n source.Node, over person) person {
	p := person{id: over.id, fields: clone(over.fields), traits: clone(over.traits), consent: over.consent}
	if blank(n) {
		return p
	}
	known := append(profileKeys(), "id")
	r.strayTraits(n, known)
	f := n.Some(known...)
	if id, ok := f.Get("id"); ok {
		r.id(id, &p)
	}
	r.profile(f, &p)
	return p
}

// strayTraits reports the keys that are not known.
func (r *reader) strayTraits(n source.Node, known []string) {
	for _, e := range n.Entries() {
		_, isTrait := r.env.Bundle.Dictionary.Traits[e.Name]
		switch {
		case e.Key.Kind() != source.Scalar || e.Name == "" || slices.Contains(known, e.Name):
		case isTrait:
			e.Key.Fail("is a trait and stands beside traits", "write it inside: traits: {"+e.Name+": ...}")
		default:
			e.Key.Fail("is not a key that is known here", source.DidYouMean(e.Name, known))
		}
	}
}

func (r *reader) id(n source.Node, p *person) {
	text, ok := n.Text()
	switch {
	case !ok || text == "":
	case text == nobody:
		n.Fail("stands for an event that names no customer", "choose another id")
	default:
		p.id = text
	}
}

// profile reads what a customer has into p.
func (r *reader) profile(f source.Fields, p *person) {
	for _, key := range []string{"country", "zone", "state", "locale", "phone", "email", "push_token"} {
		if n, ok := f.Get(key); ok {
			r.field(n, key, p)
		}
	}
	if n, ok := f.Get("prefers"); ok {
		r.prefers(n, p)
	}
	if n, ok := f.Get("consent"); ok {
		r.consents(n, p)
	}
	if n, ok := f.Get("traits"); ok {
		r.traits(n, p)
	}
}

// field reads one field as the engine reads it from an identify call. none
// takes it away.
func (r *reader) field(n source.Node, key string, p *person) {
	text, ok := n.Text()
	if !ok || text == "" {
		return
	}
	value := customer.Text(text)
	if text == nobody {
		value = customer.Value{}
	}
	said := map[string]customer.Value{key: value}
	if key == "phone" {
		said["country"] = p.fields["country"]
	}
	change, refusals := observe.ReadTraits(said, r.env.Zones)
	refusals = append(refusals, change.Dial(&customer.Profile{}, r.env.Bundle.Policy.Country)...)
	for _, refusal := range refusals {
		if refusal.Field == key {
			n.Fail(refusal.Reason, "")
			return
		}
	}
	p.fields[key] = value
}

// prefers reads how and when a customer likes to be reached.
func (r *reader) prefers(n source.Node, p *person) {
	if n.Kind() == source.Scalar && n.Raw() == nobody {
		p.fields["prefers"] = customer.Value{}
		return
	}
	said := map[string][]string{}
	for _, e := range n.Entries() {
		for _, item := range e.Value.Items() {
			text, ok := item.Text()
			if ok && text != "" {
				said[e.Name] = append(said[e.Name], text)
			}
		}
		one, err := json.Marshal(map[string][]string{e.Name: said[e.Name]})
		if err != nil {
			continue // texts always have a JSON form
		}
		_, refusals := observe.ReadTraits(map[string]customer.Value{"prefers": customer.Text(string(one))}, r.env.Zones)
		for _, refusal := range refusals {
			e.Value.Fail(refusal.Reason, "")
		}
	}
	all, err := json.Marshal(said)
	if err == nil && len(said) > 0 {
		p.fields["prefers"] = customer.Text(string(all))
	}
}

// consents reads the topics that a customer agreed to. Every other topic of
// the policy is one that they refused.
func (r *reader) consents(n source.Node, p *person) {
	said := map[customer.Topic]bool{}
	known := r.env.Bundle.Policy.TopicNames()
	for _, topic := range known {
		said[customer.Topic(topic)] = false
	}
	p.consent = said
	if n.Kind() == source.Scalar && n.Raw() == nobody {
		return
	}
	if n.Kind() == source.Mapping {
		n.Fail("is keys with values where a list of topics is due", "list those that they agreed to: [service, offers]")
		return
	}
	for _, item := range n.Items() {
		text, ok := item.Text()
		switch {
		case !ok || text == "":
		case !slices.Contains(known, text):
			item.Fail("is not a topic of policy.yaml", source.DidYouMean(text, known))
		default:
			said[customer.Topic(text)] = true
		}
	}
}

// traits reads values by the types of data.yaml. none takes a trait away,
// unless it stands in quotes or is a value that data.yaml lists.
func (r *reader) traits(n source.Node, p *person) {
	if blank(n) {
		return
	}
	data := r.env.Bundle.Dictionary
	for _, e := range n.Entries() {
		field, ok := data.Traits[e.Name]
		switch {
		case e.Key.Kind() != source.Scalar || e.Name == "":
		case !ok && slices.Contains(profileKeys(), e.Name):
			e.Key.Fail("is no trait but a key of the customer", "write it beside traits, not inside")
		case !ok:
			e.Key.Fail("is not a trait of data.yaml", source.DidYouMean(e.Name, data.TraitNames()))
		case isNone(e.Value) && !slices.Contains(field.Allowed, nobody):
			p.traits[e.Name] = customer.Value{}
		default:
			if v, ok := typed(e.Value, field); ok {
				p.traits[e.Name] = v
			}
		}
	}
}

// isNone reports whether a value is the word that takes something away.
func isNone(n source.Node) bool {
	return n.Kind() == source.Scalar && n.Raw() == nobody && !n.Quoted()
}

// typed reads a value as its declaration has it.
func typed(n source.Node, field dictionary.Field) (customer.Value, bool) {
	text, ok := n.Text()
	if !ok || text == "" {
		return customer.Value{}, false
	}
	v := customer.Text(text)
	if field.Reads(v) {
		if number, isNumber := v.Float(); isNumber && field.Kind == customer.KindNumber {
			return customer.Number(number), true
		}
		return v, true
	}
	switch {
	case len(field.Allowed) > 0:
		n.Fail("is not one of its values in data.yaml", source.DidYouMean(text, field.Allowed))
	case field.Kind == customer.KindNumber:
		n.Fail("is not a number, as data.yaml has it", "write it in figures, without unit and without commas: 12100")
	case field.Kind == customer.KindDate:
		n.Fail("is not a day, as data.yaml has it", "write year-month-day: 2026-12-01")
	default:
		n.Fail("is not a time, as data.yaml has it", "write year-month-day and the time: 2026-12-01 18:00")
	}
	return customer.Value{}, false
}

// change gives what a person says of themselves as the engine takes it in.
func (r *reader) change(p person) observe.Change {
	said := clone(p.fields)
	maps.Copy(said, p.traits)
	change, _ := observe.ReadTraits(said, r.env.Zones)
	change.Consents = p.consent
	return change
}

func clone(m map[string]customer.Value) map[string]customer.Value {
	c := make(map[string]customer.Value, len(m))
	maps.Copy(c, m)
	return c
}
