package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

func rejected(code, detail string) *channel.Error {
	return &channel.Error{Kind: channel.Rejected, Provider: Name, Code: code, Detail: detail}
}

// refusal says what a status that is no success means; nil for a success.
func refusal(r *http.Response) *channel.Error {
	code := strconv.Itoa(r.StatusCode)
	switch {
	case r.StatusCode >= 200 && r.StatusCode < 300:
		return nil
	case r.StatusCode == http.StatusTooManyRequests:
		return &channel.Error{Kind: channel.Throttled, Provider: Name, Code: code, Detail: "the webhook asks for patience", RetryAfter: retryAfter(r.Header), Concerns: channel.OfHost}
	case r.StatusCode >= 500:
		return &channel.Error{Kind: channel.Unavailable, Provider: Name, Code: code, Detail: "the webhook is in trouble", RetryAfter: retryAfter(r.Header)}
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return rejected(code, "the webhook points elsewhere, and calls follow nobody; write its final url")
	}
	return rejected(code, "the webhook refused the call")
}

// maxWait bounds what a webhook may ask for.
const maxWait = 24 * time.Hour

// retryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or an HTTP date
// that counts from the answer's own; 0 when there is none.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = time.Now()
	}
	return min(max(at.Sub(from), 0), maxWait)
}

// silence is a call without a whole answer. Nobody can say whether it arrived.
func silence(err error) *channel.Error {
	detail := "the connection broke"
	dns, timeout := (*net.DNSError)(nil), net.Error(nil)
	switch {
	case errors.Is(err, context.Canceled):
		detail = "the call was cancelled"
	case errors.As(err, &dns):
		detail = "the webhook's host was not found"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		detail = "the webhook did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		detail = "the connection was refused"
	}
	return &channel.Error{Kind: channel.Ambiguous, Provider: Name, Code: "no_answer", Detail: detail}
}

// read gives the texts, numbers and truth values of an answer as a JSON
// object, nil when it has none. What is not JSON is no answer, unless it says
// that it is.
func read(contentType string, body []byte) ([]byte, *channel.Error) {
	if len(body) > answerLimit {
		return nil, rejected("too_large", "the webhook's answer is larger than 16 kB")
	}
	body = bytes.TrimSpace(body)
	var fields map[string]json.RawMessage
	err := json.Unmarshal(body, &fields)
	switch {
	case err != nil && len(body) > 0 && saysJSON(contentType) && !json.Valid(body):
		return nil, rejected("not_json", "the webhook's answer is not the json that it says it is")
	case err != nil:
		return nil, nil
	}
	flat := map[string]customer.Value{}
	for name, text := range fields {
		var v customer.Value
		if isScalar(text) && json.Unmarshal(text, &v) == nil && !v.IsZero() {
			flat[name] = v
		}
	}
	if len(flat) == 0 {
		return nil, nil
	}
	answer, err := json.Marshal(flat)
	if err != nil {
		return nil, rejected("not_json", "the webhook's answer cannot be kept")
	}
	return answer, nil
}

func saysJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func isScalar(text json.RawMessage) bool { return len(text) > 0 && text[0] != '{' && text[0] != '[' }
