package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
)

// stopWord is a whole step.
const stopWord = "stop"

// steps gives the schema of a list of steps.
func (a author) steps() *node {
	n := listOr(ref(stepName), ref(stepName))
	n.Then.MaxItems = maxSteps
	return n
}

// step gives the schema of one step.
func (a author) step() *node {
	return &node{
		If:   &node{Type: "string"},
		Then: &node{Const: stopWord, Message: "is not a step: write for example - send: welcome, or - stop"},
		Else: pick(a.stepKinds(), "is not a step: write one of send, attach, wait, wait_for, if, split, set, webhook, handoff, or - stop",
			snippet{stopWord, "Ends the outreach here.", stopWord}),
	}
}

func (a author) stepKinds() []kindOf {
	return []kindOf{a.sendStep(), a.attachStep(), waitStep(), a.waitForStep(), a.ifStep(), a.splitStep(), a.setStep(), a.webhookStep(), a.handoffStep()}
}

// stepOf gives a kind of step: its key, those beside it, and an id.
func stepOf(key, words string, value *node, beside map[string]*node) kindOf {
	keys := map[string]*node{
		key: value.about(words),
		"id": (&node{Type: []string{"string", "integer"}, Pattern: nameForm, Message: "is not an id for a step: use small letters, digits and - between words"}).
			about("The step's own name, unique in the rule. A send's is its template's unless you give one."),
	}
	maps.Copy(keys, beside)
	return kindOf{key: key, words: words, keys: keys}
}

// showing gives the kind of step with what a snippet writes behind its key,
// and the keys that must be there beside it.
func (k kindOf) showing(body any, needs ...need) kindOf {
	k.snippet, k.need = body, needs
	return k
}

func (a author) sendStep() kindOf {
	return stepOf("send", "One message: the name of a folder in templates.", a.template(), map[string]*node{
		"channel": channelList(choice{"preferred", "What the customer named, then the policy's order."}).usually("preferred").
			about("preferred, one channel, or a list: one message, by the first of the list that can reach the customer in time."),
		"at": when("is not a time: write preferred, now, or a time such as Mon-Fri 09:00-17:00",
			choice{"preferred", "In the hours that the customer asked for, else those of the policy."},
			choice{"now", "As soon as it is allowed."}).usually("preferred").
			about("When it goes out: preferred, now, or a time of the week. What the customer said comes first."),
		"within": span().usually("7d").about("Later than that, from the step's beginning, is too late. With at: now the default is 24h."),
		"late": (&node{Enum: []any{"skip", "send"}, EnumDescriptions: []string{"It is dropped.", "It goes out at the next allowed time."},
			Message: "is not known here: write skip or send"}).usually("skip").about("What becomes of a message that is too late."),
		"unless":         ref(whatName).about("This message, and this one only, is left out if it has happened: " + whatWords),
		"topic":          a.topic().about("The topic of this message, where it is not the rule's."),
		"fallback_after": span().about("How long word that it arrived is waited for. When none came, the next channel that can reach the customer takes its place."),
	}).showing("${1:welcome}")
}

// attachStep gives the schema of an item: what rides on another message.
func (a author) attachStep() kindOf {
	carriers := []choice{{string(customer.Email), "The next email that goes to the customer anyway."},
		{string(customer.Push), "The next push message that goes to the customer anyway."}}
	to := names("a digest of policy.yaml, email or push", nil, pattern{topicForm, "is nothing that items ride on: write email, push, or a digest of policy.yaml"})
	if a.Policy != nil {
		for _, name := range a.Policy.DigestNames() {
			d := a.Policy.Digests[name]
			carriers = append(carriers, choice{name, "The digest by " + string(d.Channel) + ", " + strings.Join(d.AtText, ", ") + "."})
		}
		to = names("a digest of policy.yaml, email or push", carriers, pattern{})
	}
	return stepOf("attach", "Rides on the next message that goes out anyway, or in a digest, and never causes one: the name of a folder in templates.", a.template(), map[string]*node{
		"to":     to.about("What it rides on: email, push, or a digest of policy.yaml."),
		"within": span().usually("30d").about("How long it waits for a message, from the step's beginning. Then it is dropped."),
		"topic":  a.topic().about("The topic of what rides, where it is not the rule's."),
	}).showing("${1:app-tips}",
		need{"to", "say what it rides on: email, push, or a digest of policy.yaml"})
}

// channelList gives the schema of a channel or a list of them; others are
// words that may stand for one.
func channelList(others ...choice) *node {
	channels := channelChoices()
	one := slices.Concat(others, channels)
	item := &node{Enum: values(channels), Message: "is not a channel: write push, sms or email"}
	n := listOr(&node{Enum: values(one), EnumDescriptions: descriptions(one), Message: "is not a channel: write push, sms or email, or a list of them"}, item)
	n.Then.Unique = true
	return n.offering(one...)
}

func channelChoices() []choice {
	var known []choice
	for _, c := range customer.Channels() {
		known = append(known, choice{string(c), ""})
	}
	return known
}

func waitStep() kindOf {
	forms := when("is not a time: write a length such as 2d, or a time such as Mon 09:00")
	forms.Else.Pattern = "^(" + spanPattern(someNumber) + "|" + whenPattern() + ")$"
	forms.Snippets = append(offers([]choice{{"2d", "From the end of the step before."}, {"1w", ""}}), forms.Snippets...)
	return stepOf("wait", "Waits for a length of time from the end of the step before, or until a time of the week.", forms, nil).
		showing("${1:2d}")
}

func (a author) waitForStep() kindOf {
	return stepOf("wait_for", "Waits until it happens: "+whatWords+" message_* means messages of this outreach.",
		ref(whatName), map[string]*node{
			"within": span().about("How long it waits at most."),
			"then":   ref(stepsName).about("The steps when it happened."),
			"else":   ref(stepsName).about("The steps when it did not."),
		}).showing("${1:message_clicked}",
		need{"within", "say how long to wait at most, such as within: 2d"})
}

func (a author) ifStep() kindOf {
	k := stepOf("if", "Goes on with then when the expression holds, else with else.", condition(), map[string]*node{
		"then": ref(stepsName).about("The steps when it holds."),
		"else": ref(stepsName).about("The steps when it does not hold, or nobody can know."),
	}).showing("${1:plan == \"basic\"}")
	k.more = []*node{atLeast("then is missing: list the steps for when the condition holds, such as then: [{send: welcome}]", "then", "else")}
	return k
}

// atLeast holds a mapping to one or more of several keys.
func atLeast(message string, keys ...string) *node {
	n := &node{}
	for _, key := range keys {
		n.AnyOf = append(n.AnyOf, &node{Required: []string{key}, Message: message})
	}
	return n
}

func (a author) splitStep() kindOf {
	branch := object(map[string]*node{
		"name":  (&node{Type: []string{"string", "integer"}, Pattern: nameForm, Message: "is not a name: use small letters, digits and - between words"}).about("The branch's name, in reports."),
		"if":    condition().about("Who takes it: the first branch whose expression holds is taken."),
		"share": percent("50%").about("The share of customers that take it, always the same ones."),
		"steps": ref(stepsName).about("What is done in it."),
	}).both(apart("if", "share", "share stands beside if: keep one of them"))
	list := &node{Type: "array", Items: branch, MinItems: 1, Message: "is not a list of branches: write - {name: short, share: 50%, steps: [...]}"}
	return stepOf("split", "Goes on with one of several branches: the first whose if holds, else by share. One without either takes the rest.", list, nil).
		showing([]any{
			map[string]any{"name": "${1:short}", "share": "${2:50%}", "steps": []any{map[string]any{"send": "$3"}}},
			map[string]any{"name": "${4:long}", "steps": []any{map[string]any{"send": "$5"}}},
		})
}

func (a author) setStep() kindOf {
	n := &node{Type: "object", MinFields: 1, Message: "names no trait: write set: {trait: value}"}
	if a.Dictionary == nil {
		n.Additional = (&node{Type: text, Message: "is not a value: write one, or now"}).about("What the trait becomes: a value, or now.")
	} else {
		n.Properties, n.Additional = map[string]*node{}, false
		n.Message = "is not a trait of data.yaml" + refresh
		for _, name := range a.Dictionary.TraitNames() {
			n.Properties[name] = traitValue(a.Dictionary.Traits[name])
		}
	}
	return stepOf("set", "Changes traits of the customer: {trait: value}, or now for the moment of the step.", n, nil).
		showing(map[string]any{"${1:trait}": "${2:now}"})
}

// traitValue gives the schema of a value of a trait.
func traitValue(f dictionary.Field) *node {
	n := &node{Type: text, Message: "is not a value: write " + fieldWords(f)}
	switch {
	case len(f.Allowed) > 0:
		for _, allowed := range f.Allowed {
			n.offering(choice{name: allowed})
		}
	case f.Kind == customer.KindDate || f.Kind == customer.KindTime:
		n.offering(choice{"now", "The moment of the step."})
	}
	return n.about("A trait: " + fieldWords(f) + ".")
}

func (a author) webhookStep() kindOf {
	var known []choice
	if a.Dictionary != nil {
		known = []choice{}
		for _, name := range a.Dictionary.WebhookNames() {
			known = append(known, choice{name, "Answers with " + strings.Join(slices.Sorted(maps.Keys(a.Dictionary.Webhooks[name])), ", ") + "."})
		}
	}
	url := &node{Type: "string", Pattern: endpointForm, Message: endpointMessage}
	return stepOf("webhook", "Asks a system of yours. Its answer may be used by expressions and templates, as NAME.field.", url, map[string]*node{
		"as":     names("declared under webhooks in data.yaml", known, wordForm("webhook's answer", "coupon")).about("The name of the answer: coupon gives coupon.code."),
		"within": span().usually("1d").about("How long it is tried again, from the first attempt on."),
	}).showing("${1:https://example.com/score}")
}

func (a author) handoffStep() kindOf {
	var known []choice
	if a.Policy != nil {
		known = []choice{}
		for _, name := range a.Policy.TeamNames() {
			known = append(known, choice{name: name})
		}
	}
	return stepOf("handoff", "A task for a person of a team, with the customer's story. It answers with the event handoff_done.",
		names("a team of policy.yaml", known, pattern{topicForm, "is not a team: write one of policy.yaml, such as care-calls"}), map[string]*node{
			"within": span().about("How long its end is waited for. Default: not at all."),
		}).showing("${1:care-calls}")
}
