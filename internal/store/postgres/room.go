package postgres

import (
	"context"
	"sync"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// A megabyte is sorted with less memory than that, so the server writes it to
// a file and removes it
// (https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM).
const (
	littleMemory = "BEGIN READ ONLY; SET LOCAL work_mem = '64kB'"
	sortMuch     = `SELECT count(word) FROM
		(SELECT repeat(CAST(i AS TEXT), 3000) AS word FROM generate_series(100, 220) AS i ORDER BY word OFFSET 0) AS sorted`
)

// Room looks whether the server's disk has room: for a megabyte now, and for
// every write since Room was asked last. A small write alone does not tell: it
// finds room in pages that are there on a disk that has none left for others.
func (s *Store) Room(ctx context.Context) error {
	if err := s.refused.take(); err != nil {
		return err
	}
	return s.reading(ctx, func(c *conn) error {
		err := c.control(littleMemory)
		if err == nil {
			err = c.Query(sortMuch, func(*sqltx.Row) {})
		}
		if code(err) == fileLimit {
			return nil // files like that are not wanted, however much room there is
		}
		return err
	})
}

// refusal is the newest write that found no room. It is safe for concurrent
// use.
type refusal struct {
	mu  sync.Mutex
	err error
}

func (r *refusal) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// take gives it and forgets it.
func (r *refusal) take() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.err
	r.err = nil
	return err
}
