package why

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// teller tells about one customer.
type teller struct {
	Facts
	clock
}

// Explain says what was decided about a customer, and what comes next.
func Explain(f Facts) Explanation {
	t := teller{Facts: f, clock: clock{zone: f.Subject.Zone, now: f.Now}}
	e := Explanation{
		Customer: f.Subject.Profile.ID, External: f.Subject.Profile.External, Zone: f.Subject.Zone.String(), At: f.Now,
		LocalTime: t.local(f.Now), Said: t.said(), Habits: t.habits(), Rules: []Rule{},
	}
	if f.Place.How != policy.BySaid {
		e.ZoneFrom = f.Place.How
	}
	for _, zone := range f.Place.Also {
		e.ZoneAlso = append(e.ZoneAlso, zone.String())
	}
	told := map[string]bool{}
	for _, r := range f.Rules {
		told[r.Name] = true
		e.Rules = append(e.Rules, t.inForce(r))
	}
	var gone []string
	for _, c := range f.Cases {
		if !told[c.Rule] {
			told[c.Rule] = true
			gone = append(gone, c.Rule)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		e.Rules = append(e.Rules, t.gone(name))
	}
	return e
}

// of gives a rule's cases, newest first.
func (t *teller) of(name string) (list []Case) {
	for _, c := range t.Cases {
		if c.Rule == name {
			list = append(list, c)
		}
	}
	return list
}

// inForce tells of a rule that is in force.
func (t *teller) inForce(r InForce) Rule {
	cases := t.of(r.Name)
	v := Rule{
		Rule: r.Name, Version: r.Version, InForce: true, Warming: r.Warming, Trigger: r.When.Kind(),
		Matches: len(cases), Standing: []Standing{}, Entry: []Check{}, Next: []Next{},
	}
	t.tell(&v, cases)
	if r.Warming {
		v.Text = "not judged yet: the rule is warming, the customer's history has not been read; outreach serve reads it"
		return v
	}
	stands := t.stands(r)
	v.Unshown = max(len(stands)-Shown, 0)
	for _, stand := range stands[:len(stands)-v.Unshown] {
		v.Standing = append(v.Standing, t.standing(r, stand, cases))
	}
	if len(stands) == 0 {
		v.Standing = append(v.Standing, Standing{Text: nothing(r.Matcher)})
	}
	v.Entry = t.entry(r, cases, stands)
	for _, next := range t.due(r, stands) {
		if barred(v.Entry) {
			next.Text += "; it would not be entered, as things stand"
		}
		v.Next = append(v.Next, next)
	}
	return v
}

// barred reports whether a later match would be turned away for more than that
// it comes too soon.
func barred(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool {
		return c.Reason != "" && slices.Contains([]string{Audience, Consent, Address, Holdout}, c.Check)
	})
}

// gone tells of a rule that is not in force any more.
func (t *teller) gone(name string) Rule {
	cases := t.of(name)
	v := Rule{Rule: name, Matches: len(cases), Standing: []Standing{}, Entry: []Check{}, Next: []Next{}}
	t.tell(&v, cases)
	v.Text = "not in force any more; " + v.Text
	return v
}

// tell tells a rule's outreaches: those that run, and the newest.
func (t *teller) tell(v *Rule, cases []Case) {
	v.Outreaches = []Outreach{}
	for i, c := range cases {
		if i >= Shown && c.Status == ledger.Ended {
			v.Older++
			continue
		}
		o := t.outreach(c)
		v.Outreaches = append(v.Outreaches, o)
		if next, ok := t.goesOn(c, o); ok {
			v.Next = append(v.Next, next)
		}
	}
	v.Text = headline(v)
}

// headline says in a few words what came of a rule.
func headline(v *Rule) string {
	if v.Matches == 0 {
		return "no match"
	}
	text := "matched once: "
	if v.Matches > 1 {
		text = "matched " + wording.Count(int64(v.Matches), "time") + ", the newest "
	}
	return text + v.Outreaches[0].Text
}

// stands gives how the trigger stands, what is nearest first.
func (t *teller) stands(r InForce) []rule.Stand {
	stands := r.Stands(t.Subject, t.Now)
	rank := func(s rule.Stand) int {
		switch {
		case s.Missing != nil && !s.Missing.Open:
			return 2
		case s.Holds:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(stands, func(a, b rule.Stand) int {
		if n := cmp.Compare(rank(a), rank(b)); n != 0 || a.Missing == nil {
			return n
		}
		return b.Missing.After.Compare(a.Missing.After)
	})
	return stands
}

// goesOn says what a running outreach waits for, and until when where that is
// an instant to come.
func (t *teller) goesOn(c Case, o Outreach) (Next, bool) {
	if c.Status == ledger.Ended {
		return Next{}, false
	}
	next := Next{N: c.N, Text: o.WaitsFor}
	if c.Status != ledger.Open || c.Reason == customer.Paused || c.Waits == "" || !c.NextAt.After(t.Now) || attempted(c) || outdated(c) {
		return next, true
	}
	next.At, next.LocalTime = c.NextAt, t.local(c.NextAt)
	for _, p := range c.Parts {
		if p.Status == ledger.Planned && p.Planned.Equal(c.NextAt) {
			next.Text = wording.Message(p.Template, p.Channel) + ", " + cmp.Or(planned(c, p), "as planned")
		}
	}
	return next, true
}

// attempted reports whether an attempt is under way.
func attempted(c Case) bool {
	return slices.ContainsFunc(c.Parts, func(p ledger.Part) bool { return p.Status == ledger.Sending || p.Status == ledger.Ambiguous })
}

// outdated reports whether an outreach's newest answer waits for the end of an
// attempt that has come since: it looks again as soon as the engine runs.
func outdated(c Case) bool {
	if attempted(c) {
		return false
	}
	return c.Waits == journey.UnderWay || slices.ContainsFunc(c.Parts, func(p ledger.Part) bool { return c.Waits == journey.Asks(p.Provider) })
}

// planned gives why a part has its instant.
func planned(c Case, p ledger.Part) string {
	for _, d := range slices.Backward(c.Decisions) {
		if d.Step == p.Step && d.Channel == p.Channel && d.Planned.Equal(p.Planned) && d.Note != "" {
			return d.Note
		}
	}
	return ""
}

// due says when time alone gives the next reason.
func (t *teller) due(r InForce, stands []rule.Stand) (list []Next) {
	for _, s := range stands {
		at := s.At
		if s.Drop != nil {
			at = s.Drop.Ends
		}
		if at.After(t.Now) && len(list) < Shown {
			list = append(list, Next{At: at, LocalTime: t.local(at), Text: t.dueWords(r, s)})
		}
	}
	return list
}

func (t *teller) dueWords(r InForce, s rule.Stand) string {
	w := r.When
	about := aboutWords(r.Matcher, s.About)
	switch {
	case w.Silent != nil:
		return "the rule matches, without any " + act(w.Silent.Event) + about
	case w.Missing != nil:
		return "the rule matches, without " + w.Missing.Event + about
	case w.Drop != nil:
		return "the " + string(w.Drop.Per.Kind) + " that runs is judged" + about
	case w.Date != nil:
		return "the rule matches, while " + w.Date.Of + " stays"
	case w.Schedule != nil:
		return "the rule matches, for those in its audience"
	}
	return "the condition may turn by then, with no event"
}

// aboutWords names an about value in brackets.
func aboutWords(m *rule.Matcher, about string) string {
	switch {
	case about == "":
		return ""
	case m == nil:
		return " (about " + about + ")"
	}
	return fmt.Sprintf(" (%s %s)", m.About, about)
}

// act names what a silence is about.
func act(event string) string { return cmp.Or(event, "act of the customer's own") }

// trimLabel leaves the zone's name out of what an outreach waits for: every
// time of an explanation is on the customer's clock.
func (t *teller) trimLabel(text string) string {
	return strings.ReplaceAll(text, " "+t.zone.String(), "")
}
