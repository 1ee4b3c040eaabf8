// Package intake is the way in over HTTP. It speaks Segment's HTTP API
// (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/),
// so that Segment's own client libraries work unchanged, and decides what a
// call means: whose it is, what happened and when, what is to be changed of the
// profile, and what has to be refused. It answers 200 only after everything is
// committed. It knows no rule, no store and no Temporal.
//
// How calls become events: track keeps its event's name, as data.yaml declares
// it or in lower_snake; page is page_viewed and screen is screen_viewed, with
// the property name; group is group_joined with group_id, and its traits become
// the customer's account and account_<trait>; identify is a change of the
// profile; alias joins two customers. Names of traits and properties become
// lower_snake: orderId and "Order ID" are order_id. Lists and objects are kept
// as their JSON text.
package intake

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Taker takes what came in; it returns when everything is committed. Outcomes
// are one per Incoming, in order. On an error nothing is acknowledged, and the
// whole batch may come again.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// Keeper keeps what was refused, for whoever has to mend its source.
type Keeper interface {
	Reject(ctx context.Context, rejections []observe.Rejection) error
}

// Options are what a handler needs. All but Topics, WriteKeys and Logger are
// required.
type Options struct {
	Taker     Taker
	Keeper    Keeper
	Data      func() *dictionary.Dictionary // the active data.yaml; never nil
	Topics    func() []string               // of the policy in force; nil, or when it gives none: consent is not checked
	WriteKeys []string                      // empty: any key is accepted, and none
	Now       func() time.Time
	Logger    *slog.Logger // nil: nothing is logged
}

type server struct {
	Options
	zones   *sendtime.Zones
	buffers sync.Pool // of *buffer
}

// New gives the handler of all of Segment's paths under /v1, and of
// GET /health. It is safe for concurrent use.
//
//	POST /v1/track, identify, page, screen, group, alias   one call, at most 32 kB
//	POST /v1/batch, /v1/import                             calls of at most 32 kB each, 500 kB in all
//	POST /v1/t, i, p, s, g, a, b                           the same, as libraries for browsers and phones shorten them
//	POST /v1/m                                             a library's measurements of itself; dropped
//	GET  /v1/projects/{key}/settings                       what libraries for browsers and phones ask first
//
// Bodies are JSON, as they are or gzipped. A key comes as the user of Basic
// authentication or as writeKey in the body.
//
// Answers are 200 {"success":true}, with what was left out of a batch under
// rejected; 400 where a body cannot be read or its one call is refused; 401
// for an unknown key; 413 and 415 for bodies too large or coded otherwise;
// 503 with Retry-After when nothing could be stored: then all of it is to be
// sent again, and what was stored after all counts once.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Topics == nil {
		o.Topics = func() []string { return nil }
	}
	s := &server{Options: o, zones: sendtime.NewZones()}
	s.buffers.New = func() any { return new(buffer) }
	mux := http.NewServeMux()
	for path, kind := range map[string]string{
		"track": track, "t": track,
		"identify": identify, "i": identify,
		"page": page, "p": page,
		"screen": screen, "s": screen,
		"group": group, "g": group,
		"alias": alias, "a": alias,
		"batch": batch, "b": batch, "import": batch,
	} {
		mux.HandleFunc("POST /v1/"+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, kind) })
	}
	mux.HandleFunc("POST /v1/m", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, reply{Success: true}) })
	mux.HandleFunc("GET /v1/projects/{key}/settings", settings)
	mux.HandleFunc("OPTIONS /v1/", preflight)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, reply{Success: true}) })
	return mux
}

// serve takes one body.
func (s *server) serve(w http.ResponseWriter, req *http.Request, kind string) {
	allowOrigins(w)
	b := s.buffers.Get().(*buffer)
	defer s.buffers.Put(b)
	if status, trouble := b.read(w, req, kind); trouble != "" {
		s.answer(w, status, trouble)
		return
	}
	e, err := decode(&reader{body: b.Bytes()}, kind)
	if !s.allowed(req, e.writeKey) {
		s.answer(w, http.StatusUnauthorized, "write key: is not known, give it as the user of Basic authentication or as writeKey")
		return
	}
	d := delivery{server: s, body: b.Bytes(), received: s.Now().UTC().Truncate(time.Microsecond)}
	if err != nil {
		d.unreadable(req.Context(), w, err)
		return
	}
	d.take(req.Context(), w, &e, kind)
}

func (s *server) answer(w http.ResponseWriter, status int, message string) {
	s.Logger.Warn("body refused", "status", status, "reason", message)
	write(w, status, reply{Code: codeOf(status), Message: message})
}
