package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/activities"
)

// serve runs everything until ctx ends or a part fails, and stops it in order.
func (o Options) serve(ctx context.Context, r Running, listener net.Listener) error {
	var undo closers
	defer undo.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	// Calls of providers outlive the worker that made them: they are recorded
	// before the store goes.
	undo.add(func() { o.settle(r.Engine) })
	var loops sync.WaitGroup
	undo.add(loops.Wait)
	undo.add(func() { cancel(nil) })
	begun := o.work(ctx, r, &loops)
	loops.Go(func() { o.reload(ctx, r.Library) })
	loops.Go(func() { o.lookOut(ctx, r) })
	loops.Go(func() { o.yield(ctx, r) })
	if listener != nil {
		server := &http.Server{ErrorLog: o.serverLog(), Handler: r.metrics.HTTP(o.routes(r)), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
		loops.Go(func() {
			if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("http: %w", err))
			}
		})
		undo.add(func() { shutdown(server) })
	}
	select {
	case <-begun:
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

// work starts the loops that outreaches need, or that stand in for them where
// another process runs outreaches. begun is closed when the worker was tried.
func (o Options) work(ctx context.Context, r Running, loops *sync.WaitGroup) (begun <-chan struct{}) {
	tried, others := make(chan struct{}), grapevineOf(r.Store)
	if !o.part().works() {
		r.Observer.Poke = others.Tell
		loops.Go(func() { o.follow(ctx, r.Library) })
		close(tried)
		return tried
	}
	wake := &waker{
		store: r.Store, library: r.Library, wake: r.temporal.starter().Wake, finds: r.Engine.Finds, ready: r.temporal.ready, clock: o.Clock, patience: r.Engine.Patience,
		poked: make(chan struct{}, 1), logger: o.Logger,
	}
	news := make(chan struct{}, 1)
	committed := func() { wake.poke(); poke(news) }
	r.Observer.Poke = committed
	wake.poke() // what came while nothing ran
	loops.Go(func() { r.temporal.run(ctx, r.Engine, wake.poke, func() { close(tried) }) })
	loops.Go(func() { wake.run(ctx) })
	loops.Go(func() { o.spread(ctx, r, news) })
	loops.Go(func() { r.temporal.fleet.follow(ctx, r.Store, o.Clock.Machine) })
	loops.Go(func() { others.Told(ctx, committed) })
	loops.Go(func() { o.learn(ctx, r.Engine) })
	loops.Go(func() { o.forget(ctx, r.Engine) })
	loops.Go(func() { o.inquire(ctx, r.Engine) })
	loops.Go(func() { o.nudge(ctx, r) })
	return tried
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
