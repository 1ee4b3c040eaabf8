// Package lanes holds the writes that wait for a store's writers: first come
// first served in each lane, and of the lanes each writer has its own order. It
// decides who goes next; it knows no transaction.
package lanes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// ErrClosed is what a store gives after Close.
var ErrClosed = errors.New("store: closed")

// Order is the lanes that a writer serves: while somebody waits in the first,
// nobody is taken from the next but at its turn.
type Order []ledger.Lane

// turn is how long the first of a lane waits at most while others go before it,
// and how often one goes first for that reason: a lane that is never empty
// slows the one behind it, and does not stop it.
const turn = 100 * time.Millisecond

// Orders of writers. Where there are several writers one may be kept for the
// gate, so that no batch of events is ever before it, and one goes to intake
// first, so that no burst of urgent outreaches keeps it waiting.
var (
	GateAlone   = Order{ledger.GateLane}
	GateFirst   = Order{ledger.GateLane, ledger.IntakeLane}
	IntakeFirst = Order{ledger.IntakeLane, ledger.GateLane}
)

// Job is one call of Write.
type Job struct {
	Fn    func(ledger.Tx) error
	Lane  ledger.Lane
	Since time.Time // its writer's own: since when it has been tried; zero: not yet

	put  time.Time     // when it came to wait
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
	turned time.Time // when one went first because it had waited
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

// put adds a job; a queue that is closed takes none.
func (q *Queue) put(j *Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	q.add(j)
	return nil
}

// Back puts a job that was taken behind those that wait in its lane, also when
// the queue is closed: whoever puts it back must go on taking.
func (q *Queue) Back(j *Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(j)
}

// add must be called under mu.
func (q *Queue) add(j *Job) {
	j.put = time.Now()
	lane := q.lane(j.Lane)
	*lane = append(*lane, j)
	q.more.Broadcast()
}

// Poll gives the next job, nil when nobody waits in the lanes.
func (q *Queue) Poll(order Order) *Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next(order)
}

// next must be called under mu.
func (q *Queue) next(order Order) *Job {
	var first *[]*Job
	for _, l := range order {
		switch lane := q.lane(l); {
		case len(*lane) == 0:
		case first == nil:
			first = lane
		case time.Since((*lane)[0].put) >= turn && time.Since(q.turned) >= turn:
			q.turned = time.Now()
			return pop(lane)
		}
	}
	if first == nil {
		return nil
	}
	return pop(first)
}

func pop(lane *[]*Job) *Job {
	j := (*lane)[0]
	(*lane)[0] = nil
	*lane = (*lane)[1:]
	return j
}

// Take waits for the next job; nil says that the queue is closed and the lanes
// are empty.
func (q *Queue) Take(order Order) *Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if j := q.next(order); j != nil || q.closed {
			return j
		}
		q.more.Wait()
	}
}

// drop takes a job back and reports whether it was waiting.
func (q *Queue) drop(j *Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	lane := q.lane(j.Lane)
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
	j := &Job{Fn: fn, Lane: l, done: make(chan struct{})}
	if err := q.put(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if q.drop(j) {
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
