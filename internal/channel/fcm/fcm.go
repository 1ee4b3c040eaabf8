// Package fcm sends push messages through Firebase Cloud Messaging's HTTP v1
// API. It decides how a message becomes a request and what each of FCM's
// errors means; it knows no customer, no rule, and never tries a message
// again.
//
// The send key becomes the name under which a device holds the message, so
// the same message sent twice replaces itself instead of showing twice.
package fcm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "fcm"

// Sender sends push messages. Safe for concurrent use.
type Sender struct {
	url    string // of messages:send at Google's public host; line leads elsewhere
	line   *line.Line
	tokens *tokens
	proven atomic.Bool // FCM took a message: the project is the app's
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Repeater = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection; the
// first message fetches the first access token. The error says what to mend
// and holds no secret.
func New(config Config) (*Sender, error) {
	config, err := config.filled()
	if err != nil {
		return nil, fmt.Errorf("fcm: %w", err)
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("fcm: %w", err)
	}
	l, err := line.Open(config.BaseURL, config.Transport)
	if err != nil {
		return nil, fmt.Errorf("fcm: %w", err)
	}
	tokens, err := newTokens(config)
	if err != nil {
		return nil, fmt.Errorf("fcm: %w", err)
	}
	return &Sender{
		url:    publicBase + "/v1/projects/" + config.ProjectID + "/messages:send",
		line:   l,
		tokens: tokens,
	}, nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// RepeatsSafely implements channel.Repeater: always. A repeat takes the place
// of the first: while FCM holds it, by its collapse key and Topic; on the
// device, by its tag and apns-collapse-id.
func (s *Sender) RepeatsSafely(string) bool { return true }

// Send hands one message to FCM, within ctx's deadline and twenty seconds at
// most, ten of them for an access token when none is held. The receipt holds
// FCM's name of the message (projects/*/messages/*). Errors are
// *channel.Error; trouble about the token is never Ambiguous, since nothing
// was sent yet.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := line.Check(Name, customer.Push, m); refused != nil {
		return channel.Receipt{}, refused
	}
	token, refused := s.tokens.get(ctx)
	if refused != nil {
		return channel.Receipt{}, refused
	}
	call, done := s.line.Call(ctx)
	defer done()
	err := s.post(call, token, m)
	if name := acceptedAs(call); name != "" {
		s.proven.Store(true)
		return channel.Receipt{ProviderID: name}, nil
	}
	e := trouble(call, err)
	s.tokens.judge(token, call.Status, e)
	s.judge(e)
	return channel.Receipt{}, e
}

// judge looks once more at a token of another project. Tokens come from
// outside: once the project has served other devices it is the token that is
// wrong, and no reason to hold up everybody's messages.
func (s *Sender) judge(e *channel.Error) {
	if e.Code == mismatch && e.Kind == channel.Misconfigured && s.proven.Load() {
		e.Kind, e.Detail = channel.Rejected, "the device token belongs to another Firebase project than others'"
	}
}

func (s *Sender) post(call *line.Call, token access, m channel.Message) error {
	body, err := json.Marshal(sendRequest{Message: newMessage(m, time.Now())})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	token.SetAuthHeader(r)
	resp, err := call.Client().Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// acceptedAs gives FCM's name of the message, "" when it took none.
func acceptedAs(call *line.Call) string {
	var answer struct {
		Name string `json:"name"`
	}
	if call.Status != http.StatusOK || json.Unmarshal(call.Body, &answer) != nil {
		return ""
	}
	return answer.Name
}
