package ruletest

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Coverage is what the tests of one rule reached.
type Coverage struct {
	Rule   string
	Tested bool // there is a file of tests
	Parts  []Part
}

// Part is one thing of a rule that a test can reach.
type Part struct {
	Name    string // step usage-warning, branch wait-1 then, end stop, usage-warning not sent: late
	Reached bool
}

// Reached counts the parts that a test reached.
func (c Coverage) Reached() int {
	n := 0
	for _, p := range c.Parts {
		if p.Reached {
			n++
		}
	}
	return n
}

// Percent gives the share that was reached, in whole percent, rounded down: 100
// is all.
func (c Coverage) Percent() int { return c.Reached() * 100 / max(1, len(c.Parts)) }

// Cover says, for each rule of the bundle, what the tests that were run
// reached; suites are all there are. It looks at steps, both
// ways of each choice, and the reasons for which the rule can end or be silent.
// Rules that the policy makes of its digests are nobody's to test.
func Cover(env Env, suites []*Suite, reports []Report) []Coverage {
	all := make([]Coverage, 0, len(env.Bundle.Rules))
	for _, r := range env.Bundle.Rules {
		if _, made := env.Bundle.Made[r.Name]; made {
			continue
		}
		seen := gather(r.Name, reports)
		c := Coverage{Rule: r.Name, Tested: slices.ContainsFunc(suites, func(s *Suite) bool { return s.Rule == r.Name })}
		for _, p := range partsOf(r) {
			c.Parts = append(c.Parts, Part{Name: p.name, Reached: p.in(seen)})
		}
		all = append(all, c)
	}
	return all
}

// sight is what the tests of one rule saw.
type sight struct {
	passed map[journey.Passed]bool
	steps  map[string]bool
	ended  map[customer.Reason]bool // ends, and matches that were not entered
	unsent map[unsent]bool
}

// unsent is a message that did not go out, or whose place another one took.
type unsent struct {
	step   string
	reason customer.Reason
}

func gather(name string, reports []Report) sight {
	s := sight{
		passed: map[journey.Passed]bool{}, steps: map[string]bool{},
		ended: map[customer.Reason]bool{}, unsent: map[unsent]bool{},
	}
	for _, report := range reports {
		if report.Suite.Rule != name {
			continue
		}
		for _, result := range report.Results {
			s.add(name, result)
		}
	}
	return s
}

func (s sight) add(name string, result Result) {
	for passed := range result.passed[name] {
		s.passed[passed], s.steps[passed.Step] = true, true
	}
	for _, l := range result.lines {
		switch {
		case l.Rule != name:
		case l.Kind == ledger.KindEnd, l.Kind == ledger.KindDrop && l.Step == "":
			s.ended[l.Reason] = true
		case l.Kind == ledger.KindDrop, l.Reason == customer.Unconfirmed:
			s.unsent[unsent{l.Step, l.Reason}] = true
			s.steps[l.Step] = true
		case l.Step != "":
			s.steps[l.Step] = true
		}
	}
}

// silent reports whether a message stayed away for a reason. A rule is not
// entered for want of consent when none of its messages has it, and a message
// is late, too, when no hour that suits the customer is left in its time.
func (s sight) silent(why unsent) bool {
	switch {
	case s.unsent[why]:
		return true
	case why.reason == customer.NoConsent:
		return s.ended[why.reason]
	}
	return why.reason == customer.Late && s.unsent[unsent{why.step, customer.NoAllowedTime}]
}

// reachable is one thing of a rule that can be reached.
type reachable struct {
	name string
	in   func(sight) bool
}

func partsOf(r *rule.Rule) []reachable {
	var parts []reachable
	r.EachStep(func(s *rule.Step) {
		id := s.ID
		parts = append(parts, reachable{"step " + id, func(seen sight) bool { return seen.steps[id] }})
		for _, branch := range branchesOf(s) {
			passed := journey.Passed{Step: id, Branch: branch}
			parts = append(parts, reachable{"branch " + branch + " of " + id, func(seen sight) bool { return seen.passed[passed] }})
		}
	})
	for _, reason := range endsOf(r) {
		parts = append(parts, reachable{"end " + string(reason), func(seen sight) bool { return seen.ended[reason] }})
	}
	r.EachStep(func(s *rule.Step) {
		if s.Send != nil && !s.Send.FallbackAfter.IsZero() {
			why := unsent{s.ID, customer.Unconfirmed}
			parts = append(parts, reachable{"fallback of " + s.ID, func(seen sight) bool { return seen.unsent[why] }})
		}
		for _, reason := range silences(s) {
			why := unsent{s.ID, reason}
			parts = append(parts, reachable{s.ID + " not sent: " + string(reason), func(seen sight) bool { return seen.silent(why) }})
		}
	})
	return parts
}

// branchesOf gives the ways that lead on from a step, where there are several.
func branchesOf(s *rule.Step) []string {
	switch {
	case s.WaitFor != nil, s.If != nil:
		return []string{journey.Then, journey.Else}
	case s.Split != nil:
		var names []string
		for _, b := range s.Split.Branches {
			names = append(names, b.Name)
		}
		return names
	}
	return nil
}

// endsOf gives the reasons for which the rule's text lets an outreach end, or
// not begin.
func endsOf(r *rule.Rule) []customer.Reason {
	var ends []customer.Reason
	add := func(reason customer.Reason, there bool) {
		if there {
			ends = append(ends, reason)
		}
	}
	add(customer.GoalReached, r.Goal != nil)
	add(customer.Stop, len(r.Stop) > 0)
	add(customer.ReasonGone, standsOn(r.When))
	add(customer.Expired, r.Until.Kind != rule.UntilNone)
	add(customer.HeldOut, r.Holdout > 0)
	return ends
}

// standsOn reports whether the trigger is a condition, which may pass, and not
// something that happened, which stands.
func standsOn(t rule.Trigger) bool {
	return t.Usage != nil || t.Silent != nil || t.Missing != nil || t.Count != nil || t.Becomes != nil
}

// silences gives the reasons for which a step's text lets its message stay
// away.
func silences(s *rule.Step) []customer.Reason {
	if s.Send == nil {
		return nil
	}
	reasons := []customer.Reason{customer.NoConsent}
	if s.Send.Late == rule.LateSkip {
		reasons = append(reasons, customer.Late)
	}
	if len(s.Send.Unless) > 0 {
		reasons = append(reasons, customer.Unless)
	}
	return slices.Clip(reasons)
}
