// Package dictionary holds the company's own words as data.yaml declares them:
// traits and events, with their types. It decides nothing about customers.
package dictionary

import (
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Dictionary is one checked data.yaml. It is immutable once read. The zero
// value declares nothing.
type Dictionary struct {
	Traits map[string]Field
	Events map[string]Event // what Read gave holds the engine's own too
	// Webhooks holds the fields of what webhooks answer, by the name that rules
	// give the answer.
	Webhooks map[string]map[string]Field
	names    map[string]string // outside name -> declared name
}

// Field is the type of a trait or property.
type Field struct {
	Kind    customer.Kind
	Allowed []string // the closed list of texts; nil: any
}

// Reads reports whether a value is what the field may hold: it reads as the
// kind, and is one of the allowed texts where there are such. The empty value,
// which stands for none, always is.
func (f Field) Reads(v customer.Value) bool {
	ok := true
	switch {
	case v.IsZero():
	case len(f.Allowed) > 0:
		ok = slices.Contains(f.Allowed, v.String())
	case f.Kind == customer.KindNumber:
		_, ok = v.Float()
	case f.Kind == customer.KindDate || f.Kind == customer.KindTime:
		_, ok = v.Time(nil)
	}
	return ok
}

// Event is one declared event.
type Event struct {
	ByUs       bool     // not the customer's own act
	From       []string // outside names beside its own
	Properties map[string]Field
}

// Empty declares nothing but the engine's own events.
func Empty() *Dictionary {
	return &Dictionary{Traits: map[string]Field{}, Events: own(), names: map[string]string{}}
}

// Event gives a declared event or one of the engine's own (message_sent,
// message_delivered, message_opened, message_clicked, message_replied,
// message_failed, message_bounced, handoff_done).
func (d *Dictionary) Event(name string) (Event, bool) {
	if e, ok := d.Events[name]; ok {
		return e, true
	}
	e, ok := own()[name]
	return e, ok
}

// EventName gives the declared name of an event that arrives under an outside
// name; a name that nothing declares is its own.
func (d *Dictionary) EventName(outside string) string {
	if _, ok := d.Events[outside]; ok {
		return outside
	}
	if name, ok := d.names[outside]; ok {
		return name
	}
	return outside
}

// TraitNames gives the declared traits, sorted.
func (d *Dictionary) TraitNames() []string { return slices.Sorted(maps.Keys(d.Traits)) }

// EventNames gives the declared events and the engine's own, sorted.
func (d *Dictionary) EventNames() []string {
	names := slices.AppendSeq(ownNames(), maps.Keys(d.Events))
	slices.Sort(names)
	return slices.Compact(names)
}

// Properties gives what may stand behind a name and a point: the properties of
// an event, or the fields of a webhook's answer.
func (d *Dictionary) Properties(name string) (map[string]Field, bool) {
	if fields, ok := d.Webhooks[name]; ok {
		return fields, true
	}
	e, ok := d.Event(name)
	return e.Properties, ok
}

// PropertyNames gives the names of Properties, sorted; none for what is not
// known.
func (d *Dictionary) PropertyNames(name string) []string {
	properties, _ := d.Properties(name)
	return slices.Sorted(maps.Keys(properties))
}

// WebhookNames gives the declared answers of webhooks, sorted.
func (d *Dictionary) WebhookNames() []string { return slices.Sorted(maps.Keys(d.Webhooks)) }
