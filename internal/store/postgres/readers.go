package postgres

import (
	"context"
	"fmt"

	"github.com/outreach-engine/outreach/internal/store/lanes"
)

// readers are the connections for reads. Who takes one gets one that is
// connected, where there is any: another process costs the server milliseconds.
type readers struct {
	idle   chan *conn    // that are connected, and nobody uses
	absent chan struct{} // one for each that may be connected yet
}

func newReaders(n int) readers {
	r := readers{idle: make(chan *conn, n), absent: make(chan struct{}, n)}
	for range n {
		r.absent <- struct{}{}
	}
	return r
}

// first adds a connection before any is taken.
func (r readers) first(c *conn) {
	<-r.absent
	r.idle <- c
}

// take waits for a connection that nobody uses; nil has to be connected first.
func (r readers) take(ctx context.Context, closed <-chan struct{}) (*conn, error) {
	select {
	case c := <-r.idle:
		return c, nil
	default:
	}
	select {
	case c := <-r.idle:
		return c, nil
	case <-r.absent:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-closed:
		return nil, lanes.ErrClosed
	}
}

// give gives back what take gave, or what came in its place.
func (r readers) give(c *conn) {
	if c == nil {
		r.absent <- struct{}{}
		return
	}
	r.idle <- c
}

// close closes all, those too that are still to be given back.
func (r readers) close() {
	for range cap(r.idle) {
		select {
		case c := <-r.idle:
			c.close()
		case <-r.absent:
		}
	}
}

// reading runs fn on a connection for reads. A connection that is lost before it
// answered anything is replaced: one that was cut while nobody used it tells so
// at the first question.
func (s *Store) reading(ctx context.Context, fn func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closed:
		return lanes.ErrClosed
	default:
	}
	c, err := s.readers.take(ctx, s.closed)
	if err != nil {
		return err
	}
	defer func() {
		if c != nil {
			c.put = c.put[:0] // a transaction in which nothing was asked
			c.idle()
		}
		s.readers.give(c)
	}()
	for try := 1; ; try++ {
		if c == nil {
			if c, err = s.dialer.dial(ctx, s.config); err != nil {
				return fmt.Errorf("store: %s: %w", s.Name(), err)
			}
		}
		asked := c.answered
		err := fn(c)
		if err == nil || !c.lost() {
			return err
		}
		mute := c.answered == asked
		c.close()
		c = nil
		if !mute || try == readTries {
			return err
		}
	}
}

// readTries bounds how often a read is tried.
const readTries = 5
