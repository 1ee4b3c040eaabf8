package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store"
)

// movedKey is the setting that says when a ledger was moved and to where.
const movedKey = "moved_to"

// MovedError says that a store was moved, so that nothing may change it.
type MovedError struct {
	To string
	At time.Time
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("store: it was moved to %s on %s: start with that --store (outreach serve --store ...); if no engine ever ran there: outreach store reopen", e.To, e.At.Format(time.DateTime))
}

// Free refuses a store that was moved, with a *MovedError: an engine on it would
// do what the one on the copy does, once more, and nobody would see what an
// operator orders there.
func Free(ctx context.Context, s ledger.Store) error {
	var said string
	err := s.Read(ctx, func(tx ledger.Tx) (err error) {
		said, _, err = tx.Setting(movedKey)
		return err
	})
	if to, at := readMoved(said); err == nil && to != "" {
		return &MovedError{To: to, At: at}
	}
	return err
}

// Reopen lets engines work on a store that was moved. It gives where it had been
// moved to, "" when it had not.
func Reopen(ctx context.Context, p store.Place) (to string, err error) {
	b, err := connect(ctx, p)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if to, _, err = b.moved(ctx); err != nil || to == "" {
		return "", err
	}
	return to, b.do(ctx, "DELETE FROM settings WHERE key = '"+movedKey+"'")
}

func (b *base) moved(ctx context.Context) (to string, at time.Time, err error) {
	const question = "SELECT value FROM settings WHERE key = '" + movedKey + "'"
	var said string
	err = b.QueryRowContext(ctx, question).Scan(&said)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	to, at = readMoved(said)
	return to, at, b.fail(question, err)
}

func (b *base) mark(ctx context.Context, to string, now time.Time) error {
	return b.do(ctx, "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		movedKey, now.UTC().Format(time.RFC3339)+" "+to)
}

func readMoved(said string) (to string, at time.Time) {
	when, to, _ := strings.Cut(said, " ")
	at, _ = time.Parse(time.RFC3339, when) // the zero time says that nobody knows
	return to, at
}
