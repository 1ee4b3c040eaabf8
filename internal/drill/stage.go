package drill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// stage is all that stands before the engine does, and what it stands on.
type stage struct {
	places   places
	box      *sandbox.Sandbox
	postgres victim // nil: the store is a file
	front    *front // nil: the engine is one process
	undo     []func()
}

func (s *stage) later(f func()) { s.undo = append(s.undo, f) }

// leave takes everything away, the last one first.
func (s *stage) leave() {
	for _, f := range slices.Backward(s.undo) {
		f()
	}
	s.undo = nil
}

// check refuses what cannot be drilled.
func (o Options) check() error {
	switch {
	case !slices.Contains([]string{sendGrid, mailServer}, o.email()):
		return fmt.Errorf("email by %q: write sendgrid or smtp", o.Email)
	case o.Naive && o.email() != sendGrid:
		return fmt.Errorf("email by %s: the other design sends by sendgrid only", o.Email)
	case !slices.Contains([]string{"", onSQLite, onPostgres}, o.Store):
		return fmt.Errorf("store %q: write sqlite or postgres", o.Store)
	case o.Store != onPostgres && o.Engines > 1:
		return fmt.Errorf("%d engines: a file is one process's; drill them with --store postgres", o.Engines)
	case o.Naive && o.Store == onPostgres:
		return errors.New("store postgres: the other design has records of its own")
	}
	return nil
}

// fleet reports whether the engine is what stands behind a balancer.
func (o Options) fleet() bool { return o.Store == onPostgres }

// stage prepares the folder, the store and the providers. It is left even with
// an error.
func (o Options) stage(ctx context.Context) (*stage, error) {
	s := &stage{places: places{dir: o.Dir, bin: o.Bin, store: filepath.Join(o.Dir, "outreach.db"), ports: &ports{}}}
	s.undo = append(s.undo, s.places.ports.leave)
	// PostgreSQL may run as somebody else, who passes through the folder.
	if err := errors.Join(os.MkdirAll(o.Dir, 0o700), os.Chmod(o.Dir, 0o711), writeHouse(o.Dir), limit(o.Dir, o.Rate)); err != nil { //nolint:gosec // as it says
		return s, fmt.Errorf("folder: %w", err)
	}
	const temporalPort = 21100
	var err error
	if s.places.temporal, err = s.places.ports.free(temporalPort); err != nil {
		return s, err
	}
	if s.places.seats, err = o.seatsOf(o.Dir, s.places.ports); err != nil {
		return s, err
	}
	s.places.engine = s.places.seats[0].http
	if o.fleet() {
		if err := s.found(ctx); err != nil {
			return s, err
		}
	}
	return s, o.provide(s)
}

// found starts the database, puts the rules in force, and sets the front up.
func (s *stage) found(ctx context.Context) error {
	d, url, err := openDatabase(ctx, s.places.dir)
	if err != nil {
		return err
	}
	s.later(d.kill)
	s.postgres, s.places.store = d, url
	if err := s.places.command(ctx, "rules", "load", filepath.Join(s.places.dir, "rules")); err != nil {
		return err
	}
	if s.front, s.places.engine, err = newFront(); err != nil {
		return err
	}
	s.later(s.front.close)
	s.lead(s.places.seats)
	return nil
}

// lead has the front lead to those who take events.
func (s *stage) lead(seats []seat) {
	var list []string
	for _, one := range seats {
		if one.serves() {
			list = append(list, one.http)
		}
	}
	s.front.lead(list)
}

// run starts a process, with a log of its own, and returns once it serves.
func (s *stage) run(ctx context.Context, p *process) error {
	log, err := os.Create(filepath.Join(s.places.dir, p.name+".log"))
	if err != nil {
		return err
	}
	s.later(func() { _ = log.Close() })
	p.log = log
	s.later(p.kill)
	return errors.Join(p.start(), p.awaitReady(ctx))
}

// latencyShare is what part of the time that a provider may take it takes at
// most each way, when nothing goes wrong. A kill must be able to hit a call.
const latencyShare = 6

func (o Options) latency() time.Duration {
	if o.Rolling {
		return rollLatency
	}
	return o.Call / latencyShare
}

// provide starts the providers.
func (o Options) provide(s *stage) error {
	box, err := sandbox.New(sandbox.Config{
		Seed: o.Seed, CallTimeout: o.Call, Rates: sandbox.UsualRates(o.Trouble), Reports: sandbox.UsualReports(),
		PublicURL: "http://" + s.places.engine, Refused: refused, Undelivered: undelivered, Latency: o.latency(), Now: time.Now,
	})
	if err != nil {
		return err
	}
	s.box = box
	s.later(box.Close)
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.places.sandbox = "http://" + web.Addr().String()
	server := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: o.Call}
	serving := make(chan struct{})
	go func() { _ = server.Serve(web); close(serving) }() // it ends with Close
	s.later(func() { _ = server.Close(); <-serving })
	if o.email() != mailServer {
		return nil
	}
	mails, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.places.mail = mails.Addr().String()
	go box.ServeSMTP(mails)
	s.later(func() { _ = mails.Close() })
	return nil
}
