package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

// place gives the way to open one file of the test's folder.
func place(t *testing.T) storetest.Open {
	path := filepath.Join(t.TempDir(), "outreach #1?.db")
	require.NoError(t, os.Rename(sqlitetest.File(t), path))
	return func(t *testing.T) ledger.Store {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err)
		return s
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place)
}
