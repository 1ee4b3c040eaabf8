//go:build unix

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// How customers are brought in.
const (
	atOnce      = 20 // customers in one call, where they come as fast as they are taken
	callers     = 2  // of each engine at the same time
	eventsEach  = 2  // who they are, and what happened
	postTimeout = 30 * time.Second
)

// numbers is how many telephone numbers there are; both of a run's loads take
// from them.
const (
	numbers      = 1_000_000
	maxCustomers = numbers / 2
)

// load is one stream of customers, each of whom is to get one message.
type load struct {
	run       string // in their ids: no two loads have the same customers
	first, n  int
	rate      float64 // customers a second; 0 is as many as are taken
	addresses []string
	client    *http.Client

	mu       sync.Mutex
	accepted map[string]time.Time // by telephone number
}

// pour posts everybody's events to the engines in turn, and returns when all
// are accepted.
func (l *load) pour(ctx context.Context) (took time.Duration, err error) {
	began := time.Now()
	batches := make(chan []int)
	errs := make(chan error, callers*len(l.addresses))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range cap(errs) {
		go func() {
			err := l.call(ctx, l.addresses[i%len(l.addresses)], batches)
			if err != nil {
				cancel() // the others need not go on
			}
			errs <- err
		}()
	}
	l.deal(ctx, began, batches)
	for range cap(errs) {
		err = errors.Join(err, <-errs)
	}
	return time.Since(began), err
}

// deal gives the customers out, at their rate.
func (l *load) deal(ctx context.Context, began time.Time, batches chan<- []int) {
	defer close(batches)
	var all []int
	for i := range l.n {
		all = append(all, l.first+i)
	}
	dealt, size := 0, atOnce
	if l.rate > 0 {
		size = 1
	}
	for batch := range slices.Chunk(all, size) {
		if l.rate > 0 {
			due := began.Add(time.Duration(float64(dealt) / l.rate * float64(time.Second)))
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(due)):
			}
		}
		select {
		case <-ctx.Done():
			return
		case batches <- batch:
		}
		dealt += len(batch)
	}
}

func (l *load) call(ctx context.Context, address string, batches <-chan []int) error {
	for batch := range batches {
		if err := l.post(ctx, address, batch); err != nil {
			return err
		}
		now := time.Now()
		l.mu.Lock()
		for _, i := range batch {
			l.accepted[phone(i)] = now
		}
		l.mu.Unlock()
	}
	return nil
}

// post sends one call of the events API: who they are and what happened.
func (l *load) post(ctx context.Context, address string, batch []int) error {
	var calls []map[string]any
	for _, i := range batch {
		id := l.run + "-" + strconv.Itoa(i)
		calls = append(calls,
			map[string]any{"type": "identify", "userId": id, "messageId": "who-" + id, "traits": map[string]string{"phone": phone(i)}},
			map[string]any{"type": "track", "userId": id, "messageId": "shipped-" + id, "event": eventName(i % rules)})
	}
	return postBatch(ctx, l.client, address, calls)
}

// postBatch sends one call of the events API, which has to be taken as a whole.
func postBatch(ctx context.Context, client *http.Client, address string, calls []map[string]any) error {
	body, err := json.Marshal(map[string]any{"batch": calls})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err == nil && (answer.StatusCode != http.StatusOK || bytes.Contains(text, []byte("rejected"))) {
		err = fmt.Errorf("%s answers %d: %s", address, answer.StatusCode, text)
	}
	return err
}

// phone is where the i-th customer is reached.
func phone(i int) string { return fmt.Sprintf("+12126%06d", i%numbers) }

// taken gives how long each customer's message took from the acceptance of its
// event to a provider, sorted, and the instant of the last.
func (l *load) taken(all []sandbox.Taken) (delays []time.Duration, last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range all {
		if accepted, ours := l.accepted[t.To]; ours {
			delays = append(delays, max(0, t.At.Sub(accepted)))
			if t.At.After(last) {
				last = t.At
			}
		}
	}
	slices.Sort(delays)
	return delays, last
}

// percentile gives the value that so many of a hundred are not above.
func percentile(sorted []time.Duration, of float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	const hundred = 100
	return sorted[min(len(sorted)-1, int(of/hundred*float64(len(sorted))))]
}
