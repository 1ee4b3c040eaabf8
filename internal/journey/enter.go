package journey

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Entry is what it depends on whether a match becomes an outreach.
type Entry struct {
	Now        time.Time
	Subject    rule.Subject
	Policy     *policy.Policy
	Suppressed func(customer.Channel) bool
	Texts      func(template string) []customer.Channel
	Running    bool            // an outreach of this rule and about is open
	Last       ledger.Outreach // the newest of this rule and about that counts; zero: none
	Story      *rule.Story
}

// Enter gives why a match does not become an outreach; "" when it does. The
// order is that of the reasons' list: fresh, running, again, audience,
// consent, address, holdout.
func Enter(m *rule.Matcher, why rule.Reason, e Entry) customer.Reason {
	zone := e.Subject.Zone
	switch {
	case !m.Fresh.Any && m.Fresh.Within.After(why.At, zone).Before(e.Now):
		return customer.NotFresh
	case e.Running:
		return customer.AlreadyRunning
	case !again(m, why, e):
		return customer.NotAgain
	case !m.Fits(e.Subject, e.Now, why.About, e.Story):
		return customer.NotInAudience
	case !m.Holds(e.Subject, why, e.Now):
		return customer.ReasonGone
	}
	if reason := reach(m, e); reason != "" {
		return reason
	}
	if HeldOut(m.Rule, e.Policy, e.Subject.Profile.ID) {
		return customer.HeldOut
	}
	return ""
}

// HeldOut reports whether a customer is in a rule's holdout, or in that of all
// rules. Urgent rules have none.
func HeldOut(r *rule.Rule, p *policy.Policy, id customer.ID) bool {
	return !r.Urgent && (drawn(id, "", p.Holdout) || drawn(id, r.Name, r.Holdout))
}

func again(m *rule.Matcher, why rule.Reason, e Entry) bool {
	if e.Last.N == 0 {
		return true
	}
	switch m.Again.Kind {
	case rule.Never:
		return false
	case rule.AfterSpan:
		return !m.Again.After.After(e.Last.At, e.Subject.Zone).After(why.At)
	case rule.EachPeriod:
		return m.PeriodEnd(e.Subject, e.Last.At).Before(m.PeriodEnd(e.Subject, why.At))
	}
	return true
}

// reach gives why none of the rule's messages could reach the customer.
func reach(m *rule.Matcher, e Entry) customer.Reason {
	consent, suppressed, sends, reachable := false, false, false, false
	m.EachStep(func(s *rule.Step) {
		if s.Send == nil {
			return
		}
		sends = true
		if !e.Policy.Consents(e.Subject.Profile, s.Send.Topic) {
			return
		}
		consent = true
		for _, c := range e.Texts(s.Send.Template) {
			wanted := len(s.Send.Channels) == 0 || containsChannel(s.Send.Channels, c)
			if !wanted || e.Subject.Profile.Address(c) == "" {
				continue
			}
			if e.Suppressed(c) {
				suppressed = true
				continue
			}
			reachable = true
		}
	})
	switch {
	case !sends || reachable:
		return ""
	case !consent:
		return customer.NoConsent
	case suppressed:
		return customer.Suppressed
	}
	return customer.NoAddress
}

func containsChannel(list []customer.Channel, c customer.Channel) bool {
	for _, l := range list {
		if l == c {
			return true
		}
	}
	return false
}

// drawn reports whether a customer is in a rule's holdout, or for "" in that
// of all rules: sticky, by a hash of both.
func drawn(id customer.ID, rule string, share float64) bool {
	return share > 0 && number("holdout/"+rule, id) < share
}
