package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/callback"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/intake"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/metrics"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
)

// Running is what runs, for whoever started it.
type Running struct {
	Addr     string // host:port of events and inbox, with the real port
	Store    ledger.Store
	Engine   *activities.Engine
	Observer *observe.Observer
	Library  *library.Library
	Client   client.Client
	Inbox    *inbox.Box
	Loaded   library.Report

	links    *link.Signer
	metrics  *metrics.Metrics
	temporal *temporalLink
}

// engineLag is by how much a message may be late without the steps after it
// being counted from the later instant, on the machine's clock.
const engineLag = 3 * time.Second

// startsPerSecond bounds the outreaches that one process starts.
const startsPerSecond = 150

// rechecksPerSecond bounds the outreaches that one process asks to look again
// when a policy or zone data changed, or a hold was lifted: beside what else is
// under way.
const rechecksPerSecond = 100

// closers are undone in the opposite order.
type closers []func()

func (c *closers) add(f func()) { *c = append(*c, f) }

func (c *closers) close() {
	for i := len(*c) - 1; i >= 0; i-- {
		(*c)[i]()
	}
}

// Run builds the engine and runs it until ctx ends. It returns after
// everything was stopped in order: no more events, no more workflow tasks,
// provider calls recorded, store closed.
func Run(ctx context.Context, o Options) (err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var undo closers
	defer undo.close()

	listener, err := listen(o.HTTP)
	if err != nil {
		return err
	}
	undo.add(func() { _ = listener.Close() })
	store, err := o.openStore(ctx)
	if err != nil {
		return err
	}
	undo.add(func() { err = errors.Join(err, store.Close()) })
	box, err := inbox.Open(o.InboxFile, inbox.Options{})
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	undo.add(func() { err = errors.Join(err, box.Close()) })

	running, err := o.build(ctx, store, box)
	if err != nil {
		return err
	}
	running.Addr = listener.Addr().String()
	undo.add(running.Client.Close)
	o.warnOfStrangers(listener.Addr())
	return o.serve(ctx, running, listener)
}

// listen takes the address, so that a taken one is known before all else.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--http %s: %w; give another address with --http", address, err)
	}
	return listener, nil
}

func (o Options) openStore(ctx context.Context) (ledger.Store, error) {
	opened, err := store.Place(o.Store).Open(ctx, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	return opened, nil
}

// build makes everything that lives as long as the engine, in order.
func (o Options) build(ctx context.Context, store ledger.Store, box *inbox.Box) (Running, error) {
	callTime, patience, err := o.spans()
	if err != nil {
		return Running{}, err
	}
	senders, err := o.senders(box)
	if err != nil {
		return Running{}, err
	}
	links, err := Links(ctx, store, o.LinkSecret)
	if err != nil {
		return Running{}, err
	}
	rules := library.New(store)
	r := Running{Store: store, Library: rules, Inbox: box, links: links, metrics: metrics.New(store, o.Clock.Now)}
	if r.Loaded, err = o.loadAtStart(ctx, rules); err != nil {
		return r, err
	}
	o.warnOfSilence(senders)
	o.warnOfUnsigned(rules.Current())
	o.tellOfSenders(rules.Current())
	if r.temporal, err = o.linkTemporal(ctx, store); err != nil {
		return r, err
	}
	r.Client = r.temporal.client
	desk := dossier.Desk{Library: rules, Zones: sendtime.NewZones(), Lag: o.Clock.Span(engineLag)}
	r.Observer = &observe.Observer{Store: store, Desk: desk, Now: o.Clock.Now}
	r.Engine = &activities.Engine{
		Store: store, Desk: desk, Clock: o.Clock, Starter: r.temporal.starter(), Senders: senders,
		CallTime: callTime, Meter: r.metrics, Links: linker(links, o.public()),
		Patience: patience, Starts: rate.NewLimiter(startsPerSecond, startsPerSecond),
		Rechecks: rate.NewLimiter(rechecksPerSecond, rechecksPerSecond), Logger: o.Logger,
	}
	if err := o.followZones(ctx, r.Engine); err != nil {
		r.Client.Close()
		return r, err
	}
	return r, nil
}

// followZones has open outreaches look again when the zone data of this process
// is not what they were planned by.
func (o Options) followZones(ctx context.Context, engine *activities.Engine) error {
	changed, err := engine.FollowZones(ctx, engine.Desk.Zones.Version(o.Clock.Now()))
	if changed {
		o.Logger.Info("zone data changed: open outreaches look again")
	}
	return err
}

// serve runs everything until ctx ends or a part fails, and stops it in order.
func (o Options) serve(ctx context.Context, r Running, listener net.Listener) error {
	var undo closers
	defer undo.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	// Calls of providers outlive the worker that made them: they are recorded
	// before the store goes.
	undo.add(func() { o.settle(r.Engine) })
	wake := &waker{
		store: r.Store, library: r.Library, wake: r.temporal.starter().Wake, ready: r.temporal.ready, spread: r.Observer.Spread, clock: o.Clock, patience: r.Engine.Patience,
		poked: make(chan struct{}, 1), logger: o.Logger,
	}
	r.Observer.Poke = wake.poke
	wake.poke() // what came while nothing ran
	var loops sync.WaitGroup
	undo.add(loops.Wait)
	undo.add(func() { cancel(nil) })
	tried := make(chan struct{})
	loops.Go(func() { r.temporal.run(ctx, r.Engine, wake.poke, func() { close(tried) }) })
	loops.Go(func() { wake.run(ctx) })
	loops.Go(func() { o.reload(ctx, r.Library) })
	loops.Go(func() { o.learn(ctx, r.Engine) })
	loops.Go(func() { o.inquire(ctx, r.Engine) })

	server := &http.Server{Handler: o.routes(r), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	loops.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			cancel(fmt.Errorf("http: %w", err))
		}
	})
	undo.add(func() { shutdown(server) })
	select {
	case <-tried:
	case <-ctx.Done():
	}
	if o.Ready != nil {
		o.Ready(r)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// settle waits for provider calls to be recorded.
func (o Options) settle(engine *activities.Engine) {
	ctx, cancel := context.WithTimeout(context.Background(), engine.CallTime+5*time.Second)
	defer cancel()
	if err := engine.Wait(ctx); err != nil {
		o.Logger.Warn("provider calls still under way: their messages will be listed as unknown", "error", err)
	}
}

// routes are everything that is served on one port.
func (o Options) routes(r Running) http.Handler {
	mux := http.NewServeMux()
	events := intake.New(intake.Options{
		Taker: r.Observer, Keeper: r.Observer, Now: o.Clock.Now, WriteKeys: o.writeKeys(), Logger: o.Logger,
		Data:   func() *dictionary.Dictionary { return r.Library.Current().Dictionary },
		Topics: func() []string { return r.Library.Current().Topics() },
	})
	mux.Handle("/v1/", events)
	mux.Handle("/health", events)
	mux.Handle("GET /metrics", r.metrics.Handler())
	if o.PublicURL != "" {
		mux.Handle(callback.Path, callback.Handler(callback.Options{
			Public: o.public(), Senders: r.Engine.Senders, Taker: r.Observer, Now: o.Clock.Now, Logger: o.Logger,
			Meter: r.metrics,
		}))
		theirs := customerPages(r, o, r.links)
		mux.Handle(link.UnsubscribePath, theirs)
		mux.Handle(link.PreferencesPath, theirs)
	}
	if o.showsInbox() {
		mux.Handle("/", inbox.Handler(r.Inbox, inbox.PageOptions{
			Store: r.Store, Taker: r.Observer, Now: o.Clock.Now, Logger: o.Logger,
			Zone: func(p customer.Profile) *time.Location {
				return r.Library.Current().Policy.ZoneOf(r.Engine.Desk.Zones, &p)
			},
			Beside: []inbox.Link{{Name: "Templates", Address: "/preview"}},
		}))
		pages := previews(r, o)
		mux.Handle("/preview", pages)
		mux.Handle("/preview/", pages)
	}
	for pattern, handler := range o.Extra {
		mux.Handle(pattern, handler)
	}
	return mux
}

func (o Options) writeKeys() []string {
	var keys []string
	for key := range strings.SplitSeq(o.WriteKeys, ",") {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// quiet keeps a library's own chatter out of the log.
func quiet(logger *slog.Logger) *slog.Logger { return slog.New(warnings{logger.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
