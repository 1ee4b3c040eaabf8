// Package relay carries messages to a system of the company's own, by one
// signed POST each, for providers that the engine does not know. It decides
// what that system is told and what its answers mean; it knows no rule, and
// never tries a message again.
//
// The system is bound to know a message by its key: the same key means the
// same message, however often it comes. So a message whose answer was lost may
// be handed over again.
package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/channel/seal"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "webhook"

// Sender hands messages over. Safe for concurrent use.
type Sender struct {
	config Config
	key    seal.Key
	line   *line.Line
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Repeater = (*Sender)(nil)
	_ channel.Reporter = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection. The
// error says what to mend and holds no secret.
func New(config Config) (*Sender, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	key, err := seal.ReadKey(config.Secret)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(config.URL)
	if err != nil {
		return nil, fmt.Errorf("webhook: url: is none; write it whole")
	}
	l, err := line.Open(u.Scheme+"://"+u.Host, config.Transport)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return &Sender{config: config, key: key, line: l}, nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// RepeatsSafely implements channel.Repeater: the other side knows a repeat by
// its key, to which the documentation binds it.
func (s *Sender) RepeatsSafely(string) bool { return true }

// Send posts one message, within ctx's deadline and ten seconds at most. The
// receipt holds what the system calls the message, when it says. Errors are
// *channel.Error.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := s.check(m); refused != nil {
		return channel.Receipt{}, refused
	}
	call, done := s.line.Call(ctx)
	defer done()
	request, trouble := s.request(ctx, m)
	if trouble != nil {
		return channel.Receipt{}, trouble
	}
	response, err := call.Client().Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return read(call, m.Key, err)
}

func (s *Sender) check(m channel.Message) *channel.Error {
	if !s.config.carries(m.Channel) {
		return &channel.Error{
			Kind: channel.Misconfigured, Provider: Name, Code: "not_sent",
			Detail: "channel: this webhook carries no " + string(m.Channel) + "; name another provider for this channel",
		}
	}
	return line.Check(Name, m.Channel, m)
}

// order is what the system is told: as much as sending takes, and nothing else
// of the customer.
type order struct {
	Key         string           `json:"key"`
	Channel     customer.Channel `json:"channel"`
	To          string           `json:"to"`
	From        string           `json:"from,omitempty"`
	Topic       customer.Topic   `json:"topic,omitempty"`
	Template    string           `json:"template,omitempty"`
	Locale      string           `json:"locale,omitempty"`
	Subject     string           `json:"subject,omitempty"`
	Preheader   string           `json:"preheader,omitempty"`
	HTML        string           `json:"html,omitempty"`
	Text        string           `json:"text,omitempty"`
	Link        string           `json:"link,omitempty"`
	Unsubscribe string           `json:"unsubscribe,omitempty"`
	Urgent      bool             `json:"urgent,omitempty"`
	LifeSeconds int64            `json:"life_seconds,omitempty"`
}

func (s *Sender) request(ctx context.Context, m channel.Message) (*http.Request, *channel.Error) {
	c := m.Content
	body, err := json.Marshal(order{
		Key: m.Key, Channel: m.Channel, To: m.To, From: m.From, Topic: m.Topic, Template: m.Template, Locale: m.Locale,
		Subject: c.Subject, Preheader: c.Preheader, HTML: c.HTML, Text: c.Text, Link: c.Link,
		Unsubscribe: m.Unsubscribe, Urgent: m.Urgent, LifeSeconds: int64(m.Life / time.Second),
	})
	if err != nil {
		return nil, &channel.Error{Kind: channel.Rejected, Provider: Name, Code: "not_sent", Detail: "message: it cannot be written as json"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, strings.NewReader(string(body)))
	if err != nil {
		return nil, &channel.Error{Kind: channel.Misconfigured, Provider: Name, Code: "not_sent", Detail: "url: it is not one that can be called"}
	}
	s.key.Sign(r.Header, m.Key, string(body), time.Now())
	return r, nil
}
