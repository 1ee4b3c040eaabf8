//go:build unix

package cluster

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/outreach-engine/outreach/workflows"
)

// measure lets a load come as fast as it is taken, then a smaller one at half
// of what went through, and gives what both of them cost.
func (c *cluster) measure() (*figures, error) {
	const base = 36
	run := strconv.FormatInt(time.Now().Unix(), base)
	empty, err := c.sizes()
	if err != nil {
		return nil, err
	}
	began, before := time.Now(), c.usage()
	first := rand.IntN(numbers) //nolint:gosec // an earlier run may have messages left for other numbers
	burst, err := c.stream(run, first, c.Customers, 0)
	if err != nil {
		return nil, err
	}
	after := c.usage()
	full, err := c.sizes()
	if err != nil {
		return nil, err
	}
	outreaches, err := c.outreaches(began)
	if err != nil {
		return nil, err
	}
	const shortest, seconds, share = 20, 15, 0.5
	rate := share * burst.rate()
	steady, err := c.stream(run, first+c.Customers, max(shortest, min(c.Customers/2, int(rate*seconds))), rate)
	return &figures{burst: burst, steady: steady, outreaches: outreaches, uses: after.since(before), grown: grown(empty, full)}, err
}

// stream lets one load through, and returns when its last message was taken
// and its last outreach has ended.
func (c *cluster) stream(run string, first, n int, rate float64) (flow, error) {
	l := &load{
		run: run, first: first, n: n, rate: rate, accepted: map[string]time.Time{},
		client: &http.Client{Timeout: postTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: callers}},
	}
	defer l.client.CloseIdleConnections()
	for _, e := range c.engines {
		l.addresses = append(l.addresses, e.address)
	}
	f := flow{customers: n, asked: rate, began: time.Now()}
	var err error
	if f.accepting, err = l.pour(c.ctx); err != nil {
		return f, err
	}
	c.say("%d events accepted in %s; waiting for their messages", n*eventsEach, f.accepting.Round(time.Millisecond))
	if err := c.drained(l); err != nil {
		return f, err
	}
	delays, last := l.taken(c.providers.box.Book().Taken())
	f.sending, f.delays = last.Sub(f.began), delays
	return f, c.ended(f.began)
}

// How the end is waited for.
const (
	lookEvery = 100 * time.Millisecond
	patience  = 2 * time.Minute // without one message
)

// drained waits until each customer's message was taken.
func (c *cluster) drained(l *load) error {
	seen, moved := 0, time.Now()
	for {
		delays, _ := l.taken(c.providers.box.Book().Taken())
		switch {
		case len(delays) >= l.n:
			return nil
		case len(delays) > seen:
			seen, moved = len(delays), time.Now()
		case time.Since(moved) > patience:
			return fmt.Errorf("%d of %d messages were taken, and none for %s", seen, l.n, patience)
		}
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// ended waits until no outreach's workflow runs that began since.
func (c *cluster) ended(since time.Time) error {
	query := outreachesSince(since) + " AND ExecutionStatus = 'Running'"
	for until := time.Now().Add(patience); ; {
		counted, err := c.namespace.client.CountWorkflow(c.ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		switch {
		case err != nil:
			return err
		case counted.GetCount() == 0:
			return nil
		case time.Now().After(until):
			return fmt.Errorf("%d outreaches have not ended %s after their messages", counted.GetCount(), patience)
		}
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

func outreachesSince(t time.Time) string {
	return fmt.Sprintf("WorkflowType = '%s' AND StartTime >= '%s'", workflows.OutreachType, t.UTC().Format(time.RFC3339Nano))
}

// outreaches asks Temporal what it knows of those that began since.
func (c *cluster) outreaches(since time.Time) (o outreaches, err error) {
	const page = 1000
	var next []byte
	for {
		list, err := c.namespace.client.ListWorkflow(c.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: outreachesSince(since), PageSize: page, NextPageToken: next,
		})
		if err != nil {
			return o, err
		}
		for _, w := range list.GetExecutions() {
			o.add(w.GetStartTime().AsTime(), w.GetHistoryLength())
		}
		if next = list.GetNextPageToken(); len(next) == 0 {
			return o, nil
		}
	}
}

// usage is what each process used so far.
type usage map[string]used

// used is one process, its children included.
type used struct {
	processor time.Duration
	memory    int64 // bytes; shared ones are shared out among those that share
}

func (c *cluster) usage() usage {
	all := usage{ownName: usedBy(os.Getpid(), alone)}
	if c.postgres != nil {
		all["postgres"] = usedBy(c.postgres.Pid(), withChildren)
	}
	for _, p := range c.programs {
		all[p.name] = usedBy(p.process.Pid(), withChildren)
	}
	return all
}

// ownName is this process: it makes the load and plays the providers.
const ownName = "load and providers"

// since gives what was used between two looks. Memory is the later one's.
func (u usage) since(before usage) usage {
	after := maps.Clone(u)
	for name, was := range before {
		is := after[name]
		is.processor -= was.processor
		after[name] = is
	}
	return after
}

// all adds up the processor time of everybody but this process.
func (u usage) all() (sum time.Duration) {
	for name, used := range u {
		if name != ownName {
			sum += used.processor
		}
	}
	return sum
}
