package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// twilioName is the provider's name in the book.
const twilioName = "twilio"

// What Twilio says of a message that the carrier does not deliver: the status,
// and the code of a handset that is out of reach.
const (
	undelivered = "undelivered"
	unreachable = 30003
)

// createMessage is POST Messages.json:
// https://www.twilio.com/docs/messaging/api/message-resource.
func (s *Sandbox) createMessage(w http.ResponseWriter, r *http.Request) {
	if !s.twilioLetsIn(w, r) {
		return
	}
	if err := r.ParseForm(); err != nil {
		twilioRefusal(w, http.StatusBadRequest, 20001)
		return
	}
	to, body := r.PostForm.Get("To"), r.PostForm.Get("Body")
	from := r.PostForm.Get("From") + r.PostForm.Get("MessagingServiceSid")
	callback, err := url.Parse(r.PostForm.Get("StatusCallback"))
	if code := missing(to, body, from, err); code != 0 {
		twilioRefusal(w, http.StatusBadRequest, code)
		return
	}
	t := Taken{Provider: twilioName, Key: callback.Query().Get("k"), To: to, Text: body, Undelivered: s.config.Undelivered(to), from: from}
	c := call{provider: twilioName, name: t.Key + " " + to, key: t.Key, no: twilioNo}
	if s.config.Refused(to) {
		c.yes = func(w http.ResponseWriter, _ string) { twilioRefusal(w, http.StatusBadRequest, 21211) }
		s.answer(w, r, c)
		return
	}
	c.take = func() string {
		taken := s.takeSMS(t)
		if callback.Host != "" {
			s.reportSMS(taken, callback.String())
		}
		return taken.Name
	}
	c.yes = func(w http.ResponseWriter, name string) {
		taken := t
		taken.Name, taken.At = name, s.config.Now()
		answerJSON(w, http.StatusCreated, twilioMessage(taken, "queued"))
	}
	s.answer(w, r, c)
}

// missing gives Twilio's code for what a request lacks, 0 when it lacks nothing.
func missing(to, body, from string, callback error) int {
	switch {
	case to == "":
		return 21604
	case body == "":
		return 21602
	case from == "":
		return 21603
	case callback != nil:
		return 21609
	}
	return 0
}

func (s *Sandbox) takeSMS(t Taken) Taken {
	words := []string{twilioName, t.Key, t.To}
	sent := s.between(20*time.Millisecond, 500*time.Millisecond, append(words, "sent")...)
	l := lags{
		listed:  s.between(0, 800*time.Millisecond, append(words, "listed")...),
		sent:    sent,
		arrives: sent + s.between(20*time.Millisecond, time.Second, append(words, "arrives")...),
	}
	return s.book.put(t, l, func(n int) string { return fmt.Sprintf("SM%032x", n) })
}

// twilioLetsIn checks Basic authentication by the account's own sid and token.
func (s *Sandbox) twilioLetsIn(w http.ResponseWriter, r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	if user == s.account.TwilioSID && password == s.account.TwilioAuthToken && r.PathValue("account") == user {
		return true
	}
	twilioRefusal(w, http.StatusUnauthorized, 20003)
	return false
}

func twilioNo(w http.ResponseWriter, status int) {
	code := 20500
	if status == http.StatusTooManyRequests {
		code = 20429
	}
	twilioRefusal(w, status, code)
}

// twilioRefusal answers in Twilio's form:
// https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions.
func twilioRefusal(w http.ResponseWriter, status, code int) {
	answerJSON(w, status, map[string]any{
		"code": code, "message": "refused by the sandbox", "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}

// twilioMessage is the resource as Twilio answers it.
func twilioMessage(t Taken, status string) map[string]any {
	path := "/2010-04-01/Accounts/" + twilioSID + "/Messages/" + t.Name
	m := map[string]any{
		"sid": t.Name, "account_sid": twilioSID, "api_version": "2010-04-01",
		"to": t.To, "from": nil, "messaging_service_sid": nil, "body": smart(t.Text),
		"status": status, "direction": "outbound-api", "num_segments": "1", "num_media": "0",
		"error_code": nil, "error_message": nil, "price": nil, "price_unit": "USD",
		"date_created": twilioDate(t.At), "date_updated": twilioDate(t.At), "date_sent": nil,
		"uri": path + ".json", "subresource_uris": map[string]string{"media": path + "/Media.json"},
	}
	if strings.HasPrefix(t.from, "MG") {
		m["messaging_service_sid"] = t.from
	} else {
		m["from"] = t.from
	}
	if status == undelivered {
		m["error_code"], m["error_message"] = unreachable, "unreachable destination handset"
	}
	if status != "queued" {
		m["date_sent"] = twilioDate(t.sentAt)
	}
	return m
}

// smart is what Twilio's smart encoding makes of a text: signs that would cost
// a segment become plain ones.
func smart(text string) string {
	return strings.NewReplacer("\u2019", "'", "\u201c", `"`, "\u201d", `"`, "\u2013", "-", "\u2026", "...").Replace(text)
}

// twilioDate writes RFC 2822, as the resource has it: whole seconds.
func twilioDate(at time.Time) string { return at.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000") }

// answerJSON answers with a document.
func answerJSON(w http.ResponseWriter, status int, document any) {
	text, err := json.Marshal(document)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
