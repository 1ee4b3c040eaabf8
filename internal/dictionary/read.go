package dictionary

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// Keys of an event's declaration that are no properties.
const (
	fromKey = "from"
	byKey   = "by"
	byUs    = "us"
)

// Read reads a data.yaml:
//
//	traits:
//	  plan: [basic, surf]
//	  plan_mb: number
//	events:
//	  order_placed: {from: "Order Completed", order_id: id, total: number}
//	  invoice_created: {by: us}
//	webhooks:
//	  coupon: {code: text, value: number}
//
// Types are text, number, id, date and time, or the list of the texts that may
// come. All problems go to ps; the dictionary holds what could be read and is
// never nil.
func Read(name string, text []byte, ps *source.Problems) *Dictionary {
	d := Empty()
	root, ok := source.Read(name, text, ps)
	if !ok || blank(root) {
		return d
	}
	f := root.Fields("traits", "events", "webhooks")
	if traits, ok := f.Get("traits"); ok {
		d.Traits = readFields(traits, "a trait")
	}
	if events, ok := f.Get("events"); ok && !blank(events) {
		d.readEvents(events.Entries())
	}
	if webhooks, ok := f.Get("webhooks"); ok && !blank(webhooks) {
		d.readWebhooks(webhooks.Entries())
	}
	return d
}

// blank reports whether a value is missing, which source.Read has reported.
func blank(n source.Node) bool { return n.Kind() == source.Scalar && n.Raw() == "" }

// readWebhooks reads the fields of what webhooks answer.
func (d *Dictionary) readWebhooks(entries []source.Entry) {
	for _, e := range entries {
		_, isTrait := d.Traits[e.Name]
		_, isEvent := d.Events[e.Name]
		switch {
		case !checkName(e.Key, "a webhook's answer"):
		case isTrait || isEvent:
			e.Key.Fail("is a trait or an event too", "give the answer another name")
		default:
			if d.Webhooks == nil {
				d.Webhooks = map[string]map[string]Field{}
			}
			d.Webhooks[e.Name] = readFields(e.Value, "a field")
		}
	}
}

// readFields reads names with their types. kind is what they name.
func readFields(n source.Node, kind string) map[string]Field {
	fields := map[string]Field{}
	if blank(n) {
		return fields
	}
	for _, e := range n.Entries() {
		if !checkName(e.Key, kind) {
			continue
		}
		if f, ok := readField(e.Value); ok {
			fields[e.Name] = f
		}
	}
	return fields
}

// readField reads one type: its word, or the list of allowed texts.
func readField(n source.Node) (Field, bool) {
	switch {
	case blank(n):
		return Field{}, false
	case n.Kind() == source.List:
		return readAllowed(n)
	case n.Kind() == source.Mapping:
		n.Fail("is keys with values where a type is due", "write one of "+kindNames()+", or the list of allowed texts in [ ]")
		return Field{}, false
	}
	kind := customer.Kind(n.Raw())
	if !slices.Contains(customer.Kinds(), kind) {
		n.Fail("is not a type", kindHint(n.Raw()))
		return Field{}, false
	}
	return Field{Kind: kind}, true
}

func readAllowed(n source.Node) (Field, bool) {
	f := Field{Kind: customer.KindText}
	for _, item := range n.Items() {
		text, ok := item.Text()
		switch {
		case !ok || text == "":
		case slices.Contains(f.Allowed, text):
			item.Fail("stands twice in the list of allowed texts", "keep one of them")
		default:
			f.Allowed = append(f.Allowed, text)
		}
	}
	if len(n.Items()) == 0 {
		n.Fail("the list of allowed texts is empty", "list the texts, or write text for any")
	}
	return f, len(f.Allowed) > 0
}

func kindNames() string {
	kinds := customer.Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// kindHint names the type that a word from elsewhere most likely means.
func kindHint(word string) string {
	switch strings.ToLower(word) {
	case "string", "str", "varchar", "enum":
		return "write text, or the list of allowed texts in [ ]"
	case "int", "integer", "float", "double", "decimal", "money", "amount":
		return "write number"
	case "bool", "boolean", "flag", "true", "false":
		return "write [yes, no]"
	case "datetime", "timestamp", "instant":
		return "write time"
	case "day", "birthday":
		return "write date"
	case "uuid", "guid", "key":
		return "write id"
	}
	return "write one of " + kindNames() + ", or the list of allowed texts in [ ]"
}

func (d *Dictionary) readEvents(entries []source.Entry) {
	for _, e := range entries {
		if !checkName(e.Key, "an event") {
			continue
		}
		if _, ok := d.Traits[e.Name]; ok {
			e.Key.Fail("is a trait too", "give the trait or the event another name")
			continue
		}
		d.Events[e.Name] = Event{}
	}
	for _, e := range entries {
		if blank(e.Value) {
			e.Value.Mend("write " + e.Name + ": {} for an event without properties")
		}
		if _, ok := d.Events[e.Name]; ok && !isOwn(e.Name) && !blank(e.Value) {
			d.Events[e.Name] = d.readEvent(e)
		}
	}
}

func (d *Dictionary) readEvent(e source.Entry) Event {
	event := Event{Properties: map[string]Field{}}
	for _, p := range e.Value.Entries() {
		switch {
		case p.Name == fromKey:
			event.From = d.readFrom(e.Name, p.Value)
		case p.Name == byKey:
			event.ByUs = readBy(p.Value)
		case checkName(p.Key, "a property"):
			if f, ok := readField(p.Value); ok {
				event.Properties[p.Name] = f
			}
		}
	}
	return event
}

// readFrom reads the outside names of an event and keeps whose they are.
func (d *Dictionary) readFrom(name string, n source.Node) []string {
	var from []string
	for _, item := range n.Items() {
		outside, ok := item.Text()
		if !ok || outside == "" {
			continue
		}
		other, taken := d.names[outside]
		_, declared := d.Events[outside]
		switch {
		case outside == name:
			item.Warn("own-name", "is the event's own name", "leave it out of from")
			continue
		case slices.Contains(customer.Kinds(), customer.Kind(outside)):
			item.Fail("is a type, but from names what the event is called outside", `write from: "Order Completed", and give a property another name`)
		case taken:
			item.Fail("is the outside name of "+other+" already", "an outside name belongs to one event; keep one of them")
		case declared:
			item.Fail("is an event of its own", "leave it out of from, or do not declare it as an event")
		default:
			d.names[outside] = name
			from = append(from, outside)
		}
	}
	return from
}

func readBy(n source.Node) bool {
	text, ok := n.Text()
	if !ok || text == "" {
		return false
	}
	if text != byUs {
		n.Fail("is not known here", "write by: us for an event that is not the customer's own act, or leave by out")
		return false
	}
	return true
}
