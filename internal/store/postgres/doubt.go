package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// ErrInDoubt says that the connection was lost at the commit, and that no
// server answered for so long that nobody can tell whether it was kept.
var ErrInDoubt = errors.New("store: nobody can tell whether the write was kept")

// sign leaves the number of a writer's newest commit in its own row, in the
// commit itself. Whichever server answers later, after a crash or as the
// successor of one that is gone, the row says whether it has that commit; a
// transaction's id would not, since a server that crashed may give it again.
const sign = `INSERT INTO commits (writer, n, at) VALUES ($1, $2, CAST(extract(epoch FROM now()) * 1000000 AS BIGINT))
		ON CONFLICT (writer) DO UPDATE SET n = excluded.n, at = excluded.at`

// Rows of writers that have been gone for a week say nothing to anybody.
const forgetSigns = "DELETE FROM commits WHERE at < CAST(extract(epoch FROM now() - interval '7 days') * 1000000 AS BIGINT)"

// How long a commit's fate is asked for, and after what time its connection,
// which nobody hears any more, is ended by force.
const (
	doubtful = 30 * time.Second
	lingers  = time.Second
)

// settle asks what became of a commit whose answer was lost: nil says that it
// was kept, an error that is to be tried again that it was not.
func (w *writer) settle(lost error) error {
	gone, began := w.c, time.Now()
	for {
		kept, ended, err := w.fate(gone.raw.PgConn().PID(), time.Since(began) > lingers)
		switch {
		case kept:
			return nil
		case ended:
			return fmt.Errorf("%w: %w", errLost, lost)
		case time.Since(began) > doubtful:
			return errors.Join(ErrInDoubt, lost, err)
		}
		time.Sleep(dialAgain)
	}
}

// fate tells whether the newest transaction was kept, and whether it has ended
// at all. By force, it is ended.
func (w *writer) fate(pid uint32, force bool) (kept, ended bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), answering)
	defer cancel()
	if err := w.connect(ctx); err != nil {
		return false, false, err
	}
	running := false
	err = w.c.Query("SELECT pg_xact_status(CAST($1 AS xid8)) = 'in progress'", func(r *sqltx.Row) { running = r.Int64() != 0 }, w.id)
	switch {
	case w.c.lost():
		return false, false, err
	case err == nil && running:
		if force {
			_ = w.c.Query("SELECT pg_terminate_backend($1)", nil, int32(pid))
		}
		return false, false, errors.New("its transaction is still under way")
	}
	// An error says that the server has not heard of the transaction: it crashed since.
	n, _, err := sqltx.One(w.c, sqltx.Number, "SELECT n FROM commits WHERE writer = $1", w.name)
	return err == nil && n == w.n, err == nil, err
}
