// Package lanes holds the writes that wait for a store's writers: first come
// first served in each lane, the gate's lane before intake's. It decides who
// goes next; it knows no transaction.
package lanes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// ErrClosed is what a store gives after Close.
var ErrClosed = errors.New("store: closed")

// Job is one call of Write.
type Job struct {
	Fn   func(ledger.Tx) error
	err  error         // to be read after done
	done chan struct{} // closed when there is an answer
}

// Answer ends a job.
func (j *Job) Answer(err error) {
	j.err = err
	close(j.done)
}

// Queue holds the jobs that wait. It is safe for concurrent use.
type Queue struct {
	mu     sync.Mutex
	more   *sync.Cond // signals that a job came, or the end
	lanes  [2][]*Job
	closed bool
}

// NewQueue gives an empty queue.
func NewQueue() *Queue {
	q := &Queue{}
	q.more = sync.NewCond(&q.mu)
	return q
}

func (q *Queue) lane(l ledger.Lane) *[]*Job {
	if l == ledger.GateLane {
		return &q.lanes[0]
	}
	return &q.lanes[1]
}

// Put adds a job; a queue that is closed takes none.
func (q *Queue) Put(l ledger.Lane, j *Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	lane := q.lane(l)
	*lane = append(*lane, j)
	q.more.Broadcast()
	return nil
}

// Poll gives the next job of the lanes up to last, nil when nobody waits there.
func (q *Queue) Poll(last ledger.Lane) *Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next(last)
}

// next must be called under mu.
func (q *Queue) next(last ledger.Lane) *Job {
	for l := ledger.GateLane; l <= last; l++ {
		if lane := q.lane(l); len(*lane) > 0 {
			j := (*lane)[0]
			(*lane)[0] = nil
			*lane = (*lane)[1:]
			return j
		}
	}
	return nil
}

// Take waits for the next job of the lanes up to last; nil says that the queue
// is closed and they are empty.
func (q *Queue) Take(last ledger.Lane) *Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if j := q.next(last); j != nil || q.closed {
			return j
		}
		q.more.Wait()
	}
}

// Drop takes a job back and reports whether it was still waiting.
func (q *Queue) Drop(l ledger.Lane, j *Job) bool {
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

// Waiting gives the number of jobs that wait in a lane.
func (q *Queue) Waiting(l ledger.Lane) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(*q.lane(l))
}

// Close lets nobody in any more; who waits is still served.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.more.Broadcast()
}

// Write has fn run by whoever takes it from the queue, and gives the answer. A
// call whose context ends while it waits for its turn is not run; one that runs
// is waited for.
func (q *Queue) Write(ctx context.Context, l ledger.Lane, fn func(ledger.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &Job{Fn: fn, done: make(chan struct{})}
	if err := q.Put(l, j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if q.Drop(l, j) {
			return ctx.Err()
		}
		<-j.done
	}
	return j.err
}

// Call runs fn and turns its panic into an error.
func Call(fn func(ledger.Tx) error, tx ledger.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: a closure panicked: %v", p)
		}
	}()
	return fn(tx)
}
