package sendgrid

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// lastSecond is the end of the year 9999, the last that JSON's times have.
const lastSecond = 253402300799

// event is one entry of a callback, as far as it is read. Custom arguments
// stand beside SendGrid's own fields.
type event struct {
	Event          word `json:"event"`
	ID             word `json:"sg_event_id"`
	MessageID      word `json:"sg_message_id"` // missing from bounces that come late
	Email          word `json:"email"`
	Timestamp      word `json:"timestamp"` // seconds since 1970
	Key            word `json:"send_key"`  // KeyArg
	Group          word `json:"asm_group_id"`
	Type           word `json:"type"`   // of a bounce: bounce, blocked
	Status         word `json:"status"` // of a bounce: RFC 3463
	Reason         word `json:"reason"` // of a bounce or drop: may hold addresses; a drop may have its own in Type
	Classification word `json:"bounce_classification"`
	UserAgent      word `json:"useragent"`
	MachineOpen    word `json:"sg_machine_open"`

	at time.Time
}

// word is a text, number or truth value, as text; anything else is "". So a
// field of an unexpected type costs no more than itself.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(data []byte) error {
	var text string
	switch data[0] {
	case '{', '[', 'n':
	case '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	default:
		text = string(data)
	}
	*w = word(text)
	return nil
}

// readEvent needs what makes an event one: its kind, its name and its time.
func readEvent(entry []byte) (event, bool) {
	var e event
	if json.Unmarshal(entry, &e) != nil || e.Event == "" || e.ID == "" {
		return event{}, false
	}
	seconds, err := strconv.ParseInt(string(e.Timestamp), 10, 64)
	if err != nil || seconds <= 0 || seconds > lastSecond {
		return event{}, false
	}
	e.at = time.Unix(seconds, 0).UTC()
	return e, true
}

// reports says what an event means. Those of no use give nothing: a deferred
// mail is on its way still, as its processed event said.
func (e event) reports(groups map[customer.Topic]int) []channel.Report {
	switch e.Event {
	case "processed":
		return e.one(channel.ReportTaken)
	case "delivered":
		return e.one(channel.ReportDelivered)
	case "dropped":
		return e.dropped(groups)
	case "bounce":
		return e.bounced()
	case "open":
		return e.seen(channel.ReportOpened)
	case "click":
		return e.seen(channel.ReportClicked)
	case "spamreport":
		return e.one(channel.ReportComplained)
	case "unsubscribe":
		return e.one(channel.ReportBlocked)
	case "group_unsubscribe":
		return e.ofTopic(channel.ReportUnsubscribed, groups)
	case "group_resubscribe":
		return e.ofTopic(channel.ReportResubscribed, groups)
	}
	return nil
}

func (e event) report(kind channel.ReportKind) channel.Report {
	// sg_message_id is X-Message-Id with a suffix that begins at the first dot.
	id, _, _ := strings.Cut(string(e.MessageID), ".")
	return channel.Report{
		ID:         Name + ":" + string(e.ID),
		Kind:       kind,
		Channel:    customer.Email,
		Key:        string(e.Key),
		ProviderID: id,
		Address:    string(e.Email),
		At:         e.at,
	}
}

func (e event) one(kind channel.ReportKind) []channel.Report {
	return []channel.Report{e.report(kind)}
}

func (e event) ofTopic(kind channel.ReportKind, groups map[customer.Topic]int) []channel.Report {
	r := e.report(kind)
	r.Topic = e.topic(groups)
	return []channel.Report{r}
}

// topic is "" when the event names no group, or one that no topic has.
func (e event) topic(groups map[customer.Topic]int) customer.Topic {
	id, err := strconv.Atoi(string(e.Group))
	if err != nil {
		return ""
	}
	return topicOf(groups, id)
}

func (e event) seen(kind channel.ReportKind) []channel.Report {
	r := e.report(kind)
	agent := readAgent(string(e.UserAgent))
	r.Machine = agent.machine || e.MachineOpen == "true"
	if !r.Machine {
		r.Device = agent.device
	}
	return []channel.Report{r}
}

// bounced tells a mailbox that will take nothing from a mail that this one
// server would not take: SendGrid puts the first kind alone on its bounce list.
func (e event) bounced() []channel.Report {
	kind := channel.ReportFailed
	if e.Type == "bounce" {
		kind = channel.ReportBounced
	}
	r := e.report(kind)
	r.Code = e.code()
	r.Detail = "the customer's mail server refused it" + e.classification()
	return []channel.Report{r}
}

// dropped is a mail that SendGrid took and did not send on. Where the reason
// is the customer's own wish, that is told first, and then that the mail
// failed: the wish alone does not say so.
func (e event) dropped(groups map[customer.Topic]int) []channel.Report {
	fate := e.report(channel.ReportFailed)
	fate.Code = "dropped"
	wish := e.report(channel.ReportBlocked)
	switch strings.ToLower(string(cmp.Or(e.Reason, e.Type))) {
	case "bounced address":
		fate.Kind, fate.Detail = channel.ReportBounced, "SendGrid dropped it: the address bounced before"
		return []channel.Report{fate}
	case "invalid":
		fate.Kind, fate.Detail = channel.ReportBounced, "SendGrid dropped it: the address is not valid"
		return []channel.Report{fate}
	case "unsubscribed address":
		fate.Detail = "SendGrid dropped it: the address is unsubscribed"
		if topic := e.topic(groups); topic != "" {
			wish.Kind, wish.Topic = channel.ReportUnsubscribed, topic
		}
	case "spam reporting address":
		fate.Detail = "SendGrid dropped it: the customer called a mail spam before"
		wish.Kind = channel.ReportComplained
	default:
		fate.Detail = "SendGrid dropped it; its Activity page says why"
		return []channel.Report{fate}
	}
	fate.ID += ":dropped"
	return []channel.Report{wish, fate}
}

var (
	smtpStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)
	smtpReply  = regexp.MustCompile(`^([245]\d\d)(?:[ -]+([245]\.\d{1,3}\.\d{1,3})(?:[^.\d]|$))?`)
)

// code gives the mail server's enhanced status (RFC 3463), else its reply code
// (RFC 5321, 4.2), else "". Its words are left out: they hold addresses.
func (e event) code() string {
	if smtpStatus.MatchString(string(e.Status)) {
		return string(e.Status)
	}
	found := smtpReply.FindStringSubmatch(string(e.Reason))
	switch {
	case found == nil:
		return ""
	case found[2] != "":
		return found[2]
	}
	return found[1]
}

// classification gives SendGrid's own sort of bounce, when it is a known one:
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#bounce-classification
func (e event) classification() string {
	switch c := strings.ToLower(string(e.Classification)); c {
	case "invalid address", "technical", "technical failure", "content",
		"reputation", "frequency or volume too high", "mailbox unavailable":
		return ": " + c
	}
	return ""
}
