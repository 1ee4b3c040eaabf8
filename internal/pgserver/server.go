//go:build unix

// Package pgserver runs a private PostgreSQL from the system's programs: for
// tests, for the drill and for the cluster on one machine. It decides where its
// data lies, as which user it runs, and that nothing of it stays behind. It
// refuses to know what is kept in it, and it is no way to run a company's
// PostgreSQL: it listens on loopback only, and trusts whoever comes from there.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outreach-engine/outreach/internal/child"
)

// Superuser is the role that everything is done as. It needs no password.
const Superuser = "outreach"

// Options say what a server is like.
type Options struct {
	Folder   string            // of its data; made when it is missing, and kept by Stop
	Port     int               // on 127.0.0.1; 0 is one that is free
	Settings map[string]string // of postgresql.conf, over the package's own
	Log      io.Writer         // gets what the server writes; nil drops it
}

// Server is a PostgreSQL that runs, or ran and can run again. Its methods may
// be called from several goroutines.
type Server struct {
	options  Options
	programs programs
	user     *account // nil runs as whoever runs this
	port     int

	mu      sync.Mutex
	process *child.Process // nil while it does not run
}

// How long is waited.
const (
	readyWithin = time.Minute
	readyEvery  = 10 * time.Millisecond
	portTries   = 5
)

// Start starts a server and returns once it answers. A folder that holds a
// server's data is taken as it is. The error wraps ErrMissing when there is no
// PostgreSQL to start. A server does not outlive the process that started it.
func Start(ctx context.Context, o Options) (*Server, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}
	user, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if o.Folder, err = filepath.Abs(o.Folder); err != nil {
		return nil, fmt.Errorf("postgres: folder %s: %w", o.Folder, err)
	}
	s := &Server{options: o, programs: found, user: user, port: o.Port}
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if err := s.choosePort(ctx); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return s, nil
}

// prepare sees that there is a folder with data in it.
func (s *Server) prepare(ctx context.Context) error {
	folder := s.options.Folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	if s.user != nil {
		if err := s.user.own(folder); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "PG_VERSION")); err == nil {
		return nil
	}
	cmd := s.command(ctx, "initdb", "--no-sync", "-E", "UTF8", "--locale=C", "--auth=trust", "-U", Superuser, "-D", folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", folder, err, child.LastLines(string(out)))
	}
	return nil
}

// choosePort starts the server; where the port is free to choose and somebody
// else takes it first, another one is tried.
func (s *Server) choosePort(ctx context.Context) (err error) {
	if s.port != 0 {
		return s.run(ctx)
	}
	for range portTries {
		if s.port, err = child.FreePort(); err != nil {
			return err
		}
		if err = s.run(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

// run starts the server's process and waits until it answers.
func (s *Server) run(ctx context.Context) error {
	p, err := s.startProcess()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for !s.ready(p.Pid()) {
		select {
		case <-p.Ended():
			return trouble(p)
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("is not ready on port %d: %w", s.port, ctx.Err()), p.Kill())
		case <-time.After(readyEvery):
		}
	}
	s.process = p
	return nil
}

// ready reports what the server writes of itself, as pg_ctl does: somebody else
// may answer on its port. https://www.postgresql.org/docs/current/storage-file-layout.html
func (s *Server) ready(pid int) bool {
	const word = 7 // the line that says so
	text, err := os.ReadFile(filepath.Join(s.options.Folder, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) > word && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[word]) == "ready"
}

// URL gives the address of one of its databases, as pgx and psql take it.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", Superuser, s.port, database)
}

// Port gives the port on 127.0.0.1. It stays the same for the server's life.
func (s *Server) Port() int { return s.port }

// Pid gives the id of the server's first process, 0 while it does not run.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Pid()
}

// Ended is closed when the server, as it runs, is gone; while it does not run
// it is nil.
func (s *Server) Ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	return s.process.Ended()
}

// CreateDatabase makes an empty database: UTF8, compared by bytes.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.execute(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
}

// HasDatabase reports whether there is a database of the name.
func (s *Server) HasDatabase(ctx context.Context, name string) (there bool, err error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there)
	return there, errors.Join(err, conn.Close(ctx))
}

// DropDatabase removes a database, whoever is connected to it. One that is not
// there is no error.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.execute(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func (s *Server) execute(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Stop ends it in good order: who is connected is sent away, and everything is
// on disk. When the context ends first it is killed. One that does not run is
// no error.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	if err := p.Stop(ctx, fast); err != nil {
		return fmt.Errorf("postgres: stop: %w", err)
	}
	return nil
}

// Kill ends it and all of its processes at once, as a power cut would, and
// returns when they are gone. One that does not run is no error.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	if err := p.Kill(); err != nil {
		return fmt.Errorf("postgres: kill: %w", err)
	}
	return nil
}

// Restart starts it again in the same folder and on the same port, and returns
// once it answers. One that runs is stopped first.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.run(ctx); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
