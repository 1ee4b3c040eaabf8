package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

// pauses say how often Temporal is asked for.
type pauses struct {
	first, most time.Duration // while it is away
	each        time.Duration // while it is there, to see that it still is
}

// lookFor bounds one look.
const lookFor = 8 * time.Second

// temporalLink holds an engine to its Temporal: it checks that the namespace
// fits and is the store's own, runs the worker while it does, and waits for it
// while it is away.
type temporalLink struct {
	options Options
	client  client.Client
	store   ledger.Store
	id      string // the store's own
	pauses  pauses

	fleet   fleet
	state   temporalState
	settled atomic.Bool // the namespace was checked, and is the store's
	known   string      // the id of that namespace; run's own
}

// linkTemporal looks at Temporal once. Where it is away the engine goes on
// without it, and says so; what does not mend itself is an error.
func (o Options) linkTemporal(ctx context.Context, store ledger.Store) (*temporalLink, error) {
	c, err := o.temporalClient()
	if err != nil {
		return nil, err
	}
	l := &temporalLink{options: o, client: c, store: store, pauses: pauses{first: time.Second, most: 10 * time.Second, each: 10 * time.Second}}
	if l.id, err = storeID(ctx, store); err != nil {
		c.Close()
		return nil, err
	}
	err = l.connect(ctx)
	if _, temporals := errors.AsType[*temporalError](err); err != nil && (lasting(err) || !temporals) {
		c.Close()
		return nil, err
	}
	if l.state.set(err); err != nil {
		o.Logger.Warn("temporal is away: "+o.meanwhile()+", and nothing is sent until it is there; trying again", "error", err)
	}
	return l, nil
}

// meanwhile says what goes on while Temporal is away.
func (o Options) meanwhile() string {
	if o.part().serves() {
		return "events are taken and kept"
	}
	return "this worker waits"
}

// starter starts and hints workflows through the link.
func (l *temporalLink) starter() workflows.Starter {
	return workflows.Starter{Client: l.client, Store: l.id, Fair: l.options.TemporalFairness != "off", Mine: l.fleet.mine}
}

// ready reports whether watches may be woken: whether the namespace is known to
// be the store's. It stays so while Temporal is away for a moment.
func (l *temporalLink) ready() bool { return l.settled.Load() }

// connect looks at Temporal, checks the namespace and takes it for the store.
func (l *temporalLink) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*lookFor)
	defer cancel()
	if err := l.options.probe(ctx); err != nil {
		return err
	}
	n, err := l.options.fit(ctx, l.client)
	if err != nil {
		return err
	}
	if err := l.options.sole(ctx, l.client, l.id); err != nil {
		return err
	}
	if err := l.options.refound(ctx, l.store, n); err != nil {
		return err
	}
	l.known = n.id
	l.settled.Store(true)
	return nil
}

// run works with Temporal until ctx ends: it waits until it is there, and works
// while it is. up is called each time that work begins, tried once: when the
// first attempt is over, whatever came of it.
func (l *temporalLink) run(ctx context.Context, engine *activities.Engine, up, tried func()) {
	tried = sync.OnceFunc(tried)
	defer tried()
	for ctx.Err() == nil {
		if !l.settled.Load() {
			tried()
			if !l.wait(ctx) {
				return
			}
		}
		err := l.work(ctx, engine, func() { up(); tried() })
		if ctx.Err() != nil {
			return
		}
		l.settled.Store(false)
		l.note(err)
	}
}

// wait connects, again and again, until that works or ctx ends.
func (l *temporalLink) wait(ctx context.Context) bool {
	for pause := l.pauses.first; ; pause = min(2*pause, l.pauses.most) {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
		err := l.connect(ctx)
		if ctx.Err() != nil {
			return false
		}
		if l.note(err); err == nil {
			return true
		}
	}
}

// note keeps what a look gave, and logs what is news.
func (l *temporalLink) note(err error) {
	switch news := l.state.set(err); {
	case !news:
	case err == nil:
		l.options.Logger.Info("temporal is there")
	default:
		l.options.Logger.Warn("temporal cannot be worked with; trying again", "error", err)
	}
}

// work runs a worker until ctx ends, the worker gives up, or the namespace is
// another one than before; it says which.
func (l *temporalLink) work(ctx context.Context, engine *activities.Engine, up func()) error {
	failed := make(chan error, 1)
	w := newWorker(l.client, func(err error) { failed <- err })
	workflows.Register(w, engine)
	if err := w.Start(); err != nil {
		return l.options.tellCall(err)
	}
	defer w.Stop()
	up()
	ticker := time.NewTicker(l.pauses.each)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return l.options.tellCall(err)
		case <-ticker.C:
		}
		if err := l.look(ctx); err != nil {
			return err
		}
	}
}

// look sees whether the namespace is there still. Only that it became another
// one is an error: Temporal's database was lost or replaced.
func (l *temporalLink) look(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	n, err := l.options.describe(bounded, l.client)
	if ctx.Err() != nil {
		return nil
	}
	l.note(err)
	if err == nil && n.id != l.known {
		return fmt.Errorf("temporal at %s: its namespace %s is a new one", l.options.TemporalAddress, l.options.TemporalNamespace)
	}
	return nil
}
