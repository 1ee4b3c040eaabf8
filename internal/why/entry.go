package why

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// entry gives what a match would have to pass now.
func (t *teller) entry(r InForce, cases []Case, stands []rule.Stand) []Check {
	checks := []Check{t.audience(r, stands)}
	checks = append(checks, t.consents(r.Matcher)...)
	checks = append(checks, t.addresses(r.Matcher)...)
	checks = append(checks, t.holdout(r.Matcher))
	if r.About == "" { // else each value counts for itself
		checks = append(checks, t.running(cases)...)
		checks = append(checks, t.again(r.Matcher, cases)...)
	}
	checks = append(checks, t.fresh(r.Matcher, cases, stands)...)
	return append(checks, t.held(r.Name)...)
}

func (t *teller) audience(r InForce, stands []rule.Stand) Check {
	about := ""
	if len(stands) > 0 {
		about = stands[0].About
	}
	terms := r.Terms(r.Audience, t.Subject, t.Now, about, r.Story)
	c := Check{Check: Audience, Passes: true, Text: "everyone is in the audience"}
	if len(terms) == 0 {
		return c
	}
	c.Conditions = conditions(terms)
	if failing := t.failing(terms); len(failing) > 0 {
		c.Passes, c.Reason = false, customer.NotInAudience
		c.Text = "not in the audience: " + strings.Join(failing, "; ")
		return c
	}
	words := make([]string, len(terms))
	for i, term := range terms {
		words[i] = t.holding(term)
	}
	c.Text = "in the audience: " + strings.Join(slices.Compact(words), ", ")
	return c
}

// sends gives a rule's messages.
func sends(m *rule.Matcher) (list []*rule.Send) {
	m.EachStep(func(s *rule.Step) {
		if s.Send != nil {
			list = append(list, s.Send)
		}
	})
	return list
}

// consents says for each topic of the rule's messages what the customer said.
func (t *teller) consents(m *rule.Matcher) (checks []Check) {
	var topics []customer.Topic
	for _, s := range sends(m) {
		if !slices.Contains(topics, s.Topic) {
			topics = append(topics, s.Topic)
		}
	}
	for _, topic := range topics {
		c := Check{Check: Consent, Passes: t.Policy.Consents(t.Subject.Profile, topic)}
		said, ok := t.Subject.Profile.Consents[topic]
		switch {
		case ok && said.Given:
			c.Text = "said yes to " + string(topic) + " " + t.local(said.At)
		case ok:
			c.Text = "said no to " + string(topic) + " " + t.local(said.At)
		case c.Passes:
			c.Text = "consent to " + string(topic) + " is assumed"
		default:
			c.Text = "no consent to " + string(topic) + ": it is asked for, and the customer said nothing"
		}
		checks = append(checks, c)
	}
	some := slices.ContainsFunc(checks, func(c Check) bool { return c.Passes })
	for i := range checks {
		switch c := &checks[i]; {
		case c.Passes:
		case some:
			c.Text += "; only messages of that topic are left out"
		default:
			c.Reason = customer.NoConsent
		}
	}
	return checks
}

// addresses says by which of the rule's channels the customer can be reached:
// those of messages that they consent to, where there are any.
func (t *teller) addresses(m *rule.Matcher) []Check {
	var channels []customer.Channel
	list := sends(m)
	refused := func(s *rule.Send) bool { return !t.Policy.Consents(t.Subject.Profile, s.Topic) }
	if !slices.ContainsFunc(list, func(s *rule.Send) bool { return !refused(s) }) {
		refused = func(*rule.Send) bool { return false }
	}
	for _, s := range slices.DeleteFunc(list, refused) {
		for _, c := range t.Texts(s.Template) {
			if (len(s.Channels) == 0 || slices.Contains(s.Channels, c)) && !slices.Contains(channels, c) {
				channels = append(channels, c)
			}
		}
	}
	var open, none []string
	var closed []customer.Suppression
	for _, c := range customer.Channels() {
		switch {
		case !slices.Contains(channels, c):
		case t.Subject.Profile.Address(c) == "":
			none = append(none, wording.Channel(c))
		case t.suppressed(c):
			closed = append(closed, t.Suppressed[c])
		default:
			open = append(open, wording.Channel(c))
		}
	}
	return t.reached(open, none, closed)
}

func (t *teller) suppressed(c customer.Channel) bool {
	_, is := t.Suppressed[c]
	return is
}

// reached says which channels reach the customer and which do not. One that
// does is enough.
func (t *teller) reached(open, none []string, closed []customer.Suppression) (checks []Check) {
	if len(open) > 0 {
		checks = append(checks, Check{Check: Address, Passes: true, Text: "can be reached by " + strings.Join(open, ", ")})
	}
	add := func(c Check) {
		if c.Check, c.Passes = Address, len(open) > 0; c.Passes {
			c.Reason = ""
		}
		checks = append(checks, c)
	}
	for _, s := range closed {
		add(t.suppression(s))
	}
	if len(none) > 0 {
		add(Check{Reason: customer.NoAddress, Text: "no address for " + strings.Join(none, ", ")})
	}
	return checks
}

// suppression says why an address must not be used, and what proves it.
func (t *teller) suppression(s customer.Suppression) Check {
	c := Check{Reason: customer.Suppressed, Text: "the address for " + wording.Channel(s.Channel) + ", " + wording.Mask(s.Channel, s.Address) +
		", must not be used since " + t.local(s.At) + ": " + wording.Suppression(s.Reason)}
	e, ok := t.Evidence[s.Channel]
	if !ok {
		return c
	}
	c.Evidence = &Proof{ID: e.ID, How: e.How, Message: e.Message}
	c.Text += " (evidence " + number(e.ID) + ": " + wording.How(e.How)
	if e.Template != "" {
		c.Text += ", to " + e.Template
	}
	c.Text += ")"
	return c
}

func (t *teller) holdout(m *rule.Matcher) Check {
	if journey.HeldOut(m.Rule, t.Policy, t.Subject.Profile.ID) {
		return Check{Check: Holdout, Reason: customer.HeldOut, Text: "in the holdout, for comparison: hears nothing of this rule"}
	}
	return Check{Check: Holdout, Passes: true, Text: "not in the holdout"}
}

// running says that an outreach is under way, which keeps the next one out.
func (t *teller) running(cases []Case) []Check {
	for _, c := range cases {
		if c.Status != ledger.Ended {
			return []Check{{Check: Running, Reason: customer.AlreadyRunning, Text: "match " + number(int64(c.N)) + " is under way since " + t.local(c.At)}}
		}
	}
	return nil
}

// counts reports whether an outreach counts for again.
func counts(c Case) bool {
	return c.Sent > 0 || c.Status != ledger.Ended || c.Reason == customer.HeldOut
}

// again says from when on the rule reaches the customer once more.
func (t *teller) again(m *rule.Matcher, cases []Case) []Check {
	i := slices.IndexFunc(cases, counts)
	if m.Again.Kind == rule.Always || i < 0 || cases[i].Status != ledger.Ended {
		return nil
	}
	from, ever := journey.AgainFrom(m, t.Subject, cases[i].Outreach)
	c := Check{Check: Again, Passes: ever && !from.After(t.Now), Until: from, Text: t.againWords(cases[i], from, ever)}
	if !c.Passes {
		c.Reason = customer.NotAgain
	}
	return []Check{c}
}

func (t *teller) againWords(last Case, from time.Time, ever bool) string {
	text := "reached on " + t.date(last.At)
	if last.Reason == customer.HeldOut {
		text = "held out on " + t.date(last.At)
	}
	switch {
	case !ever:
		return text + "; the rule reaches nobody twice"
	case from.After(t.now):
		return text + "; again from " + t.local(from)
	}
	return text + "; again since " + t.local(from)
}

// fresh says that a reason that holds is too old to be taken up.
func (t *teller) fresh(m *rule.Matcher, cases []Case, stands []rule.Stand) []Check {
	if m.Fresh.Any {
		return nil
	}
	for _, s := range stands {
		known := slices.ContainsFunc(cases, func(c Case) bool { return c.About == s.About && !c.At.Before(s.At) })
		if !s.Holds || s.At.IsZero() || known || s.Date != nil {
			continue
		}
		if end := m.Fresh.Within.After(s.At, t.zone); end.Before(t.Now) {
			return []Check{{Check: Fresh, Reason: customer.NotFresh,
				Text: "what holds since " + t.local(s.At) + " is too old: the rule takes reasons up to " + m.Fresh.Within.String() + " old"}}
		}
	}
	return nil
}

// held names the holds that cover the rule as a whole.
func (t *teller) held(rule string) (checks []Check) {
	for _, h := range t.Holds {
		if h.InForce() && (h.Kind == ledger.HoldAll || h.Kind == ledger.HoldRule && h.Name == rule) {
			checks = append(checks, Check{Check: Held, Reason: customer.Paused, Text: t.holdWords(h)})
		}
	}
	return checks
}

// holdWords names a hold, and who set it.
func (t *teller) holdWords(h ledger.Hold) string {
	text := wording.Hold(h) + ", paused " + t.local(h.At) + " by " + h.By
	if h.Note != "" {
		text += " (" + h.Note + ")"
	}
	return text
}
