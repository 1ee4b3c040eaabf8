package sqlite

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestAFileThatTakesNoWritesSaysWhatToDo holds for a full disk and for a file
// that is read-only: nothing is kept, the error says what to do, and everything
// goes on when it is mended.
func TestAFileThatTakesNoWritesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fault, mended, says string }{
		"read-only": {"PRAGMA query_only = ON", "PRAGMA query_only = OFF", "the file takes no writes: let the engine's user write it and its folder"},
		"full":      {"PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000", "the disk is full: make room there; everything goes on by itself then"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			pragma := func(sql string) { // the writer has nothing to do meanwhile
				_, err := s.writer.c.Exec(sql)
				require.NoError(t, err)
			}
			keep := func() error {
				return s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
					return tx.Reject(ledger.Rejection{Reason: "kept", Body: bytes.Repeat([]byte("x"), 30_000)})
				})
			}
			kept := func() (n int64) {
				require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) (err error) {
					_, n, err = tx.Rejections(1)
					return err
				}))
				return n
			}
			pragma(c.fault)
			err = keep()
			require.ErrorContains(t, err, c.says)
			require.True(t, strings.HasPrefix(err.Error(), "store: "), err)
			require.Zero(t, kept())
			pragma(c.mended)
			require.NoError(t, keep())
			require.EqualValues(t, 1, kept())
		})
	}
}

func TestTheFormOfTheTables(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	have, want, err := s.Form(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, have)
	require.NotZero(t, want)
	require.NoError(t, s.Write(t.Context(), ledger.GateLane, func(ledger.Tx) error {
		_, err := s.writer.c.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
		return err
	}))
	have, _, err = s.Form(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 99, have)
}
