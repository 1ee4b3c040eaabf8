package schema

import "github.com/outreach-engine/outreach/internal/customer"

// data gives the schema of data.yaml.
func (a author) data() *node {
	n := object(map[string]*node{
		"traits": named("trait", field()).about("What we know of customers: each trait with its type."),
		"events": named("event", eventDeclaration()).about("What can happen: each event with its properties, {} for none."),
		"webhooks": named("webhook's answer", named("field", field())).
			about("What webhooks answer: each name that a step has under as, with its fields and their types."),
	})
	n.Title, n.Description = "The company's words", "What rules and templates may name. What arrives and is not declared is kept and counted."
	return n
}

// named gives the schema of a mapping from names to something.
func named(what string, value *node) *node {
	form := wordForm(what, map[string]string{"trait": "plan_mb", "event": "order_placed", "webhook's answer": "coupon", "field": "code"}[what])
	return &node{Type: "object", Names: &node{Pattern: form.regexp, Message: form.message}, Additional: value}
}

// kinds are the types of data.yaml in words.
func kinds() []choice {
	return []choice{
		{string(customer.KindText), "Any text."},
		{string(customer.KindNumber), "A number, to calculate with."},
		{string(customer.KindID), "A text that is never calculated with; 010 stays 010."},
		{string(customer.KindDate), "A day on the calendar."},
		{string(customer.KindTime), "An instant."},
	}
}

// field gives the schema of a type.
func field() *node {
	const message = "is not a type: write text, number, id, date or time, or the list of allowed texts in [ ]"
	allowed := &node{Items: &node{Type: text, Message: "is not a text"}, MinItems: 1, Unique: true}
	n := &node{
		If: &node{Type: "array"}, Then: allowed,
		Else: &node{Enum: values(kinds()), EnumDescriptions: descriptions(kinds()), Message: message},
	}
	n.Snippets = append(offers(kinds()), snippet{"[a, b]", "One of these texts and no other.", []any{"${1:yes}", "${2:no}"}})
	return n.about("A type: text, number, id, date, time, or the list of the texts that may come.")
}

func eventDeclaration() *node {
	outside := &node{Type: text, Message: "is not a name: write what the event is called where it comes from"}
	n := &node{Type: "object", Properties: map[string]*node{
		"from": listOr(outside, outside).about("What the event is called where it comes from: a name or a list."),
		"by":   (&node{Const: "us", Message: "is not known here: write by: us, or leave by out"}).about("us: our systems did it. It is no act of the customer's own."),
	}}
	form := wordForm("property", "order_id")
	n.Names, n.Additional = &node{Pattern: form.regexp, Message: form.message}, field()
	n.Snippets = []snippet{{"{from, property}", "An event with what it is called outside.", map[string]any{"from": "${1:Order Completed}", "${2:order_id}": "${3:id}"}}}
	return n
}
