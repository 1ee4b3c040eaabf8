package line

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// maxWait bounds what a provider may ask for, so that one wrong header cannot
// park a message for good.
const maxWait = 24 * time.Hour

// Check refuses what no provider is to be asked: a message of another channel,
// or without send key, address or content. It returns nil for all others.
func Check(provider string, carries customer.Channel, m channel.Message) *channel.Error {
	refused := func(kind channel.Kind, detail string) *channel.Error {
		return &channel.Error{Kind: kind, Provider: provider, Code: "not_sent", Detail: detail}
	}
	c := m.Content
	switch {
	case m.Channel != carries:
		return refused(channel.Misconfigured, "channel: this provider carries "+string(carries)+" only; name another for this channel")
	case m.Key == "":
		return refused(channel.Rejected, "message: no send key")
	case m.To == "":
		return refused(channel.Rejected, "message: no address")
	case c.Text == "" && (carries != customer.Email || c.HTML == ""):
		return refused(channel.Rejected, "message: no text; check the template")
	case carries == customer.Email && c.Subject == "":
		return refused(channel.Rejected, "message: no subject; check the template")
	}
	return nil
}

// Trouble says what a call that did not succeed means, going by its status
// alone. err is what the client returned; it may be nil when an answer came.
// The provider's own code, where it gave one, says more: refine the result.
func (c *Call) Trouble(provider string, err error) *channel.Error {
	if c.Status == 0 {
		return c.silence(provider, err)
	}
	kind, detail := meaning(c.Status)
	return &channel.Error{
		Kind:       kind,
		Provider:   provider,
		Code:       strconv.Itoa(c.Status),
		Detail:     detail,
		RetryAfter: c.retryAfter(),
	}
}

// silence is a call without an answer: surely not taken when the request was
// never written, otherwise nobody knows.
func (c *Call) silence(provider string, err error) *channel.Error {
	if c.unsent() {
		return &channel.Error{Kind: channel.Unavailable, Provider: provider, Code: "no_connection", Detail: Cause(err)}
	}
	return &channel.Error{Kind: channel.Ambiguous, Provider: provider, Code: "no_answer", Detail: Cause(err) + " after the request was written"}
}

// meaning reads a status by RFC 9110. What is not clearly a no is ambiguous:
// a gateway's 5xx may come after the provider took the message.
func meaning(status int) (channel.Kind, string) {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired:
		return channel.Misconfigured, "the account or its credentials are refused"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return channel.Misconfigured, "the address of the service is wrong; check base url and account"
	case http.StatusRequestTimeout:
		return channel.Ambiguous, "the provider gave up waiting for the request"
	case http.StatusRequestEntityTooLarge:
		return channel.Rejected, "the message is too large"
	case http.StatusTooManyRequests:
		return channel.Throttled, "the provider asks for patience"
	}
	switch {
	case status >= 500:
		return channel.Ambiguous, "the provider is in trouble"
	case status >= 400:
		return channel.Rejected, "the provider refused the message"
	}
	return channel.Ambiguous, "the answer is not the provider's usual one"
}

// Cause names a network error in words that hold no address and no secret.
func Cause(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "the call was cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "the deadline passed"
	case errors.As(err, &dns):
		return "the provider's host was not found"
	case errors.As(err, &cert):
		return "the provider's certificate is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	}
	return "the connection broke"
}

// retryAfter reads Retry-After (RFC 9110, 10.2.3) of a 429 or 503: seconds or
// an HTTP date.
func (c *Call) retryAfter() time.Duration {
	if c.Status != http.StatusTooManyRequests && c.Status != http.StatusServiceUnavailable {
		return 0
	}
	text := c.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return clamp(time.Duration(seconds) * time.Second)
	}
	if date, err := http.ParseTime(text); err == nil {
		return c.Until(date)
	}
	return 0
}

// Until gives how long the provider's instant lies after its answer, from 0 to
// 24 hours. It counts from the answer's Date, so this machine's clock does not
// matter.
func (c *Call) Until(at time.Time) time.Duration { return clamp(at.Sub(c.answeredAt)) }

func clamp(d time.Duration) time.Duration { return min(max(d, 0), maxWait) }
