package twilio

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/outreach-engine/outreach/internal/channel"
)

const (
	whatsApp = "whatsapp:" // stands before the addresses of that channel
	rcs      = "rcs:"      // and of this one

	// maxWaiting is the longest that Twilio keeps a message waiting, and what
	// it does when nothing else is said: 36,000 seconds.
	maxWaiting = 10 * time.Hour
)

// params makes the request of one message. A message's own sender and life go
// before the configured ones.
func (s *Sender) params(m channel.Message) *api.CreateMessageParams {
	p := &api.CreateMessageParams{}
	p.SetTo(s.address(m.To))
	s.setContent(p, m)
	if from := cmp.Or(m.From, s.config.From); from != "" {
		p.SetFrom(s.address(from))
	}
	if s.config.MessagingServiceSID != "" {
		p.SetMessagingServiceSid(s.config.MessagingServiceSID)
	}
	if s.config.FallbackFrom != "" {
		p.SetFallbackFrom(s.config.FallbackFrom)
	}
	if period := s.validity(m.Life); period > 0 {
		p.SetValidityPeriod(period)
	}
	if s.callback != nil {
		p.SetStatusCallback(s.reportTo(m.Key))
	}
	return p
}

// setContent has the text sent as it is, or as the variable of the content
// that its template has. A content takes the place of the text: Twilio refuses
// both together, https://www.twilio.com/docs/api/errors/63016.
func (s *Sender) setContent(p *api.CreateMessageParams, m channel.Message) {
	sid, ok := s.config.Contents[m.Template]
	if !ok {
		p.SetBody(m.Content.Text)
		return
	}
	variables, _ := json.Marshal(map[string]string{"1": m.Content.Text}) // texts always encode
	p.SetContentSid(sid)
	p.SetContentVariables(string(variables))
}

// address gives a number as the configured channel writes it.
func (s *Sender) address(number string) string {
	if !s.config.WhatsApp || strings.HasPrefix(number, whatsApp) {
		return number
	}
	return whatsApp + number
}

// bare is a number without the channel before it.
func bare(address string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, whatsApp), rcs)
}

// validity gives how many seconds a message may wait at Twilio; 0 leaves it to
// Twilio. A life that is shorter or longer than Twilio allows becomes the
// nearest that it does.
func (s *Sender) validity(life time.Duration) int {
	period := s.config.ValidityPeriod
	if life != 0 {
		period = min(max(life, time.Second), maxWaiting)
	}
	return int(period / time.Second)
}

func (s *Sender) reportTo(key string) string {
	u := *s.callback
	query := u.Query()
	query.Set(KeyParam, key)
	u.RawQuery = query.Encode()
	return u.String()
}
