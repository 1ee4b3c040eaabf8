package lint

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// conditions looks for expressions that can never hold, and for those that
// always do.
func (v *view) conditions() {
	v.condition("audience", v.Audience, nil, "nobody is ever in the audience")
	switch t := v.When; {
	case t.Event != nil:
		v.condition("when.where", t.Event.Where, nil, neverStarts)
	case t.Count != nil:
		v.condition("when.count.where", t.Count.Where, nil, neverStarts)
	case t.Becomes != nil:
		v.becomes(t.Becomes.Cond)
	}
	if v.Goal != nil {
		v.what("goal", v.Goal.What, "the goal is never reached")
	}
	v.what("stop", v.Stop, "it never stops anything")
	v.trunk().each(func(s step) {
		switch {
		case s.Send != nil:
			v.what(s.at+".unless", s.Send.Unless, "the message is never left out")
		case s.WaitFor != nil:
			v.what(s.at+".wait_for", s.WaitFor.What, "it is never waited for with success")
		case s.If != nil:
			v.condition(s.at+".if", s.If.Cond, v.given(), "the then branch is never taken")
		case s.Split != nil:
			v.split(s)
		}
	})
}

// split looks at the conditions of a split's branches, of which the first
// that holds is taken.
func (v *view) split(s step) {
	var before []*expr.Program
	for i, b := range s.Split.Branches {
		at := s.way(i) + ".if"
		switch {
		case b.If == nil:
			continue
		case !b.If.Never() && slices.ContainsFunc(before, func(first *expr.Program) bool { return expr.Follows(b.If, first) }):
			v.warn(at, warning{neverTrue, "holds only where the condition of a branch before it does, so the branch is never taken", "put it first, or leave it out"})
			continue
		}
		v.condition(at, b.If, v.given(), "the branch is never taken")
		before = append(before, b.If)
	}
}

// neverStarts is what follows from a trigger that never holds.
const neverStarts = "the rule never starts"

// becomes looks at a condition that is to turn true.
func (v *view) becomes(p *expr.Program) {
	const at = "when.becomes"
	switch {
	case p.Never():
		v.condition(at, p, nil, neverStarts)
	case v.Audience != nil && !v.Audience.Never() && expr.Disjoint(v.Audience, p):
		v.warn(at, warning{neverTrue, "can never hold for customers of the audience, so " + neverStarts, "change one of the two"})
	case p.Always(), p.NeverFails():
		v.warn(at, warning{alwaysTrue, "is never false, so it never turns true", "write what is to change"})
	}
}

// given lists what holds whenever a step is taken: the audience, and a reason
// that is a condition.
func (v *view) given() []*expr.Program {
	var list []*expr.Program
	if v.Audience != nil {
		list = append(list, v.Audience)
	}
	if v.When.Becomes != nil {
		list = append(list, v.When.Becomes.Cond)
	}
	return list
}

// condition looks at one expression that is asked while others hold; never
// says what follows when it cannot.
func (v *view) condition(at string, p *expr.Program, given []*expr.Program, never string) {
	within := ""
	if len(given) > 0 {
		within = " for customers whom the rule reaches"
	}
	const leave = "leave it out"
	switch {
	case p == nil || slices.ContainsFunc(given, (*expr.Program).Never):
	case p.Never():
		v.warn(at, warning{neverTrue, "can never hold, so " + never, "look for two parts that exclude each other: and, where or was meant?"})
	case slices.ContainsFunc(given, func(g *expr.Program) bool { return expr.Disjoint(g, p) }):
		v.warn(at, warning{neverTrue, "can never hold" + within + ", so " + never, "change it or the audience, or leave the step out"})
	case p.Always(), followsAny(given, p):
		v.warn(at, warning{alwaysTrue, "always holds" + within, leave + alsoElse(at)})
	case p.NeverFails():
		v.warn(at, warning{alwaysTrue, "is never false: it holds for everybody of whom what it asks is known", leave + ", or write known() of what must be known"})
	}
}

// alsoElse names the branches that go with a condition that always holds.
func alsoElse(at string) string {
	switch {
	case strings.HasSuffix(at, "].if") && strings.Contains(at, ".split["):
		return ", and with it the branches behind it"
	case strings.HasSuffix(at, "].if"):
		return ", and with it the else branch"
	}
	return ""
}

// what looks at each alternative's expressions.
func (v *view) what(at string, w rule.What, never string) {
	places := alternatives(v.root.At(at), at)
	for i, a := range w {
		place := at
		if i < len(places) {
			place = places[i]
		}
		switch {
		case a.Where != nil:
			v.condition(place+".where", a.Where, nil, never)
		case a.If == nil:
		case (at == "goal" || at == "stop") && v.holdsFromTheStart(a.If):
			v.warn(place+".if", warning{endsAtOnce, "holds from the start for whom the rule reaches, so each outreach ends at once",
				"write what is to change, or leave those customers out of the audience"})
		default:
			v.condition(place+".if", a.If, nil, never)
		}
	}
}

// holdsFromTheStart reports whether a condition holds for all whom the rule
// may reach.
func (v *view) holdsFromTheStart(p *expr.Program) bool {
	return p.Always() || !slices.ContainsFunc(v.given(), (*expr.Program).Never) && followsAny(v.given(), p)
}

// followsAny reports whether a condition holds wherever one of those does.
func followsAny(given []*expr.Program, p *expr.Program) bool {
	return slices.ContainsFunc(given, func(g *expr.Program) bool { return expr.Follows(g, p) })
}

// alternatives gives the place of each alternative of a what, in the order in
// which it was read.
func alternatives(n source.Node, at string) []string {
	var places []string
	switch n.Kind() {
	case source.List:
		for i, item := range n.Items() {
			places = append(places, alternatives(item, at+"["+itoa(i)+"]")...)
		}
	case source.Mapping:
		for range n.At("event").Items() {
			places = append(places, at)
		}
	default:
		places = []string{at}
	}
	return places
}
