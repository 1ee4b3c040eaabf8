package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// What the store holds, as figures.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("outreach_"+name, help, labels, nil)
}

// figures are the descriptions of what stock gives.
type figures struct {
	messages, doubtful, age, holds, waiting, outreaches, rejected *prometheus.Desc
}

func described() figures {
	return figures{
		messages:   desc("messages", "Messages in the store, by status.", "status"),
		doubtful:   desc("messages_in_doubt", "Messages of which nobody knows whether they went out: ambiguous, unknown.", "status"),
		age:        desc("messages_in_doubt_oldest_seconds", "For how long nobody has known of the oldest of them.", "status"),
		holds:      desc("holds", "Holds in force; by is operator, or the provider that caused it.", "kind", "name", "by"),
		waiting:    desc("waiting_scopes", "Channels, providers, senders and countries that a provider asked to wait with."),
		outreaches: desc("outreaches", "Outreaches that have not ended, by status.", "status"),
		rejected:   desc("rejected_total", "What was refused on the way in."),
	}
}

// stock reads the store when figures are asked for.
type stock struct {
	store ledger.Store
	now   func() time.Time
}

// reading bounds how long one reading may take.
const reading = 10 * time.Second

// Describe names the figures.
func (s stock) Describe(to chan<- *prometheus.Desc) {
	f := described()
	for _, d := range []*prometheus.Desc{f.messages, f.doubtful, f.age, f.holds, f.waiting, f.outreaches, f.rejected} {
		to <- d
	}
}

// Collect reads them all at one instant, or none.
func (s stock) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), reading)
	defer cancel()
	r := &reader{now: s.now(), figures: described()}
	err := s.store.Read(ctx, func(tx ledger.Tx) error {
		r.list = r.list[:0]
		for _, read := range []func(ledger.Tx) error{r.parts, r.holdings, r.paces, r.rest} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		to <- prometheus.NewInvalidMetric(r.figures.messages, err)
		return
	}
	for _, m := range r.list {
		to <- m
	}
}

// reader makes figures of one transaction.
type reader struct {
	figures
	now  time.Time
	list []prometheus.Metric
}

func (r *reader) gauge(d *prometheus.Desc, value float64, labels ...string) {
	r.list = append(r.list, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

// parts gives each status that there is, and those in doubt also at zero.
func (r *reader) parts(tx ledger.Tx) error {
	counts, err := tx.CountParts()
	if err != nil {
		return err
	}
	for status, n := range counts {
		r.gauge(r.messages, float64(n), string(status))
	}
	for _, status := range []ledger.PartStatus{ledger.Ambiguous, ledger.Unknown} {
		r.gauge(r.doubtful, float64(counts[status]), string(status))
		list, err := tx.PartsBy(status, 1)
		if err != nil {
			return err
		}
		age := time.Duration(0)
		for _, p := range list {
			age = max(r.now.Sub(p.Updated), 0)
		}
		r.gauge(r.age, age.Seconds(), string(status))
	}
	return nil
}

func (r *reader) holdings(tx ledger.Tx) error {
	holds, err := tx.Holds()
	for _, h := range holds {
		if h.InForce() {
			r.gauge(r.holds, 1, string(h.Kind), h.Name, h.By)
		}
	}
	return err
}

func (r *reader) paces(tx ledger.Tx) error {
	list, err := tx.Paces()
	n := 0
	for _, p := range list {
		if p.Until.After(r.now) {
			n++
		}
	}
	r.gauge(r.waiting, float64(n))
	return err
}

func (r *reader) rest(tx ledger.Tx) error {
	tallies, err := tx.Tallies()
	if err != nil {
		return err
	}
	counts := map[ledger.Status]int64{ledger.Matched: 0, ledger.Open: 0}
	for _, t := range tallies {
		if t.Status != ledger.Ended {
			counts[t.Status] += t.Count
		}
	}
	for status, n := range counts {
		r.gauge(r.outreaches, float64(n), string(status))
	}
	_, all, err := tx.Rejections(1)
	r.list = append(r.list, prometheus.MustNewConstMetric(r.rejected, prometheus.CounterValue, float64(all)))
	return err
}
