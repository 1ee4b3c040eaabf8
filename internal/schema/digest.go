package schema

import "github.com/outreach-engine/outreach/internal/customer"

// digests gives the schema of the messages that collect items.
func (a author) digests() *node {
	carriers := []choice{{string(customer.Email), ""}, {string(customer.Push), ""}}
	digest := object(map[string]*node{
		"at": ref(whenName).about("When it goes out, on the customer's clock. With nothing to say it does not."),
		"channel": (&node{Enum: values(carriers), Message: "is no channel that holds a digest: write email or push"}).
			about("What it goes by: email, or push."),
		"template": a.template().about("The template that holds the items, at {{ items }}."),
		"topic":    a.topic().about("What the whole is about: its consent is asked for."),
		"priority": whole(0, maxPriority, "is not a priority: write a whole number from 0 to 100").usually(50).
			about("0 to 100: when it goes first, if a customer may get only so many messages."),
		"collects": listOr(a.topic(), a.topic()).
			about("The topics of which a message that the caps have no place for comes in this digest. Default: none."),
	}, need{"at", "say when it goes out, such as at: Mon 09:00"},
		need{"channel", "write channel: email, or channel: push"},
		need{"template", "name the template that holds the items, such as template: weekly-digest"},
		need{"topic", "name the topic that the whole is about, such as topic: tips"})
	n := &node{Type: "object", Additional: digest, Names: &node{Pattern: topicForm, Message: "is not a name for a digest: use small letters and digits, such as weekly"}}
	n.Snippets = []snippet{{"a digest", "One message that holds several.", map[string]any{"${1:weekly}": map[string]any{
		"at": "${2:Mon 09:00}", "channel": "${3:email}", "template": "${4:weekly-digest}", "topic": "${5:tips}",
	}}}}
	return n.about("Messages that hold several, by name, which rules attach to: one at a set time instead of many.")
}

// learning gives the schema of what of customers' habits counts.
func learning() *node {
	return object(map[string]*node{
		"hours": yesOrNo("is not known here: write yes or no").usually("yes").
			about("yes: at: preferred goes by what the customer does, where they said nothing."),
		"channels": yesOrNo("is not known here: write yes or no").usually("yes").
			about("yes: a channel that the customer ignores goes behind one that they use."),
		"explore": percent("5%").usually("5%").
			about("The share of messages that go by the policy's window all the same, so that more is learned."),
	}).about("What is learned from what customers do.")
}
