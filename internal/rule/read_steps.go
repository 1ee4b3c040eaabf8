package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// Words that stand as values of a send.
const (
	preferred = "preferred"
	nowWord   = "now"
)

// stopWord is a whole step.
const stopWord = "stop"

// stepWord is what messages call a step.
const stepWord = "step"

var stepKinds = []string{"send", "attach", "wait", "wait_for", "if", "split", "set", "webhook", "handoff"}

// stepKeys are what stands beside a step's kind, without id.
func stepKeys(kind string) []string {
	switch kind {
	case "send":
		return []string{"channel", "at", "within", "late", "unless", "topic", "fallback_after"}
	case "attach":
		return []string{"to", "within", "topic"}
	case "wait_for":
		return []string{"within", "then", "else"}
	case "if":
		return []string{"then", "else"}
	case "webhook":
		return []string{"as", "within"}
	case "handoff":
		return []string{"within"}
	}
	return nil
}

// place is where a list of steps stands: "" for the rule's own, 3.then- for
// those of a branch.
type place struct {
	prefix  string
	nesting int
}

func (p place) id(i int) string { return p.prefix + strconv.Itoa(i+1) }

func (p place) branch(i int, name string) place {
	return place{prefix: p.id(i) + "." + name + "-", nesting: p.nesting + 1}
}

func (r *reader) stepList(n source.Node, at place) []Step {
	if blank(n) {
		return nil
	}
	if at.nesting > maxNesting {
		n.Fail("steps are nested more than 8 deep", "split the rule into several")
		r.unread = true
		return nil
	}
	items := n.Items()
	if len(items) == 0 {
		n.Fail("the list of steps is empty", "list at least one, such as - send: welcome")
	}
	var steps []Step
	var ended bool
	for i, item := range items {
		if ended {
			item.Fail("is never reached, since every way before it ends with stop", "move it up, or leave it out")
			break
		}
		step := r.step(item, at, i)
		steps = append(steps, step)
		ended = step.ends()
	}
	return steps
}

// ends reports whether nothing after the step can be reached.
func (s *Step) ends() bool {
	if s.Stop {
		return true
	}
	branches := s.branches()
	if s.Split != nil && !s.Split.takesAll() {
		return false
	}
	return len(branches) > 0 && !slices.ContainsFunc(branches, func(steps []Step) bool {
		return len(steps) == 0 || !steps[len(steps)-1].ends()
	})
}

func (r *reader) step(n source.Node, at place, i int) Step {
	r.steps++
	if n.Kind() == source.Scalar {
		return r.bareStep(n, at, i)
	}
	kind := ""
	f, ok := stepFields(n)
	if ok {
		hint := "write one of " + strings.Join(stepKinds, ", ") + ", or - stop"
		if hasAny(f, []string{"then", "else"}) {
			hint = "put then and else under their if or wait_for, in the same column and without a -"
		}
		kind, ok = only(f, stepKinds, stepWord, hint)
	}
	if !ok {
		r.unread = true
		return Step{ID: "unread-" + at.id(i)}
	}
	value, _ := f.Get(kind)
	var s Step
	s.ID = kind + "-" + at.id(i)
	refuseKeys(f, kind)
	switch kind {
	case "send":
		s.Send = r.send(value, f)
	case "attach":
		s.Send = r.attach(value, f)
	case "wait":
		s.Wait = readWait(value)
	case "wait_for":
		s.WaitFor = r.waitFor(value, f, at, i)
	case "if":
		s.If = r.choose(value, f, at, i)
	case "split":
		s.Split = r.split(value, at, i)
	case "set":
		s.Set = r.set(value)
	case "webhook":
		s.Webhook = r.webhook(value, f)
	case "handoff":
		s.Handoff = r.handoff(value, f)
	}
	s.ID = s.named(s.ID)
	r.name(&s, n, f)
	return s
}

// stepFields reads a step's keys.
func stepFields(n source.Node) (source.Fields, bool) {
	keys := slices.Concat(stepKinds, []string{"id", stopWord})
	for _, kind := range stepKinds {
		keys = append(keys, stepKeys(kind)...)
	}
	for _, e := range n.Entries() {
		if e.Name == stopWord {
			e.Key.Fail("stop takes no value", "write - stop")
			return source.Fields{Of: n}, false
		}
	}
	return fields(n, keys)
}

// bareStep reads a step without a value: stop.
func (r *reader) bareStep(n source.Node, at place, i int) Step {
	s := Step{ID: stopWord + "-" + at.id(i), Stop: n.Raw() == stopWord}
	if s.Stop || blank(n) {
		return s
	}
	r.unread = true
	word, rest, _ := strings.Cut(n.Raw(), " ")
	hint := "write for example - send: welcome"
	if rest != "" && slices.Contains(stepKinds, word) {
		hint = "put a colon behind " + word + ": - " + word + ": " + rest
	}
	n.Fail("is not a step", hint)
	return s
}

// refuseKeys reports the keys of a step that belong to another kind.
func refuseKeys(f source.Fields, kind string) {
	takes := stepKeys(kind)
	for _, e := range f.Of.Entries() {
		_, known := f.Get(e.Name)
		own := e.Name == kind || e.Name == "id" || slices.Contains(takes, e.Name)
		if !known || own {
			continue
		}
		hint := kind + " takes " + strings.Join(append(takes, "id"), ", ")
		e.Key.Fail("does not belong to "+kind, hint)
	}
}

// name gives a step its own id, and reports one that is taken.
func (r *reader) name(s *Step, n source.Node, f source.Fields) {
	at := n
	if id, ok := f.Get("id"); ok {
		text, ok := textOf(id)
		if !ok {
			return
		}
		if !nameShape.MatchString(text) || len(text) > maxName {
			id.Fail("cannot name a step", "use small letters, digits and - between words, at most 64")
			return
		}
		s.ID, at = text, id
	}
	if other, taken := r.ids[s.ID]; taken {
		at.Fail("the id "+s.ID+" is taken by "+other, "give this step an id of its own, such as id: "+suggest(s.ID, r.ids))
		return
	}
	r.ids[s.ID] = n.Path()
}

func suggest(id string, taken map[string]string) string {
	for i := 2; ; i++ {
		if next := fmt.Sprintf("%s-%d", id, i); taken[next] == "" {
			return next
		}
	}
}

// template reads a template's name. It must be written for every channel that
// the send names.
func (r *reader) template(n source.Node, named []customer.Channel) string {
	name, ok := textOf(n)
	if !ok || r.env.Template == nil {
		return name
	}
	written, ok := r.env.Template(name)
	if !ok {
		hint := source.DidYouMean(name, r.env.Templates)
		if hint == "" {
			hint = "add the folder templates/" + name
		}
		n.Fail("is not a template", hint)
		return name
	}
	for _, c := range named {
		if !slices.Contains(written, c) {
			n.Fail("has no text for "+string(c), "add it under templates/"+name+", or name another channel")
		}
	}
	return name
}

// at reads when a send goes out. A time that is always quiet is a problem,
// except for what is urgent.
func (r *reader) at(n source.Node, urgent bool) At {
	switch {
	case n.Raw() == preferred:
		return At{Preferred: true}
	case n.Raw() == nowWord:
		return At{Now: true}
	case n.Kind() == source.Scalar && !strings.ContainsAny(n.Raw(), "0123456789*") && !blank(n):
		n.Fail("is not a time", "write preferred, now, or a time such as Mon-Fri 09:00-17:00")
		return At{Preferred: true}
	}
	w, ok := when(n)
	if !ok {
		return At{Preferred: true}
	}
	if !urgent && !r.everLoud(w) {
		n.Fail("lies wholly in the policy's quiet hours ("+r.env.Quiet.String()+")", "choose another time; only urgent topics may be sent then")
	}
	return At{When: w}
}

// everLoud reports whether some moment of w is not quiet.
func (r *reader) everLoud(w sendtime.When) bool {
	aMonday := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)
	return sendtime.Next(sendtime.Request{Now: aMonday, Zone: time.UTC, When: w, Quiet: r.env.Quiet}).OK
}

func readLate(n source.Node) Late {
	text, ok := textOf(n)
	if ok && Late(text) != LateSkip && Late(text) != LateSend {
		n.Fail("is not known here", "write skip or send")
	}
	if Late(text) == LateSend {
		return LateSend
	}
	return LateSkip
}

// readWait reads a duration or a WHEN.
func readWait(n source.Node) *Wait {
	if n.Kind() == source.Scalar && looksLikeSpan(n.Raw()) {
		d, _ := span(n)
		return &Wait{For: d}
	}
	w, _ := when(n)
	return &Wait{When: w}
}

// looksLikeSpan tells 2d and 3 months from Mon 09:00 and 1st 09:00.
func looksLikeSpan(text string) bool {
	if _, err := sendtime.ParseDuration(text); err == nil {
		return true
	}
	first, _, _ := strings.Cut(text, " ")
	unit := strings.TrimLeft(first, "0123456789.")
	isDate := slices.Contains([]string{"st", "nd", "rd", "th"}, strings.ToLower(unit))
	return (startsWithDigit(text) || strings.HasPrefix(text, "-")) && !isDate && !strings.Contains(text, ":")
}

func (w *Wait) isSet() bool { return w != nil && (!w.For.IsZero() || !w.When.IsZero()) }

func (r *reader) waitFor(n source.Node, f source.Fields, at place, i int) *WaitFor {
	w := &WaitFor{What: r.what(n)}
	if within, ok := f.Require("within", "say how long to wait at most, such as within: 2d"); ok {
		w.Within, _ = span(within)
	}
	w.Then, w.Else = r.branches(f, at, i)
	return w
}

func (r *reader) choose(n source.Node, f source.Fields, at place, i int) *If {
	c := &If{Cond: r.condition(n, r.stepScope())}
	c.Then, c.Else = r.branches(f, at, i)
	if !hasAny(f, []string{"then", "else"}) {
		f.Of.Fail("then is missing", "list the steps for when the condition holds, such as then: [{send: welcome}]")
	}
	return c
}

func (r *reader) branches(f source.Fields, at place, i int) (then, otherwise []Step) {
	if n, ok := f.Get("then"); ok {
		then = r.stepList(n, at.branch(i, "then"))
	}
	if n, ok := f.Get("else"); ok {
		otherwise = r.stepList(n, at.branch(i, "else"))
	}
	return then, otherwise
}

// checkSteps reports what only the whole list shows.
func (r *reader) checkSteps(n source.Node) {
	if r.steps > maxSteps {
		n.Fail(strconv.Itoa(r.steps)+" steps are more than a rule may have (100)", "split the rule into several")
	}
	var templates []string
	for _, s := range r.rule.Sends() {
		templates = append(templates, s.Template)
	}
	for _, a := range r.asked {
		if !slices.Contains(templates, a.template) {
			a.at.Fail(`sent("`+a.template+`") never holds, since no step of this rule sends it`, source.DidYouMean(a.template, templates))
		}
	}
	items := n.Items()
	switch last := len(r.rule.Steps) - 1; {
	case r.unread || last < 0 || len(r.rule.Steps) != len(items):
	case len(templates) == 0 && !r.rule.acts():
		n.Warn("sends-nothing", "no step sends anything", "add one, such as - send: welcome")
	case r.rule.Steps[last].Wait.isSet():
		items[last].Warn("idle-wait", "waits for nothing, since no step follows", "leave it out")
	}
}
