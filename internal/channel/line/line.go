// Package line carries a sender's HTTP request to its provider: once, within a
// deadline, with a bounded answer, and it tells what is known when no answer
// came. It decides what an HTTP status means when the provider said nothing
// more exact; it knows no provider, no message and no secret.
package line

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	callTimeout = 10 * time.Second // the longest that one call lasts, whatever its context allows
	answerLimit = 256 << 10        // bytes of an answer that are read; the rest is dropped
	dialTimeout = 4 * time.Second
	idleTimeout = 30 * time.Second // shorter than the usual 60 s of load balancers, so that they hang up last
	idlePerHost = 64               // as many calls as the engine has under way at once, so that none closes another's connection
)

// Line is the way to one provider. Safe for concurrent use; its connections
// are shared by all calls.
type Line struct {
	base      *url.URL // nil: requests go where they are addressed
	transport http.RoundTripper
}

// Open makes a line to the given base: an absolute http or https URL, with or
// without a path, under which the provider's own paths stand. A nil transport
// becomes a pooled one that leaves idle connections after thirty seconds. The
// error says what is wrong with the base.
func Open(base string, transport http.RoundTripper) (*Line, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("base url: not a url; write it like https://api.example.com")
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("base url: %q has no http(s) scheme and host; write it like https://api.example.com", u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base url: %s: a user, query or fragment has no place here; remove it", u.Host)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if transport == nil {
		transport = pooled()
	}
	return &Line{base: u, transport: transport}, nil
}

// OpenAnywhere makes a line whose requests go where they are addressed, for
// providers of which there are many. The transport decides where that may be.
func OpenAnywhere(transport http.RoundTripper) *Line { return &Line{transport: transport} }

func pooled() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2 * idlePerHost,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Call opens one call, which lasts until ctx ends, ten seconds have passed or
// done is called. Call done when nothing more is asked of the call.
func (l *Line) Call(ctx context.Context) (c *Call, done context.CancelFunc) {
	ctx, done = context.WithTimeout(ctx, callTimeout)
	return &Call{line: l, ctx: ctx}, done
}

// aim points a request, made for the provider's public host, at the base.
func (l *Line) aim(r *http.Request) {
	if l.base == nil {
		return
	}
	u := *r.URL
	u.Scheme, u.Host = l.base.Scheme, l.base.Host
	u.Path, u.RawPath = l.base.Path+u.Path, ""
	r.URL, r.Host = &u, ""
}
