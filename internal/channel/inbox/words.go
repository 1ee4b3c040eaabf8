package inbox

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// words are what the templates can say.
func words() template.FuncMap {
	return template.FuncMap{
		"path":    url.PathEscape,
		"channel": channelWords,
		"reason":  wording.Reason,
		"closed":  wording.Suppression,
		"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"card":    func(m messageView, query string) cardView { return cardView{m, query} },
		"place":   place,
		"ofTeam":  ofTeam,
	}
}

// cardView is a message with the filter of the page that it stands on.
type cardView struct {
	messageView
	Query string
}

// ofTeam reports whether a message went to a team and not to the customer.
func ofTeam(key string) bool {
	_, _, channel, err := ledger.ParseKey(key)
	return err == nil && !channel.Reaches()
}

// place gives the place of a zone's name: "New York" of America/New_York.
func place(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

func channelWords(c customer.Channel) string {
	switch c {
	case customer.SMS:
		return "SMS"
	case customer.Email:
		return "Mail"
	case customer.Push:
		return "Push"
	}
	return string(c)
}

// eventWords tells the engine's own events to people; the company's own names
// stay as they are.
func eventWords(e customer.Event) string {
	switch e.Name {
	case customer.Identified:
		return "Said who they are, or what they want"
	case customer.MessageSent:
		return "A provider took a message"
	case customer.MessageOpened:
		return "Opened a message"
	case customer.MessageClicked:
		return "Clicked in a message"
	case customer.MessageReplied:
		return "Replied: " + e.Properties[customer.TextProperty].String()
	case customer.MessageDelivered:
		return "A message arrived"
	case customer.MessageFailed:
		return "A message did not arrive"
	case customer.MessageBounced:
		return "A message came back: nothing arrives at its address"
	case customer.HandoffDone:
		return strings.TrimSuffix("A team did its task: "+e.Properties[customer.ResultProperty].String(), ": ")
	}
	return e.Name
}

// sentence tells a decision to people. local writes instants as the customer's
// clock shows them.
func sentence(d ledger.Decision, local func(time.Time) string) string {
	if d.Channel != "" && !d.Channel.Reaches() {
		return errand(d)
	}
	what := d.Template
	if d.Channel != "" {
		what += " by " + strings.ToLower(channelWords(d.Channel))
		if d.Channel == customer.SMS {
			what = d.Template + " by SMS"
		}
	}
	switch d.Kind {
	case ledger.KindMatch:
		return "A reason to reach out came up"
	case ledger.KindEnter:
		return "The outreach began"
	case ledger.KindPlan:
		if d.Planned.IsZero() { // it rides in another message, as its note says
			return "Planned " + what
		}
		return "Planned " + what + " for " + local(d.Planned)
	case ledger.KindDefer:
		return deferred(d, what, local)
	case ledger.KindSend:
		return "Sent " + what
	case ledger.KindDrop:
		if d.Template == "" {
			return "Not entered: " + wording.Reason(d.Reason)
		}
		return dropped(d, what)
	case ledger.KindDeliver:
		return capital(wording.Arrived(d.Template, d.Channel))
	case ledger.KindFail:
		return capital(wording.Failed(d.Template, d.Channel)) + ": " + wording.Reason(d.Reason)
	case ledger.KindWait:
		return "Waiting until " + local(d.Planned)
	case ledger.KindGoal:
		return "The goal was reached"
	case ledger.KindStop:
		return "Stopped"
	case ledger.KindMigrate:
		return "Moved to another version of the rule"
	case ledger.KindEnd:
		return "The outreach ended: " + wording.Reason(d.Reason)
	}
	return string(d.Kind)
}

// dropped tells why a message will not go out, or that nobody knows.
func dropped(d ledger.Decision, what string) string {
	switch d.Reason {
	case customer.Unknown:
		return capital(what) + ": " + wording.Reason(d.Reason)
	case customer.Repeated:
		return "Given up, " + what + ": " + wording.Reason(d.Reason)
	}
	return "Not sent, " + what + ": " + wording.Reason(d.Reason)
}

// capital writes the first letter of a sentence large.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// deferred tells why a planned message did not go out at its time.
func deferred(d ledger.Decision, what string, local func(time.Time) string) string {
	switch {
	case d.Reason == customer.Paused:
		return "Held " + what + ": " + wording.Reason(d.Reason)
	case d.Reason == customer.Unknown:
		return capital(wording.NoAnswer(d.Template, d.Channel))
	case d.Reason == customer.Unconfirmed:
		return "No word that " + what + " arrived: another channel takes its place"
	case d.Reason != "" && (d.Reason != customer.Capped || d.Planned.IsZero()):
		return "Not sent yet, " + what + ": " + wording.Reason(d.Reason)
	case d.Planned.IsZero():
		return "Put off " + what
	}
	return "Moved " + what + " to " + local(d.Planned)
}

// errand tells a decision about a webhook or a task.
func errand(d ledger.Decision) string {
	text := wording.NotDone(d.Template, d.Channel) + ": " + wording.Reason(d.Reason)
	switch d.Kind {
	case ledger.KindSend:
		text = wording.Done(d.Template, d.Channel)
	case ledger.KindDefer:
		text = strings.Replace(text, ",", " yet,", 1)
	}
	return capital(text)
}

// ledgerLine writes a decision in the ledger's own words.
func ledgerLine(d ledger.Decision) string {
	fields := []string{string(d.Kind), d.Rule + "/" + strconv.Itoa(d.N), d.Step, string(d.Channel), d.Template}
	if !d.Planned.IsZero() {
		fields = append(fields, d.Planned.UTC().Format(time.RFC3339))
	}
	fields = append(fields, string(d.Reason))
	line := strings.Join(strings.Fields(strings.Join(fields, " ")), " ")
	if d.Note != "" {
		line += " (" + d.Note + ")"
	}
	return line
}
