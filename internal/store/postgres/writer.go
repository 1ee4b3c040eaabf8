package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

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

// writer runs closures, many to a transaction. Only its goroutine uses it.
type writer struct {
	store  *Store
	order  lanes.Order
	name   string // of its row in commits
	c      *conn  // nil: not connected
	memory *sqltx.Memory

	begun bool         // a transaction is open
	start place        // of its first statement
	id    string       // the server's own name of it; "": it has not begun there
	n     int64        // its number, which the commit leaves in the writer's row
	jobs  []*lanes.Job // those that wait for the commit
	job   *lanes.Job   // the one under way
	later []*lanes.Job // to be tried again, each alone
}

func newWriter(s *Store, order lanes.Order) *writer {
	return &writer{store: s, order: order, name: rand.Text(), memory: sqltx.NewMemory(dialect, remembered)}
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
	for w.again(); ; w.again() {
		j := w.store.queue.Take(w.order)
		if j == nil {
			break
		}
		w.group(j)
	}
	orderly = true
}

// again runs those that are to be tried again.
func (w *writer) again() {
	for len(w.later) > 0 {
		j := w.later[0]
		w.later = w.later[1:]
		w.alone(j)
	}
}

// group runs first and what waits behind it, commits, and answers. What has to
// be tried again is left in later.
func (w *writer) group(first *lanes.Job) {
	started := time.Now()
	for j, n := first, 1; j != nil; n++ {
		switch err := w.try(j); {
		case err == nil:
			w.jobs = append(w.jobs, j)
		case w.passing(err):
			w.retry(j, err, n == 1)
		default:
			j.Answer(err)
		}
		if j = nil; n < groupLimit && (w.c == nil || !w.c.lost()) && time.Since(started) < groupTime {
			j = w.store.queue.Poll(w.order)
		}
	}
	switch err := w.commit(); {
	case err == nil, errors.Is(err, ErrInDoubt):
		w.answer(err)
	case w.passing(err), len(w.jobs) > 1:
		w.postpone()
	default:
		w.answer(err)
	}
}

// answer ends those that wait for the commit.
func (w *writer) answer(err error) {
	for i, j := range w.jobs {
		j.Answer(err)
		w.jobs[i] = nil
	}
	w.jobs = w.jobs[:0]
}

// postpone has those that wait for the commit tried again: nothing of them was
// kept.
func (w *writer) postpone() {
	w.later = append(w.later, w.jobs...)
	clear(w.jobs)
	w.jobs = w.jobs[:0]
}

// retry has one tried again: alone and at once, or, where it has waited for
// somebody else's lock, after those that wait in the queue.
func (w *writer) retry(j *lanes.Job, err error, waited bool) {
	switch {
	case code(err) != lockTaken || !waited:
		w.later = append(w.later, j)
	case j.Since.IsZero():
		j.Since = time.Now()
		w.store.queue.Back(j)
	case time.Since(j.Since) < w.store.options.Locked:
		w.store.queue.Back(j)
	default:
		j.Answer(fmt.Errorf("%w; it was tried for %s", err, time.Since(j.Since).Round(time.Second)))
	}
}

// alone runs one closure in a transaction of its own until there is an answer,
// or somebody else has the lock that it needs. A server that falls each time is
// tried no longer than one that is away.
func (w *writer) alone(j *lanes.Job) {
	began := time.Now()
	for try := 1; ; try++ {
		err := w.try(j)
		if err == nil {
			err = w.commit()
		}
		switch {
		case err == nil, errors.Is(err, ErrInDoubt), !w.passing(err):
			j.Answer(err)
			return
		case code(err) == lockTaken:
			w.retry(j, err, true)
			return
		case w.cut(err) && (try == tries || time.Since(began) > w.store.options.Away):
			j.Answer(fmt.Errorf("%w; it was tried %d times, and the connection was lost each time; %s", err, try, silent))
			return
		case try == tries:
			j.Answer(fmt.Errorf("%w; it was tried %d times", err, tries))
			return
		}
		time.Sleep(mathrand.N(time.Duration(try) * 5 * time.Millisecond)) // so that two who meet do not meet again
	}
}

// passing reports whether an error is no answer but a reason to try again, and
// counts it.
func (w *writer) passing(err error) bool {
	why := ""
	switch code(err) {
	case deadlock:
		why = "deadlock"
	case lockTaken:
		why = "lock"
	case serialization:
		why = "serialization"
	case duplicate:
		why = "raced"
	case noMonth: // somebody dropped it: it is looked for again
		w.store.months.forget()
		why = "month"
	case diskFull:
		w.store.refused.note(err)
	}
	if why == "" && w.cut(err) {
		why = "lost"
	}
	if why != "" {
		w.store.retries.add(why)
	}
	return why != ""
}

// cut reports whether a write failed because the connection went: somebody ended
// it, or the server fell, as one does whose own log finds no room.
func (w *writer) cut(err error) bool {
	return errors.Is(err, errLost) || err != nil && w.c != nil && w.c.lost()
}

// try runs one closure and keeps or undoes all that it did. A closure of which
// a statement failed has failed, whatever it says.
func (w *writer) try(j *lanes.Job) error {
	if err := w.begin(j); err != nil {
		return err
	}
	before := w.c.here()
	if len(w.jobs) > 0 {
		_ = w.c.Later("SAVEPOINT closure")
	}
	asked := w.c.here()
	w.c.failed = nil
	t := newTx(w, j.Lane)
	w.job = j
	err := lanes.Call(j.Fn, t)
	w.job = nil
	if (err == nil || t.log.any()) && w.c.failed == nil {
		// Of a failed one too: its events may be somebody else's by now, which is why.
		if sent := w.finish(t, asked); err == nil {
			err = sent
		}
	}
	if failed := w.c.failed; failed != nil && (err == nil || code(err) == "") {
		err = failed // perhaps hidden by the closure
	}
	if err != nil {
		w.undo(before)
		if code(err) == readOnly {
			w.leave()
		}
		return err
	}
	w.memory.Keep()
	if len(w.jobs) > 0 && !w.c.drop(before) {
		_ = w.c.Later("RELEASE closure")
	}
	return nil
}

// finish sends what a closure put off.
func (w *writer) finish(t *tx, asked place) error {
	if err := t.finish(); err != nil || w.c.here() == asked {
		return err
	}
	return w.c.send()
}

// begin opens a transaction, where none is open, as soon as something is asked.
// The first closure may wait for locks, for less long when it has done so
// before; those after it take what is free, since it holds locks that others
// may wait for.
func (w *writer) begin(j *lanes.Job) error {
	if w.begun {
		if len(w.jobs) == 1 {
			_ = w.c.Later("SET LOCAL lock_timeout = '30ms'")
		}
		return nil
	}
	if err := w.connect(context.Background()); err != nil {
		return err
	}
	w.memory.Forget()
	w.begun, w.id, w.c.wrote = true, "", false
	w.n++
	w.start = w.c.here()
	w.c.put = append(w.c.put,
		statement{sql: "BEGIN"},
		statement{sql: "SELECT CAST(pg_current_xact_id() AS TEXT)", each: func(r *sqltx.Row) { w.id = r.Text() }})
	if !j.Since.IsZero() {
		w.c.put = append(w.c.put, statement{sql: "SET LOCAL lock_timeout = '300ms'"})
	}
	return nil
}

// connect sees that there is a connection.
func (w *writer) connect(ctx context.Context) error {
	if w.c != nil && w.c.lost() {
		w.disconnect()
	}
	if w.c == nil {
		c, err := w.store.dialer.dial(ctx, w.store.writing)
		if err != nil {
			return fmt.Errorf("store: %s: %w", w.store.Name(), err)
		}
		w.c = c
	}
	return nil
}

// undo takes back what the closure under way did, and nothing else. The locks
// that it took are gone with it, so what it read is read again. Where that
// cannot be, those before it are to be tried again.
func (w *writer) undo(before place) {
	w.memory.Undo()
	w.memory.Unread()
	if len(w.jobs) > 0 && !w.c.lost() {
		if w.c.drop(before) || w.c.control("ROLLBACK TO closure; RELEASE closure") == nil {
			return
		}
	}
	w.rollback()
	w.postpone()
}

// commit makes durable what the closures did. When it cannot, nothing of it is
// kept.
func (w *writer) commit() error {
	if !w.begun {
		return nil // nobody waits for it
	}
	idle := w.memory.Idle()
	if w.id == "" && idle && w.c.drop(w.start) { // nothing was asked
		w.begun = false
		return nil
	}
	var err error
	if w.id == "" { // a commit whose answer is lost must have a name
		err = w.c.send()
	}
	changes := w.c.wrote || !idle
	if err == nil {
		err = w.memory.Flush(w.c)
	}
	if err == nil {
		if changes {
			_ = w.c.Later(sign, w.name, w.n)
		}
		_ = w.c.Later(commit)
		err = w.c.send()
	}
	switch {
	case err == nil:
		w.begun = false
		w.memory.Commit()
		return nil
	case !w.c.lost() || w.id == "":
		w.rollback()
		return err
	}
	w.begun = false
	w.memory.Rollback()
	if !changes {
		return nil // there was nothing to be kept
	}
	return w.settle(err)
}

// rollback ends the transaction with nothing kept.
func (w *writer) rollback() {
	if w.begun && !w.c.lost() && !w.c.drop(w.start) {
		w.c.put = w.c.put[:0]
		w.c.idle()
	}
	w.begun = false
	w.memory.Rollback()
}

// leave closes the connection to a server that takes no writes: another one may
// be the primary by now. Nothing is lost: there was nothing to be kept.
func (w *writer) leave() {
	w.rollback()
	w.postpone()
	w.disconnect()
}

func (w *writer) disconnect() {
	if w.c != nil {
		w.c.close()
		w.c = nil
	}
}

// abandon ends a closure that ended the goroutine. Those before it in its
// commit are tried again.
func (w *writer) abandon() {
	if w.job == nil {
		return
	}
	w.job.Answer(errors.New("store: a closure ended its goroutine"))
	w.job = nil
	w.rollback()
	w.postpone()
}
