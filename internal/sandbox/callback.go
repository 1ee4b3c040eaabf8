package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with it
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reports say how often callbacks go wrong, as shares of the messages.
type Reports struct {
	Lost    float64 // none comes
	Doubled float64 // the last comes twice
	Swapped float64 // the last comes before those before it
	Late    float64 // all come seconds late
	Forged  float64 // somebody else sends one too, which says that it failed
}

// UsualReports are a few of each in a hundred.
func UsualReports() Reports {
	return Reports{Lost: 0.03, Doubled: 0.06, Swapped: 0.06, Late: 0.04, Forged: 0.04}
}

const (
	callbackTimeout = 5 * time.Second
	latest          = 6 * time.Second // how late late callbacks are, at most
	retryPause      = time.Second
)

// plan is what goes wrong with one message's callbacks.
type plan struct {
	lost, doubled, swapped, forged bool
	late                           time.Duration
}

// planFor decides it, and counts it.
func (s *Sandbox) planFor(t Taken) plan {
	hits := func(share float64, what string) bool { return s.happens(share, "callback", what, t.Key, t.To) }
	r := s.config.Reports
	p := plan{doubled: hits(r.Doubled, "doubled"), swapped: hits(r.Swapped, "swapped"), forged: hits(r.Forged, "forged"), lost: hits(r.Lost, "lost")}
	if hits(r.Late, "late") {
		p.late = s.between(time.Second, latest, "callback", "how late", t.Key, t.To)
	}
	s.book.count(func(c *Counts) {
		if p.lost {
			c.Lost++
			return
		}
		if p.swapped {
			c.Swapped++
		}
		if p.late > 0 {
			c.Late++
		}
	})
	return p
}

// post sends one callback and gives the answer's status, 0 when none came.
func (s *Sandbox) post(address string, header http.Header, body []byte) int {
	ctx, cancel := context.WithTimeout(s.ctx, callbackTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	maps.Copy(r.Header, header)
	answer, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// deliver sends a true callback up to so many times and counts what became of
// it.
func (s *Sandbox) deliver(tries int, send func() int) {
	for try := range tries {
		if try > 0 && !s.pause(s.ctx, retryPause) {
			return
		}
		if status := send(); status/100 == 2 {
			s.book.count(func(c *Counts) { c.Callbacks++ })
			return
		}
	}
	s.book.count(func(c *Counts) { c.Refused++ })
}

// forge sends a forged callback until somebody answers, a few times at most.
func (s *Sandbox) forge(send func() int) {
	const tries = 5
	for range tries {
		status := send()
		if status == 0 || status >= http.StatusInternalServerError {
			if !s.pause(s.ctx, retryPause) {
				return
			}
			continue
		}
		s.book.count(func(c *Counts) {
			c.Forged++
			if status != http.StatusForbidden {
				c.Believed++
			}
		})
		return
	}
}

// twilioTries is how often Twilio tries one status callback: it repeats one
// whose connection failed once, and no other.
const twilioTries = 2

// reportSMS sends a message's status callbacks:
// https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
func (s *Sandbox) reportSMS(t Taken, address string) {
	p := s.planFor(t)
	if p.forged {
		s.later(t.sentAt.Sub(t.At)+p.late, func() {
			form := statusForm(t, undelivered)
			s.forge(func() int { return s.postForm(address, form, "forged"+s.account.TwilioAuthToken) })
		})
	}
	if p.lost {
		return
	}
	at := []time.Duration{0, t.sentAt.Sub(t.At), t.arrivesAt.Sub(t.At)}
	if p.swapped {
		at[1], at[2] = at[2], at[1]
	}
	for i, status := range []string{"queued", "sent", t.end()} {
		send := func() {
			s.deliver(twilioTries, func() int { return s.postForm(address, statusForm(t, status), s.account.TwilioAuthToken) })
		}
		s.later(at[i]+p.late, send)
		if p.doubled && status == t.end() {
			s.book.count(func(c *Counts) { c.Doubled++ })
			s.later(at[i]+p.late+100*time.Millisecond, send)
		}
	}
}

func statusForm(t Taken, status string) url.Values {
	form := url.Values{
		"AccountSid": {twilioSID}, "ApiVersion": {"2010-04-01"}, "From": {t.from}, "To": {t.To},
		"MessageSid": {t.Name}, "SmsSid": {t.Name}, "MessageStatus": {status}, "SmsStatus": {status},
	}
	if status == undelivered {
		form.Set("ErrorCode", strconv.Itoa(unreachable))
	}
	return form
}

// postForm posts a form signed as Twilio signs: the URL and, by name, each
// field and its value, under the account's token:
// https://www.twilio.com/docs/usage/security#validating-requests.
func (s *Sandbox) postForm(address string, form url.Values, token string) int {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text.WriteString(name + form.Get(name))
	}
	sum := hmac.New(sha1.New, []byte(token))
	_, _ = sum.Write([]byte(text.String()))
	return s.post(address, http.Header{
		"Content-Type":       {"application/x-www-form-urlencoded"},
		"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(sum.Sum(nil))},
	}, []byte(form.Encode()))
}
