// Package twilio sends SMS through Twilio's Messages resource, finds a message
// again whose answer was lost, and reads Twilio's callbacks. It decides how a
// message becomes a request and what each of Twilio's errors, statuses and
// replies means; it knows no customer, no rule, and never tries a message
// again.
//
// Twilio has no idempotency key. The send key travels in the status callback's
// URL instead, so that a delivery report names the message even when the
// answer to its creation was lost. Where no report comes, Twilio's list of
// messages is asked.
package twilio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "twilio"

// KeyParam is the query parameter of the status callback that holds the send
// key. Twilio signs the whole URL, so the key cannot be forged.
const KeyParam = "k"

const publicBase = "https://api.twilio.com"

// Sender sends SMS. Safe for concurrent use.
type Sender struct {
	config   Config
	line     *line.Line
	callback *url.URL // nil without delivery reports
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Finder   = (*Sender)(nil)
	_ channel.Reporter = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection. The
// error names every wrong setting and holds no secret.
func New(config Config) (*Sender, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	if config.BaseURL == "" {
		config.BaseURL = publicBase
	}
	l, err := line.Open(config.BaseURL, config.Transport)
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	s := &Sender{config: config, line: l}
	if config.StatusCallback != "" {
		s.callback, _ = url.Parse(config.StatusCallback) // checked above
	}
	return s, nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// Send hands one SMS to Twilio, within ctx's deadline and ten seconds at most.
// The receipt holds the message's SID (SM...). Errors are *channel.Error; an
// accepted message whose answer cannot be read is Ambiguous.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := line.Check(Name, customer.SMS, m); refused != nil {
		return channel.Receipt{}, refused
	}
	call, done := s.line.Call(ctx)
	defer done()
	created, err := s.service(call.Client()).CreateMessage(s.params(m))
	if err != nil {
		return channel.Receipt{}, trouble(call, err)
	}
	if call.Status >= http.StatusMultipleChoices || created.Sid == nil || *created.Sid == "" {
		return channel.Receipt{}, call.Trouble(Name, nil)
	}
	return channel.Receipt{ProviderID: *created.Sid}, nil
}

// service makes the library's service around one call's client. It is cheap,
// and the only way to give the library a deadline: it takes no context.
func (s *Sender) service(hc *http.Client) *api.ApiService {
	c := &client.Client{Credentials: client.NewCredentials(s.config.credentials()), HTTPClient: hc}
	c.SetAccountSid(s.config.AccountSID)
	handler := client.NewRequestHandler(c)
	handler.Edge, handler.Region = "", "" // taken from the environment otherwise
	return api.NewApiService(handler)
}
