package sandbox

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// sendGridName is the provider's name in the book.
const sendGridName = "sendgrid"

// mail is what is read of a request to send one.
type mail struct {
	Personalizations []struct {
		To         []struct{ Email string } `json:"to"`
		CustomArgs map[string]string        `json:"custom_args"`
	} `json:"personalizations"`
	From       struct{ Email string } `json:"from"`
	Subject    string                 `json:"subject"`
	Content    []struct{ Type, Value string }
	Categories []string          `json:"categories"`
	CustomArgs map[string]string `json:"custom_args"`
}

// sendMail is POST /v3/mail/send:
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send.
func (s *Sandbox) sendMail(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+s.account.SendGridKey {
		sendGridNo(w, http.StatusUnauthorized)
		return
	}
	var m mail
	err := json.NewDecoder(r.Body).Decode(&m)
	if err != nil || len(m.Personalizations) != 1 || len(m.Personalizations[0].To) != 1 || m.From.Email == "" || m.Subject == "" || len(m.Content) == 0 {
		sendGridNo(w, http.StatusBadRequest)
		return
	}
	person := m.Personalizations[0]
	args := person.CustomArgs
	if args == nil {
		args = m.CustomArgs
	}
	t := Taken{Provider: sendGridName, Key: args["send_key"], To: person.To[0].Email, Text: m.Subject, Undelivered: s.config.Undelivered(person.To[0].Email), from: m.From.Email}
	s.answer(w, r, call{
		provider: sendGridName, name: t.Key + " " + t.To, key: t.Key, no: sendGridNo,
		take: func() string {
			taken := s.takeMail(t)
			s.reportMail(taken, args, m.Categories)
			return taken.Name
		},
		yes: func(w http.ResponseWriter, name string) {
			w.Header().Set("X-Message-Id", name)
			w.WriteHeader(http.StatusAccepted)
		},
	})
}

func (s *Sandbox) takeMail(t Taken) Taken {
	words := []string{sendGridName, t.Key, t.To}
	sent := s.between(20*time.Millisecond, 300*time.Millisecond, append(words, "sent")...)
	l := lags{sent: sent, arrives: sent + s.between(100*time.Millisecond, time.Second, append(words, "arrives")...)}
	return s.book.put(t, l, func(n int) string { return fmt.Sprintf("sandbox-%014d", n) })
}

func sendGridNo(w http.ResponseWriter, status int) {
	answerJSON(w, status, map[string]any{"errors": []map[string]any{{"message": "refused by the sandbox", "field": nil, "help": nil}}})
}

// event is one of the event webhook's, with the custom arguments beside its
// own fields: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event.
type event map[string]any

// eventQueue gathers events: SendGrid posts them in batches.
type eventQueue struct {
	mu   sync.Mutex
	list []event
}

func (q *eventQueue) add(e event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append(q.list, e)
}

func (q *eventQueue) drain() []event {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list = nil
	return list
}

// reportMail makes a mail's events.
func (s *Sandbox) reportMail(t Taken, args map[string]string, categories []string) {
	if s.config.PublicURL == "" {
		return
	}
	p := s.planFor(t)
	says := func(word string, at time.Time) event {
		e := event{
			"email": t.To, "timestamp": at.Unix(), "event": word, "category": categories,
			"sg_event_id": t.Name + "-" + word, "sg_message_id": t.Name + ".recvd-sandbox-1", "smtp-id": "<" + t.Name + "@sandbox.example.com>",
		}
		for name, value := range args {
			e[name] = value
		}
		return e
	}
	if p.forged {
		s.later(t.sentAt.Sub(t.At)+p.late, func() {
			body := eventsBody([]event{says("bounce", t.sentAt)})
			s.forge(func() int { return s.postSigned(body, s.forging) })
		})
	}
	if p.lost {
		return
	}
	at := []time.Duration{t.sentAt.Sub(t.At), t.arrivesAt.Sub(t.At)}
	if p.swapped {
		at[0], at[1] = at[1], at[0]
	}
	s.later(at[0]+p.late, func() { s.events.add(says("processed", t.sentAt)) })
	end := says("delivered", t.arrivesAt)
	if t.Undelivered {
		end = says("bounce", t.arrivesAt)
		end["type"], end["status"], end["reason"] = "bounce", "5.1.1", "550 5.1.1 no such mailbox"
	}
	s.later(at[1]+p.late, func() { s.events.add(end) })
	if p.doubled {
		s.book.count(func(c *Counts) { c.Doubled++ })
		s.later(at[1]+p.late+300*time.Millisecond, func() { s.events.add(end) })
	}
}

// How SendGrid posts: what gathered in a moment at once, and again for a long
// time when nobody takes it (a day in truth).
const (
	gather        = 150 * time.Millisecond
	sendGridTries = 90
)

// postEvents posts what gathered until the sandbox is closed.
func (s *Sandbox) postEvents() {
	for s.pause(s.ctx, gather) {
		list := s.events.drain()
		if len(list) == 0 {
			continue
		}
		body := eventsBody(list)
		s.tasks.Go(func() {
			s.deliver(sendGridTries, func() int { return s.postSigned(body, s.signing) })
		})
	}
}

// eventsBody ends with CRLF, as SendGrid's do; it belongs to what is signed.
func eventsBody(list []event) []byte {
	text, _ := json.Marshal(list) // of texts and numbers: it cannot go wrong
	return append(text, '\r', '\n')
}

// postSigned posts events signed with ECDSA over the timestamp and the body:
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features.
func (s *Sandbox) postSigned(body []byte, key *ecdsa.PrivateKey) int {
	stamp := strconv.FormatInt(s.config.Now().Unix(), 10)
	sum := sha256.Sum256(append([]byte(stamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return 0
	}
	return s.post(s.config.PublicURL+"/callbacks/sendgrid", http.Header{
		"Content-Type":                           {"application/json"},
		"X-Twilio-Email-Event-Webhook-Signature": {base64.StdEncoding.EncodeToString(signature)},
		"X-Twilio-Email-Event-Webhook-Timestamp": {stamp},
	}, body)
}
