package sqlite

import (
	"errors"
	"slices"
	"sync"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// ErrClosed is what a store gives after Close.
var ErrClosed = errors.New("store: closed")

// job is one call of Write.
type job struct {
	fn   func(ledger.Tx) error
	err  error         // to be read after done
	done chan struct{} // closed when there is an answer
}

func (j *job) answer(err error) {
	j.err = err
	close(j.done)
}

// queue holds the jobs that wait for the writer, first come first served in
// each lane, the gate's lane first.
type queue struct {
	mu     sync.Mutex
	lanes  [2][]*job
	closed bool
	wake   chan struct{} // holds a token while there may be something to take
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) lane(l ledger.Lane) *[]*job {
	if l == ledger.GateLane {
		return &q.lanes[0]
	}
	return &q.lanes[1]
}

func (q *queue) put(l ledger.Lane, j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	lane := q.lane(l)
	*lane = append(*lane, j)
	q.signal()
	return nil
}

// signal must be called under mu.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// poll gives the next job, nil when nobody waits.
func (q *queue) poll() *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.lanes {
		if lane := q.lanes[i]; len(lane) > 0 {
			j := lane[0]
			lane[0] = nil
			q.lanes[i] = lane[1:]
			return j
		}
	}
	return nil
}

// take waits for the next job; nil says that the queue is closed and empty.
func (q *queue) take() *job {
	for {
		if j := q.poll(); j != nil {
			return j
		}
		q.mu.Lock()
		over := q.closed && len(q.lanes[0])+len(q.lanes[1]) == 0
		q.mu.Unlock()
		if over {
			return nil
		}
		<-q.wake
	}
}

// drop takes a job back and reports whether it was still waiting.
func (q *queue) drop(l ledger.Lane, j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	lane := q.lane(l)
	i := slices.Index(*lane, j)
	if i < 0 {
		return false
	}
	*lane = slices.Delete(*lane, i, i+1)
	return true
}

func (q *queue) waiting(l ledger.Lane) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(*q.lane(l))
}

// close lets nobody in any more; who waits is still served.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}
