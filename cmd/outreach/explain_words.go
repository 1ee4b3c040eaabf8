package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// errorsOr gives err, or where there is none one of its own.
func errorsOr(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}

// local writes an instant as the customer's clock shows it, with the year when
// it is not this one.
func (t *teller) local(at time.Time) string {
	there := at.In(t.file.Zone)
	if there.Year() != t.now.In(t.file.Zone).Year() {
		return there.Format("Mon 2 Jan 2006 15:04")
	}
	return there.Format("Mon 2 Jan 15:04")
}

// because says why there is an outreach.
func (t *teller) because(m *rule.Matcher, o ledger.Outreach) string {
	var words string
	switch _, isUsage := o.Match["used"].Float(); {
	case m != nil && !isUsage:
		words = t.trigger(m, o)
	default:
		words = wording.Figures(o.Match)
	}
	if o.About == "" {
		return words
	}
	name := "about"
	if m != nil {
		name = m.About
	}
	return strings.TrimSpace(words + " (" + name + " " + o.About + ")")
}

// trigger says what a rule's trigger saw.
func (t *teller) trigger(m *rule.Matcher, o ledger.Outreach) string {
	switch w := m.When; {
	case w.Event != nil:
		return w.Event.Event
	case w.Silent != nil:
		return "no " + act(w.Silent.Event) + " for " + w.Silent.For.String()
	case w.Missing != nil && w.Missing.By != "":
		return "no " + w.Missing.Event + " by " + w.Missing.By + " of " + w.Missing.After + t.promised(o.Match[w.Missing.By])
	case w.Missing != nil:
		return "no " + w.Missing.Event + " within " + w.Missing.Within.String() + " after " + w.Missing.After
	}
	return wording.Figures(o.Match)
}

// promised gives a promised time in brackets.
func (t *teller) promised(v customer.Value) string {
	at, ok := v.Time(t.file.Zone)
	if !ok {
		return ""
	}
	return ", " + t.local(at)
}

// act names what a silence is about.
func act(event string) string { return cmp.Or(event, "act of the customer's own") }

// sentence says one decision.
func (t *teller) sentence(d ledger.Decision, v told) string {
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
		return "planned " + message + " for " + t.local(d.Planned) + note
	case ledger.KindDefer:
		return t.deferred(d, message, note)
	case ledger.KindSend:
		return wording.Done(d.Template, d.Channel)
	case ledger.KindDrop:
		if d.Template == "" && d.Step == "" {
			return "not entered: " + wording.Reason(d.Reason)
		}
		return wording.NotDone(d.Template, d.Channel) + ": " + wording.Reason(d.Reason) + strings.Replace(note, ": ", " - ", 1)
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

// deferred says why a planned message did not go out at its time.
func (t *teller) deferred(d ledger.Decision, message, note string) string {
	switch d.Reason {
	case "":
		return "moved " + message + " to " + t.local(d.Planned) + note
	case customer.Paused:
		return "held " + message + ": " + wording.Reason(d.Reason)
	}
	return strings.Replace(wording.NotDone(d.Template, d.Channel), ",", " yet,", 1) + ": " + wording.Reason(d.Reason) + strings.Replace(note, ": ", " - ", 1)
}

// stands says where an outreach stands.
func (t *teller) stands(o ledger.Outreach, entered bool) string {
	switch {
	case o.Status == ledger.Matched:
		return "not started"
	case o.Status == ledger.Open:
		return "open"
	case !entered:
		return "not entered: " + wording.Reason(o.Reason)
	}
	return "ended " + t.local(o.Ended) + ": " + wording.Reason(o.Reason)
}

// late is how far past its instant an outreach is before somebody should ask
// whether the engine runs.
const late = 5 * time.Minute

// waits says what an outreach waits for; "" when it has ended.
func (t *teller) waits(o ledger.Outreach) (string, error) {
	switch {
	case o.Status == ledger.Ended:
		return "", nil
	case o.Status == ledger.Matched:
		return "waits for the engine to start it", nil
	}
	parts, err := t.tx.PartsOf(o.Ref)
	if err != nil {
		return "", err
	}
	text := strings.Replace(cmp.Or(dossier.AnswerOf(o).Why, "waiting for the engine"), "waiting ", "waits ", 1)
	for _, p := range parts {
		switch {
		case p.Status == ledger.Sending && !p.Channel.Reaches():
			return "an attempt is under way: " + wording.Message(p.Template, p.Channel), nil
		case p.Status == ledger.Sending:
			return "an attempt to send " + wording.Message(p.Template, p.Channel) + " is under way", nil
		case p.Status == ledger.Planned && o.Reason == customer.Paused && journey.Held(t.holds, p):
			text = "waits for a hold to be removed: " + t.covering(p)
		}
	}
	if !o.NextAt.IsZero() && t.now.Sub(o.NextAt) >= late {
		text += "; that is past: does the engine run?"
	}
	return text, nil
}

// covering names the holds that cover a message.
func (t *teller) covering(p ledger.Part) string {
	var words []string
	for _, h := range t.holds {
		if !journey.Held([]ledger.Hold{h}, p) {
			continue
		}
		text := holdWords(h) + ", paused " + t.local(h.At) + " by " + h.By
		if h.Note != "" {
			text += " (" + h.Note + ")"
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}
