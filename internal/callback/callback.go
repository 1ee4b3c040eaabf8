// Package callback is the way in for what providers tell: delivery reports,
// opens and clicks, and what customers wrote back. It decides who is believed
// and how large a callback may be; what is said in it is read by the provider's
// own package, and what follows from it is observe's. It knows no store and no
// rule.
package callback

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// Path is where callbacks come in: Path + the provider's name.
const Path = "/callbacks/"

// maxBody bounds a callback: providers send batches of up to a few hundred
// events.
const maxBody = 4 << 20

// batch is how many reports are taken in one transaction.
const batch = 200

// Taker takes in what was told, durably before it returns. An observe.Observer
// is one.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// Meter counts callbacks: by provider, and taken, forged, unreadable, oversized
// or unstored.
type Meter interface {
	Callback(provider, outcome string)
}

// Options are what a handler needs.
type Options struct {
	// Public is the engine's own base URL as providers call it, without a slash
	// at its end: signatures are over the whole URL.
	Public  string
	Senders map[customer.Channel]channel.Sender // those that report are listened to
	Taker   Taker
	Now     func() time.Time
	Meter   Meter        // nil: nobody counts
	Logger  *slog.Logger // nil: nothing is logged
}

// reporter is one provider that calls back.
type reporter struct {
	channel.Reporter
	name    string
	carries customer.Channel // the one that it carries; "" several
}

type server struct {
	Options
	reporters map[string]reporter
}

// Handler serves POST /callbacks/<provider> for each provider that calls back.
//
// Answers are 200 once everything is committed, with what the provider expects
// as a body; 403 for a callback that is not the provider's, or too old; 400 for
// one that cannot be read; 413 for one that is too large; 503 with Retry-After
// when nothing could be stored: providers send it again, and what was stored
// after all counts once. Nothing but a 200 changes anything.
func Handler(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: o, reporters: map[string]reporter{}}
	for _, by := range customer.Channels() {
		listener, ok := o.Senders[by].(channel.Reporter)
		if !ok {
			continue
		}
		name := o.Senders[by].Name()
		r := reporter{Reporter: listener, name: name, carries: by}
		if _, several := s.reporters[name]; several {
			r.carries = ""
		}
		s.reporters[name] = r
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path+"{provider}", s.serve)
	return mux
}

func (s *server) serve(w http.ResponseWriter, req *http.Request) {
	from, ok := s.reporters[req.PathValue("provider")]
	if !ok {
		http.Error(w, "callback: no provider of this name calls back here", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		s.refuse(w, from, http.StatusRequestEntityTooLarge, err)
		return
	}
	reports, err := from.Reports(channel.Callback{
		URL: strings.TrimSuffix(s.Public, "/") + req.URL.RequestURI(), Header: req.Header.Get, Body: body, At: s.Now().UTC(),
	})
	switch {
	case errors.Is(err, channel.ErrForged):
		s.refuse(w, from, http.StatusForbidden, err)
		return
	case err != nil:
		s.refuse(w, from, http.StatusBadRequest, err)
		return
	}
	if err := s.take(req.Context(), from, reports); err != nil {
		w.Header().Set("Retry-After", "5")
		s.refuse(w, from, http.StatusServiceUnavailable, err)
		return
	}
	s.count(from, "taken")
	contentType, text := from.Reply(reports)
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	_, _ = io.WriteString(w, text)
}

// outcomes name what becomes of callbacks that change nothing, by the status of
// their answer.
func outcomes() map[int]string {
	return map[int]string{
		http.StatusForbidden: "forged", http.StatusBadRequest: "unreadable", http.StatusRequestEntityTooLarge: "oversized",
		http.StatusServiceUnavailable: "unstored",
	}
}

// refuse answers that nothing was changed. The answer says less than the log:
// whoever forges learns nothing.
func (s *server) refuse(w http.ResponseWriter, from reporter, status int, err error) {
	outcome := outcomes()[status]
	s.count(from, outcome)
	s.Logger.Warn("callback refused", "provider", from.name, "status", status, "outcome", outcome, "error", err)
	http.Error(w, "callback: "+strings.ToLower(http.StatusText(status)), status)
}

func (s *server) count(from reporter, outcome string) {
	if s.Meter != nil {
		s.Meter.Callback(from.name, outcome)
	}
}

// take stores what was told, in its order.
func (s *server) take(ctx context.Context, from reporter, reports []channel.Report) error {
	unknown := 0
	for len(reports) > 0 {
		n := min(batch, len(reports))
		list := make([]observe.Incoming, n)
		for i, r := range reports[:n] {
			if r.Channel == "" {
				r.Channel = from.carries
			}
			list[i].Report = &observe.Report{Report: r, Provider: from.name}
		}
		told, err := s.Taker.Take(ctx, list)
		if err != nil {
			return err
		}
		for _, o := range told {
			if o.Status == observe.Refused {
				unknown++
			}
		}
		reports = reports[n:]
	}
	if unknown > 0 {
		s.Logger.Info("reports about messages that this store does not know", "provider", from.name, "reports", unknown)
	}
	return nil
}
