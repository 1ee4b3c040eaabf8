package sqlite_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("This is a shopping list, and it is long enough to have a header.\n"+
		"It goes on for another line, so that nobody takes it for an empty file.\n"), 0o600))
	other, newer := filepath.Join(folder, "other.db"), filepath.Join(folder, "newer.db")
	change(t, other, "CREATE TABLE shopping (thing TEXT)")
	s, err := sqlite.Open(t.Context(), newer, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	change(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
	missing := filepath.Join(folder, "gone")
	cases := map[string]struct{ path, want string }{
		"no path":         {"", "store: no path: name the file that holds the data"},
		"no folder":       {filepath.Join(missing, "x.db"), "store: folder " + missing + " is not there: make it, or name another path"},
		"folder is file":  {filepath.Join(text, "x.db"), "not a"},
		"path is folder":  {folder, "store: " + folder + " is a folder: name a file in it"},
		"not a database":  {text, "store: " + text + " is not an SQLite database: name another path"},
		"another program": {other, "store: the database belongs to another program: name another path"},
		"newer version":   {newer, "made by a newer version of this program (they are of form 999, this one knows "},
	}
	for name, c := range cases {
		_, err := sqlite.Open(t.Context(), c.path, sqlite.Options{})
		require.ErrorContains(t, err, c.want, name)
	}
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// TestOpenMakesPrivateFiles holds that what is made may be read by its owner
// alone, and that a file's rights stay as they are.
func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outreach.db")
	rights := func(name string) os.FileMode {
		info, err := os.Stat(name)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Count("x", 1) }))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		require.Equal(t, os.FileMode(0o600), rights(name), name)
	}
	require.NoError(t, s.Close())
	require.NoError(t, os.Chmod(path, 0o640))
	s, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, os.FileMode(0o640), rights(path))
}

// TestOpenTogether holds that several may make the same file at once.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outreach.db")
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err == nil {
				err = s.Close()
			}
			errs[i] = err
		})
	}
	wg.Wait()
	require.Equal(t, make([]error, len(errs)), errs)
}

func TestOpenSetsTheFileUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outreach.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	var mode string
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode))
	require.Equal(t, "wal", mode)
	require.NoError(t, db.Close())
}

// childPath names the file to a process of TestKilled.
const childPath = "OUTREACH_TEST_STORE"

// TestChild is the process that TestKilled starts and kills: it appends events
// and says each number after its commit.
func TestChild(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		t.Skip("runs only as a process of TestKilled")
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	for i := 0; ; i++ {
		require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, appendNumber("child", i)))
		fmt.Println("committed", i)
	}
}

func appendNumber(who string, i int) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		r, _, err := tx.Customer("c1")
		if err != nil {
			return err
		}
		r.Profile.ID, r.State = "c1", append(r.State, 'x')
		if err := tx.SaveCustomer(r); err != nil {
			return err
		}
		_, err = tx.Append(customer.Event{
			MessageID: fmt.Sprintf("%s-%06d", who, i), Customer: "c1", Name: who, At: time.Unix(int64(i+1), 0).UTC(),
		})
		return err
	}
}

// TestKilled holds that two processes may write at once, and that what was
// answered outlives a killed process.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outreach.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
	child.Env = append(os.Environ(), childPath+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines, last, own := bufio.NewScanner(out), -1, 0
	for last < 50 && lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "committed %d", &last); err == nil {
			require.NoError(t, s.Write(t.Context(), ledger.GateLane, appendNumber("parent", own)))
			own++
		}
	}
	require.NoError(t, child.Process.Kill())
	for lines.Scan() {
		_, _ = fmt.Sscanf(lines.Text(), "committed %d", &last)
	}
	require.Error(t, child.Wait(), "it was killed")
	require.NoError(t, s.Close())
	requireNumbers(t, path, last, own)
}

// requireNumbers checks that the child's events have no gap up to at least the
// last it told of, and that the customer grew with every event.
func requireNumbers(t *testing.T, path string, last, own int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	var events, mine []customer.Event
	var r ledger.Record
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) (err error) {
		if events, err = tx.Events(ledger.EventQuery{Customer: "c1", Names: []string{"child"}}); err != nil {
			return err
		}
		if mine, err = tx.Events(ledger.EventQuery{Customer: "c1", Names: []string{"parent"}}); err != nil {
			return err
		}
		r, _, err = tx.Customer("c1")
		return err
	}))
	require.NoError(t, s.Close())
	require.GreaterOrEqual(t, len(events), last+1)
	require.LessOrEqual(t, len(events), last+2, "at most one commit was not told of")
	for i, e := range events {
		require.Equal(t, fmt.Sprintf("child-%06d", i), e.MessageID)
	}
	require.Len(t, mine, own)
	require.Len(t, r.State, len(events)+own)
}
