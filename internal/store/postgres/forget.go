package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

var _ ledger.Forgetter = (*Store)(nil)

// How a month of the log is forgotten: the ids of about so many events at once;
// and dropping it waits so long for its lock, during which others wait, too, and
// is tried again so often.
const (
	forgetStep = 20_000
	dropWait   = "100ms"
	dropTries  = 100
	dropAgain  = 300 * time.Millisecond
)

// Forget implements ledger.Forgetter: whole months that ended before the
// instant. The ids of a month's events go first, so that a month is in the log
// as long as anything of it is left to do.
func (s *Store) Forget(ctx context.Context, before time.Time) (events int64, err error) {
	old, err := s.monthsBefore(ctx, before)
	if err != nil {
		return 0, err
	}
	for _, m := range old {
		n, err := s.forgetIDs(ctx, m)
		events += n
		if err == nil {
			err = s.dropMonth(ctx, m)
		}
		if err != nil {
			return events, fmt.Errorf("forget the log's partition %s: %w", m.name, err)
		}
	}
	return events, nil
}

// month is a partition of the log: its instants, from <= at < to, and about how
// many rows it has.
type month struct {
	name     string
	from, to int64
	rows     int64
}

// monthsBefore gives the partitions that ended before an instant, oldest first.
func (s *Store) monthsBefore(ctx context.Context, before time.Time) (old []month, err error) {
	each := func(r *sqltx.Row) {
		m := month{name: r.Text(), rows: r.Int64()}
		var y, in int
		if _, err := fmt.Sscanf(m.name, "events_%d_%d", &y, &in); err != nil {
			return // nobody's month
		}
		_, m.from, m.to = monthOf(time.Date(y, time.Month(in), 1, 0, 0, 0, 0, time.UTC).UnixMicro())
		if m.to <= before.UnixMicro() {
			old = append(old, m)
		}
	}
	err = s.reading(ctx, func(c *conn) error {
		old = nil
		return c.Query(`SELECT c.relname, CAST(c.reltuples AS BIGINT) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = CAST('events' AS regclass) ORDER BY c.relname`, each)
	})
	return old, err
}

// forgetIDs removes the ids of a month's events, and takes them off the log's
// total.
func (s *Store) forgetIDs(ctx context.Context, m month) (events int64, err error) {
	steps := m.rows/forgetStep + 1
	if m.rows < 0 {
		steps = 31 // nobody has counted: day by day
	}
	for step := range steps {
		if err := ctx.Err(); err != nil {
			return events, err
		}
		from, to := m.from+(m.to-m.from)/steps*step, m.from+(m.to-m.from)/steps*(step+1)
		if step == steps-1 {
			to = m.to
		}
		err := s.reading(ctx, func(c *conn) error {
			return c.Query(`WITH gone AS (DELETE FROM event_ids WHERE at >= $1 AND at < $2 RETURNING at),
				number AS (SELECT count(*) AS n FROM gone),
				off AS (INSERT INTO totals (name, slot, count) SELECT 'events', pg_backend_pid() % 64, -n FROM number WHERE n > 0
					ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count)
				SELECT n FROM number`, func(r *sqltx.Row) { events += r.Int64() }, from, to)
		})
		if err != nil {
			return events, err
		}
	}
	return events, nil
}

// dropMonth removes a partition. It asks for its lock again and again, each time
// for a moment, since all that is asked of the log meanwhile waits behind it.
func (s *Store) dropMonth(ctx context.Context, m month) error {
	s.months.forget(m.name)
	for try := 1; ; try++ {
		err := s.reading(ctx, func(c *conn) error {
			err := c.control("BEGIN; SET LOCAL lock_timeout = '" + dropWait + "'; DROP TABLE IF EXISTS " + m.name + "; COMMIT")
			if err != nil && !c.lost() {
				_ = c.control("ROLLBACK") // what went wrong is said
			}
			return err
		})
		if code(err) != lockTaken || try == dropTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(dropAgain):
		}
	}
}

// forget unlearns partitions: some may have been dropped.
func (m *months) forget(names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		delete(m.known, name)
	}
	if len(names) == 0 {
		clear(m.known)
	}
}
