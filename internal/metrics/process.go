package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Standing is how a process stands.
type Standing struct {
	Ready    bool
	Checks   map[string]bool // by the check's name
	ClockOff time.Duration   // how far the process's clock is ahead of the store's; negative: behind
	// Slowed is how many times as long as at best of late it takes to take events
	// in; 0: few came. Shares are which part of its time each kind of work that
	// can wait may have.
	Slowed float64
	Shares map[string]float64
}

// Follow adds how the process stands to the figures; it is asked at each
// scrape, and must answer at once.
func (m *Metrics) Follow(standing func() Standing) { m.registry.MustRegister(process{standing}) }

// process gives how the process stands.
type process struct{ standing func() Standing }

// Describe names the figures.
func (p process) Describe(to chan<- *prometheus.Desc) {
	for _, d := range p.described() {
		to <- d
	}
}

// Which of process.described is which.
const (
	isReady = iota
	isCheck
	isClockOff
	isSlowed
	isShare
)

func (process) described() []*prometheus.Desc {
	return []*prometheus.Desc{
		desc("ready", "1 when every check of this process stands."),
		desc("check", "1 when a check of this process stands.", "name"),
		desc("clock_off_seconds", "How far this process's clock is ahead of the store's; below 0 it is behind."),
		desc("intake_slowed_ratio", "How many times as long as at best of late this process takes to take events in; 0: few came."),
		desc("share", "Which part of its time this process gives to work that can wait, so that intake and what is due come first.", "work"),
	}
}

// Collect gives them.
func (p process) Collect(to chan<- prometheus.Metric) {
	all, s := p.described(), p.standing()
	give := func(which int, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(all[which], prometheus.GaugeValue, value, labels...)
	}
	give(isReady, number(s.Ready))
	for name, stands := range s.Checks {
		give(isCheck, number(stands), name)
	}
	give(isClockOff, s.ClockOff.Seconds())
	give(isSlowed, s.Slowed)
	for work, share := range s.Shares {
		give(isShare, share, work)
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// lanes gives the writes that wait in this process, and those that ran anew,
// where the store tells.
type lanes struct{ store ledger.Store }

// Describe names the figures.
func (l lanes) Describe(to chan<- *prometheus.Desc) {
	waiting, retries := l.described()
	to <- waiting
	to <- retries
}

func (lanes) described() (waiting, retries *prometheus.Desc) {
	return desc("store_waiting", "Writes of this process that wait for their turn.", "lane"),
		desc("store_retries_total", "Writes of this process that ran anew, by why.", "why")
}

// Collect gives them.
func (l lanes) Collect(to chan<- prometheus.Metric) {
	waiting, retries := l.described()
	if queue, ok := ledger.As[interface{ Waiting(ledger.Lane) int }](l.store); ok {
		for lane, name := range map[ledger.Lane]string{ledger.GateLane: "gate", ledger.IntakeLane: "intake"} {
			to <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(queue.Waiting(lane)), name)
		}
	}
	if again, ok := ledger.As[interface{ Retries() map[string]int64 }](l.store); ok {
		for why, n := range again.Retries() {
			to <- prometheus.MustNewConstMetric(retries, prometheus.CounterValue, float64(n), why)
		}
	}
}
