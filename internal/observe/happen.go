package observe

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
)

// happen lets one event have its consequences. late says that it was too old
// for at least one total.
func (t *taking) happen(d *dossier.Dossier, e customer.Event) (late bool, err error) {
	asked := t.asked(d, e.Name)
	if err := t.expire(d, asked, e); err != nil {
		return false, err
	}
	result := d.State.Apply(t.set.Plan, e, d.Subject().Clock())
	d.Touch()
	if err := t.receipt(d, e); err != nil {
		return false, err
	}
	given, err := t.judge(d, asked, e, result)
	if err != nil {
		return false, err
	}
	if err := t.running(d, e); err != nil {
		return false, err
	}
	for _, g := range given {
		if err := t.match(d, g.rule, g.why); err != nil {
			return false, err
		}
	}
	if err := t.goals(d, e); err != nil {
		return false, err
	}
	return result.Late, d.Err()
}

// asked gives the rules that an event concerns and that know this customer.
func (t *taking) asked(d *dossier.Dossier, event string) []*rule.Matcher {
	asked := t.set.Asked(event)
	if !t.set.Warming() {
		return asked
	}
	return slices.DeleteFunc(slices.Clone(asked), func(m *rule.Matcher) bool {
		return !library.Knows(t.active[m.Name], d.Profile.ID)
	})
}

// expire enters what time alone gave before the event came.
func (t *taking) expire(d *dossier.Dossier, asked []*rule.Matcher, e customer.Event) error {
	for _, m := range asked {
		about, ok := m.AboutOf(e)
		if !ok {
			continue
		}
		for _, why := range m.ExpireBefore(d.Subject(), about, e.At) {
			if err := t.match(d, m, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// given is a reason that an event gave.
type given struct {
	rule *rule.Matcher
	why  rule.Reason
}

// judge lets the rules follow the event, and gives the reasons that it brought.
// They are entered once what the event ends has ended. What time may give next
// is settled at the end of the batch.
func (t *taking) judge(d *dossier.Dossier, asked []*rule.Matcher, e customer.Event, result behaviour.Result) (list []given, err error) {
	for _, m := range asked {
		reasons, err := m.Judge(d.Subject(), e, result, d.Log)
		if err != nil {
			return nil, err
		}
		for _, why := range reasons {
			list = append(list, given{m, why})
		}
		if about, ok := m.AboutOf(e); ok {
			t.await(wait{d.Profile.ID, m, about})
		}
	}
	return list, nil
}

// running ends the customer's open outreaches that the event ends, and hints
// those that wait for it.
func (t *taking) running(d *dossier.Dossier, e customer.Event) error {
	running, err := d.Running()
	if err != nil {
		return err
	}
	for _, o := range running {
		m, err := d.Matcher(o)
		if err != nil {
			return err
		}
		reason := journey.Ends(m, d.Subject(), o, e)
		if reason == "" && concerns(m, e) {
			if reason, err = t.standing(d, m, o); err != nil {
				return err
			}
		}
		switch {
		case reason != "":
			err = d.Close(o, reason, t.now)
			t.work = true
		case slices.Contains(o.WakesOn, e.Name):
			err = t.tx.Hint(o.Ref, t.now)
			t.work = true
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// concerns reports whether an event may change an outreach's reason or
// audience.
func concerns(m *rule.Matcher, e customer.Event) bool {
	return e.Name == customer.Identified || m.Mentions(e.Name) || m.When.Silent != nil && m.When.Silent.Event == ""
}

func (t *taking) standing(d *dossier.Dossier, m *rule.Matcher, o ledger.Outreach) (customer.Reason, error) {
	story := &rule.Story{Match: o.Match}
	if m.FollowsStory() {
		events, err := d.Heard(m, o.Trigger, o.At, time.Time{})
		if err != nil {
			return "", err
		}
		parts, err := t.tx.PartsOf(o.Ref)
		if err != nil {
			return "", err
		}
		story = journey.StoryOf(o, events, parts)
	}
	return journey.Standing(m, d.Subject(), o, t.now, story), nil
}

// goals notes goals that come after an outreach ended, or to those held out.
func (t *taking) goals(d *dossier.Dossier, e customer.Event) error {
	for _, m := range t.set.WithGoal(e.Name) {
		if until, ok := d.State.Goals[m.Name]; !ok || e.At.After(until) {
			continue
		}
		awaiting, err := t.tx.AwaitingGoal(d.Profile.ID, m.Name, m.Goal.Within.Before(e.At, d.Zone))
		if err != nil {
			return err
		}
		for _, o := range awaiting {
			if !journey.GoalBy(m, d.Subject(), o, e) {
				continue
			}
			o.GoalAt = e.At
			if err := t.tx.SaveOutreach(o); err != nil {
				return err
			}
			if err := t.tx.Decide(ledger.Decision{Ref: o.Ref, At: t.now, Kind: ledger.KindGoal, Note: "after the end"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// hintAll lets every open outreach of the customer look again.
func (t *taking) hintAll(d *dossier.Dossier) error {
	open, err := t.tx.OpenOutreaches(d.Profile.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.Status == ledger.Open {
			if err := t.tx.Hint(o.Ref, t.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// match makes a reason an outreach, or writes down why not. A reason that was
// seen before changes nothing.
func (t *taking) match(d *dossier.Dossier, m *rule.Matcher, why rule.Reason) error {
	work, err := d.Enter(m, why, t.now)
	t.work = t.work || work
	return err
}
