package rule

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

func (r *reader) dateTrigger(n source.Node) *DateTrigger {
	t := &DateTrigger{}
	if n.Kind() == source.Scalar && !blank(n) {
		n.Fail("names no keys", "write date: {of: "+n.Raw()+"}")
		return t
	}
	f, ok := fields(n, []string{"of", "before", "after"})
	if !ok {
		return t
	}
	if of, ok := f.Require("of", "name the trait with the day, such as of: renewal_at"); ok {
		t.Of = r.dateTrait(of)
	}
	before, hasBefore := f.Get("before")
	after, hasAfter := f.Get("after")
	r.match = map[string]expr.Decl{"day": {Kind: customer.KindDate}}
	switch {
	case hasBefore && hasAfter:
		after.Fail("stands beside before", "write two rules, one for each side of the day")
	case hasBefore:
		t.Points = points(before)
		r.match["before"] = expr.Decl{Kind: expr.KindSpan}
	case hasAfter:
		t.Points, t.After = points(after), true
		r.match["after"] = expr.Decl{Kind: expr.KindSpan}
	default:
		t.Points = []sendtime.Duration{{}}
	}
	return t
}

// dateTrait reads the name of a trait that holds a day or an instant.
func (r *reader) dateTrait(n source.Node) string {
	name, ok := textOf(n)
	if !ok {
		return ""
	}
	trait, declared := r.env.Data.Traits[name]
	switch {
	case !declared:
		n.Fail("is not a trait of data.yaml", source.DidYouMean(name, r.env.Data.TraitNames()))
	case trait.Kind != customer.KindDate && trait.Kind != customer.KindTime:
		n.Fail("is not a day but of type "+string(trait.Kind), "name a trait of type date or time in data.yaml")
	default:
		r.traits[name] = true
		return name
	}
	return ""
}

// points reads one length of whole days or a list of them, each once.
func points(n source.Node) []sendtime.Duration {
	var list []sendtime.Duration
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok {
			continue
		}
		d, err := sendtime.ParseDuration(text)
		switch {
		case err != nil:
			item.Fail(without(err, "duration", text), "")
		case d.Elapsed != 0:
			item.Fail("is not a length of days", "write days, weeks or months, such as 3d; the step's at says at which hour")
		case slices.Contains(list, d):
			item.Fail("stands twice in the list", "keep one of them")
		default:
			list = append(list, d)
		}
	}
	if len(n.Items()) == 0 {
		n.Fail("the list of days is empty", "write for example [30d, 7d, 1d]")
	}
	return list
}

func (r *reader) scheduleTrigger(n source.Node) *ScheduleTrigger {
	w, ok := when(n)
	if ok && w.Starts().IsZero() {
		n.Fail("has no beginning", "write a time, such as Mon 09:00")
	}
	return &ScheduleTrigger{When: w}
}
