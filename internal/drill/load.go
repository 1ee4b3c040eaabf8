package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// How people are brought in.
const (
	atOnce     = 20 // people in one call
	againAfter = 100 * time.Millisecond
	oneInTen   = 10 // of the calls that were taken are made once more
)

// load brings people in, as far as the gate lets it.
type load struct {
	submit func(ctx context.Context, batch []person) error // an error means: try again

	mu      sync.Mutex
	gate    int // people who may come
	done    int
	opened  chan struct{} // closed when the gate moves
	readyAt map[string]time.Time
}

func newLoad(submit func(context.Context, []person) error) *load {
	return &load{submit: submit, opened: make(chan struct{}), readyAt: map[string]time.Time{}}
}

// open lets so many people come in all.
func (l *load) open(gate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = max(l.gate, gate)
	close(l.opened)
	l.opened = make(chan struct{})
}

// came gives how many came.
func (l *load) came() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done
}

// run brings everybody in. A call that fails is made again until it is taken,
// and some that were taken are made again too.
func (l *load) run(ctx context.Context, all []person) error {
	n := 0
	for batch := range slices.Chunk(all, atOnce) {
		if err := l.await(ctx, len(batch)); err != nil {
			return err
		}
		if err := l.bring(ctx, batch); err != nil {
			return err
		}
		if n++; n%oneInTen == 0 {
			if err := l.bring(ctx, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// await returns once the gate lets so many more in.
func (l *load) await(ctx context.Context, more int) error {
	for {
		l.mu.Lock()
		may, opened := l.done+more <= l.gate, l.opened
		l.mu.Unlock()
		if may {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-opened:
		}
	}
}

func (l *load) bring(ctx context.Context, batch []person) error {
	for l.submit(ctx, batch) != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(againAfter):
		}
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range batch {
		if _, known := l.readyAt[p.ID]; !known {
			l.readyAt[p.ID] = now
			l.done++
		}
	}
	return nil
}

// times gives when each customer's event was taken.
func (l *load) times() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.readyAt
}

// track gives the submit that posts to the engine's API, as Segment's libraries
// do: who they are and what happened, under ids that stay the same.
func track(address string) func(context.Context, []person) error {
	client := &http.Client{Timeout: 10 * time.Second}
	return func(ctx context.Context, batch []person) error {
		body, err := json.Marshal(map[string]any{"batch": calls(batch)})
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
			err = fmt.Errorf("the engine answers %d: %s", answer.StatusCode, text)
		}
		return err
	}
}

func calls(batch []person) []map[string]any {
	names := map[customer.Channel]string{customer.SMS: "phone", customer.Email: "email", customer.Push: "push_token"}
	var list []map[string]any
	for _, p := range batch {
		traits := map[string]string{}
		for _, a := range p.addresses() {
			traits[names[a.Channel]] = a.To
		}
		list = append(list,
			map[string]any{"type": "identify", "userId": p.ID, "messageId": "who-" + p.ID, "traits": traits},
			map[string]any{"type": "track", "userId": p.ID, "messageId": "due-" + p.ID, "event": p.event()},
		)
	}
	return list
}
