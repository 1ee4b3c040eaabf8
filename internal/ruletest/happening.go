package ruletest

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// happening is one line of a play as an expectation may speak of it.
type happening struct {
	kind     Kind
	rule     string
	ref      ledger.Ref
	name     string // as Expectation.Name; of a message its template
	reason   customer.Reason
	channel  customer.Channel
	customer string
	at       time.Time
	planned  time.Time
	zone     *time.Location
	content  *channel.Content
	trouble  error
	note     string // for people: why it has its instant, or why it does not go out
}

// moved is a plan that changed: to another instant, or to none until there is
// a place or a message to ride on. No expectation speaks of it.
const moved Kind = "moved"

// happenings gives the lines of a play that a test may speak of, in their
// order.
func happenings(lines []simulate.Line) []happening {
	var all []happening
	for _, l := range lines {
		h := happening{
			rule: l.Rule, ref: l.Ref, name: l.Template, reason: l.Reason, channel: l.Channel, customer: l.External,
			at: l.At, planned: l.Planned, zone: l.Zone, content: l.Content, trouble: l.Trouble, note: l.Note,
		}
		var ok bool
		if h.kind, ok = kindOfLine(l); ok {
			all = append(all, h)
		}
	}
	return all
}

func kindOfLine(l simulate.Line) (Kind, bool) {
	switch l.Kind {
	case ledger.KindSend:
		switch l.Channel {
		case customer.Handoff:
			return Task, true
		case customer.Webhook:
			return Called, true
		}
		return Sent, true
	case ledger.KindDrop:
		if l.Template == "" && l.Step == "" {
			return NotEntered, true
		}
		return NotSent, true
	case ledger.KindFail:
		return NotSent, true
	case ledger.KindEnd:
		return Ended, true
	case ledger.KindPlan:
		return Planned, l.Channel.Reaches()
	case ledger.KindDefer:
		return moved, l.Channel.Reaches()
	}
	return "", false
}

// plans reports whether a line says when a message is to go.
func (h happening) plans() bool { return h.kind == Planned || h.kind == moved }

// same reports whether two lines are about one message.
func (h happening) same(other happening) bool {
	return h.ref == other.ref && h.name == other.name && h.channel == other.channel && h.name != ""
}

// atOnce is the note of what had no hours to wait for.
const atOnce = "now"

// remark gives the note where it adds something: not that a message goes at
// once when nothing keeps it.
func (h happening) remark() string {
	switch {
	case h.trouble != nil:
		return "" // it is shown itself
	case h.kind == NotSent && h.note == atOnce:
		return ""
	case h.kind == Planned && h.reason == "" && !h.planned.IsZero() && !h.planned.After(h.at):
		return ""
	}
	return h.note
}

// note is why an expectation is not met by a line that is nearly it; "" when
// it is met. far says that the line is about something else.
func (x Expectation) note(h happening, own string) (note string, far bool) {
	switch {
	case !x.about(h, own):
		return "", true
	case x.Name != "" && h.kind != NotEntered && x.Name != h.name:
		return "", true
	case !x.From.IsZero() && !within(x.read, stretch{x.zone, x.From, x.To}, h.at, h.zone):
		return "at another time", false
	case x.Channel != "" && h.channel != "" && x.Channel != h.channel:
		return "by " + string(h.channel) + ", not by " + string(x.Channel), false
	case x.Reason != "" && x.Reason != h.reason:
		return "with the reason " + string(h.reason) + ", not " + string(x.Reason), false
	case !x.ForFrom.IsZero() && !within(x.forRead, stretch{x.forZone, x.ForFrom, x.ForTo}, h.planned, h.zone):
		return "for another time", false
	}
	return x.textNote(h), false
}

// about reports whether a line is of the kind and customer that is meant, and
// of the file's own rule where that matters. That an outreach was not entered
// is a way of not sending its message.
func (x Expectation) about(h happening, own string) bool {
	ours := x.Kind != Ended && x.Kind != NotEntered || h.rule == own
	kind := x.Kind == h.kind || x.Kind == NotSent && h.kind == NotEntered
	return kind && ours && x.Customer == h.customer
}

// textNote says what is wrong with a message's text.
func (x Expectation) textNote(h happening) string {
	if len(x.Contains) == 0 && len(x.Lacks) == 0 && x.Subject == "" {
		return ""
	}
	if h.content == nil {
		if h.trouble != nil {
			return "its text could not be written: " + h.trouble.Error()
		}
		return "it has no text"
	}
	text := collapse(strings.Join([]string{h.content.Subject, h.content.Preheader, h.content.Text}, "\n"))
	lacking := func(part string) bool { return !strings.Contains(text, collapse(part)) }
	if i := slices.IndexFunc(x.Contains, lacking); i >= 0 {
		return "its text does not contain " + quote(x.Contains[i])
	}
	if i := slices.IndexFunc(x.Lacks, func(part string) bool { return !lacking(part) }); i >= 0 {
		return "its text contains " + quote(x.Lacks[i])
	}
	if !strings.Contains(collapse(h.content.Subject), collapse(x.Subject)) {
		return "its subject does not contain " + quote(x.Subject)
	}
	return ""
}

func quote(text string) string { return `"` + collapse(text) + `"` }

// collapse makes all white space, no-break spaces among it, one space each.
func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }
