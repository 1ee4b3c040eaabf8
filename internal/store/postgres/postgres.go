// Package postgres keeps the whole ledger in PostgreSQL, for any number of
// processes. It decides how writes share a commit, who waits for whose lock,
// and what is tried again; it knows nothing of what rules, events or messages
// mean.
//
// The customer's row is the only customer lock. A write that reads a customer
// locks the row; a commit of many writes waits for locks only in its first, so
// that commits do not block each other for long. Deadlocks that remain are
// broken by the server, and tried again here. What belongs to a customer is read
// under that lock, what is in force, holds and paces under advisory locks.
//
// The server's sessions are used as such: prepared statements, advisory locks,
// LISTEN, and settings given when a session begins. So a pooler between the
// engine and the server must give each connection a session of its own
// (PgBouncer: pool_mode = session, and ignore_startup_parameters with
// search_path, lock_timeout, idle_in_transaction_session_timeout and jit set for
// the role instead: https://www.pgbouncer.org/features.html). A process needs
// Writers + Readers connections, one to listen, and one now and then.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/lanes"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Options are what a store can be told. The zero value is good for a server.
type Options struct {
	Logger  *slog.Logger  // nil: nothing is logged
	Writers int           // commits at the same time, of which one is the gate's alone, and one intake's first; 0: 4
	Readers int           // reads at the same time; 0: 4
	Away    time.Duration // for how long writes wait for a server that is away; 0: 5 s
	Locked  time.Duration // for how long a write is tried while somebody else has a lock that it needs; 0: 15 s
}

func (o Options) complete() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Writers <= 0 {
		o.Writers = 4
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.Away <= 0 {
		o.Away = 5 * time.Second
	}
	if o.Locked <= 0 {
		o.Locked = 15 * time.Second
	}
	return o
}

// Schema is the schema that holds our tables. It is no one else's.
const Schema = "outreach"

// Store is a ledger.Store in a PostgreSQL database.
type Store struct {
	config  *pgx.ConnConfig
	writing *pgx.ConnConfig // of writers
	options Options
	queue   *lanes.Queue
	months  months
	dialer  dialer
	retries tally
	refused refusal
	word    chan struct{} // holds a word that is to be told

	writers sync.WaitGroup
	readers readers

	closing sync.Once
	closed  chan struct{}
}

var _ ledger.Store = (*Store)(nil)

// Open opens a database by its URL (postgres://user:password@host:port/database,
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING),
// and brings its tables to their newest form. It refuses tables that a newer
// version of this program made.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	s, err := connected(ctx, url, options)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.Name(), err), s.Close())
	}
	go s.speak()
	for i := range s.options.Writers {
		w := newWriter(s, orderOf(i, s.options.Writers))
		s.writers.Add(1)
		go w.run()
	}
	return s, nil
}

// orderOf gives which lanes a writer serves, of so many.
func orderOf(i, writers int) lanes.Order {
	switch {
	case i == 0 && writers > 1:
		return lanes.GateAlone
	case i == 1 && writers > 2:
		return lanes.IntakeFirst
	}
	return lanes.GateFirst
}

// prepare brings the tables to their newest form, and forgets old signs.
func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.reading(ctx, func(c *conn) error { return c.control(forgetSigns) })
}

// connected reads the URL and sees that the server answers. The connection that
// it answered on is the first one for reads.
func connected(ctx context.Context, url string, options Options) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("store: the URL is not understood: write postgres://user:password@host:port/database") // the error may show the password
	}
	for name, value := range map[string]string{
		"search_path": Schema, "application_name": "outreach", "lock_timeout": "1s", "jit": "off", "idle_in_transaction_session_timeout": "60s",
		"timezone": "UTC", "client_encoding": "UTF8",
	} {
		config.RuntimeParams[name] = value
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	options = options.complete()
	s := &Store{
		config: config, options: options, queue: lanes.NewQueue(), readers: newReaders(options.Readers), closed: make(chan struct{}), word: make(chan struct{}, 1),
	}
	s.writing = config.Copy()
	// Writers look rows up. The server keeps the plan that it made for a
	// statement: one made while a table was small would read the whole of it for as
	// long as the server takes to notice that it grew
	// (https://www.postgresql.org/docs/current/sql-prepare.html#SQL-PREPARE-NOTES).
	s.writing.RuntimeParams["enable_seqscan"] = "off"
	s.dialer = dialer{away: options.Away, logger: options.Logger}
	c, err := s.dialer.dial(ctx, s.config)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", s.Name(), err)
	}
	s.readers.first(c)
	return s, nil
}

// Name names the database without its password.
func (s *Store) Name() string {
	return fmt.Sprintf("postgres://%s@%s:%d/%s", s.config.User, s.config.Host, s.config.Port, s.config.Database)
}

// Write implements ledger.Store.
func (s *Store) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	return s.queue.Write(ctx, lane, fn)
}

// Writers gives the number of commits that may be made at the same time.
func (s *Store) Writers() int { return s.options.Writers }

// Waiting gives the number of writes that wait in a lane.
func (s *Store) Waiting(lane ledger.Lane) int { return s.queue.Waiting(lane) }

// Retries gives how often writes were tried again, by why: deadlock, lock,
// raced, serialization, lost.
func (s *Store) Retries() map[string]int64 { return s.retries.all() }

// Time gives the server's clock.
func (s *Store) Time(ctx context.Context) (at time.Time, err error) {
	err = s.reading(ctx, func(c *conn) error {
		return c.Query("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", func(r *sqltx.Row) { at = time.UnixMicro(r.Int64()).UTC() })
	})
	return at, err
}

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
	return s.reading(ctx, func(c *conn) error {
		c.put = append(c.put[:0], statement{sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"})
		return lanes.Call(fn, spoken{sqltx.New(snapshot{c}, nil), snapshot{c}})
	})
}

// Close waits for the writes that were queued and the reads under way.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.queue.Close()
		s.writers.Wait()
		close(s.closed)
		s.readers.close()
	})
	return nil
}

// dialer connects. It is safe for concurrent use.
type dialer struct {
	away   time.Duration
	logger *slog.Logger

	mu    sync.Mutex
	since time.Time // since when the server has been away; zero: it is there
}

// dialAgain is how long is waited between tries to connect.
const dialAgain = 50 * time.Millisecond

// dial connects. While the server has not been away for long it tries again;
// later it tries once.
func (d *dialer) dial(ctx context.Context, config *pgx.ConnConfig) (*conn, error) {
	for {
		raw, err := pgx.ConnectConfig(ctx, config)
		long := d.note(err)
		switch {
		case err == nil:
			return newConn(raw), nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case long || !passing(err):
			return nil, said(plain(err), err, config)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(dialAgain):
		}
	}
}

// said adds to what is said of an error that no password was given, where the
// server wants one.
func said(plain, err error, config *pgx.ConnConfig) error {
	if code(err) == badPassword && config.Password == "" {
		return fmt.Errorf("%w; none was given: write it in PGPASSWORD, ~/.pgpass or the URL", plain)
	}
	return plain
}

// note keeps since when the server has been away, and reports whether that is
// long.
func (d *dialer) note(err error) (long bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil && !d.since.IsZero():
		d.logger.Info("PostgreSQL answers again", "away", now.Sub(d.since).Round(time.Millisecond))
		d.since = time.Time{}
	case err != nil && d.since.IsZero():
		d.logger.Warn("PostgreSQL does not answer", "error", plain(err))
		d.since = now
	}
	return !d.since.IsZero() && now.Sub(d.since) >= d.away
}

// passing reports whether trying again may help: the server is away, starting
// or ending (class 57), or short of something (class 53), and does not refuse us.
func passing(err error) bool {
	c := code(err)
	return c == "" || strings.HasPrefix(c, "57") || strings.HasPrefix(c, "53")
}

// plain gives an error of connecting in one line, without what it says of the
// user, and with what there is to do about it where that is known.
func plain(err error) error {
	if told := code(err); told != "" {
		if mend := remedy(err); mend != "" {
			return errors.New(text(err) + "; " + mend)
		}
		return errors.New(text(err))
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	lines := strings.Split(err.Error(), "\n") // one for each address that was tried
	slices.Sort(lines)
	return errors.New(strings.Join(slices.Compact(lines), "; ") + "; " + silent)
}

const silent = "are the host and port right, and is PostgreSQL running? Where it stops again, its own log says why: a full disk is one reason"

// tally counts by word. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (t *tally) add(word string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int64{}
	}
	t.counts[word]++
}

func (t *tally) all() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make(map[string]int64, len(t.counts))
	for word, n := range t.counts {
		counts[word] = n
	}
	return counts
}
