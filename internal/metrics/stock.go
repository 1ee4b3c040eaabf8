package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// How old the figures of the store may be when they are given, and what reading
// them may cost: who asks again sooner is given the same ones. A reading that
// takes long is made in the background, and so seldom that it takes no more
// than one part in a hundred of the time; meanwhile the last ones are given.
const (
	freshFor  = 5 * time.Second
	share     = 100
	sharp     = 50 * time.Millisecond // who asks waits so long for newer figures, where the last came sooner
	first     = 5 * time.Second       // and so long when there are none yet
	readingIn = 30 * time.Second      // a reading that takes longer has failed
)

// stock reads the store's figures. It is safe for concurrent use.
type stock struct {
	Options
	words words

	mu    sync.Mutex
	list  []prometheus.Metric // nil: none could be read
	tried bool                // a reading is over
	took  time.Duration       // how long it took
	next  time.Time           // when the list is too old, machine's clock
	under chan struct{}       // closed when the reading under way is over; nil: there is none
}

func newStock(o Options, w words) *stock { return &stock{Options: o, words: w} }

// Describe names the figures.
func (s *stock) Describe(to chan<- *prometheus.Desc) {
	for _, d := range described().all() {
		to <- d
	}
}

// Collect gives the newest figures that can be had at once: all of one instant,
// or none.
func (s *stock) Collect(to chan<- prometheus.Metric) {
	for _, m := range s.newest() {
		to <- m
	}
}

// newest gives the figures, read anew where they are too old and the reading
// does not take long.
func (s *stock) newest() []prometheus.Metric {
	s.mu.Lock()
	if s.under == nil && !time.Now().Before(s.next) {
		s.under = make(chan struct{})
		go s.refresh(s.under)
	}
	under, patience := s.under, sharp
	switch {
	case !s.tried:
		patience = first
	case s.took > sharp:
		patience = 0
	}
	s.mu.Unlock()
	if under != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-under:
		case <-timer.C:
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

// refresh reads the store and keeps what it found. Old figures of a store that
// does not answer are forgotten: they would look like new ones.
func (s *stock) refresh(under chan struct{}) {
	began := time.Now()
	list, err := s.read()
	if err != nil {
		list = nil
	}
	took := time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.took, s.tried, s.under = list, took, true, nil
	s.next = time.Now().Add(max(freshFor, share*took))
	if err != nil {
		s.next = time.Now().Add(freshFor)
	}
	close(under)
}

// read reads all figures at one instant.
func (s *stock) read() ([]prometheus.Metric, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readingIn)
	defer cancel()
	r := &reader{Options: s.Options, words: s.words, at: s.Now(), figures: described()}
	err := s.Store.Read(ctx, func(tx ledger.Tx) error {
		r.list = r.list[:0]
		for _, read := range []func(ledger.Tx) error{r.parts, r.holdings, r.paces, r.outreached, r.queues, r.rules, r.refused, r.processes} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return r.list, err
}
