// Package transfer carries a whole ledger from one store to another, be they of
// SQLite or PostgreSQL, and checks that what a store holds fits together. It
// knows tables and columns, and how each kind of store keeps them; it refuses to
// know what rules, events and messages mean.
//
// A copy is all or nothing: it is one transaction of the target, which is read
// back and compared before it is kept. The source takes no writes meanwhile, and
// is marked as moved at the end, so that no engine works on both.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// Form is of which form a place's tables are: 0 for none. Want is the newest
// that this program knows.
type Form struct {
	Have int64 `json:"have"`
	Want int64 `json:"want"`
}

// FormOf tells the form of a place that is there.
func FormOf(ctx context.Context, p store.Place) (Form, error) {
	if err := p.FileThere(); err != nil {
		return Form{}, err
	}
	if p.OnServer() {
		form, err := postgres.FormOf(ctx, string(p))
		return Form{form.Have, form.Want}, err
	}
	have, want, err := sqlite.FormOf(ctx, p.File())
	if err == nil && have > want {
		err = fmt.Errorf("store: the tables were made by a newer version of this program "+
			"(they are of form %d, this one knows %d): use that version or a newer one", have, want)
	}
	return Form{have, want}, err
}

// Name names a place without its password.
func Name(p store.Place) string {
	if !p.OnServer() {
		return p.File()
	}
	scheme, rest, _ := strings.Cut(string(p), "://")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	who, host, found := cutLast(rest[:end], "@")
	if !found {
		who, host = "", rest[:end]
	}
	user, _, _ := strings.Cut(who, ":")
	path, _, _ := strings.Cut(rest[end:], "?")
	if user != "" {
		host = user + "@" + host
	}
	return scheme + "://" + host + path
}

func cutLast(s, mark string) (before, after string, found bool) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(mark):], true
}

// Options are what a copy is told.
type Options struct {
	Now      time.Time               // machine's clock
	Progress func(done, total int64) // rows read or written, of so many; nil: nobody asks
}

// Count is how many rows a table holds.
type Count struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Copy carries everything from one place to another and gives the rows of each
// table. It refuses a source on which engines work, or that was moved before,
// and a target that holds anything. On an error the target holds nothing, and
// the source is as it was.
func Copy(ctx context.Context, from, to store.Place, o Options) (counts []Count, err error) {
	if from == to || Name(from) == Name(to) {
		return nil, fmt.Errorf("store: %s is both the source and the target; name another --to", Name(to))
	}
	if err := errors.Join(sourceThere(from), targetAnswers(ctx, to)); err != nil {
		return nil, err
	}
	source, err := connect(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	if err := source.lock(ctx, readable); err != nil {
		return nil, err
	}
	if err := source.free(ctx, o.Now); err != nil {
		return nil, err
	}
	if err := makeTables(ctx, to); err != nil {
		return nil, err
	}
	target, err := connect(ctx, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	if err := target.lock(ctx, alone); err != nil {
		return nil, err
	}
	if err := target.empty(ctx); err != nil {
		return nil, err
	}
	if counts, err = carry(ctx, source, target, o); err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("store: the copy was broken off, and nothing of it was kept: %w", ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	if err := target.do(ctx, "COMMIT"); err != nil {
		return nil, err
	}
	if err := errors.Join(source.mark(ctx, target.name, o.Now), source.do(ctx, "COMMIT")); err != nil {
		return counts, fmt.Errorf("%s is complete, and nothing keeps engines from the source: start none on %s: %w", target.name, source.name, err)
	}
	return counts, nil
}

// sourceThere is an error where there is no file to copy from.
func sourceThere(p store.Place) error {
	if err := p.FileThere(); err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	return nil
}

// targetAnswers is an error where a target cannot be reached, before anybody has
// stopped an engine for it. It makes nothing.
func targetAnswers(ctx context.Context, p store.Place) error {
	if !p.OnServer() {
		return nil
	}
	if _, err := FormOf(ctx, p); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	return nil
}

// makeTables makes a place's tables, where there are none.
func makeTables(ctx context.Context, p store.Place) error {
	opened, err := p.Open(ctx, nil)
	if err != nil {
		return err
	}
	return opened.Close()
}

// empty refuses a target that holds anything.
func (b *base) empty(ctx context.Context) error {
	for _, t := range tables {
		n, err := b.one(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+t.name+" LIMIT 1) AS any_row")
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("store: %s is not empty (table %s has rows): name a place that holds nothing, or empty this one if nobody needs it: %s", b.name, t.name, b.emptied())
		}
	}
	return nil
}

// emptied says how a place is emptied by hand.
func (b *base) emptied() string {
	if b.server {
		return "DROP SCHEMA outreach CASCADE"
	}
	return "remove the file"
}

// free refuses a source on which somebody works, and one that was moved.
func (b *base) free(ctx context.Context, now time.Time) error {
	to, at, err := b.moved(ctx)
	if err != nil {
		return err
	}
	if to != "" {
		return fmt.Errorf("store: %s was moved to %s on %s: copy from there", b.name, to, at.Format(time.DateTime))
	}
	since := now.Add(-ledger.BeatGone).UnixMicro()
	live, err := b.words(ctx, fmt.Sprintf("SELECT role, host FROM processes WHERE beat >= %d ORDER BY started, id", since))
	if err != nil {
		return err
	}
	if b.server && len(live) == 0 {
		if live, err = b.connected(ctx); err != nil {
			return err
		}
	}
	if len(live) == 0 {
		return nil
	}
	var who []string
	for _, row := range live {
		who = append(who, row[0]+" on "+row[1])
	}
	return fmt.Errorf("store: engines work on %s: %s; stop them, wait %d seconds and copy again: what they did meanwhile would be lost",
		b.name, strings.Join(who, ", "), int(ledger.BeatGone/time.Second))
}

// connected lists who is connected beside us: processes whose clock is off say
// so by nothing else. Connections that were just closed are waited for.
func (b *base) connected(ctx context.Context) (others [][]string, err error) {
	const question = `SELECT 'a process', coalesce(host(client_addr), 'the same machine') FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'outreach' AND pid <> pg_backend_pid()`
	for range 30 {
		if others, err = b.words(ctx, question); err != nil || len(others) == 0 {
			return nil, err
		}
		if err := b.do(ctx, "SELECT pg_stat_clear_snapshot(), pg_sleep(0.1)"); err != nil {
			return nil, err
		}
	}
	return others, nil
}
