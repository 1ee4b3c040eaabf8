package channeltest

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
)

// HTTP describes a provider that takes one HTTP request per message.
type HTTP struct {
	Message channel.Message
	Secrets []string
	// New makes a sender that talks to this server.
	New func(t testing.TB, baseURL string) channel.Sender
	// Read takes the message out of a request.
	Read func(r *http.Request, body []byte) Seen
	// Accept answers as the provider does when it takes a message.
	Accept http.HandlerFunc
	// Answers are the provider's own, beside those that every HTTP provider
	// must be able to read.
	Answers []Answer
}

// Answer is an HTTP answer and what it means.
type Answer struct {
	Name   string
	Status int
	Header map[string]string
	Body   string // {to} and {text} stand for the message's own
	Want   Want
}

// Case makes the suite's case: the provider's answers, the common ones, and
// connections that break.
func (h HTTP) Case() Case {
	c := Case{
		Message: h.Message,
		Secrets: h.Secrets,
		Accepts: func(t testing.TB) Peer { return h.open(t, h.Accept) },
		Silent:  func(t testing.TB) Peer { return h.open(t, stall) },
		Refuses: func(t testing.TB) Peer {
			return h.open(t, h.answer(Answer{Status: http.StatusBadRequest, Body: `{"code": 1, "message": "no"}`}))
		},
	}
	for _, a := range append(commonAnswers(), h.Answers...) {
		open := func(t testing.TB) Peer { return h.open(t, h.answer(a)) }
		c.Situations = append(c.Situations, Situation{Name: a.Name, Open: open, Want: a.Want})
	}
	c.Situations = append(c.Situations, h.brokenConnections()...)
	return c
}

// open starts a server that logs what it reads and answers by the handler.
func (h HTTP) open(t testing.TB, handler http.HandlerFunc) Peer {
	log := NewLog()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender hung up within its request
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		log.Saw(h.Read(r, body))
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			log.Connected()
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return Peer{Sender: h.New(t, server.URL), Log: log}
}

func (h HTTP) answer(a Answer) http.HandlerFunc {
	body := strings.NewReplacer("{to}", h.Message.To, "{text}", textOf("situation-1")).Replace(a.Body)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, body)
	}
}

// commonAnswers are those whose meaning does not depend on the provider. They
// come from gateways and proxies as often as from the provider itself, so
// their bodies are not the provider's JSON.
func commonAnswers() []Answer {
	const page = `<html><body>sorry, {to}: {text}</body></html>`
	html := map[string]string{"Content-Type": "text/html"}
	with := func(more map[string]string) map[string]string {
		out := maps.Clone(html)
		maps.Copy(out, more)
		return out
	}
	throttled := func(d time.Duration) Want { return Want{Kind: channel.Throttled, Code: "429", RetryAfter: d} }
	return []Answer{
		{"200 empty", 200, nil, "", Want{Kind: channel.Ambiguous}},
		{"204", 204, nil, "", Want{Kind: channel.Ambiguous}},
		{"302 elsewhere", 302, with(map[string]string{"Location": "/elsewhere"}), page, Want{Kind: channel.Ambiguous, Code: "302"}},
		{"307 elsewhere", 307, with(map[string]string{"Location": "/elsewhere"}), "", Want{Kind: channel.Ambiguous, Code: "307"}},
		{"400 page", 400, html, page, Want{Kind: channel.Rejected, Code: "400"}},
		{"401 page", 401, html, page, Want{Kind: channel.Misconfigured}},
		{"403 page", 403, html, page, Want{Kind: channel.Misconfigured, Code: "403"}},
		{"404 page", 404, html, page, Want{Kind: channel.Misconfigured, Code: "404"}},
		{"408", 408, nil, "", Want{Kind: channel.Ambiguous, Code: "408"}},
		{"413", 413, nil, "", Want{Kind: channel.Rejected, Code: "413"}},
		{"429 bare", 429, nil, "", throttled(0)},
		{"429 seconds", 429, map[string]string{"Retry-After": "7"}, page, throttled(7 * time.Second)},
		{"429 date", 429, map[string]string{
			"Date":        "Sun, 01 Nov 2026 10:00:00 GMT",
			"Retry-After": "Sun, 01 Nov 2026 10:01:30 GMT",
		}, "", throttled(90 * time.Second)},
		{"429 date gone by", 429, map[string]string{"Retry-After": "Sun, 01 Nov 2015 10:01:30 GMT"}, "", throttled(0)},
		{"429 nonsense", 429, map[string]string{"Retry-After": "-5 minutes"}, "", throttled(0)},
		{"429 for years", 429, map[string]string{"Retry-After": "4000000000"}, "", throttled(24 * time.Hour)},
		{"500 empty", 500, nil, "", Want{Kind: channel.Ambiguous, Code: "500"}},
		{"502 page", 502, html, page, Want{Kind: channel.Ambiguous, Code: "502"}},
		{"503 page", 503, with(map[string]string{"Retry-After": "5"}), page, Want{Kind: channel.Ambiguous, Code: "503", RetryAfter: 5 * time.Second}},
		{"500 huge", 500, html, strings.Repeat("x", 8<<20), Want{Kind: channel.Ambiguous, Code: "500"}},
	}
}

func (h HTTP) brokenConnections() []Situation {
	on := func(handler http.HandlerFunc) func(testing.TB) Peer {
		return func(t testing.TB) Peer { return h.open(t, handler) }
	}
	ambiguous := Want{Kind: channel.Ambiguous}
	return []Situation{
		{Name: "nobody listens", Open: h.absent, Want: Want{Kind: channel.Unavailable, Code: "no_connection"}},
		{Name: "hangs up", Open: on(hangUp), Want: Want{Kind: channel.Ambiguous, Code: "no_answer"}},
		{Name: "hangs up within its answer", Open: on(cutShort), Want: ambiguous},
		{Name: "stalls within its answer", Open: on(stallInside), Timeout: short, Want: ambiguous},
	}
}

// absent gives a sender whose provider's port is closed.
func (h HTTP) absent(t testing.TB) Peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return Peer{Sender: h.New(t, "http://"+l.Addr().String()), Log: NewLog()}
}

func stall(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func stallInside(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusInternalServerError)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, `{"error": `)
	panic(http.ErrAbortHandler)
}
