package why

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/wording"
)

// fate adds what a provider said of a message that went out, or did not.
func (t *teller) fate(m *Moment, c Case) {
	p, ok := partOf(m, c)
	if !ok || p.Provider == "" {
		return
	}
	m.Provider, m.Fate, m.Code = p.Provider, p.Status, p.Code
	by := strings.TrimSpace(p.Provider + " " + p.Code)
	switch {
	case m.Kind == ledger.KindSend && p.Status == ledger.Delivered && !toldLater(m, c):
		m.Text += "; " + p.Provider + " delivered it " + t.local(p.Updated) + repeated(p)
	case m.Kind == ledger.KindSend && out(p):
		m.Text += "; " + p.Provider + " took it" + repeated(p)
	case m.Kind == ledger.KindFail && p.Status == ledger.Failed, m.Kind == ledger.KindDrop && p.Status == ledger.Rejected:
		m.Text += " (" + by + ")"
	case m.Kind == ledger.KindDrop && m.Reason == customer.Unknown && p.Status == ledger.Unknown && !p.Item:
		m.Text += "; settle it with: outreach unknown " + p.Key() + " --sent, --not-sent or --again"
	}
}

// partOf gives the message that a line of what became of one is about.
func partOf(m *Moment, c Case) (p ledger.Part, ok bool) {
	kinds := []ledger.Kind{ledger.KindSend, ledger.KindDrop, ledger.KindDeliver, ledger.KindFail}
	if m.Channel == "" || !slices.Contains(kinds, m.Kind) {
		return p, false
	}
	i := slices.IndexFunc(c.Parts, func(p ledger.Part) bool { return p.Step == m.Step && p.Channel == m.Channel })
	if i < 0 {
		return p, false
	}
	return c.Parts[i], true
}

// out reports whether a provider took a message.
func out(p ledger.Part) bool {
	return p.Status == ledger.Accepted || p.Status == ledger.Delivered || p.Status == ledger.Failed
}

// toldLater reports whether a line of its own says what became of a message.
func toldLater(m *Moment, c Case) bool {
	return slices.ContainsFunc(c.Decisions, func(d ledger.Decision) bool {
		return d.Kind == ledger.KindDeliver && d.Step == m.Step && d.Channel == m.Channel
	})
}

// repeated says that it took more than one attempt, "" when one was enough.
func repeated(p ledger.Part) string {
	if p.Attempt < 2 {
		return ""
	}
	return ", at attempt " + strconv.Itoa(p.Attempt)
}

// fellBack says that another channel took a message's place, and what became
// of it.
func (t *teller) fellBack(d ledger.Decision, c Case, message string) string {
	text := "no word that " + message + " arrived"
	if c.Matcher != nil {
		if step, _, ok := c.Matcher.Find(d.Step); ok && step.Send != nil && !step.Send.FallbackAfter.IsZero() {
			text += " within " + step.Send.FallbackAfter.String()
		}
	}
	text += ": " + inPlace(d, c)
	for _, p := range c.Parts {
		switch {
		case p.Step != d.Step || p.Channel != d.Channel:
		case p.Status == ledger.Delivered:
			text += "; the " + wording.Channel(d.Channel) + " arrived later, " + t.local(p.Updated)
		case p.Status == ledger.Failed:
			text += "; the " + wording.Channel(d.Channel) + " did not arrive"
		}
	}
	return text
}

// inPlace says which channel took a message's place.
func inPlace(d ledger.Decision, c Case) string {
	for _, other := range c.Decisions {
		if other.Kind == ledger.KindPlan && other.Step == d.Step && other.Channel != d.Channel && !other.At.Before(d.At) {
			return wording.Channel(other.Channel) + " took its place"
		}
	}
	return "another channel took its place"
}

// asked says of a message whether anybody knows that it went out, and until
// when its provider is asked.
func (t *teller) asked(p ledger.Part) string {
	then := "a person settles it with outreach unknown"
	if t.Policy.WhenUnknown(p.Channel, p.Topic) == policy.SendAgain {
		then = "it is sent again"
	}
	return "no answer came from " + p.Provider + " for " + wording.Message(p.Template, p.Channel) + "; word of it is awaited since " +
		t.local(p.Lease) + ", until " + t.local(p.Lease.Add(t.Policy.Unknown.Ask)) + "; if nobody knows by then, " + then
}
