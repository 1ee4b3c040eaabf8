package ruletest

import (
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const (
	// mainID is the outside id of a customer who is given none.
	mainID = "customer"
	// nobody is written for a customer where an event names none.
	nobody = "none"

	// maxCases and maxLines bound a file and a list.
	maxCases = 500
	maxLines = 1000
	// maxYears bounds how long a play takes, in virtual time.
	maxYears = 10
)

// playsOn is how long a play goes on after the last act or expectation.
func playsOn() sendtime.Duration { return sendtime.Duration{Days: 100} }

// Read reads one file of tests; name stands in problems and names the rule. All
// problems go to ps. The suite holds what could be read and is never nil.
func Read(name string, text []byte, env Env, ps *source.Problems) *Suite {
	s := &Suite{Rule: strings.TrimSuffix(path.Base(name), Ending), File: name, Text: text}
	r := &reader{env: env, suite: s}
	root, ok := source.Read(name, text, ps)
	if !ok || blank(root) {
		return s
	}
	r.find(ps)
	r.file(root)
	return s
}

// reader reads one file.
type reader struct {
	env   Env
	suite *Suite
	own   *rule.Rule   // nil: it has problems, or is not there
	force []*rule.Rule // own, those of with_rules, and those of the policy's digests

	start    source.Node
	hasStart bool
	main     person
	others   []person
	seen     map[string]int     // names of tests by line
	silent   []customer.Channel // no word of them comes back by itself
}

// blank reports whether a value is missing, which source.Read has reported.
func blank(n source.Node) bool {
	return n.Kind() == source.Scalar && n.Raw() == "" && !n.Quoted()
}

// find looks for the rule that the file tests.
func (r *reader) find(ps *source.Problems) {
	if r.own = r.rule(r.suite.Rule); r.own != nil {
		r.force = append(r.made(), r.own)
		return
	}
	if !slices.Contains(r.env.Files, r.suite.Rule) {
		ps.Add(source.Problem{File: r.suite.File, Line: 1, Column: 1,
			Message: "tests the rule " + r.suite.Rule + ", and there is no " + r.suite.Rule + ".yaml beside it",
			Hint:    orElse(source.DidYouMean(r.suite.Rule, r.rules()), "name the file for its rule")})
	}
}

// made gives the rules that the policy makes of its digests, which are in force
// beside every rule.
func (r *reader) made() []*rule.Rule {
	return slices.DeleteFunc(slices.Clone(r.env.Bundle.Rules), func(known *rule.Rule) bool {
		_, made := r.env.Bundle.Made[known.Name]
		return !made || known.Name == r.suite.Rule
	})
}

func (r *reader) rule(name string) *rule.Rule {
	for _, known := range r.env.Bundle.Rules {
		if known.Name == name {
			return known
		}
	}
	return nil
}

// rules names the files that are rules, sound or not.
func (r *reader) rules() []string {
	return slices.DeleteFunc(slices.Clone(r.env.Files), func(name string) bool {
		return name+".yaml" == bundle.DataFile || name+".yaml" == bundle.PolicyFile
	})
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (r *reader) file(root source.Node) {
	f := root.Fields("start", "customer", "others", "with_rules", "unconfirmed", "tests")
	if with, ok := f.Get("with_rules"); ok {
		r.withRules(with)
	}
	r.start, r.hasStart = f.Get("start")
	r.main = person{id: mainID}
	if n, ok := f.Get("customer"); ok {
		r.main = r.person(n, r.main)
	}
	if n, ok := f.Get("others"); ok {
		r.readOthers(n)
	}
	if n, ok := f.Get("unconfirmed"); ok {
		r.silent = unconfirmed(n)
	}
	tests, ok := f.Require("tests", "write tests: and below it one test for each thing that may happen, - name: ...")
	if !ok || blank(tests) {
		return
	}
	items := tests.Items()
	switch {
	case tests.Kind() == source.Mapping:
		tests.Fail("is keys with values where a list of tests is due", "begin each test with a dash: - name: ...")
		return
	case len(items) == 0:
		tests.Fail("holds no test", "write one: - name: ...")
	case len(items) > maxCases:
		tests.Fail("holds more than 500 tests", "keep those that differ")
		return
	}
	r.seen = map[string]int{}
	for _, n := range items {
		r.test(n)
	}
}

// withRules reads the rules that are in force beside the file's own.
func (r *reader) withRules(n source.Node) {
	for _, item := range n.Items() {
		name, ok := item.Text()
		if !ok || blank(item) {
			continue
		}
		other := r.rule(name)
		switch {
		case name == r.suite.Rule:
			item.Fail("is the rule of this file, which is always in force", "leave it out")
		case slices.Contains(r.suite.With, name):
			item.Fail("stands twice", "keep one of them")
		case other != nil:
			r.suite.With, r.force = append(r.suite.With, name), append(r.force, other)
		case !slices.Contains(r.rules(), name):
			item.Fail("is not a rule", source.DidYouMean(name, r.rules()))
		}
	}
}

func (r *reader) readOthers(n source.Node) {
	if n.Kind() == source.Mapping {
		n.Fail("is keys with values where a list of customers is due", "begin each customer with a dash: - id: bob")
		return
	}
	for _, item := range n.Items() {
		if blank(item) {
			continue
		}
		p := r.person(item, person{})
		switch {
		case item.Kind() != source.Mapping:
		case p.id == "":
			item.Fail("id is missing", "name the customer, so that lines can: id: bob")
		case p.id == r.main.id || slices.ContainsFunc(r.others, func(o person) bool { return o.id == p.id }):
			item.Fail("has the id of another customer, "+p.id, "give each customer an id of their own")
		default:
			r.others = append(r.others, p)
		}
	}
}

// test reads one test.
func (r *reader) test(n source.Node) {
	if blank(n) {
		return
	}
	f := n.Fields("name", "customer", "start", "do", "expect", "until", "answers", "draws", "unconfirmed")
	if n.Kind() != source.Mapping {
		return
	}
	c := &casting{reader: r, Case: Case{Line: n.Line()}, people: map[string]*played{}}
	c.name(f)
	main := r.main
	if who, ok := f.Get("customer"); ok {
		main = r.person(who, r.main)
	}
	c.Main = main.id
	start, ok := f.Get("start")
	if !ok {
		start, ok = r.start, r.hasStart
	}
	if !ok {
		n.Fail("has no start", "write start: 2026-11-23 09:00 at the top of the file, the day and time at which its tests begin")
	}
	c.begin(start, ok, append([]person{main}, r.others...))
	c.Script.Unconfirmed = r.silent
	if n, ok := f.Get("unconfirmed"); ok {
		c.Script.Unconfirmed = unconfirmed(n)
	}
	if do, ok := f.Get("do"); ok {
		c.acts(do)
	}
	if answers, ok := f.Get("answers"); ok {
		c.answers(answers)
	}
	draws, hasDraws := f.Get("draws")
	if hasDraws {
		c.readDraws(draws)
	}
	expect, ok := f.Require("expect", "write what is to happen, or expect: [] when nothing may be sent")
	if ok {
		c.expectations(expect)
	}
	c.finish(f)
	c.draw(draws)
	r.suite.Cases = append(r.suite.Cases, c.Case)
}

func (c *casting) name(f source.Fields) {
	n, ok := f.Require("name", "say in a few words what the test shows: name: a top-up takes the reason away")
	if !ok {
		return
	}
	name, ok := n.Text()
	switch first, twice := c.reader.seen[name], c.reader.seen[name] > 0; {
	case !ok || name == "":
	case strings.TrimSpace(name) == "":
		n.Fail("is blank", "say in a few words what the test shows")
	case twice:
		n.Fail("is the name of another test, on line "+itoa(first), "give each test a name of its own")
	default:
		c.reader.seen[name] = n.Line()
		c.Name = name
	}
}

// casting is one test in the making.
type casting struct {
	*reader
	Case
	people map[string]*played // by outside id
	order  []string           // outside ids, the main customer first
	at     time.Time          // of the line before; zero: the start could not be read
	above  above              // whose line that is
	last   time.Time          // of all acts and expectations
	draws  []drawing
}

// played is one customer as the acts have made them so far.
type played struct {
	known  map[string]customer.Value
	zones  []zoned // oldest first
	person person
}

// begin sets the stage: who there is, and when it begins on the main
// customer's clock.
func (c *casting) begin(start source.Node, ok bool, people []person) {
	for _, p := range people {
		who := &played{person: p, known: maps.Clone(p.fields)}
		if who.known == nil {
			who.known = map[string]customer.Value{}
		}
		who.zones = []zoned{{zone: c.zoneOf(who.known)}}
		c.people[p.id], c.order = who, append(c.order, p.id)
	}
	c.Zone = c.people[c.Main].zones[0].zone
	if !ok || blank(start) {
		return
	}
	text, isText := start.Text()
	if !isText {
		return
	}
	m, trouble, _ := parseMoment(text)
	if trouble != "" || m.form != onDate || m.window() {
		start.Fail("is not a day and a time", "write year-month-day and the time: 2026-11-23 09:00")
		return
	}
	if y := m.date.Year(); y < 1980 || y > 2100 {
		start.Fail("is not between 1980 and 2100", "write a day of these years")
		return
	}
	c.at, _ = m.between(time.Time{}, c.Zone)
	c.last, c.Script.From = c.at, c.at
	for _, id := range c.order {
		c.add(start, c.entrance(id))
	}
}

func (c *casting) zoneOf(known map[string]customer.Value) *time.Location {
	change, _ := observe.ReadTraits(known, c.env.Zones)
	var profile customer.Profile
	change.Dial(&profile, c.env.Bundle.Policy.Country)
	change.Locate(&profile)
	return c.env.Bundle.Policy.ZoneOf(c.env.Zones, &profile)
}

// finish says until when the play goes on.
func (c *casting) finish(f source.Fields) {
	span := playsOn()
	if n, ok := f.Get("until"); ok {
		if text, isText := n.Text(); isText && text != "" {
			d, err := sendtime.ParseDuration(text)
			if err != nil {
				n.Fail(reasonOf(err), "so long the play goes on after the last line")
			}
			if span = d; d.Approx() > maxYears*366*24*time.Hour {
				n.Fail("is longer than 10 years", "write a shorter one")
				span = playsOn()
			}
		}
	}
	c.Script.To = span.After(c.last, c.Zone)
	c.Script.Render = slices.ContainsFunc(c.Expect, func(e Expectation) bool {
		return len(e.Contains) > 0 || len(e.Lacks) > 0 || e.Subject != ""
	})
}
