// Package devserver runs one Temporal server with its Web UI inside this process, on SQLite.
//
// It decides how such a server is built: which ports it takes, how its database is opened, what its one namespace
// declares, and which of the server's own background jobs are worth their cost on one machine. It refuses to know what
// runs on the server: no workflow, task queue or flag has a name here. There is no login, so the addresses are loopback
// unless Options say otherwise.
//
// # The database file
//
// The file is opened with journal_mode=WAL and synchronous=OFF, through one connection. A killed process loses nothing. A
// power cut may lose the last half minute or damage the file; then delete it and start again. So keep in it only what
// can be made again. That price buys speed: against synchronous=NORMAL it does 1.2 to 1.5 times the workflows a second,
// does not stall while the disk is busy, and a small workflow costs 20 kB of disk writes instead of 1.5 MB (each touches
// some sixty indexes of the visibility tables). More connections bring "database is locked" and no speed. What was
// written last is in the -wal file beside it: copy or delete both.
//
// The namespace gets its id when the file is made. An id other than the one seen before means that the file was lost.
// One server at a time may use a file. One that another version of the server made is opened as it is.
//
// # What it costs
//
// On two cores a start takes 0.4 s. Idle, it takes under half a percent of a core, 25 MB of heap, and 170 MB resident.
package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"
)

// stopTimeout bounds Stop; a server that still has workers needs up to three seconds.
const stopTimeout = 10 * time.Second

// Options say what one server looks like. The zero value is what tests want: in memory, on a free loopback port, without
// a Web UI.
type Options struct {
	// Addr is the host:port of the frontend, which clients and workers dial. Port 0 picks a free one, a missing host is
	// 127.0.0.1, and "" is 127.0.0.1:0.
	Addr string
	// UIAddr is the host:port of the Web UI, read like Addr, but "" starts none.
	UIAddr string
	// File is the SQLite file. It is made when missing; its folder is not. "" keeps everything in memory, which is freed
	// when the process ends, not by Stop.
	File string
	// Namespace is "default" when empty.
	Namespace string
	// Retention is how long closed workflows are kept, 30 days when zero. It also changes that of an older file.
	Retention time.Duration
	// SearchAttributes are declared in the namespace; those that an older file lacks are added. There is room for ten
	// keywords and three of every other type.
	SearchAttributes map[string]enumspb.IndexedValueType
	// LongHistory is from how many events on the server suggests to a workflow that it goes on under a new history: 4,096
	// when zero.
	LongHistory int
	// Logger gets what the server says at warn and above, until Stop. Nil discards it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Namespace = cmp.Or(o.Namespace, "default")
	o.Retention = cmp.Or(o.Retention, 30*24*time.Hour)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// Server is one running server. Its methods may be called from any goroutine.
type Server struct {
	addr     string
	ui       *webUI
	log      *logger
	temporal temporal.Server
	stop     sync.Once
}

// Start starts a server and returns once clients may dial it, about half a second later. ctx bounds the work on the
// database and the wait for the Web UI; only Stop ends the server. An address that is taken is an *AddrInUseError.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	for attempt := 1; ; attempt++ {
		s, err := start(ctx, o)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || attempt == 3 {
			return nil, fmt.Errorf("start temporal server: %w", err)
		}
	}
}

// start makes one attempt. Somebody else may take a port between our picking it and the server's opening it: that is
// EADDRINUSE, and the next attempt picks another.
func start(ctx context.Context, o Options) (*Server, error) {
	ports, err := reserve(o)
	if err != nil {
		return nil, err
	}
	defer ports.release()
	db, err := openDatabase(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Server{addr: ports.frontendAddr(), log: &logger{to: o.Logger}}
	if err := s.launch(o, ports, db); err != nil {
		return nil, err
	}
	if ports.ui == nil {
		return s, nil
	}
	if s.ui, err = startUI(ctx, ports.ui, s.addr, o.Namespace); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// launch runs the server's start in a goroutine of its own: where the server wants to end the process, the logger ends
// that goroutine and keeps the reason. The server's sync.OnceValue turns such an end into a panic.
func (s *Server) launch(o Options, ports *ports, db *config.SQL) error {
	err := errors.New("the server gave up without a reason")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		err = s.run(o, ports, db)
	}()
	<-done
	if err == nil {
		return nil
	}
	if s.temporal != nil {
		s.Stop()
	}
	return cmp.Or(s.log.reason(), err)
}

func (s *Server) run(o Options, ports *ports, db *config.SQL) error {
	ports.releaseServer()
	server, err := temporal.NewServer(
		temporal.WithConfig(serverConfig(ports, db)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(ports.hosts()),
		temporal.WithDynamicConfigClient(dynamicConfig(o)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithLogger(s.log),
	)
	if err != nil {
		return err
	}
	s.temporal = server
	return server.Start()
}

// Addr is the host:port that clients on this machine dial, with the real port.
func (s *Server) Addr() string { return s.addr }

// UIURL is the Web UI's address for a browser on this machine, such as "http://127.0.0.1:8233", or "" without one.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return "http://" + s.ui.addr
}

// Stop ends the server and its Web UI and frees their ports. It takes moments, with workers still polling up to three
// seconds, and never more than ten. Further calls wait for the first. Stop workers and clients before it.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.log.mute()
		if s.ui != nil {
			s.ui.stop()
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.temporal.Stop() // what it could not end, it has logged
		}()
		select {
		case <-done:
		case <-time.After(stopTimeout):
			s.log.to.Warn("temporal server is still stopping", "waited", stopTimeout)
		}
	})
}
