// Package sqlite keeps the whole ledger in one SQLite file, for one machine.
// It decides how writes share a commit and what stays in memory between them;
// it knows nothing of what rules, events or messages mean. Several processes
// may open the same file.
package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/lanes"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Options are what a store can be told. The zero value is good for a server.
type Options struct {
	Logger  *slog.Logger // nil: nothing is logged
	Records int          // customers kept in memory; 0: 20,000
	Readers int          // reads at the same time; 0: 4
}

func (o Options) complete() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Records <= 0 {
		o.Records = 20_000
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	return o
}

// Store is a ledger.Store in a file.
type Store struct {
	queue   *lanes.Queue
	writer  *writer
	stopped chan struct{} // closed when the writer is done

	readers chan *conn // those nobody uses
	size    int        // of readers

	closing sync.Once
	closed  chan struct{}
	err     error // of closing
}

var _ ledger.Store = (*Store)(nil)

// Open opens the file at path, making it and its tables when they are not
// there. It refuses a path without a folder, a file of another kind, and
// tables that a newer version of this program made.
func Open(ctx context.Context, path string, options Options) (*Store, error) {
	options = options.complete()
	connector, err := prepareFile(ctx, path, options.Logger)
	if err != nil {
		return nil, err
	}
	s := &Store{
		queue:   lanes.NewQueue(),
		stopped: make(chan struct{}),
		readers: make(chan *conn, options.Readers),
		size:    options.Readers,
		closed:  make(chan struct{}),
	}
	if err := s.connect(connector, options); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	go s.write()
	return s, nil
}

func (s *Store) connect(connector driver.Connector, options Options) error {
	c, err := connect(connector, writerPragmas()...)
	if err != nil {
		return err
	}
	s.writer = newWriter(c, options.Records)
	for range options.Readers {
		r, err := connect(connector, readerPragmas()...)
		if err != nil {
			return errors.Join(err, c.close(), s.closeReaders(len(s.readers)))
		}
		s.readers <- r
	}
	return nil
}

func writerPragmas() []string {
	return []string{
		"busy_timeout = 10000",
		"synchronous = FULL",
		"foreign_keys = OFF",
		"temp_store = MEMORY",
		"cache_size = -65536", // KiB
		"wal_autocheckpoint = 8000",
		"journal_size_limit = 67108864",
	}
}

func readerPragmas() []string {
	return []string{
		"busy_timeout = 10000",
		"query_only = ON",
		"temp_store = MEMORY",
		"cache_size = -16384",
	}
}

// write serves the queue. A closure that ends its goroutine ends the writer's,
// so another takes its place.
func (s *Store) write() {
	orderly := false
	defer func() {
		if orderly {
			close(s.stopped)
			return
		}
		s.writer.abandon()
		go s.write()
	}()
	for j := s.queue.Take(lanes.GateFirst); j != nil; j = s.queue.Take(lanes.GateFirst) {
		s.writer.group(j, func() *lanes.Job { return s.queue.Poll(lanes.GateFirst) })
	}
	orderly = true
}

// Write implements ledger.Store.
func (s *Store) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	return s.queue.Write(ctx, lane, fn)
}

// Waiting gives the number of writes that wait in a lane.
func (s *Store) Waiting(lane ledger.Lane) int { return s.queue.Waiting(lane) }

// Form tells of which form the tables are, and which one is the newest that this
// program knows. A newer program may have brought them further since they were
// opened.
func (s *Store) Form(ctx context.Context) (have, want int64, err error) {
	err = s.reading(ctx, func(c *conn) error {
		have, err = sqltx.Form(c)
		return err
	})
	return have, sqltx.NewestForm(migrations), err
}

// Read implements ledger.Store. The snapshot is taken at the first method
// that fn calls.
func (s *Store) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	return s.reading(ctx, func(c *conn) (err error) {
		if _, err := c.Exec("BEGIN"); err != nil {
			return err
		}
		defer func() {
			_, end := c.Exec("ROLLBACK")
			err = errors.Join(err, end)
		}()
		return lanes.Call(fn, sqltx.New(snapshot{c}, nil))
	})
}

// reading runs fn on a connection for reads.
func (s *Store) reading(ctx context.Context, fn func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var c *conn
	select {
	case <-s.closed:
		return lanes.ErrClosed
	default:
	}
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return lanes.ErrClosed
	}
	defer func() { s.readers <- c }()
	return fn(c)
}

// Close waits for the writes that were queued and the reads under way.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.queue.Close()
		<-s.stopped
		close(s.closed)
		s.err = errors.Join(s.closeReaders(s.size), s.writer.c.close())
	})
	return s.err
}

func (s *Store) closeReaders(n int) error {
	var errs []error
	for range n {
		errs = append(errs, (<-s.readers).close())
	}
	return errors.Join(errs...)
}
