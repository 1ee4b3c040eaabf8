//go:build unix

// Package pgtest gives tests a PostgreSQL. It decides that a test binary shares
// one server, that each test has a database of its own, and that neither a
// process nor a folder stays behind, however the test binary ends. It refuses
// to know what tests keep in it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver"
)

// Database gives the URL of an empty database that no other test sees, and
// removes it with the test. Where there is no PostgreSQL the test is skipped,
// with words; with CI=true it fails.
func Database(t testing.TB) string {
	t.Helper()
	server, err := shared()
	check(t, err)
	name := server.next("test_")
	require.NoError(t, server.CreateDatabase(t.Context(), name))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, server.DropDatabase(ctx, name))
	})
	return server.URL(name)
}

// Start starts a server that is this test's alone: one that it may kill. The
// settings are over those of Database's. It is removed with the test, and is
// skipped as by Database.
func Start(t testing.TB, settings map[string]string) *pgserver.Server {
	t.Helper()
	folder, guard, err := place()
	require.NoError(t, err)
	return start(t, folder, settings, guard)
}

// start starts a server in a folder, which goes with the guard.
func start(t testing.TB, folder string, settings map[string]string, guard io.Closer) *pgserver.Server {
	t.Helper()
	all := hasty()
	maps.Copy(all, settings)
	server, err := pgserver.Start(t.Context(), pgserver.Options{Folder: folder, Settings: all})
	t.Cleanup(func() {
		if server != nil {
			require.NoError(t, server.Kill())
		}
		require.NoError(t, guard.Close())
	})
	check(t, err)
	return server
}

// StartOnDisk starts a server that waits for its disk, as in production, which
// those of tests do not: one to measure by.
func StartOnDisk(t testing.TB) *pgserver.Server {
	t.Helper()
	return Start(t, map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "fsync": "on", "full_page_writes": "on"})
}

// patience is how long a test waits for the server.
const patience = 30 * time.Second

// common is the server of a test binary.
type common struct {
	*pgserver.Server
	guard     io.Closer // held, and never closed
	databases atomic.Int64
}

// next gives a name that no other database has.
func (c *common) next(kind string) string { return kind + strconv.FormatInt(c.databases.Add(1), 10) }

// hasty lets a server wait for no disk. What it wrote outlasts its own end, not
// that of the machine.
func hasty() map[string]string {
	return map[string]string{"fsync": "off", "full_page_writes": "off"}
}

// shared starts the test binary's server once.
var shared = sync.OnceValues(func() (*common, error) {
	folder, guard, err := place()
	if err != nil {
		return nil, err
	}
	server, err := pgserver.Start(context.Background(), pgserver.Options{Folder: folder, Settings: hasty()})
	if err != nil {
		return nil, errors.Join(err, guard.Close())
	}
	return &common{Server: server, guard: guard}, nil
})

// place makes a folder that is removed when the guard is closed, or this
// process is gone. The server does not outlive this process either.
func place() (folder string, guard io.Closer, err error) {
	if folder, err = os.MkdirTemp("", "outreach-postgres-"); err != nil {
		return "", nil, fmt.Errorf("pgtest: %w", err)
	}
	// The shell waits for the end of its input, which it shares with nobody else.
	// A disk may lie on the folder.
	const script = `cat >/dev/null
umount -l "$0" 2>/dev/null
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$0" 2>/dev/null && [ ! -e "$0" ] && exit 0; sleep 0.5; done`
	cmd := exec.Command("sh", "-c", script, folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("pgtest: %w", err), os.RemoveAll(folder))
	}
	return folder, remover{stdin, cmd}, nil
}

// remover ends the shell's waiting, and waits until the folder is gone.
type remover struct {
	io.Closer
	cmd *exec.Cmd
}

func (r remover) Close() error { return errors.Join(r.Closer.Close(), r.cmd.Wait()) }

// check skips a test without PostgreSQL, unless everything must be tested.
func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, pgserver.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
}
