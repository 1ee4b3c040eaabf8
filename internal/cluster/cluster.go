//go:build unix

// Package cluster runs everything that a company with many machines would run,
// on one: PostgreSQL, a Temporal of four processes, engines, and a load for
// them. It decides in which order they start and end, and what is measured of
// them. It refuses to know how any of them works, and brings nothing into them
// that an outer cluster would not have.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

// Options say what a cluster is like.
type Options struct {
	Customers int               // who get one message each; 0 is no load
	Crowd     int               // customers who are there from the beginning, and a thousand rules; 0 is nobody
	Drain     time.Duration     // for how long it is looked on while a tenth of the crowd is reached
	Engines   int               // processes
	Store     string            // of the engines; "" is a database of the cluster's own PostgreSQL
	Temporal  string            // host:port of a Temporal that runs elsewhere; "" starts one
	Settings  map[string]string // of PostgreSQL, over the cluster's own
	Shards    int               // of Temporal's history; fixed by the first start in a folder
	Fresh     bool              // empties the folder first
	Keep      bool              // stays up after the load until the context ends
	Folder    string            // of everything that is written; it is made, and stays
	Bin       string            // folder of the programs
	Out       io.Writer
}

// stopWithin is how long one process may take to stop.
const stopWithin = 30 * time.Second

// Run starts a cluster, puts the load on it, prints the figures, and stops it.
// No process of it stays behind, however this one ends. A context that ends is
// no error once everything ran.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if err := o.makeFolder(); err != nil {
		return fmt.Errorf("cluster: folder: %w", err)
	}
	if err := o.storeAnswers(ctx); err != nil {
		return err
	}
	c := &cluster{Options: o}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	defer func() { err = errors.Join(err, c.stop()) }()
	if err := c.start(); err != nil {
		return fmt.Errorf("cluster: %w", c.cause(err))
	}
	switch {
	case o.Crowd > 0:
		if err := c.million(); err != nil {
			return fmt.Errorf("cluster: crowd: %w", c.cause(err))
		}
	case o.Customers > 0:
		figures, err := c.measure()
		if err != nil {
			return fmt.Errorf("cluster: load: %w", c.cause(err))
		}
		if err := figures.print(o.Out); err != nil {
			return err
		}
	}
	if !o.Keep {
		return nil
	}
	c.say("it stays up; Ctrl-C stops it")
	<-c.ctx.Done()
	return c.cause(nil)
}

func (o Options) check() error {
	switch {
	case o.Customers < 0:
		return fmt.Errorf("--customers: %d is less than none", o.Customers)
	case o.Customers > maxCustomers:
		return fmt.Errorf("--customers: %d is more than %d: there are no more telephone numbers for them", o.Customers, maxCustomers)
	case o.Crowd > numbers:
		return fmt.Errorf("--crowd: %d is more than %d: there are no more telephone numbers for them", o.Crowd, numbers)
	case o.Crowd > 0 && o.Store != "":
		return errors.New("--crowd: it is written into the cluster's own PostgreSQL; leave --store out")
	case o.Engines < 1:
		return fmt.Errorf("--engines: %d is too few: one is the least", o.Engines)
	case o.Shards < 1:
		return fmt.Errorf("--shards: %d is too few: one is the least", o.Shards)
	}
	return nil
}

// storeAnswers is an error where the engines' store is a server that does not let
// them in: better now than when everything else has started.
func (o Options) storeAnswers(ctx context.Context) error {
	p := store.Place(o.Store)
	if !p.OnServer() {
		return nil
	}
	if _, err := transfer.FormOf(ctx, p); err != nil {
		return fmt.Errorf("--store: %w", err)
	}
	return nil
}

// makeFolder makes the folder, and lets PostgreSQL's user through to its part
// of it: not to read, to pass.
func (o Options) makeFolder() error {
	if o.Fresh {
		for _, name := range []string{postgresFolder, storeFile, "temporal", "house", "logs"} {
			if err := os.RemoveAll(filepath.Join(o.Folder, name)); err != nil {
				return err
			}
		}
	}
	const passable = 0o711
	if err := errors.Join(os.MkdirAll(filepath.Join(o.Folder, "logs"), 0o700), os.Chmod(o.Folder, passable)); err != nil {
		return err
	}
	if parent := filepath.Dir(o.Folder); filepath.Base(parent) == ".outreach" {
		return os.Chmod(parent, passable)
	}
	return nil
}

// What lies in the folder.
const (
	postgresFolder = "postgres"
	storeFile      = "outreach.db"
)

// cluster is one that runs, or part of one.
type cluster struct {
	Options
	ctx    context.Context //nolint:containedctx // ends with the first process that ends by itself
	cancel context.CancelCauseFunc

	postgres  *pgserver.Server
	programs  []*program // in the order of their start
	providers *providers
	engines   []*program
	namespace *namespace
}

// start starts everything, each once that is there which it needs.
func (c *cluster) start() error {
	began := time.Now()
	if err := c.startPostgres(); err != nil {
		return err
	}
	if err := c.startTemporal(); err != nil {
		return fmt.Errorf("temporal: %w", err)
	}
	if err := c.startEngines(); err != nil {
		return fmt.Errorf("engines: %w", err)
	}
	c.say("all of it runs after %s", time.Since(began).Round(time.Millisecond*100))
	return nil
}

func (c *cluster) startPostgres() error {
	if c.Temporal != "" && c.Store != "" {
		return nil
	}
	log, err := c.log("postgres")
	if err != nil {
		return err
	}
	c.postgres, err = pgserver.Start(c.ctx, pgserver.Options{Folder: filepath.Join(c.Folder, postgresFolder), Log: log, Settings: c.settings()})
	if err != nil {
		return err
	}
	c.watch("postgres", c.postgres.Ended(), func() string { return "" })
	c.say("postgres            %s", c.postgres.URL("postgres"))
	return nil
}

// settings gives PostgreSQL's, as docs/store.md has them, with less memory.
func (c *cluster) settings() map[string]string {
	settings := map[string]string{"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "15min", "random_page_cost": "1.1"}
	maps.Copy(settings, c.Settings)
	return settings
}

// stop ends what was started, the last first.
func (c *cluster) stop() (err error) {
	c.cancel(nil)
	if c.namespace != nil {
		c.namespace.client.Close()
	}
	for i := len(c.programs) - 1; i >= 0; i-- {
		err = errors.Join(err, c.programs[i].stop())
	}
	if c.providers != nil {
		c.providers.close()
	}
	if c.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		err = errors.Join(err, c.postgres.Stop(ctx))
	}
	if err == nil {
		c.say("stopped; what was written is in %s", c.Folder)
	}
	return err
}

// cause gives what is behind an error: the end of a process, or somebody who
// had enough.
func (c *cluster) cause(err error) error {
	why := context.Cause(c.ctx)
	switch {
	case why != nil && !errors.Is(why, context.Canceled):
		return why
	case why != nil && err != nil:
		return errors.New("it is interrupted")
	}
	return err
}

// watch ends the whole when a part ends by itself.
func (c *cluster) watch(name string, ended <-chan struct{}, last func() string) {
	go func() {
		select {
		case <-ended:
			c.cancel(fmt.Errorf("%s ended by itself; its log is %s: %s", name, c.logFile(name), last()))
		case <-c.ctx.Done():
		}
	}()
}

func (c *cluster) logFile(name string) string { return filepath.Join(c.Folder, "logs", name+".log") }

func (c *cluster) log(name string) (*os.File, error) { return os.Create(c.logFile(name)) }

func (c *cluster) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Out, "cluster: "+format+"\n", args...)
}
