// Package sqlitetest gives tests stores in SQLite. It decides that the tables
// are made once for a test binary, and that each store begins with a copy of
// that file. It refuses to know what tests keep in them.
package sqlitetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// File gives the path of a file with our tables, empty, that no other test
// sees. It is removed with the test.
func File(t testing.TB) string {
	t.Helper()
	content, err := made()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "outreach.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// Open opens a store on such a file. It is closed with the test.
func Open(t testing.TB, options sqlite.Options) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), File(t), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// made gives what a new file holds.
var made = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "outreach-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "outreach.db")
	store, err := sqlite.Open(context.Background(), path, sqlite.Options{Readers: 1})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // the file made above
})
