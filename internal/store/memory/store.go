// Package memory is a ledger.Store for simulations: it keeps everything of a
// play in memory and forgets it when it is dropped. Nothing of it is durable,
// so it never serves. It decides how a write is undone and what a read sees;
// it knows nothing of what rules, events or messages mean.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// ErrClosed is what a store gives after Close.
var ErrClosed = errors.New("store: closed")

// errReadOnly is what a write within Read gives.
var errReadOnly = errors.New("store: a write within a read")

// Store is a ledger.Store in memory. It is made for one customer or a few: what
// concerns one of them looks at their rows alone, what concerns all looks at
// everybody's. It has no goroutine, so it may simply be dropped.
type Store struct {
	mu     sync.Mutex
	data   *data
	undo   undo // of the write under way
	closed bool
}

var _ ledger.Store = (*Store)(nil)

// New gives an empty store.
func New() *Store { return &Store{data: newData()} }

// Reset empties the store, so that another play may begin. It keeps the room
// that the last one took. Reads under way still see what was.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data.readers.Load() > 0 {
		s.data = newData()
		return
	}
	s.data.reset()
}

// Write implements ledger.Store. Writes go one after the other, whatever their
// lane, and are kept in memory only.
func (s *Store) Write(ctx context.Context, _ ledger.Lane, fn func(ledger.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.data.readers.Load() > 0 {
		s.data = s.data.clone()
	}
	defer s.undo.back() // what is left of it: all, when fn ends its goroutine
	err := call(fn, &tx{data: s.data, undo: &s.undo})
	if err == nil {
		s.undo.forget()
	}
	return err
}

// Read implements ledger.Store. The snapshot is taken at once. It costs
// nothing, unless somebody writes before fn is done: that write copies the
// store.
func (s *Store) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d, err := s.snapshot()
	if err != nil {
		return err
	}
	defer d.readers.Add(-1)
	return call(fn, &tx{data: d})
}

func (s *Store) snapshot() (*data, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.data.readers.Add(1)
	return s.data, nil
}

// Close forgets everything. Reads under way still see what was.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.closed = newData(), true
	return nil
}

// call runs fn and turns its panic into an error.
func call(fn func(ledger.Tx) error, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: a closure panicked: %v", p)
		}
	}()
	return fn(t)
}

// tx is one closure's transaction.
type tx struct {
	data *data
	undo *undo // nil within Read
}

var _ ledger.Tx = (*tx)(nil)

// writes reports whether the closure may write.
func (t *tx) writes() error {
	if t.undo == nil {
		return errReadOnly
	}
	return nil
}
