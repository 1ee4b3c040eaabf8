package postgres

import (
	"context"
	"time"
)

// Words on the server's own grapevine
// (https://www.postgresql.org/docs/current/sql-notify.html).
const (
	listen = "LISTEN outreach_work"
	notify = "NOTIFY outreach_work"
)

// tellEvery bounds how often a process speaks: a burst of commits is one word.
const tellEvery = 20 * time.Millisecond

// listenAgain is how long is waited before a lost connection is made anew.
const listenAgain = time.Second

// Tell lets every process that listens know that a commit left work. It returns
// at once; what cannot be told is found by whoever looks each second.
func (s *Store) Tell() {
	select {
	case s.word <- struct{}{}:
	default: // somebody is about to speak
	}
}

// speak says what Tell was asked to until the store is closed.
func (s *Store) speak() {
	for {
		select {
		case <-s.closed:
			return
		case <-s.word:
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = s.reading(ctx, func(c *conn) error { return c.control(notify) })
		cancel()
		select {
		case <-s.closed:
			return
		case <-time.After(tellEvery):
		}
	}
}

// Told calls heard for each word of any process, and each time that it begins to
// listen, until ctx ends.
func (s *Store) Told(ctx context.Context, heard func()) {
	for ctx.Err() == nil {
		s.hear(ctx, heard)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (s *Store) hear(ctx context.Context, heard func()) {
	c, err := s.dialer.dial(ctx, s.config)
	if err != nil {
		return
	}
	defer c.close()
	if c.control(listen) != nil {
		return
	}
	for heard(); ; heard() {
		if _, err := c.raw.WaitForNotification(ctx); err != nil {
			return
		}
	}
}
