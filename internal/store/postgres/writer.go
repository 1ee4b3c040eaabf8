package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/lanes"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// How much shares one commit, whichever comes first. More savepoints than 64
// are dear to the server (its cache of subtransactions holds that many).
const (
	groupLimit = 50
	groupTime  = 10 * time.Millisecond
)

// tries bounds how often one write is tried.
const tries = 20

// ErrInDoubt says that the connection was lost at the commit and that the
// server cannot tell whether it was kept: it is another server now.
var ErrInDoubt = errors.New("store: nobody can tell whether the write was kept")

// writer runs closures, many to a transaction. Only its goroutine uses it.
type writer struct {
	store  *Store
	last   ledger.Lane // it serves the lanes up to this one
	c      *conn       // nil: not connected
	memory *sqltx.Memory

	begun bool         // a transaction is open
	id    string       // the server's own name of it
	jobs  []*lanes.Job // those that wait for the commit
	job   *lanes.Job   // the one under way
	later []*lanes.Job // to be tried again, each alone
}

func newWriter(s *Store, last ledger.Lane) *writer {
	return &writer{store: s, last: last, memory: sqltx.NewMemory(dialect, remembered)}
}

// remembered bounds the customers that are kept in memory within one
// transaction.
const remembered = 5000

// run serves the queue until it is closed. A closure that ends its goroutine
// ends the writer's, so another takes its place.
func (w *writer) run() {
	orderly := false
	defer func() {
		if !orderly {
			w.abandon()
			go w.run()
			return
		}
		w.disconnect()
		w.store.writers.Done()
	}()
	for j := w.store.queue.Take(w.last); j != nil; j = w.store.queue.Take(w.last) {
		w.group(j)
		for len(w.later) > 0 {
			j := w.later[0]
			w.later = w.later[1:]
			w.alone(j)
		}
	}
	orderly = true
}

// group runs first and what waits behind it, commits, and answers. What has to
// be tried again is left in later.
func (w *writer) group(first *lanes.Job) {
	started := time.Now()
	for j, n := first, 1; j != nil; n++ {
		w.job = j
		err := w.try(j)
		w.job = nil
		switch why := w.again(err); {
		case err == nil:
			w.jobs = append(w.jobs, j)
		case why != "":
			w.store.retries.add(why)
			w.later = append(w.later, j)
		default:
			j.Answer(err)
		}
		if j = nil; n < groupLimit && (w.c == nil || !w.c.lost()) && time.Since(started) < groupTime {
			j = w.store.queue.Poll(w.last)
		}
	}
	err := w.commit()
	why := w.again(err)
	if why != "" {
		w.store.retries.add(why)
	}
	for i, j := range w.jobs {
		if err != nil && (why != "" || len(w.jobs) > 1) {
			w.later = append(w.later, j)
		} else {
			j.Answer(err)
		}
		w.jobs[i] = nil
	}
	w.jobs = w.jobs[:0]
}

// alone runs one closure in a transaction of its own until there is an answer.
func (w *writer) alone(j *lanes.Job) {
	for try := 1; ; try++ {
		w.job = j
		err := w.try(j)
		if err == nil {
			err = w.commit()
		}
		w.job = nil
		why := w.again(err)
		if why == "" || try == tries {
			w.rollback()
			j.Answer(err)
			return
		}
		w.store.retries.add(why)
		time.Sleep(rand.N(time.Duration(try) * 5 * time.Millisecond)) // so that two who meet do not meet again
	}
}

// again gives why an error is no answer but a reason to try again, "" when it
// is one.
func (w *writer) again(err error) (why string) {
	switch code(err) {
	case deadlock:
		return "deadlock"
	case lockTaken:
		return "lock"
	case serialization:
		return "serialization"
	case duplicate:
		return "raced"
	case noMonth: // somebody dropped it: it is looked for again
		w.store.months.forget()
		return "month"
	}
	if err != nil && w.c != nil && w.c.lost() && !errors.Is(err, ErrInDoubt) {
		return "lost"
	}
	return ""
}

// try runs one closure and keeps or undoes all that it did. A closure of which
// a statement failed has failed, whatever it says.
func (w *writer) try(j *lanes.Job) error {
	if err := w.begin(); err != nil {
		return err
	}
	saved := len(w.jobs) > 0
	if saved {
		_ = w.c.Later("SAVEPOINT closure")
	}
	w.c.failed = nil
	t := newTx(w)
	err := lanes.Call(j.Fn, t)
	if err == nil {
		err = t.finish()
	}
	if err == nil {
		err = w.c.send()
	}
	if err == nil {
		err = w.c.failed // hidden by the closure
	}
	if err != nil {
		w.undo(saved)
		return err
	}
	if saved {
		_ = w.c.Later("RELEASE closure")
	}
	w.memory.Keep()
	return nil
}

// begin opens a transaction, where none is open, as soon as something is asked.
// The first closure may wait for locks; those after it take what is free, since
// it holds locks that others may wait for.
func (w *writer) begin() error {
	if w.begun {
		if len(w.jobs) == 1 {
			_ = w.c.Later("SET LOCAL lock_timeout = '30ms'")
		}
		return nil
	}
	if w.c != nil && w.c.lost() {
		w.disconnect()
	}
	if w.c == nil {
		c, err := w.store.dialer.dial(context.Background())
		if err != nil {
			return fmt.Errorf("store: %s: %w", w.store.Name(), err)
		}
		w.c = c
	}
	w.memory.Forget()
	w.begun, w.id = true, ""
	w.c.put = append(w.c.put[:0],
		statement{sql: "BEGIN"},
		statement{sql: "SELECT CAST(pg_current_xact_id() AS TEXT)", each: func(r *sqltx.Row) { w.id = r.Text() }})
	return nil
}

// undo takes back what the closure under way did, and nothing else. The locks
// that it took are gone with it, so what it read is read again.
func (w *writer) undo(saved bool) {
	w.memory.Undo()
	w.memory.Unread()
	if !saved || w.c.lost() {
		w.rollback()
		return
	}
	if w.c.control("ROLLBACK TO closure; RELEASE closure") != nil {
		w.rollback()
	}
}

// commit makes durable what the closures did. When it cannot, nothing of it is
// kept. Without an open transaction those that wait are to be tried again.
func (w *writer) commit() error {
	if !w.begun {
		if len(w.jobs) > 0 {
			return errLost
		}
		return nil
	}
	if w.id == "" && w.memory.Idle() && len(w.c.put) <= 2 { // nothing was asked
		w.begun, w.c.put = false, w.c.put[:0]
		return nil
	}
	err := w.memory.Flush(w.c)
	if err == nil {
		_ = w.c.Later("COMMIT")
		err = w.c.send()
	}
	if err != nil && w.c.lost() && w.id != "" {
		return w.settle(err)
	}
	if err != nil {
		w.rollback()
		return err
	}
	w.begun = false
	w.memory.Commit()
	return nil
}

// settle asks what became of a commit whose answer was lost: nil says that it
// was kept, an error that is to be tried again that it was not.
func (w *writer) settle(lost error) error {
	w.begun = false
	w.memory.Rollback()
	id, gone := w.id, w.c
	deadline := time.Now().Add(answering)
	for {
		status, err := w.statusOf(id)
		switch {
		case err == nil && status == "committed":
			return nil
		case err == nil && status == "aborted":
			w.disconnect()
			w.c = gone // lost: says that this is no answer
			return lost
		case err == nil && status == "in progress" && time.Now().Before(deadline):
			time.Sleep(dialAgain)
		default:
			return errors.Join(ErrInDoubt, lost, err)
		}
	}
}

// statusOf gives what became of a transaction: committed, aborted, in progress;
// "" when it is too long ago
// (https://www.postgresql.org/docs/current/functions-info.html, pg_xact_status).
func (w *writer) statusOf(id string) (status string, err error) {
	c, err := w.store.dialer.dial(context.Background())
	if err != nil {
		return "", err
	}
	w.c = c
	err = c.Query("SELECT coalesce(pg_xact_status(CAST($1 AS xid8)), '')", func(r *sqltx.Row) { status = r.Text() }, id)
	return status, err
}

// rollback ends the transaction with nothing kept.
func (w *writer) rollback() {
	if w.begun && w.c != nil && !w.c.lost() && w.c.control("ROLLBACK") != nil {
		w.c.close()
	}
	w.begun = false
	w.memory.Rollback()
}

func (w *writer) disconnect() {
	if w.c != nil {
		w.c.close()
		w.c = nil
	}
}

// abandon ends a group whose closure ended the goroutine.
func (w *writer) abandon() {
	err := errors.New("store: a closure of the same commit ended its goroutine")
	w.rollback()
	for _, j := range append(w.jobs, w.later...) {
		j.Answer(err)
	}
	w.jobs, w.later = nil, nil
	if w.job != nil {
		w.job.Answer(err)
		w.job = nil
	}
}
