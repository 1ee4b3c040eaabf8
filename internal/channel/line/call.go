package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Call is one request and its answer. Status, Header and Body hold the answer
// once it came; Status is 0 while none did. A call is for one goroutine.
type Call struct {
	Status int
	Header http.Header
	Body   []byte // at most 256 KiB, and what came before the connection broke

	line       *Line
	ctx        context.Context
	used       bool
	tried      bool        // the request was given to the transport
	answeredAt time.Time   // the provider's Date, else this machine's clock
	asked, got atomic.Bool // a connection was asked for; it was there to write on
}

var errUsed = errors.New("line: a call carries one request; open another call")

// Client makes an HTTP client whose only request is this call. It ends with
// the call's context even when the request carries none, follows no redirect,
// and refuses a second request, so a library cannot try again by itself.
func (c *Call) Client() *http.Client {
	return &http.Client{
		Transport: c,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// RoundTrip implements http.RoundTripper for Client. The answer's body is
// read and closed before it returns, so that no connection is left hanging.
func (c *Call) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.open(); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	out := r.Clone(httptrace.WithClientTrace(c.ctx, c.trace()))
	c.line.aim(out)
	resp, err := c.line.transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	c.read(resp)
	return resp, nil
}

func (c *Call) open() error {
	if c.used {
		return errUsed
	}
	c.used = true
	if err := c.ctx.Err(); err != nil {
		return err
	}
	c.tried = true
	return nil
}

// read takes the answer in. An answer that breaks off counts as far as it
// came: its status stands, and a body that misses its end does not parse.
func (c *Call) read(resp *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	_ = resp.Body.Close()
	c.Status, c.Header, c.Body = resp.StatusCode, resp.Header, body
	c.answeredAt = time.Now()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.answeredAt = date
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

func (c *Call) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	}
}

// unsent reports whether the request surely never reached the provider: it
// was not tried, or waited for a connection that never came. A transport that
// does not tell (it ignores httptrace) leaves it open, which is not surely.
func (c *Call) unsent() bool {
	return !c.tried || c.asked.Load() && !c.got.Load()
}
