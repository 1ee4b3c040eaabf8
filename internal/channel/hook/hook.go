// Package hook calls webhooks: systems of the company's own that a rule or a
// task for a team names. It signs each call as Standard Webhooks says, and
// decides what an answer means. It knows no customer, no rule, and never tries
// a call again: whoever does sends the same key, by which the other side knows
// a repeat.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package hook

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/seal"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// Name is the provider's name.
const Name = "webhook"

// Bounds of a call.
const (
	callTimeout = 10 * time.Second // from dialling to the last byte of the answer
	dialTimeout = 4 * time.Second
	answerLimit = 16 << 10 // bytes of an answer
	idlePerHost = 16
)

// Config is how webhooks are called. It prints without its secret.
type Config struct {
	// Secret signs each call: whsec_ and the base64 of 24 to 64 random bytes. ""
	// leaves calls unsigned.
	Secret    string            `json:"-"`
	Timeout   time.Duration     `json:"timeout"` // of a call; 0 is ten seconds
	Transport http.RoundTripper `json:"-"`       // nil: a pooled one of its own
}

// Client calls webhooks. It is safe for concurrent use.
type Client struct {
	key     seal.Key // nil leaves calls unsigned
	http    *http.Client
	timeout time.Duration
}

var _ channel.Sender = (*Client)(nil)

// New makes a client. The error says what is wrong with the secret, and does
// not show it.
func New(c Config) (*Client, error) {
	key, err := seal.ReadKey(c.Secret)
	if err != nil {
		return nil, err
	}
	if c.Transport == nil {
		c.Transport = pooled()
	}
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{key: key, timeout: c.Timeout, http: &http.Client{Transport: c.Transport, CheckRedirect: stay}}, nil
}

func pooled() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Format implements fmt.Formatter: whatever the verb, a client prints its name
// and no secret.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, Name)
}

// Name implements channel.Sender.
func (c *Client) Name() string { return Name }

// Signs reports whether calls are signed.
func (c *Client) Signs() bool { return c.key != nil }

// Send posts a message's text, a JSON object, to the URL that it is addressed
// to. The receipt holds what came back. Errors are *channel.Error: Rejected
// when it will never be taken, Throttled and Unavailable when the other side
// said so, Ambiguous when nobody can say whether it arrived, and Misconfigured
// for what is no call of a webhook.
func (c *Client) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if m.Channel != customer.Webhook { // a team is reached otherwise since its task was taken up
		return channel.Receipt{}, &channel.Error{Kind: channel.Misconfigured, Provider: Name, Code: "not_sent", Detail: "this carries webhooks only"}
	}
	if message, _ := source.CheckEndpoint(m.To); message != "" {
		return channel.Receipt{}, rejected("not_sent", "the url "+message)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To, strings.NewReader(m.Content.Text))
	if err != nil {
		return channel.Receipt{}, rejected("not_sent", "the url is not one that can be called")
	}
	c.key.Sign(request.Header, m.Key, m.Content.Text, time.Now())
	response, err := c.http.Do(request)
	if err != nil {
		return channel.Receipt{}, silence(err)
	}
	defer func() { _ = response.Body.Close() }()
	if trouble := refusal(response); trouble != nil {
		return channel.Receipt{}, trouble
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err != nil {
		return channel.Receipt{}, silence(err)
	}
	answer, trouble := read(response.Header.Get("Content-Type"), body)
	if trouble != nil {
		return channel.Receipt{}, trouble
	}
	return channel.Receipt{Answer: string(answer)}, nil
}
