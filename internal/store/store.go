// Package store opens the ledger by its place: a file of SQLite, or a database
// of PostgreSQL. It decides nothing else.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// Place names a ledger: postgres://user:password@host:port/database,
// sqlite:PATH, or the path alone.
type Place string

// OnServer reports whether the place is a PostgreSQL server's, which many
// machines may share.
func (p Place) OnServer() bool {
	return strings.HasPrefix(string(p), "postgres://") || strings.HasPrefix(string(p), "postgresql://")
}

// File gives the path of a file of SQLite, "" for another place.
func (p Place) File() string {
	if p.OnServer() {
		return ""
	}
	return strings.TrimPrefix(string(p), "sqlite:")
}

// check refuses a place of a kind that there is not.
func (p Place) check() error {
	if kind, _, found := strings.Cut(string(p), ":"); found && !p.OnServer() && (kind == "postgres" || kind == "postgresql") {
		return fmt.Errorf("store: %s: has two slashes behind it: write postgres://user:password@host:port/database", kind)
	}
	kind, _, found := strings.Cut(string(p), "://")
	if !found || p.OnServer() || strings.ContainsAny(kind, `/\.`) {
		return nil
	}
	return fmt.Errorf("store: %s:// is no kind of store: name a file, or postgres://user:password@host:port/database", kind)
}

// There is an error where a file of SQLite is not there, or a database holds no
// tables of ours. It makes nothing.
func (p Place) There(ctx context.Context) error {
	if !p.OnServer() {
		return p.FileThere()
	}
	return postgres.There(ctx, string(p))
}

// FileThere is an error where a file of SQLite is not there. No server is asked.
func (p Place) FileThere() error {
	if err := p.check(); err != nil || p.OnServer() {
		return err
	}
	if _, err := os.Stat(p.File()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: %s is not there; name the engine's file, or load rules into a new one: outreach rules load", p.File())
	}
	return nil
}

// Open opens the ledger, and makes it and a file's folder where there is none.
func (p Place) Open(ctx context.Context, logger *slog.Logger) (ledger.Store, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.OnServer() {
		s, err := postgres.Open(ctx, string(p), postgres.Options{Logger: logger})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(p.File()), 0o700); err != nil {
		return nil, fmt.Errorf("store: folder: %w", err)
	}
	s, err := sqlite.Open(ctx, p.File(), sqlite.Options{Logger: logger})
	if err != nil {
		return nil, err
	}
	return s, nil
}
