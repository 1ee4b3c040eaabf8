// Package metrics tells in figures how the engine stands, in the text format of
// Prometheus: what the store holds, read when it is asked for, and what this
// process did. It decides nothing. Its labels are a few words each - statuses,
// kinds, providers - never customers, addresses, keys or texts.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Metrics counts what this process does. It is safe for concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	calls     *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	callbacks *prometheus.CounterVec
}

// New makes the metrics of an engine on a store; now is the engine's time.
func New(store ledger.Store, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outreach_provider_calls_total", Help: "Attempts handed to a provider, by what it answered.",
		}, []string{"provider", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outreach_provider_call_seconds", Help: "How long calls of providers took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30},
		}, []string{"provider"}),
		callbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outreach_callbacks_total", Help: "Callbacks of providers, by what became of them.",
		}, []string{"provider", "outcome"}),
	}
	m.registry.MustRegister(m.calls, m.seconds, m.callbacks, collectors.NewGoCollector(), stock{store, now})
	return m
}

// Call counts one call of a provider: kind is taken, delivered or a kind of
// trouble.
func (m *Metrics) Call(provider, kind string, took time.Duration) {
	m.calls.WithLabelValues(provider, kind).Inc()
	m.seconds.WithLabelValues(provider).Observe(took.Seconds())
}

// Callback counts one callback of a provider.
func (m *Metrics) Callback(provider, outcome string) {
	m.callbacks.WithLabelValues(provider, outcome).Inc()
}

// Handler serves the figures. A store that does not answer is a 500, which
// Prometheus takes for a scrape that failed.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
