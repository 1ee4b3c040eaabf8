package schema

import (
	"maps"

	"github.com/outreach-engine/outreach/internal/customer"
)

// test gives the schema of a rule's tests.
func (a author) test() *node {
	n := object(map[string]*node{
		"start":       startTime(),
		"customer":    ref(personName).about("The customer of every test, unless a test says otherwise."),
		"others":      (&node{Type: "array", Items: ref(personName).both(&node{Required: []string{"id"}, Message: "id is missing: name the customer, so that lines can: id: bob"})}).about("More customers, for rules about several."),
		"with_rules":  listOr(&node{Type: text}, &node{Type: text}).about("Rules that are in force beside this one, by name."),
		"unconfirmed": unconfirmed(),
		"tests":       (&node{Type: "array", Items: a.oneTest(), MinItems: 1, Message: "is not a list of tests: begin each with a dash, - name: ..."}).about("What may happen, and what is then sent."),
	}, need{"tests", "write tests: and below it one test for each thing that may happen, - name: ..."})
	n.Title, n.Description = "Tests of a rule", "Customers, what they do, and which messages they then get, in virtual time."
	return n
}

// unconfirmed gives the schema of the channels of which no word comes back.
func unconfirmed() *node {
	return channelList(choice{nothing, "Messages by every channel arrive at once."}).usually(nothing).
		about("Channels of which no word comes back by itself that a message arrived: push, or a list. Lines of do may tell it.")
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
func (a author) person() *node { return object(a.personKeys()) }

func (a author) personKeys() map[string]*node {
	anyText := func(words string) *node { return (&node{Type: text, Message: "is not a text"}).about(words) }
	said := names("a topic of policy.yaml", a.topicChoices(), pattern{topicForm, "is not a topic: write one of policy.yaml, such as service"})
	if said.Enum != nil {
		said.Enum = append(said.Enum, nothing)
	}
	topics := listOr(said, a.topic())
	return map[string]*node{
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
	}
}

// traitValues gives the schema of traits with values.
func (a author) traitValues() *node {
	n := &node{Type: "object", Additional: &node{Type: text, Message: "is not a value"}}
	if a.Dictionary != nil {
		n.Properties, n.Additional = map[string]*node{}, false
		n.Message = "is not a trait of data.yaml" + refresh
		for _, name := range a.Dictionary.TraitNames() {
			n.Properties[name] = traitValue(a.Dictionary.Traits[name])
		}
	}
	return n.about("What is known of them: {plan: surf}; none takes one away.")
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
		"name":        (&node{Type: text, Message: "is not a text"}).about("What the test shows, in a few words."),
		"start":       startTime(),
		"until":       span().usually("100d").about("How long the play goes on after the last line of both lists."),
		"customer":    ref(personName).about("What is different about the customer in this test."),
		"do":          (&node{Type: "array", Items: a.act(), Message: "is not a list: begin each line with a dash, - {at: Mon 14:20, event: order_placed}"}).about("What happens, one line each."),
		"expect":      (&node{Type: "array", Items: a.expectation(), Message: "is not a list: begin each line with a dash, - {at: Mon 18:00-21:00, sent: welcome}"}).about("What is then sent and not sent. Nothing else may be."),
		"draws":       (&node{Type: "object", Additional: &node{Type: text, Message: "is not a branch: write its name"}}).about("Which branches of splits the customers are drawn for, by step: {split-1: short}."),
		"unconfirmed": unconfirmed(),
		"answers":     (&node{Type: "object"}).about("What webhooks answer, by the step's as: {score: {risk: 3}}."),
	}, need{"name", "say in a few words what the test shows"}, need{"expect", "write what is to happen, or expect: [] when nothing may be sent"})
}

// act gives the schema of a line of do: an event with its properties, or what
// changes of a customer.
func (a author) act() *node {
	at := need{"at", "write when it happens, such as at: Mon 14:20"}
	beside := map[string]*node{
		"at":       moment().about("When it happens, on the customer's clock."),
		"customer": (&node{Type: text}).about("Whom the line is about, by id; none: an event that names nobody. Default: the first customer."),
	}
	event := object(maps.Clone(beside), at)
	event.Message = ""
	event.Properties["event"] = a.event().about("What happens. Its properties stand beside it.")
	event.Properties["of"] = (&node{Type: text}).about("Whose newest message it is about, by template; for handoff_done the step or team.")
	event.Properties["via"] = (&node{Enum: []any{"app", "web", "server"}, Message: "is not known here: write app, web or server"}).usually("server").about("Where the event came from.")
	event.Properties["with"] = (&node{Type: "object"}).about("Properties that are called as a key of the line.")
	event.Additional = &node{Type: text, Message: "is not a value: write a text or a number"}
	change := object(a.personKeys(), at)
	delete(change.Properties, "id")
	maps.Copy(change.Properties, beside)
	change.Properties["event"] = &node{Description: "What happens. Its properties stand beside it."}
	change.Message = "is not known of a customer: write event: order_placed, or what changes, such as traits: {plan: surf}"
	return &node{If: &node{Type: "object", Required: []string{"event"}}, Then: event, Else: change, Snippets: []snippet{
		{"{at, event}", "An event.", map[string]any{"at": "${1:Mon 14:20}", "event": "${2:order_placed}"}},
		{"{at, traits}", "Something changes.", map[string]any{"at": "${1:Mon 14:20}", "traits": map[string]any{"${2:plan}": "${3:surf}"}}},
	}}
}

// expectation gives the schema of a line of expect.
func (a author) expectation() *node {
	reason := func() *node {
		return &node{Enum: reasons(), Message: "is not a reason: write one of the list in the reference, such as no_consent"}
	}
	texts := func(words string) *node { return listOr(&node{Type: text}, &node{Type: text}).about(words) }
	name := func() *node { return &node{Type: text} }
	channel := (&node{Enum: values(channelChoices()), Message: "is not a channel: write push, sms or email"}).about("The channel of the message.")
	at := need{"at", "write at: Mon 18:00, or a window: at: Mon 18:00-21:00"}
	kind := func(key, words string, value *node, beside map[string]*node, needs ...need) kindOf {
		keys := map[string]*node{
			key: value.about(words), "at": moment().about("When, on the customer's clock: a minute or a window."),
			"customer": name().about("Whom the line is about, by id. Default: the first customer."),
		}
		maps.Copy(keys, beside)
		return kindOf{key: key, words: words, keys: keys, need: needs}
	}
	return pick([]kindOf{
		kind("sent", "A message goes out: its template.", a.template(), map[string]*node{
			"channel": channel, "contains": texts("What stands in its text."), "lacks": texts("What does not stand in its text."),
			"subject": name().about("What stands in its subject, or in the title of a push."),
		}, at),
		kind("not_sent", "A message is dropped, or the customer does not enter the rule.", a.template(),
			map[string]*node{"channel": channel, "reason": reason().about("Why it is not sent.")},
			need{"reason", "say why it does not go out, such as reason: no_consent"}),
		kind("ended", "The outreach ends, for this reason.", reason(), nil),
		kind("not_entered", "There is a reason to begin, and the customer does not enter, for this reason.", reason(), nil),
		kind("planned", "A message is planned: its template.", a.template(),
			map[string]*node{"channel": channel, "for": moment().about("For when.")}, at),
		kind("task", "A task is handed over to this team.", name(), nil, at),
		kind("called", "The webhook of this as is called.", name(), nil, at),
	}, "does not say what is to happen: write one of sent, not_sent, ended, not_entered, planned, task, called",
		snippet{"{at, sent}", "A message goes out.", map[string]any{"at": "${1:Mon 18:00-21:00}", "sent": "${2:welcome}"}},
		snippet{"{not_sent, reason}", "A message is dropped.", map[string]any{"not_sent": "${1:welcome}", "reason": "${2:no_consent}"}},
		snippet{"{at, ended}", "The outreach ends.", map[string]any{"at": "${1:Mon 17:59}", "ended": "${2:reason_gone}"}})
}

func reasons() []any {
	var list []any
	for _, r := range customer.Reasons() {
		list = append(list, string(r))
	}
	return list
}
