package inbox

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// words are what the templates can say.
func words() template.FuncMap {
	return template.FuncMap{
		"path":    url.PathEscape,
		"channel": channelWords,
		"reason":  reasonWords,
		"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"card":    func(m messageView, query string) cardView { return cardView{m, query} },
		"place":   place,
	}
}

// cardView is a message with the filter of the page that it stands on.
type cardView struct {
	messageView
	Query string
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
	case customer.MessageFailed:
		return "A message did not arrive"
	}
	return e.Name
}

// sentence tells a decision to people. local writes instants as the customer's
// clock shows them.
func sentence(d ledger.Decision, local func(time.Time) string) string {
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
		return "Planned " + what + " for " + local(d.Planned)
	case ledger.KindDefer:
		if d.Reason == customer.Paused {
			return "Held " + what + ": " + reasonWords(d.Reason)
		}
		return "Moved " + what + " to " + local(d.Planned)
	case ledger.KindSend:
		return "Sent " + what
	case ledger.KindDrop:
		if d.Template == "" {
			return "Not entered: " + reasonWords(d.Reason)
		}
		return "Not sent, " + what + ": " + reasonWords(d.Reason)
	case ledger.KindWait:
		return "Waiting until " + local(d.Planned)
	case ledger.KindGoal:
		return "The goal was reached"
	case ledger.KindStop:
		return "Stopped"
	case ledger.KindEnd:
		return "The outreach ended: " + reasonWords(d.Reason)
	}
	return string(d.Kind)
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

// reasonWords says a reason in words; one that it does not know stays as it is.
func reasonWords(r customer.Reason) string {
	switch r {
	case customer.NotFresh:
		return "the reason was too old when it was first seen"
	case customer.AlreadyRunning:
		return "an outreach of this rule is under way"
	case customer.NotAgain:
		return "it is too early to reach out again"
	case customer.NotInAudience:
		return "the customer is not in the rule's audience"
	case customer.HeldOut:
		return "the customer is in the holdout, for comparison"
	case customer.NoConsent:
		return "no consent for this topic"
	case customer.Suppressed:
		return "the address must not be used: a STOP, an unsubscribe or a complaint"
	case customer.NoAddress:
		return "no address that a text could go to"
	case customer.Capped:
		return "the customer has enough messages already"
	case customer.Unless:
		return "its unless came"
	case customer.Late:
		return "its time ran out"
	case customer.NoAllowedTime:
		return "no allowed time is left for it"
	}
	return fateWords(r)
}

func fateWords(r customer.Reason) string {
	switch r {
	case customer.Rejected:
		return "the provider refused it for good"
	case customer.BadAddress:
		return "the provider does not know the address"
	case customer.Unknown:
		return "nobody can know whether it went out"
	case customer.TemplateError:
		return "the text could not be written for this customer"
	case customer.Paused:
		return "paused by a hold"
	case customer.QuietHours:
		return "quiet hours"
	case customer.LegalHours:
		return "hours that the law closes"
	case customer.Misconfigured:
		return "the provider refuses the account or its set-up"
	case customer.Unavailable:
		return "the provider is down"
	case customer.Throttled:
		return "the provider asks for patience"
	}
	return endWords(r)
}

func endWords(r customer.Reason) string {
	switch r {
	case customer.Completed:
		return "all steps are done"
	case customer.ReasonGone:
		return "the reason is gone"
	case customer.AudienceGone:
		return "the customer left the rule's audience"
	case customer.GoalReached:
		return "the goal was reached"
	case customer.Stop:
		return "the rule's stop came"
	case customer.StopStep:
		return "a stop step was reached"
	case customer.Expired:
		return "the rule's until passed"
	case customer.StoppedByUs:
		return "stopped by an operator"
	case customer.RuleRemoved:
		return "the rule was removed"
	case customer.Merged:
		return "the customer turned out to be another one"
	}
	return string(r)
}
