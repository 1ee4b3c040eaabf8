package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/metrics"
)

// post is the admin port of one process: it is served from before the store is
// opened until after it is closed, and says meanwhile what there is to say.
type post struct {
	listener net.Listener // nil: the port is off
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
}

// man takes the admin port and serves it.
func (o Options) man() (*post, error) {
	p := &post{}
	if o.Admin == off || o.Admin == "" {
		return p, nil
	}
	listener, err := net.Listen("tcp", o.Admin)
	if err != nil {
		return nil, fmt.Errorf("--admin %s: %w; give another address with --admin, or --admin off", o.Admin, err)
	}
	p.listener = listener
	p.server = &http.Server{ErrorLog: o.serverLog(), ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*p.handler.Load()).ServeHTTP(w, r)
	})}
	o.say(p, "starting")
	go func() {
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.Logger.Error("admin port closed", "error", err)
		}
	}()
	return p, nil
}

// say has the port tell that the process is not ready because of what it does.
func (o Options) say(p *post, doing string) {
	prober := admin.NewProber(o.Clock.Machine, admin.Check{Name: "process", Look: func(context.Context) (string, error) {
		return "", errors.New(doing)
	}})
	prober.Look(context.Background())
	o.serveAdmin(p, prober, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, doing, http.StatusServiceUnavailable)
	}))
}

func (o Options) serveAdmin(p *post, prober *admin.Prober, figures http.Handler) {
	handler := admin.Handler(admin.Options{Prober: prober, Metrics: figures, Role: o.Role, Version: Version()})
	p.handler.Store(&handler)
}

// addr gives the port with its real number, "" when it is off.
func (p *post) addr() string {
	if p.listener == nil {
		return ""
	}
	return p.listener.Addr().String()
}

func (p *post) close() {
	if p.server != nil {
		shutdown(p.server)
	}
}

// self gives what this process says of itself.
func (o Options) self() ledger.Process {
	host, _ := os.Hostname() // a machine without a name has none
	return ledger.Process{ID: rand.Text(), Role: o.Role, Version: Version(), Host: host, Started: o.Clock.Machine()}
}

// figures gives the metrics of an engine on a store.
func (o Options) figures(store ledger.Store, senders map[customer.Channel]channel.Sender, patience time.Duration) *metrics.Metrics {
	var providers []string
	for _, s := range senders {
		providers = append(providers, s.Name())
	}
	return metrics.New(metrics.Options{
		Store: store, Now: o.Clock.Now, Machine: o.Clock.Machine, Overdue: o.Clock.Span(patience), Providers: providers, Version: Version(),
	})
}

// lookOut looks after the process until ctx ends, and has the admin port and the
// figures tell what it finds.
func (o Options) lookOut(ctx context.Context, r Running) {
	prober := admin.NewProber(o.Clock.Machine, o.checks(r)...)
	r.metrics.Follow(func() metrics.Standing { return o.standing(r, prober) })
	prober.Look(ctx)
	o.serveAdmin(r.post, prober, r.metrics.Handler())
	prober.Run(ctx)
	o.say(r.post, "stopping")
}

// standing gives how the process stands now. One that runs no outreaches starts
// nothing and plans nothing, and has no shares.
func (o Options) standing(r Running, prober *admin.Prober) metrics.Standing {
	s := metrics.Standing{Ready: prober.Ready(), Checks: map[string]bool{}, ClockOff: r.clock.Off()}
	s.Slowed, s.Shares = r.yielding.figures()
	if !o.part().works() {
		s.Shares = nil
	}
	for _, c := range prober.States() {
		s.Checks[c.Name] = c.OK
	}
	return s
}
