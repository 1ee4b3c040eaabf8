// Command outreach-dev runs everything on one machine: an embedded Temporal
// server with its Web UI, the engine, the inbox, and a demo company whose
// customers' behaviour goes on arriving.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/flagerr"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what the flags say.
type settings struct {
	http, admin, public, ui, temporal, data, rules, templates, only string
	noDemo                                                          bool
}

// run runs everything and gives the exit code: 0 fine, 1 failed, 2 wrong use.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := pflag.NewFlagSet("outreach-dev", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.http, "http", "127.0.0.1:8080", "host:port of the inbox, which takes events too")
	flags.StringVar(&s.admin, "admin", "127.0.0.1:8081", "host:port of health, figures and profiles")
	flags.StringVar(&s.public, "public-url", "", "http(s) URL by which customers reach the pages behind the links in messages (default: http:// and the address of --http)")
	flags.StringVar(&s.ui, "ui", "127.0.0.1:8233", "host:port of Temporal's Web UI")
	flags.StringVar(&s.temporal, "temporal", "127.0.0.1:7233", "host:port of the embedded Temporal server")
	flags.StringVar(&s.data, "data", ".outreach", "folder that keeps everything")
	flags.StringVar(&s.rules, "rules", "rules", "folder of rules; a change is loaded at once")
	flags.StringVar(&s.templates, "templates", "", "folder of templates (default: templates beside the rules)")
	flags.BoolVar(&s.noDemo, "no-demo", false, "run without the demo company")
	flags.StringVar(&s.only, "only", "", "temporal: run the embedded Temporal server alone, for engines that are processes of their own (outreach serve); takes --temporal, --ui (empty: none) and --data")
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "outreach-dev: %v; --help lists the flags\n", flagerr.Explain(err))
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "outreach-dev: %q is not a flag, and only flags are taken; --help lists them\n", flags.Arg(0))
		return 2
	case s.only != "" && !s.alone():
		fmt.Fprintf(stderr, "outreach-dev: --only %q: write temporal, or leave it out\n", s.only)
		return 2
	}
	if err := s.start(ctx, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "outreach-dev:", err)
		return 1
	}
	return 0
}

// start runs Temporal, the engine and the demo company until ctx ends.
func (s settings) start(ctx context.Context, stdout, stderr io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	fmt.Fprintln(stdout, "outreach-dev: starting the embedded Temporal server ...")
	server, err := s.serve(ctx, logger)
	if err != nil {
		return err
	}
	defer server.Stop()
	if s.alone() {
		s.wait(ctx, stdout, server)
		return nil
	}
	return s.engine(ctx, stdout, server, logger)
}

// engine runs the engine and the demo company until ctx ends.
func (s settings) engine(ctx context.Context, stdout io.Writer, server *devserver.Server, logger *slog.Logger) error {
	options := app.Defaults()
	options.HTTP, options.Admin, options.Rules, options.Templates = s.http, s.admin, s.rules, s.templates
	options.PublicURL = s.publicURL()
	options.Store = filepath.Join(s.data, "outreach.db")
	options.InboxFile = filepath.Join(s.data, "inbox.ndjson")
	options.TemporalAddress = server.Addr()
	options.WatchFiles, options.Logger = true, logger
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	company := make(chan error, 1)
	options.Ready = func(r app.Running) {
		s.greet(stdout, r, server)
		go func() { company <- s.live(ctx, r, cancel) }()
	}
	err := app.Run(ctx, options)
	if err == nil {
		fmt.Fprintln(stdout, "outreach-dev: stopped; the next start goes on from here")
	}
	return err
}

// lock makes the data folder and keeps other processes of this kind off it:
// two Temporal servers on one file would fight.
func (s settings) lock() (unlock func(), err error) {
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, fmt.Errorf("--data %s: %w", s.data, err)
	}
	file, err := os.OpenFile(filepath.Join(s.data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", s.data, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("--data %s: another outreach-dev uses this folder; stop it, or give another with --data", s.data)
	}
	return func() { _ = file.Close() }, nil
}

// check looks at what can be wrong before anything is started.
func (s settings) check() error {
	for _, a := range s.places() {
		if _, _, err := net.SplitHostPort(a.address); err != nil {
			return fmt.Errorf("%s %q: write host:port, such as 127.0.0.1:9000", a.flag, a.address)
		}
		listener, err := net.Listen("tcp", a.address)
		if err != nil {
			return fmt.Errorf("%s %s: the port is taken or not to be had (%w); give another with %s", a.flag, a.address, err, a.flag)
		}
		_ = listener.Close()
	}
	if s.alone() {
		return nil
	}
	if _, err := os.Stat(s.rules); err != nil {
		return fmt.Errorf("--rules %s: %w; name the folder that holds your rules", s.rules, err)
	}
	return nil
}

// explain adds the flag that changes a taken address.
func (s settings) explain(err error) error {
	taken, ok := errors.AsType[*devserver.AddrInUseError](err)
	switch {
	case !ok:
		return err
	case taken.Addr == s.ui:
		return fmt.Errorf("%w; give another with --ui", err)
	}
	return fmt.Errorf("%w; give another with --temporal", err)
}

// greet says what runs and what to look at, in twelve lines.
func (s settings) greet(stdout io.Writer, r app.Running, server *devserver.Server) {
	fmt.Fprintln(stdout, strings.Join([]string{
		"",
		"Outreach runs. Look at:",
		"  inbox       http://" + r.Addr + "   what customers received, and what waits for them",
		"  templates   http://" + r.Addr + "/preview   every message on phone, in mail and in the dark; save one and look",
		"  Temporal    " + server.UIURL() + "   one workflow for each outreach: its timer says why it waits",
		fmt.Sprintf("  rules       %s   %d in force; save a change and it is loaded", s.rules, r.Loaded.Rules),
		"  events      POST http://" + r.Addr + "/v1/track   Segment's API, any write key",
		"  figures     " + figures(r.Admin),
		"  one person  http://" + r.Addr + "/inbox/customers/" + s.somebody() + "   the whole story, with reasons",
		"  data        " + s.data + "   delete it to start anew",
		"Ctrl-C stops; the next start goes on where this one stopped.",
		"",
	}, "\n"))
}

// somebody names a customer to look at.
func (s settings) somebody() string {
	if s.noDemo {
		return "ID"
	}
	return "lark-00001"
}

// live lets the demo company's customers act until ctx ends.
func (s settings) live(ctx context.Context, r app.Running, stop context.CancelCauseFunc) error {
	if s.noDemo {
		return nil
	}
	err := runCompany(ctx, r)
	if err != nil && ctx.Err() == nil {
		stop(fmt.Errorf("demo company: %w", err))
	}
	return err
}

// figures says where Prometheus and others look.
func figures(admin string) string {
	if admin == "" {
		return "none; --admin gives them a port"
	}
	return "http://" + admin + "/metrics   for Prometheus; /ready beside it says how the engine stands"
}
