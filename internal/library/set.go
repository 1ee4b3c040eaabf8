// Package library follows which of marketing's documents are in force: it
// activates what was checked, compiles what the store's rows name, and keeps
// the versions that open outreaches still go by. It decides nothing about
// customers.
package library

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Set is everything in force at one moment, compiled. It is immutable and safe
// for concurrent use.
type Set struct {
	*bundle.Bundle
	Generation string // changes with every activation
	Plan       *behaviour.Plan
	Active     map[string]ledger.Active // of rules, by name
	Insight    *insight.Insight         // what is known of everybody; nil: nothing is
	Forgotten  time.Time                // events from before are not taken in; zero: all are

	matchers map[string]*rule.Matcher
	byEvent  map[string][]*rule.Matcher
	anyAct   []*rule.Matcher // that look at any act of the customer's own
	schedule []*rule.Matcher // for everybody, by the calendar
	sharing  map[string][]string
	shared   []string // traits by whose value events reach customers, sorted
	goals    map[string][]*rule.Matcher
	warming  bool
	fixed    bool

	documents map[document]string // what it was compiled from: hashes
}

// further gives the set of the same documents, with rules that are further with
// their histories, or of which more events were forgotten.
func (s *Set) further(generation string, now inForce) *Set {
	next := *s
	next.Generation, next.Active, next.warming, next.Forgotten = generation, now.rules, false, now.forgotten
	for _, a := range now.rules {
		next.warming = next.warming || !a.Warm
	}
	return &next
}

// newSet compiles a bundle.
func newSet(b *bundle.Bundle, generation string, active map[string]ledger.Active) *Set {
	s := &Set{
		Bundle: b, Generation: generation, Active: active,
		matchers: map[string]*rule.Matcher{}, byEvent: map[string][]*rule.Matcher{}, goals: map[string][]*rule.Matcher{},
		sharing: map[string][]string{},
	}
	for _, a := range active {
		s.warming = s.warming || !a.Warm
	}
	var defs []behaviour.Def
	for _, r := range b.Rules {
		m := rule.NewMatcher(r, b.Dictionary)
		s.matchers[r.Name] = m
		defs = append(defs, m.Defs()...)
		s.listen(m)
		s.share(m)
	}
	s.Plan = behaviour.NewPlan(defs, func(event string) bool { return !b.Dictionary.Events[event].ByUs })
	s.join()
	return s
}

// listen notes which events a rule is asked about.
func (s *Set) listen(m *rule.Matcher) {
	for _, name := range m.TriggerEvents() {
		if name == "" {
			s.anyAct = append(s.anyAct, m)
			continue
		}
		s.byEvent[name] = append(s.byEvent[name], m)
	}
	for _, name := range m.GoalEvents() {
		s.goals[name] = append(s.goals[name], m)
	}
	if m.When.Schedule != nil {
		s.schedule = append(s.schedule, m)
	}
}

// share notes by which trait's value events that name no customer reach a
// rule's customers.
func (s *Set) share(m *rule.Matcher) {
	if _, ok := s.Dictionary.Traits[m.About]; !ok {
		return
	}
	for _, event := range m.Events() {
		_, has := s.Dictionary.Events[event].Properties[m.About]
		if has && !slices.Contains(s.sharing[event], m.About) {
			s.sharing[event] = append(s.sharing[event], m.About)
			slices.Sort(s.sharing[event])
		}
	}
	if !slices.Contains(s.shared, m.About) {
		s.shared = append(s.shared, m.About)
		slices.Sort(s.shared)
	}
}

// Sharing names the traits by whose value an event that names no customer
// reaches customers: rules are about them, and the event has a property of the
// same name. None: it reaches nobody.
func (s *Set) Sharing(event string) []string { return s.sharing[event] }

// Shared names every trait that customers are to be found by, sorted.
func (s *Set) Shared() []string { return s.shared }

// Scheduled gives the rules that the calendar alone starts.
func (s *Set) Scheduled() []*rule.Matcher { return s.schedule }

// Matcher gives the rule in force of a name.
func (s *Set) Matcher(name string) (*rule.Matcher, bool) {
	m, ok := s.matchers[name]
	return m, ok
}

// Matchers gives the rules in force, by name.
func (s *Set) Matchers() []*rule.Matcher {
	list := make([]*rule.Matcher, 0, len(s.matchers))
	for _, r := range s.Rules {
		list = append(list, s.matchers[r.Name])
	}
	return list
}

// Asked gives the rules whose trigger an event of that name concerns. The
// caller must not change the list.
func (s *Set) Asked(event string) []*rule.Matcher {
	if asked, ok := s.byEvent[event]; ok {
		return asked
	}
	if s.Plan.Own(event) {
		return s.anyAct
	}
	return nil
}

// join adds the rules that look at any act to those that name one, each once.
func (s *Set) join() {
	for name, asked := range s.byEvent {
		if !s.Plan.Own(name) {
			continue
		}
		for _, m := range s.anyAct {
			if !slices.Contains(asked, m) {
				asked = append(asked, m)
			}
		}
		s.byEvent[name] = asked
	}
}

// WithGoal gives the rules whose goal an event of that name may reach.
func (s *Set) WithGoal(event string) []*rule.Matcher { return s.goals[event] }

// Topics gives the topics of the policy in force, sorted; none while nothing
// was ever put in force.
func (s *Set) Topics() []string {
	if s.Generation == "" && !s.fixed {
		return nil
	}
	return s.Policy.TopicNames()
}

// Knows reports whether a rule is to be asked about a customer: not while its
// history is still being read for them.
func Knows(a ledger.Active, id customer.ID) bool { return a.Warm || id <= a.Warming }

// Warming reports whether any rule's history is still being read.
func (s *Set) Warming() bool { return s.warming }

// LooksBack gives how far into the past a rule in force looks, at most, and
// which one does.
func (s *Set) LooksBack() (longest time.Duration, rule string) {
	for _, m := range s.Matchers() {
		if back := m.LooksBack(); back > longest {
			longest, rule = back, m.Name
		}
	}
	return longest, rule
}
