package rule

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/source"
)

// fields reads a mapping. ok is false when nothing can be told of it: it is no
// mapping, or a comma inside braces cut an expression in two, which
// source.Read has reported.
func fields(n source.Node, known []string) (f source.Fields, ok bool) {
	if blank(n) {
		return source.Fields{Of: n}, false
	}
	if n.Kind() == source.Mapping {
		for _, e := range n.Entries() {
			if blank(e.Value) && !slices.Contains(known, e.Name) {
				return source.Fields{Of: n}, false
			}
		}
	}
	return n.Fields(known...), n.Kind() == source.Mapping
}

// hasAny reports whether a mapping has one of the keys.
func hasAny(f source.Fields, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		_, ok := f.Get(key)
		return ok
	})
}

// only gives the one key of several that a mapping has. None and more than
// one are problems.
func only(f source.Fields, keys []string, what, hint string) (string, bool) {
	var found []string
	for _, key := range keys {
		if _, ok := f.Get(key); ok {
			found = append(found, key)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) == 0 && !misspelt(f, keys):
		f.Of.Fail("names no "+what, hint)
	case len(found) == 0:
	default:
		hint := "keep one of them"
		if what == stepWord {
			hint = "give each a step of its own, with a - before it; what an if leads to stands under then"
		}
		f.Of.Fail("names more than one "+what+": "+strings.Join(found, ", "), hint)
	}
	return "", false
}

// misspelt reports whether a key of the mapping was most likely meant to be
// one of keys, which fields has reported.
func misspelt(f source.Fields, keys []string) bool {
	return slices.ContainsFunc(f.Of.Entries(), func(e source.Entry) bool {
		_, known := f.Get(e.Name)
		return !known && source.Nearest(e.Name, keys) != ""
	})
}

var triggers = []string{"event", "usage", "silent", "missing", "count", "drop", "date", "schedule", "becomes"}

func (r *reader) trigger(n source.Node) {
	if n.Kind() == source.Scalar && !blank(n) {
		n.Fail("names no trigger", "write when: {event: "+n.Raw()+"}")
		return
	}
	if r.isDigest() {
		r.digestTrigger(n)
		return
	}
	f, ok := fields(n, append(slices.Clone(triggers), "where"))
	if !ok {
		return
	}
	kind, ok := only(f, triggers, "trigger", "write one of "+strings.Join(triggers, ", "))
	if where, has := f.Get("where"); has && ok && kind != "event" {
		hint := "where belongs to an event; for who is reached use audience"
		if kind == "count" {
			hint = "write it among the keys of count"
		}
		where.Fail("where stands beside "+kind, hint)
	}
	value, _ := f.Get(kind)
	r.rule.When = r.triggerOf(kind, value, f)
}

func (r *reader) triggerOf(kind string, n source.Node, f source.Fields) (t Trigger) {
	switch kind {
	case "event":
		t.Event = r.eventTrigger(n, f)
	case "usage":
		t.Usage = r.usageTrigger(n)
	case "silent":
		t.Silent = r.silentTrigger(n)
	case "missing":
		t.Missing = r.missingTrigger(n)
	case "count":
		t.Count = r.countTrigger(n)
	case "drop":
		t.Drop = r.dropTrigger(n)
	case "date":
		t.Date = r.dateTrigger(n)
	case "schedule":
		t.Schedule = r.scheduleTrigger(n)
	case "becomes":
		t.Becomes = r.becomesTrigger(n)
	}
	return t
}

func (r *reader) eventTrigger(n source.Node, f source.Fields) *EventTrigger {
	t := &EventTrigger{}
	t.Event, _ = r.event(n)
	if where, ok := f.Get("where"); ok && t.Event != "" {
		t.Where = r.condition(where, r.whereScope(t.Event))
	}
	return t
}

func number() expr.Decl { return expr.Decl{Kind: customer.KindNumber} }

func (r *reader) usageTrigger(n source.Node) *UsageTrigger {
	t := &UsageTrigger{}
	r.match = map[string]expr.Decl{"used": number(), "limit": number(), "share": number(), "left": number()}
	f, ok := fields(n, []string{"sum", "count", "latest", "per", "limit", "reaches"})
	if !ok {
		return t
	}
	if kind, ok := only(f, []string{"sum", "count", "latest"}, "total", "write one of sum, count, latest, such as sum: data_session.mb"); ok {
		total, _ := f.Get(kind)
		t.Op = expr.Op(kind)
		if t.Op == expr.Count {
			t.Event, _ = r.event(total)
		} else {
			t.Event, t.Property, _ = r.property(total)
		}
	}
	if per, ok := f.Get("per"); ok {
		t.Per = r.period(per)
	}
	if limit, ok := f.Require("limit", "write what the total is measured against, such as limit: plan_mb"); ok {
		t.Limit = r.compile(limit, expr.Number, r.limitScope())
	}
	if reaches, ok := f.Require("reaches", "write the share of the limit, such as reaches: 80%"); ok {
		t.Reaches = reachesOf(reaches)
	}
	return t
}

func reachesOf(n source.Node) float64 {
	const most = 10 // times the limit
	part, ok := percentage(n)
	if ok && (part <= 0 || part > most) {
		n.Fail("is not a share that can be reached", "write more than 0%, and 1000% at most")
	}
	return part
}

// period reads day, week, month, month from TRAIT or since EVENT.
func (r *reader) period(n source.Node) Period {
	text, ok := textOf(n)
	if !ok {
		return Period{}
	}
	text = strings.Join(strings.Fields(text), " ")
	trait, monthFrom := strings.CutPrefix(text, string(PerMonthFrom)+" ")
	event, since := strings.CutPrefix(text, string(PerSinceEvent)+" ")
	switch kind := behaviour.PeriodKind(text); {
	case kind == PerDay || kind == PerWeek || kind == PerMonth:
		return Period{Kind: kind}
	case monthFrom:
		if r.dayTrait(n, trait) {
			return Period{Kind: PerMonthFrom, Of: trait}
		}
	case since:
		f := r.checkEvent(event)
		if f == nil {
			return Period{Kind: PerSinceEvent, Of: event}
		}
		n.Fail(event+" "+f.message, f.hint)
	default:
		n.Fail("is not a period", "write day, week, month, month from a trait (month from billing_day), or since an event")
	}
	return Period{}
}

// dayTrait reports whether a trait may hold a day of the month.
func (r *reader) dayTrait(n source.Node, name string) bool {
	trait, ok := r.env.Data.Traits[name]
	switch {
	case !ok:
		n.Fail(name+" is not a trait of data.yaml", source.DidYouMean(name, r.env.Data.TraitNames()))
	case trait.Kind != customer.KindNumber:
		n.Fail(name+" is not a number but of type "+string(trait.Kind), "name a trait that holds the day of the month, 1 to 31")
	default:
		r.traits[name] = true
		return true
	}
	return false
}

// unusualWord is a silence that is long for this customer.
const unusualWord = "unusual"

func (r *reader) silentTrigger(n source.Node) *SilentTrigger {
	t := &SilentTrigger{}
	if n.Kind() == source.Scalar && !blank(n) {
		n.Fail("names no keys", "write silent: {event: app_opened, for: 14d}")
		return t
	}
	f, ok := fields(n, []string{"event", "for"})
	if !ok {
		return t
	}
	if event, ok := f.Get("event"); ok {
		t.Event, _ = r.event(event)
	}
	length, ok := f.Require("for", "write how long nothing came, such as for: 14d, or for: unusual")
	switch {
	case !ok:
	case length.Raw() == unusualWord:
		t.Unusual = true
	case source.Nearest(length.Raw(), []string{unusualWord}) != "":
		length.Fail("is not known here", "did you mean "+unusualWord+"?")
	default:
		t.For, _ = span(length)
	}
	return t
}

func (r *reader) missingTrigger(n source.Node) *MissingTrigger {
	t := &MissingTrigger{}
	f, ok := fields(n, []string{"event", "after", "within", "by"})
	if !ok {
		return t
	}
	if event, ok := f.Require("event", "name the event that did not come"); ok {
		t.Event, _ = r.event(event)
	}
	if after, ok := f.Require("after", "name the event that it should have followed"); ok {
		t.After, _ = r.event(after)
		if t.After != "" && t.After == t.Event {
			after.Fail("is the event that is missing itself", "name the event that comes before it")
		}
	}
	kind, ok := only(f, []string{"within", "by"}, "time", "write within: 3d, or by: and the property with the promised time")
	value, _ := f.Get(kind)
	switch {
	case !ok:
	case kind == "within":
		t.Within, _ = span(value)
	default:
		t.By = r.promise(value, t.After)
	}
	return t
}

// promise reads the property of an event that holds a promised time.
func (r *reader) promise(n source.Node, event string) string {
	text, ok := textOf(n)
	if !ok || event == "" {
		return ""
	}
	e, _ := r.env.Data.Event(event)
	field, declared := e.Properties[text]
	switch {
	case !declared:
		hint := source.DidYouMean(text, r.env.Data.PropertyNames(event))
		if startsWithDigit(text) {
			hint = "for a length of time write within: " + text
		}
		n.Fail("is not a property of "+event, hint)
	case field.Kind != customer.KindTime && field.Kind != customer.KindDate:
		n.Fail("is not a time but of type "+string(field.Kind), "name a property of type time or date in data.yaml")
	default:
		r.match = map[string]expr.Decl{text: {Kind: field.Kind}}
		return text
	}
	return ""
}
