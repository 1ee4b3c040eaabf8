package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

var _ ledger.Forgetter = (*Store)(nil)

// forgetStep is how many rows of the log are looked at, and removed, at once: so
// few that nobody waits for it.
const forgetStep = 1000

// Forget implements ledger.Forgetter. The log is read through once, beside all
// others, since no index is by time alone; the room in the file is used again.
func (s *Store) Forget(ctx context.Context, before time.Time) (events int64, err error) {
	for behind := int64(0); ; {
		last, old, err := s.slice(ctx, behind, before)
		if err != nil || last == 0 {
			return events, err
		}
		if old > 0 {
			n, err := s.forget(ctx, behind, last, before)
			if err != nil {
				return events, err
			}
			events += n
		}
		behind = last
	}
}

// slice gives the last of the next rows, 0 when there are none, and how many of
// them are from before an instant.
func (s *Store) slice(ctx context.Context, behind int64, before time.Time) (last, old int64, err error) {
	err = s.reading(ctx, func(c *conn) error {
		return c.Query(`SELECT coalesce(max(id), 0), coalesce(sum(at < $1), 0)
			FROM (SELECT id, at FROM events WHERE id > $2 ORDER BY id LIMIT $3)`,
			func(r *sqltx.Row) { last, old = r.Int64(), r.Int64() }, before, behind, forgetStep)
	})
	return last, old, err
}

func (s *Store) forget(ctx context.Context, behind, last int64, before time.Time) (n int64, err error) {
	err = s.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		own, ok := tx.(*sqltx.Tx)
		if !ok {
			return errors.New("store: a transaction of another store")
		}
		n, err = own.ForgetEvents("DELETE FROM events WHERE id > $1 AND id <= $2 AND at < $3", behind, last, before)
		return err
	})
	return n, err
}
