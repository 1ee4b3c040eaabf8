package smtp

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Bounds of the connections that are kept.
const (
	maxConnections = 8               // at a time; most servers let in ten or more of one client
	maxMails       = 100             // over one connection, which many servers bound too
	probeTimeout   = 3 * time.Second // for the sign of life of a connection that waited
)

// pool keeps connections open between mails.
type pool struct {
	open  func(context.Context) (*session, *fault)
	life  time.Duration // of a connection that nobody wants
	slots chan struct{} // holds one thing per connection in use

	mu     sync.Mutex
	idle   []*session // the one used last is last
	closed bool
}

func newPool(life time.Duration, open func(context.Context) (*session, *fault)) *pool {
	return &pool{open: open, life: life, slots: make(chan struct{}, maxConnections)}
}

// use runs do with a connection that is known to live, and keeps it after that
// if it is still in step.
func (p *pool) use(ctx context.Context, do func(*session) *fault) *fault {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return &fault{phase: connecting, err: ctx.Err()}
	}
	if err := ctx.Err(); err != nil {
		return &fault{phase: connecting, err: err}
	}
	c, trouble := p.take(ctx)
	if trouble != nil {
		return trouble
	}
	release := c.heed(ctx)
	trouble = do(c)
	c.mails++
	switch inTime := release(); {
	case !inTime || !trouble.inStep():
		c.cut()
	case c.mails >= maxMails:
		c.hangUp()
	default:
		p.keep(c)
	}
	return trouble
}

// take gives a kept connection that answers, else a fresh one. One that does
// not answer says that those which waited longer are gone too.
func (p *pool) take(ctx context.Context) (*session, *fault) {
	if c := p.pop(); c != nil {
		if c.alive(ctx) {
			return c, nil
		}
		c.cut()
		p.drop()
	}
	return p.open(ctx)
}

func (p *pool) pop() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	c.expiry.Stop()
	return c
}

func (p *pool) keep(c *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.cut()
		return
	}
	c.expiry = time.AfterFunc(p.life, func() { p.expire(c) })
	p.idle = append(p.idle, c)
}

// expire hangs up a connection that nobody wanted for a while.
func (p *pool) expire(c *session) {
	p.mu.Lock()
	at := slices.Index(p.idle, c)
	if at >= 0 {
		p.idle = slices.Delete(p.idle, at, at+1)
	}
	p.mu.Unlock()
	if at >= 0 {
		c.hangUp()
	}
}

// drop hangs up whatever waits.
func (p *pool) drop() {
	for c := p.pop(); c != nil; c = p.pop() {
		c.hangUp()
	}
}

// shut drops what waits, and what will come back.
func (p *pool) shut() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop()
}
