// Package schema writes JSON Schemas (draft-07) of the files that marketing
// writes, so that an editor completes them, explains their keys and marks
// mistakes while they are typed. It decides nothing: what a rule means, and
// most of what is wrong with one, only the readers know. What a reader accepts
// the schema accepts.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/source"
)

// Kind is a kind of file.
type Kind string

// The kinds of files.
const (
	Rule   Kind = "rule"   // rules/<name>.yaml
	Test   Kind = "test"   // rules/<name>.test.yaml
	Policy Kind = "policy" // rules/policy.yaml
	Data   Kind = "data"   // rules/data.yaml
)

// Kinds lists every kind, in a fixed order.
func Kinds() []Kind { return []Kind{Rule, Test, Policy, Data} }

// File gives the name of the kind's schema in its folder: rule.json.
func (k Kind) File() string { return string(k) + ".json" }

// Words are a company's own, which the schema then completes and holds files
// to. The zero value knows none: any name of a sound form will do.
type Words struct {
	Dictionary *dictionary.Dictionary
	Policy     *policy.Policy
	Templates  []Template
}

// Template is one template with the channels that it has a text for.
type Template struct {
	Name     string
	Channels []customer.Channel
}

// Write gives the schema of a kind of file as indented JSON, the same for the
// same words. An unknown kind is an error that names the known ones.
func Write(kind Kind, words Words) ([]byte, error) {
	a := author{words}
	root, ok := map[Kind]func() *node{Rule: a.rule, Test: a.test, Policy: a.policy, Data: a.data}[kind]
	if !ok {
		names := make([]string, len(Kinds()))
		for i, k := range Kinds() {
			names[i] = string(k)
		}
		return nil, fmt.Errorf("schema %q: is not a kind of file; %s", kind, source.DidYouMean(string(kind), names))
	}
	schema := root()
	a.define(schema)
	schema.Draft = "http://json-schema.org/draft-07/schema#"
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(schema); err != nil {
		return nil, fmt.Errorf("schema %s: %w", kind, err)
	}
	return b.Bytes(), nil
}

// author builds schemas with a company's words.
type author struct{ Words }

// refresh is what helps when a name was declared after the schema was made.
const refresh = "; if you have just added it, run: outreach schema --rules rules --out rules/.schema"

// Names of the definitions that schemas share.
const (
	eventName     = "event"
	topicName     = "topic"
	templateName  = "template"
	conditionName = "expression"
	whatName      = "what"
	whichName     = "one-what"
	stepsName     = "steps"
	stepName      = "step"
	spanName      = "duration"
	personName    = "customer"
	whenName      = "when"
	hoursName     = "hours"
)

// define gives a schema the definitions that it uses, and those that they use.
func (a author) define(root *node) {
	all := map[string]func() *node{
		eventName: func() *node {
			return names("an event of data.yaml", a.eventChoices(), wordForm("event", "order_placed"))
		},
		topicName: func() *node {
			return names("a topic of policy.yaml", a.topicChoices(), pattern{topicForm, "is not a topic: write one of policy.yaml, such as service"})
		},
		templateName: func() *node {
			return names("a template: a folder in templates", a.templateChoices(),
				pattern{".", "is not a template: write the name of a folder in templates, such as welcome"})
		},
		conditionName: expression, whenName: whenLine, hoursName: houseHours, whatName: a.what, stepsName: a.steps, stepName: a.step,
		whichName: a.oneWhat, spanName: length, personName: a.person,
	}
	root.Definitions = map[string]*node{}
	root.eachRef(func(name string) (*node, bool) {
		_, known := root.Definitions[name]
		if !known {
			root.Definitions[name] = all[name]()
		}
		return root.Definitions[name], !known
	})
}

// names gives the schema of one of several names, each with what it is; none
// are known: any text of the form.
func names(what string, known []choice, form pattern) *node {
	if known == nil {
		return &node{Type: text, Pattern: form.regexp, Message: form.message, Default: nil}
	}
	return &node{Enum: values(known), EnumDescriptions: descriptions(known), Message: "is not " + what + refresh}
}

// event gives the schema of an event's name.
func (a author) event() *node { return ref(eventName) }

func (a author) eventChoices() []choice {
	if a.Dictionary == nil {
		return nil
	}
	known := []choice{}
	for _, name := range a.Dictionary.EventNames() {
		known = append(known, choice{name, a.eventWords(name)})
	}
	return known
}

// eventWords says what an event is: where it comes from and what it has.
func (a author) eventWords(name string) string {
	e, _ := a.Dictionary.Event(name)
	var parts []string
	if len(e.From) > 0 {
		parts = append(parts, "Comes as "+strings.Join(e.From, ", ")+".")
	}
	if e.ByUs {
		parts = append(parts, "Our systems did it; no act of the customer's own.")
	}
	if properties := a.Dictionary.PropertyNames(name); len(properties) > 0 {
		parts = append(parts, "Has "+strings.Join(properties, ", ")+".")
	}
	return strings.Join(parts, " ")
}

// traits gives the traits of some kinds; no kinds: all.
func (a author) traits(kinds ...customer.Kind) []choice {
	if a.Dictionary == nil {
		return nil
	}
	known := []choice{}
	for _, name := range a.Dictionary.TraitNames() {
		f := a.Dictionary.Traits[name]
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			known = append(known, choice{name, "A trait: " + fieldWords(f) + "."})
		}
	}
	return known
}

// fieldWords gives a type in words: number, or one of basic, surf.
func fieldWords(f dictionary.Field) string {
	if len(f.Allowed) > 0 {
		return "one of " + strings.Join(f.Allowed, ", ")
	}
	return string(f.Kind)
}

// properties gives the properties of some kinds of all events; dotted writes
// them behind their event: data_session.mb.
func (a author) properties(dotted string, kinds ...customer.Kind) []choice {
	if a.Dictionary == nil {
		return nil
	}
	known := []choice{}
	for _, event := range a.Dictionary.EventNames() {
		e, _ := a.Dictionary.Event(event)
		for _, property := range a.Dictionary.PropertyNames(event) {
			f := e.Properties[property]
			name := property
			if dotted != "" {
				name = event + dotted + property
			}
			fits := len(kinds) == 0 || slices.Contains(kinds, f.Kind)
			if fits && !slices.ContainsFunc(known, func(c choice) bool { return c.name == name }) {
				known = append(known, choice{name, "Of " + event + ": " + fieldWords(f) + "."})
			}
		}
	}
	return known
}

// topic gives the schema of a topic.
func (a author) topic() *node {
	return ref(topicName)
}

func (a author) topicChoices() []choice {
	if a.Policy == nil {
		return nil
	}
	known := []choice{}
	for _, name := range a.Policy.TopicNames() {
		topic := a.Policy.Topics[customer.Topic(name)]
		words := "Asked for: sent only after a yes."
		if topic.Assumed {
			words = "Assumed: sent until the customer says no."
		}
		if topic.Urgent {
			words += " Urgent: passes quiet hours."
		}
		known = append(known, choice{name, words})
	}
	return known
}

// template gives the schema of a template's name.
func (a author) template() *node { return ref(templateName) }

func (a author) templateChoices() []choice {
	var known []choice
	for _, t := range a.Templates {
		channels := make([]string, len(t.Channels))
		for i, c := range t.Channels {
			channels[i] = string(c)
		}
		known = append(known, choice{t.Name, "Written for " + strings.Join(channels, ", ") + "."})
	}
	return known
}
