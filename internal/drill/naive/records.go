package naive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver
)

// Outcome is what became of an errand.
type Outcome string

// The outcomes.
const (
	Sent    Outcome = "sent"
	Refused Outcome = "refused"
)

// Records are a worker's own, in an SQLite file that is as safe as the
// engine's.
type Records struct{ db *sql.DB }

// OpenRecords opens the file, and makes it where there is none.
func OpenRecords(ctx context.Context, path string) (*Records, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("records %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS outcomes (key TEXT PRIMARY KEY, outcome TEXT NOT NULL) STRICT"); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("records %s: %w", path, err)
	}
	return &Records{db}, nil
}

// Close closes the file.
func (r *Records) Close() error { return r.db.Close() }

// Outcome gives what became of an errand, "" when nothing did so far.
func (r *Records) Outcome(ctx context.Context, key string) (o Outcome, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT outcome FROM outcomes WHERE key = ?", key).Scan(&o)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return o, err
}

// Add records an outcome; the first of an errand stays.
func (r *Records) Add(ctx context.Context, key string, o Outcome) error {
	_, err := r.db.ExecContext(ctx, "INSERT OR IGNORE INTO outcomes (key, outcome) VALUES (?, ?)", key, string(o))
	return err
}

// All gives the outcomes by send key.
func (r *Records) All(ctx context.Context) (map[string]Outcome, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT key, outcome FROM outcomes")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string]Outcome{}
	for rows.Next() {
		var key, outcome string
		if err := rows.Scan(&key, &outcome); err != nil {
			return nil, err
		}
		all[key] = Outcome(outcome)
	}
	return all, rows.Err()
}
