package why

import (
	"cmp"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// outreach tells one case.
func (t *teller) outreach(c Case) Outreach {
	v := Outreach{
		N: c.N, Version: c.Version, About: c.About, At: c.At, LocalTime: t.local(c.At), Because: t.because(c), Match: c.Match,
		Status: c.Status, Reason: c.Reason, NextAt: c.NextAt, Story: []Moment{},
	}
	instants := make([]time.Time, len(c.Decisions))
	for i, d := range c.Decisions {
		instants[i] = d.At
		v.Entered = v.Entered || d.Kind == ledger.KindEnter
	}
	times := t.times(instants)
	for i, d := range c.Decisions {
		m := Moment{
			At: d.At, LocalTime: times[i], Kind: d.Kind, Text: t.sentence(d, c, v), Step: d.Step, Channel: d.Channel,
			Template: d.Template, Planned: d.Planned, Reason: d.Reason, Note: d.Note,
		}
		t.fate(&m, c)
		v.Story = append(v.Story, m)
	}
	v.Text = t.status(c, v.Entered)
	v.WaitsFor = t.waits(c)
	if attempted(c) || outdated(c) { // the row's instant is a backstop then
		v.NextAt = time.Time{}
	}
	return v
}

// sentence says one decision.
func (t *teller) sentence(d ledger.Decision, c Case, v Outreach) string {
	message, note := wording.Message(d.Template, d.Channel), ""
	if d.Note != "" {
		note = ": " + d.Note
	}
	switch d.Kind {
	case ledger.KindMatch:
		text := "matched: " + v.Because
		if d.At.Sub(v.At) >= time.Minute {
			text += "; it happened " + v.LocalTime
		}
		return text
	case ledger.KindEnter:
		return "entered"
	case ledger.KindPlan:
		if d.Planned.IsZero() { // it rides in another message
			return "planned " + message + note
		}
		return "planned " + message + " for " + t.local(d.Planned) + note
	case ledger.KindDefer:
		return t.deferred(d, c, message, note)
	case ledger.KindSend:
		return wording.Done(d.Template, d.Channel) + aside(d)
	case ledger.KindDrop:
		if d.Template == "" && d.Step == "" {
			return t.refused(c)
		}
		return dropped(d, message)
	case ledger.KindDeliver:
		return wording.Arrived(d.Template, d.Channel) + aside(d)
	case ledger.KindFail:
		return wording.Failed(d.Template, d.Channel) + ": " + wording.Reason(d.Reason) + aside(d)
	case ledger.KindWait:
		return "waits until " + t.local(d.Planned)
	case ledger.KindGoal:
		return "the goal was reached" + strings.Replace(note, ": ", " ", 1)
	case ledger.KindStop:
		return "stopped" + note
	case ledger.KindMigrate:
		return "moved to another version of the rule" + note
	case ledger.KindEnd:
		return "ended: " + wording.Reason(d.Reason)
	}
	return string(d.Kind) + note
}

// aside gives a decision's note, where it has one, behind what was said.
func aside(d ledger.Decision) string {
	if d.Note == "" {
		return ""
	}
	return " - " + d.Note
}

// dropped says why a message will not go out, or that nobody knows.
func dropped(d ledger.Decision, message string) string {
	switch {
	case d.Reason == customer.Unknown, d.Reason == customer.Repeated:
		return message + ": " + cmp.Or(d.Note, wording.Reason(d.Reason))
	case d.Reason == customer.Unless && d.Note != "":
		return wording.NotDone(d.Template, d.Channel) + ": " + d.Note
	}
	return wording.NotDone(d.Template, d.Channel) + ": " + wording.Reason(d.Reason) + aside(d)
}

// deferred says why a planned message did not go out at its time.
func (t *teller) deferred(d ledger.Decision, c Case, message, note string) string {
	moved := d.Reason == "" || d.Reason == customer.Capped
	switch {
	case moved && !d.Planned.IsZero():
		return "moved " + message + " to " + t.local(d.Planned) + note
	case d.Reason == "":
		return "put off " + message + note
	case d.Reason == customer.Paused:
		return "held " + message + ": " + wording.Reason(d.Reason)
	case d.Reason == customer.Unknown:
		return wording.NoAnswer(d.Template, d.Channel) + aside(d)
	case d.Reason == customer.Unconfirmed:
		return t.fellBack(d, c, message)
	}
	return strings.Replace(wording.NotDone(d.Template, d.Channel), ",", " yet,", 1) + ": " + wording.Reason(d.Reason) + aside(d)
}

// refused says why a match was not entered, with what the reason is made of.
func (t *teller) refused(c Case) string {
	text := "not entered: " + wording.Reason(c.Reason)
	if c.Matcher == nil {
		return text
	}
	switch c.Reason {
	case customer.NotFresh:
		text += ": the rule takes reasons up to " + c.Matcher.Fresh.Within.String() + " old"
	case customer.AlreadyRunning:
		if before, ok := t.before(c, func(b Case) bool { return b.Ended.IsZero() || b.Ended.After(c.Recorded) }); ok {
			text += ": match " + number(int64(before.N)) + ", since " + t.local(before.At)
		}
	case customer.NotAgain:
		if before, ok := t.before(c, counts); ok {
			from, ever := journey.AgainFrom(c.Matcher, t.Subject, before.Outreach)
			text += ": " + t.againWords(before, from, ever)
		}
	case customer.NoConsent, customer.Suppressed, customer.NoAddress:
		text += t.closedNow(c)
	}
	return text
}

// before gives the newest case before one of the same rule and about value.
func (t *teller) before(c Case, is func(Case) bool) (Case, bool) {
	for _, b := range t.of(c.Rule) {
		if b.N < c.N && b.About == c.About && is(b) {
			return b, true
		}
	}
	return Case{}, false
}

// closedNow says what has opened since a match was turned away.
func (t *teller) closedNow(c Case) string {
	entry := journey.Entry{Now: t.Now, Subject: t.Subject, Policy: t.Policy, Suppressed: t.suppressed, Texts: t.Texts}
	if journey.Reach(c.Matcher, entry) == "" {
		return "; that is different now"
	}
	return ""
}

// status says where a case stands.
func (t *teller) status(c Case, entered bool) string {
	switch {
	case c.Status == ledger.Matched:
		return "not started"
	case c.Status == ledger.Open:
		return "under way"
	case !entered:
		return "not entered: " + wording.Reason(c.Reason)
	}
	return "ended " + t.local(c.Ended) + ": " + wording.Reason(c.Reason)
}

// late is how far past its instant an outreach is before somebody should ask
// whether the engine runs.
const late = 5 * time.Minute

// waits says what an outreach waits for; "" when it has ended.
func (t *teller) waits(c Case) string {
	switch c.Status {
	case ledger.Ended:
		return ""
	case ledger.Matched:
		return "waits for the engine to start it"
	}
	if outdated(c) {
		return "waits for the engine to look again: what it waited for is settled"
	}
	text := strings.Replace(cmp.Or(t.trimLabel(c.Waits), "waiting for the engine"), "waiting ", "waits ", 1)
	for _, p := range c.Parts {
		switch {
		case p.Status == ledger.Ambiguous && !p.Item:
			return t.asked(p)
		case p.Status == ledger.Sending && !p.Channel.Reaches():
			return "an attempt is under way: " + wording.Message(p.Template, p.Channel)
		case p.Status == ledger.Sending:
			return "an attempt to send " + wording.Message(p.Template, p.Channel) + " is under way"
		case p.Status == ledger.Planned && c.Reason == customer.Paused && journey.Held(t.Holds, p):
			text = "waits for a hold to be removed: " + t.covering(p)
		case p.Status == ledger.Planned && c.Reason == customer.Paused:
			text = "looks again soon: the hold that it waited for is lifted"
		}
	}
	return text + t.overdue(c)
}

// overdue asks whether the engine runs.
func (t *teller) overdue(c Case) string {
	if c.NextAt.IsZero() || t.Now.Sub(c.NextAt) < late {
		return ""
	}
	return "; that is past: does the engine run?"
}

// covering names the holds that cover a message.
func (t *teller) covering(p ledger.Part) string {
	var words []string
	for _, h := range t.Holds {
		if journey.Held([]ledger.Hold{h}, p) {
			words = append(words, t.holdWords(h))
		}
	}
	return strings.Join(words, "; ")
}
