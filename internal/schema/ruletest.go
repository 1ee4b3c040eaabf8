package schema

import (
	"maps"

	"github.com/outreach-engine/outreach/internal/customer"
)

// test gives the schema of a rule's tests.
func (a author) test() *node {
	n := object(map[string]*node{
		"start":      startTime(),
		"customer":   ref(personName).about("The customer of every test, unless a test says otherwise."),
		"others":     (&node{Type: "array", Items: ref(personName).both(&node{Required: []string{"id"}, Message: "id is missing: name the customer, so that lines can: id: bob"})}).about("More customers, for rules about several."),
		"with_rules": listOr(&node{Type: text}, &node{Type: text}).about("Rules that are in force beside this one, by name."),
		"tests":      (&node{Type: "array", Items: a.oneTest(), MinItems: 1, Message: "is not a list of tests: begin each with a dash, - name: ..."}).about("What may happen, and what is then sent."),
	}, need{"tests", "write tests: and below it one test for each thing that may happen, - name: ..."})
	n.Title, n.Description = "Tests of a rule", "Customers, what they do, and which messages they then get, in virtual time."
	return n
}

func startTime() *node {
	return (&node{Type: "string", Pattern: `^ *[0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{1,2}:[0-9]{2} *$`,
		Message: "is not a day and a time: write year-month-day and the time, such as 2026-11-23 09:00"}).
		about("When the tests begin, on the customer's clock: 2026-11-23 09:00")
}

const momentMessage = "is not a time: write Mon 14:20, 2026-12-01 10:00, or +3d for three days after the line before"

// moment gives the schema of a time in a test.
func moment() *node {
	clock := `[0-9]{1,2}:[0-9]{2}`
	return (&node{Type: "string", Message: momentMessage,
		Pattern: `^ *(\+.*[0-9].*|(` + weekdays() + `|[0-9]{4}-[0-9]{2}-[0-9]{2}) +` + clock + `( *- *` + clock + `)?) *$`}).
		offering(choice{"Mon 14:20", "The next Monday."}, choice{"Mon 18:00-21:00", "At some time between."}, choice{"+3d", "After the line before."})
}

// nothing is what a test writes for a field that the customer does not have.
const nothing = "none"

// person gives the schema of a customer in a test.
func (a author) person() *node {
	anyText := func(words string) *node { return (&node{Type: text, Message: "is not a text"}).about(words) }
	said := names("a topic of policy.yaml", a.topicChoices(), pattern{topicForm, "is not a topic: write one of policy.yaml, such as service"})
	if said.Enum != nil {
		said.Enum = append(said.Enum, nothing)
	}
	topics := listOr(said, a.topic())
	return object(map[string]*node{
		"id":         anyText("The customer's outside id."),
		"zone":       anyText("Their clock: Europe/Berlin."),
		"country":    anyText("Their country: DE."),
		"state":      anyText("Their state or province: FL."),
		"locale":     anyText("Their language: de-AT."),
		"phone":      anyText("Where SMS go: +4915112345678."),
		"email":      anyText("Where emails go."),
		"push_token": anyText("Their device's push address."),
		"consent":    topics.offering(a.topicChoices()...).about("The topics that they said yes to, a list; none for no topic. They said no to all others."),
		"traits":     a.traitValues(),
		"prefers":    a.prefers(),
	})
}

// traitValues gives the schema of traits with values.
func (a author) traitValues() *node {
	value := &node{Type: text, Message: "is not a value"}
	if a.Dictionary == nil {
		return (&node{Type: "object", Additional: value}).about("What is known of them: {plan: surf}.")
	}
	keys := map[string]*node{}
	for _, t := range a.traits() {
		one := *value
		keys[t.name] = one.about(t.words)
		if f := a.Dictionary.Traits[t.name]; len(f.Allowed) > 0 {
			for _, allowed := range f.Allowed {
				keys[t.name].offering(choice{name: allowed})
			}
		}
	}
	n := object(keys)
	n.Message = "is not a trait of data.yaml" + refresh
	return n.about("What is known of them: {plan: surf}.")
}

// prefers gives the schema of what a customer said about how and when.
func (a author) prefers() *node {
	keys := perChannel(when(whenMessage), choice{string(customer.AnyChannel), "Every channel that has no hours of its own."})
	keys.Properties["channel"] = channelList().about("The channels that they like, first first.")
	n := &node{If: &node{Type: "string"}, Then: &node{Const: nothing, Message: "is not known here: write none, or for example {sms: Mon-Fri 18:00-21:00}"}, Else: keys}
	n.Snippets = []snippet{{"{channel: hours}", "", map[string]any{"${1:sms}": "${2:Mon-Fri 18:00-21:00}"}}}
	return n.about("What they said about how and when: {sms: Mon-Fri 18:00-21:00}.")
}

func (a author) oneTest() *node {
	return object(map[string]*node{
		"name":     (&node{Type: text, Message: "is not a text"}).about("What the test shows, in a few words."),
		"start":    startTime(),
		"until":    moment().about("When the play ends. Default: when nothing more can come."),
		"customer": ref(personName).about("What is different about the customer in this test."),
		"do":       (&node{Type: "array", Items: a.act(), Message: "is not a list: begin each line with a dash, - {at: Mon 14:20, event: order_placed}"}).about("What happens, one line each."),
		"expect":   (&node{Type: "array", Items: a.expectation(), Message: "is not a list: begin each line with a dash, - {at: Mon 18:00-21:00, sent: welcome}"}).about("What is then sent and not sent. Nothing else may be."),
		"answers":  (&node{Type: "object"}).about("What webhooks answer, by the step's as: {score: {risk: 3}}."),
	}, need{"name", "say in a few words what the test shows"}, need{"expect", "write what is to happen, or expect: [] when nothing may be sent"})
}

// act gives the schema of a line of do: an event with its properties, or news
// of a customer.
func (a author) act() *node {
	keys := map[string]*node{
		"at":    moment().about("When it happens, on the customer's clock."),
		"event": a.event().about("What happens. Its properties stand beside it."),
	}
	n := &node{Type: "object", Properties: keys, AllOf: []*node{{Required: []string{"at"}, Message: "at is missing: write when it happens, such as at: Mon 14:20"}}}
	n.Snippets = []snippet{{"{at, event}", "An event.", map[string]any{"at": "${1:Mon 14:20}", "event": "${2:order_placed}"}}}
	return n
}

func (a author) expectation() *node {
	reason := &node{Enum: reasons(), Message: "is not a reason: write one of the list in the reference, such as no_consent"}
	keys := map[string]*node{
		"at":       moment().about("When, on the customer's clock."),
		"sent":     a.template().about("The template of a message that is sent."),
		"not_sent": a.template().about("The template of a message that is not sent."),
		"ended":    reason.about("Why the outreach ends."),
		"reason":   (&node{Enum: reasons(), Message: reason.Message}).about("Why it is not sent."),
		"channel":  (&node{Enum: values(channelChoices()), Message: "is not a channel: write push, sms or email"}).about("The channel of the message."),
		"contains": listOr(&node{Type: text}, &node{Type: text}).about("What stands in the text."),
	}
	n := &node{Type: "object", Properties: maps.Clone(keys)}
	n.Snippets = []snippet{
		{"{at, sent}", "A message that is sent.", map[string]any{"at": "${1:Mon 18:00-21:00}", "sent": "${2:welcome}"}},
		{"{at, not_sent, reason}", "A message that is not sent.", map[string]any{"at": "${1:Fri 09:00}", "not_sent": "${2:welcome}", "reason": "${3:no_consent}"}},
		{"{at, ended}", "The end of the outreach.", map[string]any{"at": "${1:Mon 17:59}", "ended": "${2:reason_gone}"}},
	}
	return n
}

func reasons() []any {
	var list []any
	for _, r := range customer.Reasons() {
		list = append(list, string(r))
	}
	return list
}
