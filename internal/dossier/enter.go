package dossier

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Enter makes a reason an outreach, or writes down why not, and reports
// whether there is an outreach to start. A reason that was seen before changes
// nothing.
func (d *Dossier) Enter(m *rule.Matcher, why rule.Reason, now time.Time) (work bool, err error) {
	o := ledger.Outreach{
		Ref: ledger.Ref{Rule: m.Name, Customer: d.Profile.ID}, About: why.About, Key: why.Key, Version: m.Version,
		Topic: m.Topic, Priority: m.Priority, At: why.At, Recorded: now, Match: why.Match, Trigger: why.Trigger,
		Status: ledger.Matched, NextAt: why.At,
	}
	reason, err := d.refuse(m, why, now)
	if err == nil && reason == customer.AlreadyRunning && m.When.Date != nil {
		reason, err = d.supersede(m, why, now)
	}
	if err != nil {
		return false, err
	}
	if reason != "" {
		o.Status, o.Reason, o.Ended, o.NextAt = ledger.Ended, reason, now, time.Time{}
	}
	n, added, err := d.tx.AddOutreach(o)
	if err != nil || !added {
		return false, err
	}
	o.N = n
	story := []ledger.Decision{{Ref: o.Ref, At: now, Kind: ledger.KindMatch, Planned: why.At}}
	if reason == "" {
		story = append(story, ledger.Decision{Ref: o.Ref, At: now, Kind: ledger.KindEnter})
	} else {
		story = append(story, ledger.Decision{Ref: o.Ref, At: now, Kind: ledger.KindDrop, Reason: reason})
	}
	d.follow(m, o)
	return reason == "", d.tx.Decide(story...)
}

// supersede ends the outreach for an earlier point of a date, so that a newer
// point takes its place, and asks again whether that one is entered.
func (d *Dossier) supersede(m *rule.Matcher, why rule.Reason, now time.Time) (customer.Reason, error) {
	running, err := d.Running()
	if err != nil {
		return "", err
	}
	for _, o := range slices.Clone(running) {
		switch {
		case o.Rule != m.Name:
		case !o.At.Before(why.At), o.Key == why.Key: // newer, or the same point by another clock
			return customer.AlreadyRunning, nil
		default:
			if err := d.Close(o, customer.Superseded, now); err != nil {
				return "", err
			}
		}
	}
	return d.refuse(m, why, now)
}

// follow lets the state know that later events may concern the outreach.
func (d *Dossier) follow(m *rule.Matcher, o ledger.Outreach) {
	if o.Status != ledger.Ended {
		d.State.Running = true
		d.running, d.known = nil, false
	}
	if m.Goal != nil && (o.Status != ledger.Ended || o.Reason == customer.HeldOut) {
		d.AwaitGoal(m.Name, m.Goal.Within.After(o.At, d.Zone))
	}
	d.Touch()
}

// AwaitGoal lets the state know until when a rule's goal counts. The latest
// instant stays.
func (d *Dossier) AwaitGoal(rule string, until time.Time) {
	if d.State.Goals == nil {
		d.State.Goals = map[string]time.Time{}
	}
	if until.After(d.State.Goals[rule]) {
		d.State.Goals[rule] = until
	}
}

// Running gives the customer's outreaches that have not ended, as they were
// when one was last entered or closed here. The caller must not change them.
func (d *Dossier) Running() ([]ledger.Outreach, error) {
	if !d.State.Running || d.known {
		return d.running, nil
	}
	running, err := d.tx.OpenOutreaches(d.Profile.ID)
	if err != nil {
		return nil, err
	}
	d.running, d.known, d.State.Running = running, true, len(running) > 0
	return running, nil
}

func (d *Dossier) refuse(m *rule.Matcher, why rule.Reason, now time.Time) (customer.Reason, error) {
	e := journey.Entry{
		Now: now, Subject: d.Subject(), Policy: d.Set.Policy, Suppressed: d.Suppressed, Texts: d.Set.Texts,
		Story: &rule.Story{Match: why.Match},
	}
	running, err := d.Running()
	if err != nil {
		return "", err
	}
	for _, o := range running {
		e.Running = e.Running || o.Rule == m.Name && o.About == why.About
	}
	last, ok, err := d.tx.LastSent(m.Name, d.Profile.ID, why.About)
	if err != nil {
		return "", err
	}
	if ok {
		e.Last = last
	}
	if why.Trigger != "" {
		if e.Story.Events, err = d.Heard(m, why.Trigger, why.At, now.Add(time.Microsecond)); err != nil {
			return "", err
		}
	}
	return journey.Enter(m, why, e), d.Err()
}
