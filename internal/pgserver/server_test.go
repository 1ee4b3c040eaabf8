//go:build unix

package pgserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
)

// parentEnv makes this test binary a program that starts a server in a folder,
// says so, and waits to be killed.
const parentEnv = "OUTREACH_PGSERVER_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) != "" {
		os.Exit(beParent())
	}
	os.Exit(m.Run())
}

func beParent() int {
	folder := os.Getenv(parentEnv)
	server, err := pgserver.Start(context.Background(), pgserver.Options{Folder: folder})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("pid", server.Pid())
	select {}
}

func TestKillKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	require.NoError(t, server.CreateDatabase(t.Context(), "kept"))
	for name, there := range map[string]bool{"kept": true, "another": false} {
		has, err := server.HasDatabase(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, there, has, name)
	}
	run(t, server.URL("kept"), "CREATE TABLE numbers (n int)")
	run(t, server.URL("kept"), "INSERT INTO numbers SELECT generate_series(1, 1000)")
	address, pid := server.URL("kept"), server.Pid()
	family := append(childrenOf(t, pid), pid)
	require.Greater(t, len(family), 3, "a server has processes beside its first one")

	require.NoError(t, server.Kill())
	require.Empty(t, running(family))
	require.Zero(t, server.Pid())

	require.NoError(t, server.Restart(t.Context()))
	require.Equal(t, address, server.URL("kept"))
	require.NotEqual(t, pid, server.Pid())
	require.Equal(t, int64(500500), ask[int64](t, server.URL("kept"), "SELECT sum(n) FROM numbers"))
}

func TestStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	connected, err := pgx.Connect(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	family := append(childrenOf(t, server.Pid()), server.Pid())

	require.NoError(t, server.Stop(t.Context()))
	require.Empty(t, running(family))
	require.Error(t, connected.Ping(t.Context()), "who is connected is sent away")
	require.NoError(t, server.Stop(t.Context()), "one that does not run is no error")
	require.NoError(t, server.Kill())
}

func TestAStopThatMayNotTakeLongKills(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	family := append(childrenOf(t, server.Pid()), server.Pid())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, server.Stop(ended), context.Canceled)
	require.Empty(t, running(family))
}

func TestDatabasesAreEmptyAndCompareBytes(t *testing.T) {
	t.Parallel()
	first, second := pgtest.Database(t), pgtest.Database(t)
	require.NotEqual(t, first, second)
	run(t, first, "CREATE TABLE here (n int)")
	require.Zero(t, ask[int64](t, second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
	require.Equal(t, "UTF8", ask[string](t, second, "SHOW server_encoding"))
	require.True(t, ask[bool](t, second, "SELECT 'B' < 'a'"))
	require.Equal(t, "UTC", ask[string](t, second, "SHOW timezone"))
}

func TestSettingsAreOverTheDefaults(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, map[string]string{"max_connections": "17", "application_name": "a 'quoted' name"})
	require.Equal(t, "17", ask[string](t, server.URL("postgres"), "SHOW max_connections"))
	require.Equal(t, "a 'quoted' name", ask[string](t, server.URL("postgres"), "SHOW application_name"))
}

func TestItSaysWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	pgtest.Database(t) // or there is none to start
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	for name, c := range map[string]struct {
		options pgserver.Options
		says    string
	}{
		"port taken": {pgserver.Options{Port: taken.Addr().(*net.TCPAddr).Port}, "postgres: the port is taken: end what listens there, or choose another one"},
		"setting":    {pgserver.Options{Settings: map[string]string{"max_connections": "many"}}, `invalid value for parameter "max_connections": "many"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Folder = openFolder(t)
			_, err := pgserver.Start(t.Context(), c.options)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAFolderThatItsUserCannotReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts it as another user")
	}
	closed := filepath.Join(openFolder(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	_, err := pgserver.Start(t.Context(), pgserver.Options{Folder: filepath.Join(closed, "data")})
	if errors.Is(err, pgserver.ErrMissing) {
		t.Skip(err)
	}
	require.ErrorContains(t, err, "cannot pass "+closed+", its mode is drwx------: run chmod o+x on it, or choose another folder")
}

func TestItEndsWithItsParent(t *testing.T) {
	t.Parallel()
	pgtest.Database(t) // or there is none to start
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("only Linux tells a process that its parent is gone")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentEnv+"="+filepath.Join(openFolder(t), "data"))
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var pid int
	_, err = fmt.Sscanf(line, "pid %d", &pid)
	require.NoError(t, err, line)
	family := append(childrenOf(t, pid), pid)
	require.Equal(t, family, running(family))

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool { return len(running(family)) == 0 }, 20*time.Second, 10*time.Millisecond)
}

// openFolder makes a folder that other users can pass.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "outreach-pgserver-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	require.NoError(t, os.Chmod(folder, 0o711)) //nolint:gosec // for the server's user
	return folder
}

func run(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

func ask[T any](t *testing.T, url, query string) (answer T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&answer))
	require.NoError(t, conn.Close(t.Context()))
	return answer
}

// childrenOf asks ps, not the package, who a process started.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	text, err := exec.Command("ps", "-axo", "pid=,ppid=").Output()
	require.NoError(t, err)
	var list []int
	for line := range strings.Lines(string(text)) {
		var child, parent int
		_, err := fmt.Sscan(line, &child, &parent)
		require.NoError(t, err)
		if parent == pid {
			list = append(list, child)
		}
	}
	return list
}

// running gives those of the processes that are there.
func running(list []int) []int {
	var there []int
	for _, pid := range list {
		if syscall.Kill(pid, 0) == nil && !zombie(pid) {
			there = append(there, pid)
		}
	}
	return there
}

// zombie reports whether a process ended that nobody asked after.
func zombie(pid int) bool {
	text, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(pid)).Output()
	return err != nil || strings.HasPrefix(string(text), "Z")
}
