package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/metrics"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
	"github.com/outreach-engine/outreach/internal/witness"
)

// Running is what runs, for whoever started it.
type Running struct {
	Addr     string // host:port of events and inbox, with the real port
	Admin    string // host:port of health, figures and profiles; "": it is off
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
	clock    *admin.Clock // judges the machine's
	post     *post
	self     ledger.Process
	yielding *yielding
}

// engineLag is by how much a message may be late without the steps after it
// being counted from the later instant, on the machine's clock.
const engineLag = 3 * time.Second

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

	if err := o.Check(); err != nil {
		return err
	}
	var listener net.Listener // nil: nothing is served
	if o.part().serves() {
		if listener, err = listen(o.HTTP); err != nil {
			return err
		}
		undo.add(func() { _ = listener.Close() })
	}
	post, err := o.man()
	if err != nil {
		return err
	}
	undo.add(post.close)
	if o.tracer, err = o.openTracer(ctx); err != nil {
		return err
	}
	undo.add(o.closeTracer)
	store, err := o.openStore(ctx)
	if err != nil {
		return err
	}
	undo.add(func() { err = errors.Join(err, store.Close()) })
	if err := transfer.Free(ctx, store); err != nil {
		return fmt.Errorf("--store: %w", err)
	}
	box, err := inbox.Open(o.InboxFile, inbox.Options{})
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	undo.add(func() { err = errors.Join(err, box.Close()) })

	running, err := o.build(ctx, store, box)
	if err != nil {
		return err
	}
	running.Admin, running.post = post.addr(), post
	if running.Client != nil {
		undo.add(running.Client.Close)
	}
	if listener != nil {
		running.Addr = listener.Addr().String()
		o.warnOfStrangers(listener.Addr())
	}
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
	figures := o.figures(store, senders, patience)
	store = witness.Watch(store, figures.Committed, o.tracer.Committed, o.chronicle)
	links, err := Links(ctx, store, o.LinkSecret)
	if err != nil {
		return Running{}, err
	}
	rules := library.New(store)
	r := Running{Store: store, Library: rules, Inbox: box, links: links, metrics: figures, clock: &admin.Clock{}, self: o.self(), yielding: newYielding()}
	if r.Loaded, err = o.loadAtStart(ctx, rules); err != nil {
		return r, err
	}
	o.warnOfSilence(senders)
	o.warnOfUnseen()
	o.tellOfUnusedHTTP()
	o.warnOfUnsigned(rules.Current())
	o.warnOfShortKeep(rules.Current())
	o.tellOfSenders(rules.Current())
	var starter activities.Starter
	if o.part().works() {
		if o.temporalFigures, err = temporalFigures(figures); err != nil {
			return r, err
		}
		if r.temporal, err = o.linkTemporal(ctx, store); err != nil {
			return r, err
		}
		r.Client, starter = r.temporal.client, r.temporal.starter()
	}
	desk := dossier.Desk{Library: rules, Zones: sendtime.NewZones(), Lag: o.Clock.Span(engineLag)}
	r.Observer = &observe.Observer{Store: store, Desk: desk, Now: o.Clock.Now, Meter: figures, Fit: r.clock.Err, Took: r.yielding.gauge.Took}
	r.Engine = &activities.Engine{
		Store: store, Desk: desk, Clock: o.Clock, Starter: starter, Senders: senders,
		CallTime: callTime, Meter: figures, Fit: r.clock.Err, Tracer: o.tracer, Links: linker(links, o.public()),
		Patience: patience, Starts: r.yielding.starts, Urgent: r.yielding.urgent, Plans: r.yielding.plans, Late: r.yielding.late.Taken,
		Rechecks: rate.NewLimiter(rechecksPerSecond, rechecksPerSecond), Logger: o.Logger,
	}
	if !o.part().works() {
		return r, nil
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
