package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outreach-engine/outreach/internal/ledger"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("outreach_"+name, help, labels, nil)
}

// figures are the descriptions of what the store gives.
type figures struct {
	messages, doubtful, age, holds, waiting, outreaches, backlog, backlogAge, warming, inForce, rejected, engines *prometheus.Desc
}

func (f figures) all() []*prometheus.Desc {
	return []*prometheus.Desc{
		f.messages, f.doubtful, f.age, f.holds, f.waiting, f.outreaches, f.backlog, f.backlogAge, f.warming, f.inForce, f.rejected, f.engines,
	}
}

func described() figures {
	return figures{
		messages:   desc("messages", "Messages in the store, by status.", "status"),
		doubtful:   desc("messages_in_doubt", "Messages of which nobody knows whether they went out: ambiguous, unknown.", "status"),
		age:        desc("messages_in_doubt_oldest_seconds", "For how long nobody has known of the oldest of them.", "status"),
		holds:      desc("holds", "Holds in force; by is operator, or the provider that caused it.", "kind", "name", "by"),
		waiting:    desc("waiting_scopes", "Channels, providers, senders and countries that a provider asked to wait with."),
		outreaches: desc("outreaches", "Outreaches that have not ended, by status.", "status"),
		backlog:    desc("backlog", "What waits for the watches: matches to start, hints, due times, overdue outreaches.", "what"),
		backlogAge: desc("backlog_oldest_seconds", "By how much the first of them is late.", "what"),
		warming:    desc("rules_warming", "Rules in force whose history is being read."),
		inForce:    desc("rules", "Rules in force."),
		rejected:   desc("rejected_total", "What was refused on the way in."),
		engines:    desc("processes", "Processes of the engine that live, by role.", "role"),
	}
}

// reader makes figures of one transaction.
type reader struct {
	Options
	figures
	words words
	at    time.Time // the engine's now
	list  []prometheus.Metric
}

func (r *reader) gauge(d *prometheus.Desc, value float64, labels ...string) {
	r.list = append(r.list, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

// age gives for how long something has been so; never negative.
func (r *reader) since(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(r.at.Sub(at), 0).Seconds()
}

// parts gives each status that there is, and those in doubt also at zero.
func (r *reader) parts(tx ledger.Tx) error {
	counts, err := tx.CountParts()
	if err != nil {
		return err
	}
	sums := map[string]int64{}
	for status, n := range counts {
		sums[r.words.parts.of(string(status))] += n
	}
	for status, n := range sums {
		r.gauge(r.messages, float64(n), status)
	}
	for _, status := range []ledger.PartStatus{ledger.Ambiguous, ledger.Unknown} {
		r.gauge(r.doubtful, float64(counts[status]), string(status))
		list, err := tx.PartsBy(status, 1)
		if err != nil {
			return err
		}
		age := 0.0
		for _, p := range list {
			age = r.since(p.Updated)
		}
		r.gauge(r.age, age, string(status))
	}
	return nil
}

// namedHolds bounds the holds that are told by name.
const namedHolds = 50

// held names a hold's figure.
type held struct{ kind, name, by string }

func (r *reader) holdings(tx ledger.Tx) error {
	holds, err := tx.Holds()
	sums := map[held]int{}
	for _, h := range holds {
		if !h.InForce() {
			continue
		}
		of := held{r.words.holds.of(string(h.Kind)), h.Name, h.By}
		if of.by != "operator" {
			of.by = r.words.providers.of(of.by)
		}
		if sums[of] == 0 && len(sums) >= namedHolds {
			of.name = other
		}
		sums[of]++
	}
	for of, n := range sums {
		r.gauge(r.holds, float64(n), of.kind, of.name, of.by)
	}
	return err
}

func (r *reader) paces(tx ledger.Tx) error {
	list, err := tx.Paces()
	n := 0
	for _, p := range list {
		if p.Until.After(r.at) {
			n++
		}
	}
	r.gauge(r.waiting, float64(n))
	return err
}

func (r *reader) outreached(tx ledger.Tx) error {
	tallies, err := tx.Tallies()
	counts := map[ledger.Status]int64{ledger.Matched: 0, ledger.Open: 0}
	for _, t := range tallies {
		if _, runs := counts[t.Status]; runs {
			counts[t.Status] += t.Count
		}
	}
	for status, n := range counts {
		r.gauge(r.outreaches, float64(n), string(status))
	}
	return err
}

// rules counts the rules in force, and those that are warming.
func (r *reader) rules(tx ledger.Tx) error {
	active, err := tx.Active()
	rules, warming := 0, 0
	for _, a := range active {
		if a.Kind != ledger.RuleDocument {
			continue
		}
		rules++
		if !a.Warm {
			warming++
		}
	}
	r.gauge(r.inForce, float64(rules))
	r.gauge(r.warming, float64(warming))
	return err
}

func (r *reader) refused(tx ledger.Tx) error {
	_, all, err := tx.Rejections(1)
	r.list = append(r.list, prometheus.MustNewConstMetric(r.rejected, prometheus.CounterValue, float64(all)))
	return err
}

// queues gives what waits for the watches.
func (r *reader) queues(tx ledger.Tx) error {
	b, err := tx.Backlog(r.at, r.at.Add(-r.Overdue))
	for what, q := range map[string]ledger.Queue{"matched": b.Matched, "hints": b.Hints, "due": b.Due, "overdue": b.Overdue} {
		r.gauge(r.backlog, float64(q.Count), what)
		r.gauge(r.backlogAge, r.since(q.First), what)
	}
	return err
}

// processes counts the engine's processes that live.
func (r *reader) processes(tx ledger.Tx) error {
	live, err := tx.Processes(r.Machine().Add(-ledger.BeatGone))
	sums := map[string]int{}
	for _, p := range live {
		sums[r.words.roles.of(p.Role)]++
	}
	for role, n := range sums {
		r.gauge(r.engines, float64(n), role)
	}
	return err
}
