package twilio

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

const signatureHeader = "X-Twilio-Signature"

// What is wrong with a callback that is not forged.
var (
	errNoToken    = errors.New("twilio: auth_token: missing; set the auth token beside the API key, since callbacks are signed with it")
	errUnreadable = errors.New("twilio: callback: not a form of a message; have Twilio call with HTTP POST")
)

var (
	messageName = regexp.MustCompile(`^[a-zA-Z0-9]{1,64}$`)
	errorCode   = regexp.MustCompile(`^[0-9]{1,6}$`)
)

// Reports reads a status callback or an inbound message, a form that Twilio
// signed over the public URL. An error wraps channel.ErrForged when the
// signature does not fit or the callback is of another account. Without an
// auth token every callback is refused with another error, which says so.
//
// A message that was read gives two reports: delivered and opened. An inbound
// one gives a reply, whose Code is STOP, START or HELP where Twilio's advanced
// opt-out has understood it so. Statuses and fields that are not known are
// left out: Twilio adds some without notice,
// https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
func (s *Sender) Reports(c channel.Callback) ([]channel.Report, error) {
	form, err := s.believe(c)
	if err != nil {
		return nil, err
	}
	sid := form.Get("MessageSid")
	if sid == "" {
		sid = form.Get("SmsSid")
	}
	if !messageName.MatchString(sid) {
		return nil, errUnreadable
	}
	report := channel.Report{ID: Name + ":" + sid, Channel: customer.SMS, ProviderID: sid, At: c.At.UTC()}
	switch {
	case form.Get("MessageStatus") != "":
		report.Key = keyOf(c.URL)
		report.Address = bare(form.Get("To"))
		return statuses(report, form), nil
	case form.Has("Body") && form.Get("From") != "":
		report.Kind, report.Address = channel.ReportReplied, bare(form.Get("From"))
		report.Text, report.Code = form.Get("Body"), optOut(form.Get("OptOutType"))
		return []channel.Report{report}, nil
	}
	return nil, nil
}

// Reply is an empty TwiML document for an inbound message, so that Twilio
// answers nothing of the engine's to the customer, and nothing for all else.
func (s *Sender) Reply(reports []channel.Report) (contentType, body string) {
	for i := range reports {
		if reports[i].Kind == channel.ReportReplied {
			return "text/xml", "<Response/>"
		}
	}
	return "", ""
}

// believe gives a callback's form when Twilio signed it for this account. Only
// the first value of a field is signed, and only that is read later.
func (s *Sender) believe(c channel.Callback) (url.Values, error) {
	if s.config.AuthToken == "" {
		return nil, errNoToken
	}
	signature := c.Header(signatureHeader)
	if signature == "" {
		return nil, channel.ErrForged
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return nil, errUnreadable
	}
	validator := client.NewRequestValidator(s.config.AuthToken)
	if !validator.ValidateBody(c.URL, c.Body, signature) {
		return nil, channel.ErrForged
	}
	switch form.Get("AccountSid") {
	case s.config.AccountSID:
		return form, nil
	case "":
		return nil, errUnreadable
	}
	return nil, channel.ErrForged
}

func keyOf(callbackURL string) string {
	u, err := url.Parse(callbackURL)
	if err != nil {
		return ""
	}
	return u.Query().Get(KeyParam)
}

// statuses makes the reports of one status. Statuses come in any order, so
// each has an ID of its own.
func statuses(r channel.Report, form url.Values) []channel.Report {
	status := form.Get("MessageStatus")
	r.ID += ":" + status
	switch status {
	case "accepted", "scheduled", "queued", "sending", "sent":
		r.Kind = channel.ReportTaken
	case "delivered":
		r.Kind, r.At = channel.ReportDelivered, doneAt(form.Get("RawDlrDoneDate"), r.At)
	case "read":
		opened := r
		opened.ID, opened.Kind = r.ID+":opened", channel.ReportOpened
		r.Kind = channel.ReportDelivered
		return []channel.Report{r, opened}
	case "failed", "undelivered", "canceled":
		r.At = doneAt(form.Get("RawDlrDoneDate"), r.At)
		r.Kind, r.Code, r.Detail = ended(form.Get("ErrorCode"), status)
	default:
		return nil
	}
	return []channel.Report{r}
}

// ended says what the code of a message that will not arrive means for its
// address. Without one, the status is the code.
func ended(code, status string) (kind channel.ReportKind, as, detail string) {
	if !errorCode.MatchString(code) {
		return channel.ReportFailed, status, ""
	}
	n, _ := strconv.Atoi(code) // at most six digits
	known := codes[n]
	switch {
	case n == optedOut:
		return channel.ReportBlocked, code, known.detail
	case known.kind == channel.BadAddress:
		return channel.ReportBounced, code, known.detail
	}
	return channel.ReportFailed, code, known.detail
}

// doneAt reads a carrier's time, YYMMDDhhmm. It names no zone, and carriers
// use different ones, https://www.twilio.com/en-us/changelog/addition-of-rawdlrdonedate-to-delivered-and-undelivered-status-webhooks.
// So it counts only where it is UTC by all appearances: within the half hour
// before the callback, less than any zone is apart from it.
func doneAt(text string, told time.Time) time.Time {
	const closeBy = 30 * time.Minute
	done, err := time.Parse("0601021504", text)
	if err != nil || done.After(told) || told.Sub(done) >= closeBy {
		return told
	}
	return done
}

// optOut passes on what Twilio's advanced opt-out understood.
func optOut(word string) string {
	switch word {
	case "STOP", "START", "HELP":
		return word
	}
	return ""
}
