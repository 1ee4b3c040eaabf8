package dossier

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/why"
)

// Account gives all that an explanation of the customer depends on, of one
// rule or, for "", of all. It changes nothing.
func (d *Dossier) Account(only string, now time.Time) (why.Facts, error) {
	f := why.Facts{
		Now: now, Subject: d.Subject(), Place: d.Place, Policy: d.Set.Policy, Texts: d.Set.Texts, Others: d.Set.Insight.Others,
		Suppressed: map[customer.Channel]customer.Suppression{}, Evidence: map[customer.Channel]customer.Evidence{},
	}
	var err error
	if f.Holds, err = d.tx.Holds(); err != nil {
		return f, err
	}
	if f.Cases, err = d.cases(only); err != nil {
		return f, err
	}
	last, err := d.latest()
	if err != nil {
		return f, err
	}
	for _, m := range d.Set.Matchers() {
		if only != "" && m.Name != only {
			continue
		}
		r := why.InForce{Matcher: m, Warming: !library.Knows(d.Set.Active[m.Name], d.Profile.ID)}
		if m.When.Event != nil {
			r.Last = last[m.When.Event.Event]
		}
		if r.Story, err = d.newestStory(m, f.Cases, now); err != nil {
			return f, err
		}
		f.Rules = append(f.Rules, r)
	}
	return f, cmp.Or(d.closed(&f), d.Err())
}

// closed gives which of the customer's addresses must not be used, and why.
func (d *Dossier) closed(f *why.Facts) error {
	for _, c := range customer.Channels() {
		if !d.Suppressed(c) { // which is known from here on, when the transaction is over
			continue
		}
		s, _, err := d.tx.Suppressed(c, d.Profile.Address(c))
		if err != nil {
			return err
		}
		f.Suppressed[c] = s
		list, err := d.tx.EvidenceAt(c, s.Address) // nobody may have been known by it when it came
		if err != nil {
			return err
		}
		for _, e := range list { // oldest first: the newest stays
			if e.Act == customer.AddressBlocked {
				f.Evidence[c] = e
			}
		}
	}
	return nil
}

// cases gives the customer's outreaches, newest first. The newest of each
// rule, and those that run, have their parts.
func (d *Dossier) cases(only string) ([]why.Case, error) {
	list, err := d.tx.OutreachesOf(d.Profile.ID, 0)
	if err != nil {
		return nil, err
	}
	decisions, err := d.tx.Decisions(d.Profile.ID, 0)
	if err != nil {
		return nil, err
	}
	stories := map[ledger.Ref][]ledger.Decision{}
	for _, line := range decisions {
		stories[line.Ref] = append(stories[line.Ref], line)
	}
	var cases []why.Case
	told := map[string]int{}
	for _, o := range list {
		if only != "" && o.Rule != only {
			continue
		}
		c := why.Case{Outreach: o, Decisions: stories[o.Ref], Waits: AnswerOf(o).Why}
		if told[o.Rule]++; told[o.Rule] <= why.Shown || o.Status != ledger.Ended {
			if c.Parts, err = d.tx.PartsOf(o.Ref); err != nil {
				return nil, err
			}
			if m, err := d.Matcher(o); err == nil {
				c.Matcher = m // a version that this program does not read is told without its words
			}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// latest gives the customer's newest event of each name.
func (d *Dossier) latest() (map[string]*customer.Event, error) {
	list, err := d.tx.Latest(d.Profile.ID)
	last := make(map[string]*customer.Event, len(list))
	for i := range list {
		last[list[i].Name] = &list[i]
	}
	return last, err
}

// newestStory gives what the newest outreach has lived through, where the
// rule's audience depends on it.
func (d *Dossier) newestStory(m *rule.Matcher, cases []why.Case, now time.Time) (*rule.Story, error) {
	i := slices.IndexFunc(cases, func(c why.Case) bool { return c.Rule == m.Name })
	if i < 0 || !m.FollowsStory() {
		return nil, nil
	}
	o := cases[i].Outreach
	events, err := d.Heard(m, o.Trigger, o.At, now.Add(time.Microsecond))
	return &rule.Story{Match: o.Match, Events: events}, err
}
