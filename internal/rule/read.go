package rule

import (
	"cmp"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// Env is what a rule is checked against.
type Env struct {
	Data   *dictionary.Dictionary  // nil declares nothing
	Topics map[customer.Topic]bool // the policy's topics, and whether they are urgent
	// Template gives the channels that a template is written for, and whether
	// it exists. nil: every template exists for every channel.
	Template  func(name string) ([]customer.Channel, bool)
	Templates []string      // for "did you mean"
	Quiet     sendtime.When // the policy's quiet hours; zero: none
	Teams     []string      // the policy's teams
	// Digests are the policy's, with the channel of each.
	Digests map[string]customer.Channel
	// Carries gives whether a template's text can ride on messages of a channel;
	// nil: each can.
	Carries func(template string, c customer.Channel) bool
}

// Bounds of a rule.
const (
	maxSteps    = 100
	maxNesting  = 8
	maxPriority = 100
	maxName     = 64 // of a rule and of a step's id, in bytes
)

// Values of what a rule leaves out.
const defaultPriority = 50

func defaultFresh() Fresh                  { return Fresh{Within: sendtime.Duration{Elapsed: day}} }
func defaultGoalWithin() sendtime.Duration { return sendtime.Duration{Days: 14} }

var nameShape = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

// Read reads one rule. file stands in problems; its last part less .yaml is
// the rule's name. All problems go to ps. The rule is never nil, but it is
// whole only when its file has no problem worse than a warning.
func Read(file string, text []byte, env Env, ps *source.Problems) *Rule {
	if env.Data == nil {
		env.Data = dictionary.Empty()
	}
	r := &reader{
		env:    env,
		rule:   &Rule{Name: nameOf(file), Priority: defaultPriority, Fresh: defaultFresh(), Again: Again{Kind: Always}},
		ids:    map[string]string{},
		traits: map[string]bool{},
	}
	if root, ok := source.Read(file, text, ps); ok && !blank(root) {
		r.read(root)
	}
	r.rule.traits = r.sortedTraits()
	r.rule.Version = version(r.rule)
	return r.rule
}

// nameOf gives the rule's name from its file's.
func nameOf(file string) string {
	name := file[strings.LastIndexAny(file, `/\`)+1:]
	return strings.TrimSuffix(name, ".yaml")
}

// reader fills a rule.
type reader struct {
	env    Env
	rule   *Rule
	match  map[string]expr.Decl // names under match. that the trigger gives
	ids    map[string]string    // step id -> path of its step
	steps  int
	unread bool // a step could not be read
	traits map[string]bool
	asked  []asked
	// answers are the webhooks' answers of the steps read so far, by name.
	answers map[string]map[string]dictionary.Field
}

// asked is a template that an expression asks to have been sent.
type asked struct {
	template string
	at       source.Node
}

func (r *reader) read(root source.Node) {
	if !nameShape.MatchString(r.rule.Name) || len(r.rule.Name) > maxName {
		root.Fail("the file's name "+strconv.Quote(r.rule.Name)+" cannot name a rule",
			"use small letters, digits and - between words, at most 64: usage-limit.yaml")
	}
	f := root.Fields("description", "owner", "topic", "priority", "when", "about", "audience", "fresh", "again",
		"goal", "stop", "until", "holdout", "steps")
	r.words(f)
	if n, ok := f.Require("when", "name the reason, such as when: {event: order_placed}"); ok {
		r.trigger(n)
	}
	if n, ok := f.Get("about"); ok {
		r.about(n)
	}
	if n, ok := f.Get("audience"); ok {
		r.rule.Audience = r.condition(n, r.scope())
	}
	r.limits(f)
	if n, ok := f.Require("steps", "list what is to be done, such as - send: welcome"); ok {
		r.rule.Steps = r.stepList(n, place{})
		r.checkSteps(n)
	}
	r.checkHoldout(f)
}

// words reads what describes the rule.
func (r *reader) words(f source.Fields) {
	if n, ok := f.Require("description", "say in one sentence what the rule is for"); ok {
		if text, ok := textOf(n); ok {
			r.rule.Description = strings.Join(strings.Fields(text), " ")
		}
	}
	if n, ok := f.Require("owner", "write the email address of who is told of trouble"); ok {
		r.owner(n)
	}
	if n, ok := f.Require("topic", "write one of the policy's topics: "+strings.Join(r.topicNames(), ", ")); ok {
		r.rule.Topic, r.rule.Urgent = r.topic(n)
	}
	if n, ok := f.Get("priority"); ok {
		r.priority(n)
	}
}

func (r *reader) owner(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		n.Fail("is not an email address", "write it alone, such as growth@example.com")
	}
	r.rule.Owner = text
}

func (r *reader) topicNames() []string {
	var names []string
	for topic := range r.env.Topics {
		names = append(names, string(topic))
	}
	slices.Sort(names)
	return names
}

// topic reads a topic and gives whether it is urgent.
func (r *reader) topic(n source.Node) (customer.Topic, bool) {
	text, ok := textOf(n)
	if !ok {
		return "", false
	}
	urgent, known := r.env.Topics[customer.Topic(text)]
	if !known {
		n.Fail("is not a topic of policy.yaml", cmp.Or(source.DidYouMean(text, r.topicNames()), "add it under topics there"))
	}
	return customer.Topic(text), urgent
}

func (r *reader) priority(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	priority, err := strconv.Atoi(text)
	if err != nil || priority < 0 || priority > maxPriority {
		n.Fail("is not a priority", "write a whole number from 0 to 100")
		return
	}
	r.rule.Priority = priority
}

// about reads the property that joins events. Every event that the trigger
// names must have it.
func (r *reader) about(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	r.rule.About = text
	events := r.rule.When.events()
	if kind := r.rule.When.ofThePerson(); kind != "" {
		n.Fail("cannot stand beside "+kind+", which is about the customer as a whole", "leave about out")
		return
	}
	if s := r.rule.When.Silent; s != nil && s.Event == "" {
		n.Fail("cannot stand beside silent without an event, since not every act has this property", "name the event in silent, or leave about out")
		return
	}
	for _, event := range events {
		known := r.env.Data.PropertyNames(event)
		if !slices.Contains(known, text) {
			hint := source.DidYouMean(text, known)
			if hint == "" {
				hint = "declare it under " + event + " in data.yaml, or leave about out"
			}
			n.Fail("is not a property of "+event+", which the trigger names", hint)
		}
	}
}

// limits reads when the rule may start, start again, and end.
func (r *reader) limits(f source.Fields) {
	if n, ok := f.Get("fresh"); ok {
		r.fresh(n)
	}
	if n, ok := f.Get("again"); ok {
		r.again(n)
	}
	if n, ok := f.Get("goal"); ok {
		r.goal(n)
	}
	if n, ok := f.Get("stop"); ok {
		r.rule.Stop = r.what(n)
	}
	if n, ok := f.Get("until"); ok {
		r.until(n)
	} else if u := r.rule.When.Usage; u != nil && u.Per.Kind != PerNone {
		r.rule.Until.Kind = UntilPeriod
	}
	if n, ok := f.Get("holdout"); ok {
		r.rule.Holdout, _ = share(n)
	}
}

func (r *reader) fresh(n source.Node) {
	if n.Raw() == "any" {
		r.rule.Fresh = Fresh{Any: true}
		return
	}
	if text, ok := textOf(n); ok && !startsWithDigit(text) && !strings.HasPrefix(text, "-") {
		n.Fail("is not known here", "write any, or a time such as 24h")
		return
	}
	if within, ok := span(n); ok {
		r.rule.Fresh = Fresh{Within: within}
	}
}

func (r *reader) again(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	after, spanned := strings.CutPrefix(text, string(AfterSpan)+" ")
	switch kind := AgainKind(text); {
	case kind == Always || kind == Never:
		r.rule.Again = Again{Kind: kind}
	case kind == EachPeriod && !r.hasPeriod():
		n.Fail("needs a usage trigger with per", "write always, never, or after and a time, such as after 30d")
	case kind == EachPeriod:
		r.rule.Again = Again{Kind: kind}
	case spanned:
		if d, ok := spanText(n, after, len(text)-len(after)); ok {
			r.rule.Again = Again{Kind: AfterSpan, After: d}
		}
	default:
		hint := "write always, never, each period, or after and a time, such as after 30d"
		if _, err := sendtime.ParseDuration(text); err == nil {
			hint = "write after " + text
		}
		n.Fail("is not known here", hint)
	}
}

// hasPeriod reports whether the trigger counts within periods.
func (r *reader) hasPeriod() bool {
	u := r.rule.When.Usage
	return u != nil && u.Per.Kind != PerNone
}

func (r *reader) goal(n source.Node) {
	r.rule.Goal = &Goal{Within: defaultGoalWithin()}
	if n.Kind() != source.Mapping {
		r.rule.Goal.What = r.what(n)
		return
	}
	f, ok := fields(n, append(whatKeys(), "within"))
	r.rule.Goal.What = r.alternatives(f, ok)
	if within, ok := f.Get("within"); ok {
		if d, ok := span(within); ok {
			r.rule.Goal.Within = d
		}
	}
}

func (r *reader) until(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	trait, declared := r.env.Data.Traits[text]
	switch {
	case UntilKind(text) == UntilPeriod && !r.hasPeriod():
		n.Fail("needs a usage trigger with per", "write a time, such as 14d, or a trait with a date")
	case UntilKind(text) == UntilPeriod:
		r.rule.Until = Until{Kind: UntilPeriod}
	case declared && trait.Kind != customer.KindDate && trait.Kind != customer.KindTime:
		n.Fail("is a trait without a date", "name a trait of type date or time in data.yaml")
	case declared:
		r.rule.Until = Until{Kind: UntilTrait, Trait: text}
		r.traits[text] = true
	case aDay.MatchString(text):
		n.Fail("is a day, and no length of time", "write a time such as 14d, or a trait of type date")
	case startsWithDigit(text):
		if d, ok := span(n); ok {
			r.rule.Until = Until{Kind: UntilSpan, Span: d}
		}
	default:
		hint := source.DidYouMean(text, r.dateTraits())
		if hint == "" || strings.HasPrefix(hint, "known:") {
			hint = "write end of period, a time such as 14d, or a trait of type date or time"
		}
		n.Fail("is not known here", hint)
	}
}

// dateTraits gives what until may name beside a span.
func (r *reader) dateTraits() []string {
	names := []string{string(UntilPeriod)}
	for _, name := range r.env.Data.TraitNames() {
		if kind := r.env.Data.Traits[name].Kind; kind == customer.KindDate || kind == customer.KindTime {
			names = append(names, name)
		}
	}
	return names
}

// checkHoldout refuses to hold people out from what is urgent.
func (r *reader) checkHoldout(f source.Fields) {
	n, ok := f.Get("holdout")
	if !ok || r.rule.Holdout == 0 {
		return
	}
	urgent := r.rule.Topic
	if !r.rule.Urgent {
		urgent = ""
		for _, s := range r.rule.Sends() {
			if s.Urgent {
				urgent = s.Topic
			}
		}
	}
	if urgent != "" {
		n.Fail("the topic "+string(urgent)+" is urgent, so nobody may be held out from it", "leave holdout out, or use another topic")
	}
}
