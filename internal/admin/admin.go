// Package admin is what operators and their tools ask of one process: whether
// it lives, whether it is of use, its figures, and its profiles. It decides
// what counts as ready, out of checks that others make; it knows no store and
// no Temporal. It is served on a port of its own, since none of it is for
// customers or for the world.
package admin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/pprof"
)

// Options are what a handler needs.
type Options struct {
	Prober  *Prober
	Metrics http.Handler
	Role    string
	Version string
}

// readiness is the body of /ready.
type readiness struct {
	Ready   bool    `json:"ready"`
	Role    string  `json:"role"`
	Version string  `json:"version"`
	Checks  []State `json:"checks"`
}

// Handler serves
//
//	GET /live          200 "ok" while the process does what it does; 503 when it stands still
//	GET /ready         200 when every check stands, else 503; JSON with each check
//	GET /metrics       figures in the text format of Prometheus
//	GET /debug/pprof/  profiles, as net/http/pprof has them
//
// Nothing of it waits for a check: a prober looks in the background.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) {
		if !o.Prober.Alive() {
			http.Error(w, "the process stands still: restart it", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { o.ready(w) })
	mux.Handle("GET /metrics", o.Metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (o Options) ready(w http.ResponseWriter) {
	r := readiness{Ready: true, Role: o.Role, Version: o.Version, Checks: o.Prober.States()}
	for _, s := range r.Checks {
		r.Ready = r.Ready && s.OK
	}
	w.Header().Set("Content-Type", "application/json")
	if !r.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // who has gone cannot be told so
}
