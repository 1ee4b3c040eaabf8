// Package sendgrid sends email through SendGrid's v3 Mail Send and reads its
// Event Webhook. It decides how a message becomes a request, what each answer
// means, which callbacks are believed and what each event says; it knows no
// customer, no rule, and never tries a message again.
//
// SendGrid has no idempotency key. The send key travels as a custom argument
// and comes back in every event, so that an event names the message even when
// the answer to its creation was lost. There is no way to ask: the search in
// its Email Activity is an add-on that is paid for, and lags behind.
package sendgrid

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"io"
	"net/http"

	"github.com/sendgrid/rest"
	sg "github.com/sendgrid/sendgrid-go"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "sendgrid"

// KeyArg is the custom argument that holds the send key; the event webhook
// gives it back as a field of this name.
const KeyArg = "send_key"

const sendPath = "/v3/mail/send"

// Sender sends email. Safe for concurrent use.
type Sender struct {
	config Config
	line   *line.Line
	key    *ecdsa.PublicKey // nil: no callback is believed
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Reporter = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection. The
// error says what to mend and holds no secret.
func New(config Config) (*Sender, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	l, err := line.Open(config.base(), config.Transport)
	if err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	key, err := config.key()
	if err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	return &Sender{config: config, line: l, key: key}, nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// Send hands one mail to SendGrid, within ctx's deadline and ten seconds at
// most. The receipt holds X-Message-Id, the beginning of every event's
// sg_message_id; it is empty in the sandbox. Errors are *channel.Error.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := line.Check(Name, customer.Email, m); refused != nil {
		return channel.Receipt{}, refused
	}
	body, refused := s.body(m)
	if refused != nil {
		return channel.Receipt{}, refused
	}
	call, done := s.line.Call(ctx)
	defer done()
	client := rest.Client{HTTPClient: call.Client()}
	_, err := client.SendWithContext(ctx, s.request(body))
	if s.accepted(call.Status) {
		return channel.Receipt{ProviderID: call.Header.Get("X-Message-Id")}, nil
	}
	return channel.Receipt{}, trouble(call, err)
}

// accepted reports whether the status means taken: 202, or the sandbox's 200.
func (s *Sender) accepted(status int) bool {
	return status == http.StatusAccepted || s.config.Sandbox && status == http.StatusOK
}

// request is made for each mail: the library's own client keeps the body in a
// shared field, which would mix up mails that are sent at the same time.
func (s *Sender) request(body []byte) rest.Request {
	r := sg.GetRequest(s.config.APIKey, sendPath, "")
	r.Method = rest.Post
	r.Body = body
	return r
}
