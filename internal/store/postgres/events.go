package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// eventID stands for a message id, of any length: the first half of its
// SHA-256.
type eventID [16]byte

func idOf(message string) eventID {
	sum := sha256.Sum256([]byte(message))
	return eventID(sum[:16])
}

// log gathers events, to be written at once.
type log struct {
	ids                                        [][]byte
	customers, names, messages, vias, contents []string
	ats, received                              []int64
}

// Append implements ledger.Events. Somebody else who appends the same event at
// the same time makes one of the two writes be tried again.
func (t *tx) Append(e customer.Event) (bool, error) {
	id := idOf(e.MessageID)
	there, asked := t.heard[id]
	if !asked {
		err := t.c.Query("SELECT id FROM event_ids WHERE id = $1", func(*sqltx.Row) { there = true }, id[:])
		if err != nil {
			return false, err
		}
	}
	t.heard[id] = true
	if there {
		return false, nil
	}
	contents, err := sqltx.Properties(e.Properties)
	if err != nil {
		return false, err
	}
	at := sqltx.Micros(e.At)
	if err := t.w.store.months.ensure(t.w.store, at); err != nil {
		return false, err
	}
	l := &t.log
	l.ids, l.customers, l.names = append(l.ids, id[:]), append(l.customers, string(e.Customer)), append(l.names, e.Name)
	l.messages, l.vias, l.contents = append(l.messages, e.MessageID), append(l.vias, string(e.Via)), append(l.contents, contents)
	l.ats, l.received = append(l.ats, at), append(l.received, sqltx.Micros(e.ReceivedAt))
	t.Tx.CountEvent()
	return true, nil
}

// any reports whether something is gathered.
func (l *log) any() bool { return len(l.ids) > 0 }

// write puts what was gathered off to the next journey.
func (l *log) write(c *conn) error {
	if !l.any() {
		return nil
	}
	_ = c.Later("INSERT INTO event_ids (id, at) SELECT * FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[]))", l.ids, l.ats)
	err := c.Later(`INSERT INTO events (customer, name, at, message_id, received, via, properties)
		SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bigint[]), CAST($4 AS text[]), CAST($5 AS bigint[]),
			CAST($6 AS text[]), CAST($7 AS text[]))`, l.customers, l.names, l.ats, l.messages, l.received, l.vias, l.contents)
	*l = log{}
	return err
}

// months knows which partitions of the log there are. It is safe for concurrent
// use.
type months struct {
	mu    sync.Mutex
	known map[string]bool
}

// monthOf gives the partition of an instant and its bounds: from <= at < to.
func monthOf(at int64) (name string, from, to int64) {
	t := time.UnixMicro(at).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	next := first.AddDate(0, 1, 0)
	return fmt.Sprintf("events_%04d_%02d", t.Year(), t.Month()), first.UnixMicro(), next.UnixMicro()
}

// ensure makes the partition of an instant where it is not there yet, by a
// connection of its own: so it is there whatever becomes of the write. Nothing
// that is under way has to wait for it: attaching a partition takes a lock that
// inserts do not mind
// (https://www.postgresql.org/docs/current/sql-altertable.html).
func (m *months) ensure(s *Store, at int64) error {
	name, from, to := monthOf(at)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[name] {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), answering)
	defer cancel()
	err := errLost
	for try := 0; try < 5 && err != nil; try++ { // it may be cut, or meet somebody who makes it too
		err = s.reading(ctx, func(c *conn) error { return makeMonth(c, name, from, to) })
	}
	if err != nil {
		return fmt.Errorf("make the log's partition %s: %w", name, err)
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	m.known[name] = true
	return nil
}

// MakeMonth makes the log's partition of an instant where it is not there yet.
func (s *Store) MakeMonth(at time.Time) error { return s.months.ensure(s, sqltx.Micros(at)) }

func makeMonth(c *conn, name string, from, to int64) error {
	there := false
	err := c.Query("SELECT 1 FROM pg_inherits WHERE inhparent = CAST('events' AS regclass) AND inhrelid = to_regclass($1)",
		func(*sqltx.Row) { there = true }, name)
	if err != nil || there {
		return err
	}
	return c.control("BEGIN;" + monthSQL(name, from, to) + "COMMIT")
}
