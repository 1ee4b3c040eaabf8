// Package metrics tells in figures how the engine stands, in the text format of
// Prometheus: what the store holds, what this process did, and how it is. It
// decides nothing. Its labels are closed lists of a few words each - statuses,
// reasons, channels, providers - never customers, addresses, keys or texts; a
// word that is on no list is counted as other.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/witness"
)

// Options are what figures are made of. Store, Now and Machine are required.
type Options struct {
	Store     ledger.Store
	Now       func() time.Time // the engine's time
	Machine   func() time.Time // the machine's
	Overdue   time.Duration    // engine time past its instant after which an open outreach is overdue
	Providers []string         // that carry messages; others are counted as other
	Version   string
}

// Metrics counts what this process does. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	words    words
	counters
	stock *stock
}

// counters are what this process did.
type counters struct {
	events, matches, plans, sends, notSent, deliveries, calls, callbacks *prometheus.CounterVec
	started                                                              prometheus.Counter
	lateness, callSeconds, writeSeconds, httpSeconds                     *prometheus.HistogramVec
}

// New makes the metrics of an engine.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), words: newWords(o.Providers), counters: newCounters()}
	m.stock = newStock(o, m.words)
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "outreach_build_info", Help: "1, with the version of this process.",
	}, []string{"version", "go"})
	build.WithLabelValues(o.Version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.events, m.matches, m.plans, m.sends, m.notSent, m.deliveries, m.calls, m.callbacks, m.started,
		m.lateness, m.callSeconds, m.writeSeconds, m.httpSeconds, build, m.stock, lanes{o.Store},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outreach_" + name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "outreach_" + name, Help: help, Buckets: buckets}, labels)
}

func newCounters() counters {
	short := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	return counters{
		events:     counter("events_total", "Events and reports taken in, by where they came from and what became of them.", "via", "outcome"),
		matches:    counter("matches_total", "Triggers that held, by whether they were entered or why not.", "outcome"),
		plans:      counter("plans_total", "Messages that were given an instant.", "channel"),
		sends:      counter("sends_total", "Messages that a provider took.", "channel"),
		notSent:    counter("not_sent_total", "Messages that will not go out, by why.", "channel", "reason"),
		deliveries: counter("deliveries_total", "Messages of which word came that they arrived, or did not.", "channel", "outcome"),
		calls:      counter("provider_calls_total", "Attempts handed to a provider, by what it answered.", "provider", "outcome"),
		callbacks:  counter("callbacks_total", "Callbacks of providers, by what became of them.", "provider", "outcome"),
		started: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outreach_outreaches_started_total", Help: "Outreaches that took their first step.",
		}),
		lateness: histogram("lateness_seconds", "By how much messages were taken later than planned.",
			[]float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600}, "channel"),
		callSeconds: histogram("provider_call_seconds", "How long calls of providers took.",
			[]float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30}, "provider"),
		writeSeconds: histogram("store_write_seconds", "How long writes took until they were durable, their wait for a turn included.", short, "lane"),
		httpSeconds:  histogram("http_seconds", "How long answers to HTTP requests took.", short, "route", "code"),
	}
}

// Call counts one call of a provider: kind is taken, delivered or a kind of
// trouble.
func (m *Metrics) Call(provider, kind string, took time.Duration) {
	provider = m.words.providers.of(provider)
	m.calls.WithLabelValues(provider, m.words.answers.of(kind)).Inc()
	m.callSeconds.WithLabelValues(provider).Observe(took.Seconds())
}

// Callback counts one callback of a provider.
func (m *Metrics) Callback(provider, outcome string) {
	m.callbacks.WithLabelValues(m.words.providers.of(provider), m.words.callbacks.of(outcome)).Inc()
}

// Event counts one thing that came in, once it is committed.
func (m *Metrics) Event(via customer.Via, outcome string) {
	m.events.WithLabelValues(m.words.vias.of(string(via)), m.words.outcomes.of(outcome)).Inc()
}

// Committed counts what one write did. It is for witness.Watch.
func (m *Metrics) Committed(d *witness.Deeds) {
	lane := "intake"
	if d.Lane == ledger.GateLane {
		lane = "gate"
	}
	m.writeSeconds.WithLabelValues(lane).Observe(d.Took.Seconds())
	m.started.Add(float64(len(d.Started)))
	for _, o := range d.Matches {
		outcome := "entered"
		if o.Reason != "" {
			outcome = m.words.reasons.of(string(o.Reason))
		}
		m.matches.WithLabelValues(outcome).Inc()
	}
	for _, line := range d.Lines {
		m.line(line)
	}
}

// line counts what was decided of a message. What goes out in another message
// is none of its own, and a match that was not entered had none.
func (m *Metrics) line(line witness.Line) {
	if line.Item || line.Step == "" {
		return
	}
	channel := m.words.channels.of(string(line.Channel))
	switch line.Kind {
	case ledger.KindPlan:
		m.plans.WithLabelValues(channel).Inc()
	case ledger.KindSend:
		m.sends.WithLabelValues(channel).Inc()
		if !line.Planned.IsZero() {
			m.lateness.WithLabelValues(channel).Observe(max(line.At.Sub(line.Planned), 0).Seconds())
		}
		if line.Status == ledger.Delivered { // its provider said both at once
			m.deliveries.WithLabelValues(channel, "delivered").Inc()
		}
	case ledger.KindDrop:
		m.notSent.WithLabelValues(channel, m.words.reasons.of(string(line.Reason))).Inc()
	case ledger.KindDeliver:
		m.deliveries.WithLabelValues(channel, "delivered").Inc()
	case ledger.KindFail:
		m.deliveries.WithLabelValues(channel, "failed").Inc()
	}
}

// Registerer takes the figures of libraries.
func (m *Metrics) Registerer() prometheus.Registerer { return m.registry }

// Handler serves the figures. Those of a store that does not answer are left
// out: the process's own say that it does not.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
