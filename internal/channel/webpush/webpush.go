// Package webpush sends push messages to browsers, through the push service
// that each browser chose: RFC 8030, encrypted as RFC 8291 says, signed with
// VAPID keys (RFC 8292). It decides how a message becomes a request, what each
// answer means, and which hosts may be called at all. It knows no customer, no
// rule, and never tries a message again.
//
// The send key becomes the Topic of what is pending and the tag of what is
// shown, so the same message sent twice replaces itself.
package webpush

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"time"

	library "github.com/SherClockHolmes/webpush-go"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "webpush"

// Bounds of a message.
const (
	usual   = 24 * time.Hour      // the life of a message that names none
	longest = 28 * 24 * time.Hour // what push services keep at most

	// payloadLimit is what fits in one record of 4096 bytes, the most that every
	// push service takes (RFC 8291, 4), beside a header of 86 bytes, a tag of 16
	// and a delimiter (RFC 8188, 2).
	payloadLimit = 4096 - 86 - 16 - 1
)

// Payload is what the service worker of the page gets, as JSON.
type Payload struct {
	Title   string `json:"title,omitempty"`
	Body    string `json:"body"`
	Link    string `json:"link,omitempty"` // what a click opens
	Tag     string `json:"tag"`            // show it under this tag, so that a repeat replaces
	SendKey string `json:"send_key"`       // report deliveries and opens with it
}

// Sender sends push messages to browsers. Safe for concurrent use.
type Sender struct {
	config Config
	line   *line.Line
	proven atomic.Bool // a push service took a message: the keys are right
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Repeater = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection. The error
// says what to mend and holds no secret.
func New(config Config) (*Sender, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	return &Sender{config: config, line: line.OpenAnywhere(config.transport())}, nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// RepeatsSafely implements channel.Repeater: always. The push service replaces
// what is pending by its Topic (RFC 8030, 5.4), and the browser what is shown
// by its tag, which the service worker has to give.
func (s *Sender) RepeatsSafely(string) bool { return true }

// Send hands one message to the push service of the browser whose subscription
// it is addressed to, within ctx's deadline and ten seconds at most. The
// receipt holds the last part of the address that the push service gave the
// message. Errors are *channel.Error.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := line.Check(Name, customer.Push, m); refused != nil {
		return channel.Receipt{}, refused
	}
	browser, refused := s.browser(m.To)
	if refused != nil {
		return channel.Receipt{}, refused
	}
	payload, refused := encode(m)
	if refused != nil {
		return channel.Receipt{}, refused
	}
	call, done := s.line.Call(ctx)
	defer done()
	err := s.post(ctx, call, browser, letter{m, payload})
	if call.Status == http.StatusCreated || call.Status == http.StatusAccepted {
		s.proven.Store(true)
		return channel.Receipt{ProviderID: messageName(call.Header.Get("Location"))}, nil
	}
	e := trouble(call, err)
	s.judge(call.Status, e)
	return channel.Receipt{}, e
}

// judge looks once more at keys that are refused. Subscriptions come from
// outside, and each names who answers: once the keys have served elsewhere, a
// no is about this subscription - made with other keys, or by somebody who
// means to hold up everybody's messages.
func (s *Sender) judge(status int, e *channel.Error) {
	refused := status == http.StatusUnauthorized || status == http.StatusForbidden
	if refused && s.proven.Load() {
		e.Kind, e.Detail = channel.Rejected, "the subscription was not made with the VAPID keys that others were"
	}
}

// letter is a message and what the browser gets of it.
type letter struct {
	message channel.Message
	payload []byte
}

// browser reads an address. One that is none, or lies in a network of one's
// own, is a bad one: nothing will ever be sent there.
func (s *Sender) browser(to string) (customer.Browser, *channel.Error) {
	browser, wrong := customer.ReadBrowser(to)
	if wrong == "" && !s.config.AllowLocal && local(browser.Endpoint) {
		wrong = "subscription: its endpoint is no public host; no push service is there"
	}
	if wrong != "" {
		return customer.Browser{}, &channel.Error{Kind: channel.BadAddress, Provider: Name, Code: "not_sent", Detail: wrong}
	}
	return browser, nil
}

func encode(m channel.Message) ([]byte, *channel.Error) {
	payload, err := json.Marshal(Payload{
		Title: m.Content.Subject, Body: m.Content.Text, Link: m.Content.Link,
		Tag: line.CollapseName(m.Key), SendKey: m.Key,
	})
	if err != nil || len(payload) > payloadLimit {
		return nil, &channel.Error{
			Kind: channel.Rejected, Provider: Name, Code: "not_sent",
			Detail: fmt.Sprintf("message: takes %d bytes, %d are the most; shorten the template", len(payload), payloadLimit),
		}
	}
	return payload, nil
}

func (s *Sender) post(ctx context.Context, call *line.Call, browser customer.Browser, l letter) error {
	life := usual
	if l.message.Life > 0 {
		life = min(l.message.Life, longest)
	}
	urgency := library.UrgencyNormal
	if l.message.Urgent {
		urgency = library.UrgencyHigh
	}
	subscription := library.Subscription{
		Endpoint: browser.Endpoint,
		Keys:     library.Keys{P256dh: browser.Key, Auth: browser.Auth},
	}
	resp, err := library.SendNotificationWithContext(ctx, l.payload, &subscription, &library.Options{
		HTTPClient:      call.Client(),
		Subscriber:      strings.TrimPrefix(s.config.Subject, mailto), // the library puts it back
		Topic:           line.CollapseName(l.message.Key),
		TTL:             int(line.Seconds(life)),
		Urgency:         urgency,
		VAPIDPublicKey:  s.config.PublicKey,
		VAPIDPrivateKey: s.config.PrivateKey,
	})
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// messageName gives the last part of a message's address (RFC 8030, 5), ""
// when the push service gave none, or one of more than 512 bytes.
func messageName(location string) string {
	const limit = 512
	location, _, _ = strings.Cut(location, "?")
	name := path.Base(location)
	if name == "." || name == "/" || len(name) > limit {
		return ""
	}
	return name
}
