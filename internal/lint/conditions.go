package lint

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// conditions looks for expressions that can never hold, and for those that
// always do.
func (v *view) conditions() {
	v.condition("audience", v.Audience, nil, "nobody is ever in the audience")
	if e := v.When.Event; e != nil {
		v.condition("when.where", e.Where, nil, "the rule never starts")
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
			v.condition(s.at+".if", s.If.Cond, v.Audience, "the then branch is never taken")
		}
	})
}

// condition looks at one expression that is asked while the audience holds;
// never says what follows when it cannot.
func (v *view) condition(at string, p, audience *expr.Program, never string) {
	within := ""
	if audience != nil {
		within = " for customers of the audience"
	}
	const leave = "leave it out"
	switch {
	case p == nil || audience != nil && audience.Never():
	case p.Never():
		v.warn(at, warning{neverTrue, "can never hold, so " + never, "look for two parts that exclude each other: and, where or was meant?"})
	case audience != nil && expr.Disjoint(audience, p):
		v.warn(at, warning{neverTrue, "can never hold" + within + ", so " + never, "change one of the two, or leave the step out"})
	case p.Always(), audience != nil && expr.Follows(audience, p):
		v.warn(at, warning{alwaysTrue, "always holds" + within, leave + alsoElse(at)})
	case p.NeverFails():
		v.warn(at, warning{alwaysTrue, "is never false: it holds for everybody of whom what it asks is known", leave + ", or write known() of what must be known"})
	}
}

// alsoElse names the steps that go with a condition that always holds.
func alsoElse(at string) string {
	if strings.HasSuffix(at, ".if") {
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
	return p.Always() || v.Audience != nil && !v.Audience.Never() && expr.Follows(v.Audience, p)
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
