package rule

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const day = 24 * time.Hour

// blank reports whether a value is missing, which source.Read has reported.
func blank(n source.Node) bool { return n.Kind() == source.Scalar && n.Raw() == "" }

// textOf gives a scalar's text; ok is false when there is none to judge.
func textOf(n source.Node) (string, bool) {
	if blank(n) || inBraces(n) {
		return "", false
	}
	return n.Text()
}

// inBraces reports whether a value stands in braces by accident, which
// source.Read has reported: {plan == "surf"}.
func inBraces(n source.Node) bool {
	if n.Kind() != source.Mapping {
		return false
	}
	return slices.ContainsFunc(n.Entries(), func(e source.Entry) bool { return blank(e.Value) })
}

func startsWithDigit(text string) bool { return text != "" && text[0] >= '0' && text[0] <= '9' }

// without gives an error's text less its opening, which names the value once
// more.
func without(err error, kind, value string) string {
	return strings.TrimPrefix(err.Error(), kind+" "+strconv.Quote(value)+": ")
}

// span reads a duration longer than no time at all.
func span(n source.Node) (sendtime.Duration, bool) {
	text, ok := textOf(n)
	if !ok {
		return sendtime.Duration{}, false
	}
	return spanText(n, text, 0)
}

// spanText reads a duration that stands offset bytes into a node's text.
func spanText(n source.Node, text string, offset int) (sendtime.Duration, bool) {
	d, err := sendtime.ParseDuration(text)
	switch {
	case err != nil:
		n.FailAt(offset, without(err, "duration", text), "")
	case d.IsZero():
		n.FailAt(offset, "is no time at all", "write a longer one, such as 24h or 2d")
	}
	return d, err == nil && !d.IsZero()
}

var percent = regexp.MustCompile(`^([0-9]{1,4}(?:\.[0-9]{1,4})?)( ?%)?$`)

// percentage reads 80% into 0.8. It leaves the bounds to the caller.
func percentage(n source.Node) (float64, bool) {
	text, ok := textOf(n)
	if !ok {
		return 0, false
	}
	parts := percent.FindStringSubmatch(text)
	if parts == nil {
		n.Fail("is not a percentage", "write for example 80%")
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	switch {
	case err != nil:
		n.Fail("is not a percentage", "write for example 80%")
		return 0, false
	case parts[2] == "" && number <= 1:
		n.Fail("lacks its %", "write "+percentText(number)+", or "+parts[1]+"%")
		return 0, false
	case parts[2] == "":
		n.Fail("lacks its %", "write "+parts[1]+"%")
		return 0, false
	}
	return number / 100, true
}

// share reads a percentage of people: 0% or more, and less than all.
func share(n source.Node) (float64, bool) {
	part, ok := percentage(n)
	if ok && part >= 1 {
		n.Fail("would leave nobody", "write less than 100%")
		return 0, false
	}
	return part, ok
}

// when reads one WHEN or a list of them.
func when(n source.Node) (sendtime.When, bool) {
	var lines []string
	sound := true
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok {
			sound = false
			continue
		}
		if _, err := sendtime.ParseWhen(text); err != nil {
			failWhen(item, text, err)
			sound = false
		}
		lines = append(lines, text)
	}
	if len(n.Items()) == 0 {
		n.Fail("the list of times is empty", "write for example Mon-Fri 09:00-17:00")
	}
	if !sound || len(lines) == 0 {
		return sendtime.When{}, false
	}
	w, err := sendtime.ParseWhen(lines...)
	return w, err == nil
}

// cronFields is what a cron line without its word looks like.
var cronFields = regexp.MustCompile(`^([0-9*?/,-]+ +){4}[0-9A-Za-z*?/,-]+$`)

func failWhen(n source.Node, text string, err error) {
	if cronFields.MatchString(text) {
		n.Fail("is a cron line without its word", "write cron before it: cron "+text)
		return
	}
	if aDay.MatchString(text) {
		n.Fail("is one day of the calendar, and a rule runs all year", "write a time of the week or month, such as Thu 10:00 or 24th 10:00")
		return
	}
	n.Fail(without(err, "time line", text), "")
}

// aDay is what a day of the calendar looks like.
var aDay = regexp.MustCompile(`^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4})`)

// channels reads one channel or a list of them, each once.
func channels(n source.Node) []customer.Channel {
	var list []customer.Channel
	for _, item := range n.Items() {
		text, ok := textOf(item)
		c := customer.Channel(text)
		switch {
		case !ok:
		case !slices.Contains(customer.Channels(), c):
			item.Fail("is not a channel", channelHint(text))
		case slices.Contains(list, c):
			item.Fail("stands twice in the list", "keep one of them")
		default:
			list = append(list, c)
		}
	}
	if len(n.Items()) == 0 {
		n.Fail("the list of channels is empty", "name at least one of push, sms, email, or leave channel out for the preferred one")
	}
	return list
}

func channelHint(text string) string {
	if list := manyChannels(text); list != "" {
		return "write " + list
	}
	switch strings.ToLower(text) {
	case "mail", "e-mail":
		return "write email"
	case "text", "phone", "mobile":
		return "write sms"
	case "app", "notification":
		return "write push"
	}
	return source.DidYouMean(text, []string{string(customer.Push), string(customer.SMS), string(customer.Email), preferred})
}

// between splits channels that stand in one text.
var between = regexp.MustCompile(`\s*(?:[,;/+]| or | and )\s*`)

// manyChannels writes channels that stand in one text as a list; "" when the
// text holds anything else.
func manyChannels(text string) string {
	parts := between.Split(text, -1)
	for _, part := range parts {
		if !slices.Contains(customer.Channels(), customer.Channel(part)) {
			return ""
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// condition compiles an expression that holds or not; nil after a problem.
func (r *reader) condition(n source.Node, s scope) *expr.Program {
	return r.compile(n, expr.Truth, s)
}

func (r *reader) compile(n source.Node, want expr.Type, s scope) *expr.Program {
	text, ok := textOf(n)
	if !ok {
		return nil
	}
	program, problems := expr.Compile(text, want, s)
	if len(s.heard.stray) > 0 {
		s.refuseMatch(n, s.heard.stray[0])
		return nil
	}
	if len(s.heard.early) > 0 {
		refuseAnswer(n, s.heard.early[0])
		return nil
	}
	for _, p := range problems {
		if name, declared := r.outsideName(text[min(p.Offset, len(text)):]); declared != "" {
			p.Message, p.Hint = strconv.Quote(name)+" is what others call the event "+declared, "write "+declared
		}
		n.FailAt(p.Offset, p.Message, p.Hint)
	}
	if program == nil {
		return nil
	}
	uses := program.Uses()
	for _, name := range uses.Traits {
		if !s.owns(name) {
			r.traits[name] = true
		}
	}
	if s.outside && len(uses.Properties) > 0 {
		s.refuseProperty(n, uses.Properties[0])
		return nil
	}
	for _, template := range s.heard.templates {
		r.asked = append(r.asked, asked{template: template, at: n})
	}
	return program
}

// outsideName gives the event's name in quotes that a text starts with, and
// the name that data.yaml declares it under; "" when there is none.
func (r *reader) outsideName(text string) (outside, declared string) {
	if !strings.HasPrefix(text, `"`) {
		return "", ""
	}
	outside, _, _ = strings.Cut(text[1:], `"`)
	if declared = r.env.Data.EventName(outside); declared == outside {
		return outside, ""
	}
	return outside, declared
}

// refuseMatch reports match.name that the trigger does not give.
func (s scope) refuseMatch(n source.Node, name string) {
	written := matchObject + "." + name
	at := max(strings.Index(n.Raw(), written), 0)
	given := s.properties(matchObject)
	switch {
	case s.outside:
		n.FailAt(at, written+" is known only once an outreach has begun", "leave it out")
	case len(given) == 0:
		n.FailAt(at, "this rule's trigger gives nothing under match", "match.used, limit, share and left come with usage, and the promised time with missing")
	case source.Nearest(name, given) != "":
		n.FailAt(at, written+" is not given by this rule's trigger", "did you mean match."+source.Nearest(name, given)+"?")
	default:
		n.FailAt(at, written+" is not given by this rule's trigger", "it gives match."+strings.Join(given, ", match."))
	}
}

// refuseAnswer reports a webhook's answer that is not there yet.
func refuseAnswer(n source.Node, name string) {
	n.FailAt(max(strings.Index(n.Raw(), name+"."), 0), name+" is known only in steps after a webhook with as: "+name, "put the webhook before it, or leave it out")
}

// refuseProperty reports event.property where no outreach can be asked.
func (s scope) refuseProperty(n source.Node, p [2]string) {
	written := p[0] + "." + p[1]
	hint := "write latest(" + written + "), or sum(" + written + ")"
	if p[0] == s.of {
		hint = "write " + p[1]
	}
	n.FailAt(max(strings.Index(n.Raw(), written), 0), written+" is known only once an outreach has begun", hint)
}

// event reads the name of a declared event.
func (r *reader) event(n source.Node) (string, bool) {
	text, ok := textOf(n)
	if !ok {
		return "", false
	}
	if err := r.checkEvent(text); err != nil {
		n.Fail(err.message, err.hint)
		return "", false
	}
	return text, true
}

// fault is a problem that has no place yet.
type fault struct{ message, hint string }

func (r *reader) checkEvent(name string) *fault {
	if _, ok := r.env.Data.Event(name); ok {
		return nil
	}
	if declared := r.env.Data.EventName(name); declared != name {
		return &fault{"is what others call the event " + declared, "write " + declared}
	}
	hint := "declare it under events in data.yaml"
	if near := source.Nearest(name, r.env.Data.EventNames()); near != "" {
		hint = "did you mean " + near + "?"
	}
	if strings.ContainsAny(name, " \t") {
		hint = `declare it in data.yaml under a name without spaces, with from: "` + name + `"`
	}
	return &fault{"is not an event of data.yaml", hint}
}

// property reads event.property, a number.
func (r *reader) property(n source.Node) (event, property string, ok bool) {
	text, ok := textOf(n)
	if !ok {
		return "", "", false
	}
	event, property, dotted := strings.Cut(text, ".")
	if f := r.checkEvent(event); f != nil {
		n.Fail(event+" "+f.message, f.hint)
		return "", "", false
	}
	known := r.env.Data.PropertyNames(event)
	e, _ := r.env.Data.Event(event)
	field, declared := e.Properties[property]
	switch {
	case !dotted:
		n.Fail("names no property", "write event and property, such as "+event+"."+numeric(e))
	case !declared:
		n.Fail(property+" is not a property of "+event, source.DidYouMean(property, known))
	case field.Kind != customer.KindNumber:
		n.Fail(property+" is not a number but of type "+string(field.Kind), "name a property of type number in data.yaml")
	default:
		return event, property, true
	}
	return "", "", false
}

// numeric gives a property of an event that is a number, to show how one is
// written.
func numeric(e dictionary.Event) string {
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		if e.Properties[name].Kind == customer.KindNumber {
			return name
		}
	}
	return "amount"
}
