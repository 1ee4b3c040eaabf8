package sqlite

import (
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/lanes"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// How much shares one commit, whichever comes first.
const (
	groupLimit = 200
	groupTime  = 10 * time.Millisecond
)

// writer runs closures, many to a transaction. Only its goroutine uses it.
type writer struct {
	c       *conn
	memory  *sqltx.Memory
	version int64 // of the file, as other connections changed it

	span time.Duration // a commit waits at most this long for more closures

	begun  bool         // a transaction is open
	kept   int          // closures of it that succeeded
	marked bool         // a savepoint is open for the closure under way
	broken error        // the transaction cannot be committed
	jobs   []*lanes.Job // those that wait for the commit
	job    *lanes.Job   // the one under way
}

func newWriter(c *conn, records int) *writer {
	return &writer{c: c, memory: sqltx.NewMemory(dialect, records), version: -1, span: groupTime}
}

// group runs first and what next gives after it, commits, and answers. A
// closure that fails is answered at once, without the others.
func (w *writer) group(first *lanes.Job, next func() *lanes.Job) {
	started := time.Now()
	w.jobs, w.broken = w.jobs[:0], nil
	for j, n := first, 1; j != nil; n++ {
		w.job = j
		if err := w.run(j.Fn); err != nil {
			j.Answer(err)
		} else {
			w.jobs = append(w.jobs, j)
		}
		w.job, j = nil, nil
		if n < groupLimit && w.broken == nil && time.Since(started) < w.span {
			j = next()
		}
	}
	w.finish(w.commit())
}

func (w *writer) finish(err error) {
	for i, j := range w.jobs {
		j.Answer(err)
		w.jobs[i] = nil
	}
	w.jobs = w.jobs[:0]
}

// run runs one closure and keeps or undoes all that it did. A closure of which
// a statement failed has failed, whatever it says: SQLite may have undone the
// whole transaction.
func (w *writer) run(fn func(ledger.Tx) error) error {
	if !w.begun {
		if err := w.begin(); err != nil {
			w.broken = err
			return err
		}
	}
	w.c.failed = nil
	err := lanes.Call(fn, sqltx.New(closure{w.c, w}, w.memory))
	if err == nil {
		err = w.c.failed // hidden by the closure; what it left cannot be trusted
	}
	if err == nil {
		err = w.release()
	}
	if err != nil {
		w.undo()
		return err
	}
	w.memory.Keep()
	w.kept++
	return nil
}

// begin opens a transaction. What is remembered of the file is dropped when
// another connection has changed it since.
func (w *writer) begin() error {
	if _, err := w.c.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.begun, w.kept = true, 0
	version, _, err := sqltx.One(w.c, sqltx.Number, "PRAGMA data_version")
	if err != nil {
		w.rollback()
		return err
	}
	if version != w.version {
		w.memory.Forget()
		w.version = version
	}
	return nil
}

// mark opens the savepoint to which the closure under way is undone, before
// its first write. The first closure of a transaction needs none.
func (w *writer) mark() error {
	if w.marked || w.kept == 0 {
		return nil
	}
	_, err := w.c.Exec("SAVEPOINT closure")
	w.marked = err == nil
	return err
}

func (w *writer) release() error {
	if !w.marked {
		return nil
	}
	w.marked = false
	if _, err := w.c.Exec("RELEASE closure"); err != nil {
		w.broken = err
	}
	return w.broken
}

// undo takes back what the closure under way did, and nothing else.
func (w *writer) undo() {
	w.memory.Undo()
	switch {
	case w.kept == 0 || w.broken != nil:
		w.rollback()
	case w.marked:
		w.marked = false
		if _, err := w.c.Exec("ROLLBACK TO closure"); err != nil {
			w.broken = err
			return
		}
		if _, err := w.c.Exec("RELEASE closure"); err != nil {
			w.broken = err
		}
	}
}

// commit makes durable what the closures did. When it cannot, nothing of it is
// kept.
func (w *writer) commit() error {
	if !w.begun {
		return w.broken
	}
	err := w.broken
	if err == nil {
		err = w.memory.Flush(w.c)
	}
	if err == nil {
		_, err = w.c.Exec("COMMIT")
	}
	if err != nil {
		w.rollback()
		return err
	}
	w.begun = false
	w.memory.Commit()
	return nil
}

// rollback ends the transaction with nothing kept. SQLite may have ended it
// already, so an error says nothing.
func (w *writer) rollback() {
	_, _ = w.c.Exec("ROLLBACK")
	w.begun, w.marked = false, false
	w.memory.Rollback()
}

// abandon ends a group whose closure ended the goroutine.
func (w *writer) abandon() {
	err := errors.New("store: a closure of the same commit ended its goroutine")
	w.rollback()
	w.finish(err)
	if w.job != nil {
		w.job.Answer(err)
		w.job = nil
	}
}
