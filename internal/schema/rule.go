package schema

import (
	"github.com/outreach-engine/outreach/internal/customer"
)

// Bounds of a rule, as its reader has them.
const (
	maxSteps    = 100
	maxPriority = 100
	maxName     = 64
)

// rule gives the schema of a rule.
func (a author) rule() *node {
	keys := a.describing()
	for key, n := range a.bounding() {
		keys[key] = n
	}
	keys["when"] = a.trigger()
	keys["steps"] = ref(stepsName).about("What is done, step by step.")
	root := object(keys,
		need{"description", "say in one sentence what the rule is for"},
		need{"owner", "write the email address of who is told of trouble"},
		need{"topic", "write one of the policy's topics, such as service"},
		need{"when", "name the reason, such as when: {event: order_placed}"},
		need{"steps", "list what is to be done, such as - send: welcome"})
	root.Title = "A rule"
	root.Description = "One reason to write to a customer, and what is then done."
	root.Snippets = []snippet{ruleSnippet()}
	return root
}

// describing gives the keys that say what a rule is.
func (a author) describing() map[string]*node {
	priority := whole(0, maxPriority, "is not a priority: write a whole number from 0 to 100")
	return map[string]*node{
		"description": (&node{Type: text, Message: "is not a sentence: write on one line what the rule is for"}).
			about("What the rule is for, in one sentence. It stands in reports."),
		"owner": (&node{Type: "string", Pattern: `^[^ @<>]+@[^ @<>]+$`, Message: "is not an email address: write it alone, such as growth@example.com"}).
			about("The email address of whoever answers for the rule, and is told of trouble."),
		"topic": a.topic().
			about("What the messages are about: a topic of policy.yaml. It says which consent is asked for, and whether it is urgent."),
		"priority": priority.usually(50).
			about("0 to 100: who goes first when a customer may get only so many messages."),
		"holdout": percent("5%").usually("0%").
			about("The share of customers that hear nothing, for comparison. Always the same ones for a rule; their goals are counted alike. Not for urgent topics."),
	}
}

// bounding gives the keys that say for whom, when and how often a rule lives.
func (a author) bounding() map[string]*node {
	return map[string]*node{
		"about": names("a property or a trait of data.yaml", distinct(a.properties(""), a.traits()), wordForm("property", "order_id")).
			about("A property that the trigger's events share, such as order_id: each value has a reason and an outreach of its own."),
		"audience": condition().
			about("Who: an expression. It must hold at the start, before each step and before each message. Default: everyone."),
		"fresh": spanOr("is not a length of time: write any, or for example 24h or 7d", choice{"any", "However old."}).usually("24h").
			about("How old a reason may be when it is first seen. What is older starts nothing."),
		"again": (&node{Type: "string", Pattern: "^(always|never|each period|after " + spanPattern(someNumber) + ")$",
			Message: "is not known here: write always, never, each period, or after and a time, such as after 30d"}).usually("always").
			offering(choice{"always", "For each new reason."}, choice{"never", "Once in a customer's life."},
				choice{"after 30d", "Not sooner than that since the last outreach began."},
				choice{"each period", "Once a period; with usage and per."}).
			about("May the same customer be reached once more?"),
		"goal": a.goal(),
		"stop": ref(whatName).about("What ends an outreach, not as a success: " + whatWords),
		"until": (&node{Type: "string", Pattern: "^(end of period|" + spanPattern(someNumber) + "|" + word + ")$",
			Message: "is not known here: write end of period, a time such as 14d, or a trait of type date or time"}).
			offering(choice{"end of period", "The end of the usage trigger's period. The default there."}, choice{"14d", "So long after the reason."}).
			offering(a.traits(customer.KindDate, customer.KindTime)...).
			about("Nothing goes out after it: end of period, a length of time from the reason on, or a trait of type date or time."),
	}
}

const whatWords = "an event, a list of them, {event, where, since}, or {if: expression}."

// what gives the schema of something that may happen.
func (a author) what() *node {
	return listOr(ref(whichName), ref(whichName)).offering(a.eventChoices()...)
}

// oneWhat gives the schema of an event, or of the mapping of a what.
func (a author) oneWhat() *node {
	return &node{If: &node{Type: "object"}, Then: a.whatKeys(), Else: a.event()}
}

// whatKeys gives the mapping of a what, with keys that stand beside it.
func (a author) whatKeys() *node {
	const message = "names no event and no condition: write event: order_placed, or if: and an expression"
	return object(map[string]*node{
		"event": listOr(a.event().about("The event, or a list: any of them."), a.event()),
		"where": condition().about("What must hold of the event's own properties: total > 50"),
		"since": (&node{Enum: []any{"today"}, EnumDescriptions: []string{"Since midnight on the customer's clock."},
			Message: "is not known here: write since: today, or leave it out to count from the outreach's beginning"}).
			about("From when on events count. Default: the outreach's beginning."),
		"if": condition().about("An expression that must hold. It stands instead of event."),
	}).both(oneKey(message, "event", "if"),
		apart("if", "where", "where stands beside if: join the two with and"),
		apart("if", "since", "since stands beside if: leave it out"))
}

// apart refuses a key beside another one.
func apart(key, other, message string) *node {
	return &node{If: &node{Required: []string{key, other}}, Then: &node{Properties: map[string]*node{other: {Type: "null", Message: message}}}}
}

// goal gives the schema of a goal: a what with a time of its own.
func (a author) goal() *node {
	keys := a.whatKeys()
	keys.Properties["within"] = span().usually("14d").about("How long after the reason it still counts.")
	n := listOr(&node{If: &node{Type: "object"}, Then: keys, Else: a.event()}, ref(whatName))
	n.Snippets = append([]snippet{{"{event, within}", "An event, and how long it counts.", map[string]any{"event": "$1", "within": "${2:14d}"}}}, offers(a.eventChoices())...)
	return n.about("What we hope for: " + whatWords + " It ends the outreach, as a success, and is counted for those held out too.")
}

// spanOr gives the schema of a duration, or one of some words.
func spanOr(message string, others ...choice) *node {
	n := length()
	form := spanPattern(someNumber)
	for _, o := range others {
		form += "|" + o.name
	}
	n.Pattern, n.Message = "^("+form+")$", message
	return n.offering(others...)
}

const exprMessage = "is not an expression: write it on one line, and in single quotes where it stands in [ ] or { }"

// condition gives the schema of an expression that holds or not. What it says
// only the reader can judge.
func condition() *node { return ref(conditionName) }

func expression() *node {
	return &node{Type: "string", Message: exprMessage, Snippets: []snippet{
		{"happened(event, 30d)", "It came in the last 30 days; without a time: ever.", "happened(${1:event}, ${2:30d})"},
		{"count(event, 30d)", "How often it came.", "count(${1:event}, ${2:30d}) >= ${3:3}"},
		{"latest(event.property)", "Its value in the newest such event.", "latest(${1:event}.${2:property})"},
		{"since(x)", "How long ago: an event, a date or a time.", "since(${1:event}) > ${2:30d}"},
		{"known(x)", "A trait or property has a value.", "known(${1:trait})"},
		{"reachable(channel)", "There is an address that may be used.", `reachable("${1:push}")`},
		{"uses(channel)", "Reachable, and active there in the last 90 days.", `uses("${1:push}")`},
	}}
}

// figure gives the schema of an expression that is a number.
func figure() *node {
	return &node{Type: []string{"string", "number"}, Message: exprMessage}
}

func ruleSnippet() snippet {
	return snippet{"a rule", "Every key that a rule needs.", map[string]any{
		"description": "${1:What it is for.}", "owner": "${2:growth@example.com}", "topic": "${3:service}",
		"when": map[string]any{"event": "${4:order_placed}"}, "steps": []any{map[string]any{"send": "${5:welcome}"}},
	}}
}
