//go:build unix

package deploytest_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
)

// trusting lets the superusers in without a password and everybody else with
// one, as the server of the compose file does.
const trusting = `host all postgres 127.0.0.1/32 trust
host all first 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

// stackServer is a server as the compose file makes it, by its scripts.
type stackServer struct {
	t       *testing.T
	server  *pgserver.Server
	data    string
	secrets map[string]string
	env     []string
}

func newStackServer(t *testing.T) *stackServer {
	t.Helper()
	s := &stackServer{t: t, server: pgtest.Start(t, nil)}
	bin := s.query(s.server.URL("postgres"), "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
	if _, err := os.Stat(filepath.Join(bin, "pg_receivewal")); err != nil {
		t.Skip("pg_receivewal is not here: PostgreSQL's programs for copies are not installed")
	}
	s.data = s.query(s.server.URL("postgres"), "SHOW data_directory")
	s.query(s.server.URL("postgres"), "CREATE ROLE postgres SUPERUSER LOGIN")
	s.query(s.url("postgres", "", "postgres"), "ALTER ROLE "+pgserver.Superuser+" RENAME TO first")
	require.NoError(t, os.WriteFile(filepath.Join(s.data, "pg_hba.conf"), []byte(trusting), 0o600))
	dir := filepath.Join(t.TempDir(), "secrets")
	s.secrets = makeSecrets(t, dir)
	s.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "PGHOST=127.0.0.1", "PGPORT="+strconv.Itoa(s.server.Port()),
		"SECRETS="+dir, "PGDATA="+s.data, "BACKUP="+filepath.Join(t.TempDir(), "backup"))
	s.script("init.sh")
	return s
}

func (s *stackServer) url(user, password, database string) string {
	at := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: "127.0.0.1:" + strconv.Itoa(s.server.Port()), Path: database}
	return at.String()
}

// query runs one statement and gives its one value, "" where it has none.
func (s *stackServer) query(at, statement string) string {
	s.t.Helper()
	value, err := ask(s.t.Context(), at, statement)
	require.NoError(s.t, err)
	return value
}

func ask(ctx context.Context, at, statement string) (string, error) {
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, statement)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	value := ""
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return "", err
		}
		value = fmt.Sprint(values[0])
	}
	return value, rows.Err()
}

// command makes one of the scripts of deploy/postgres ready to run.
func (s *stackServer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.t.Context(), "sh", append([]string{filepath.Join(deploy, "postgres", name)}, args...)...)
	cmd.Env = s.env
	return cmd
}

// script runs one and gives what it writes; what it notes beside that is
// shown when it fails.
func (s *stackServer) script(name string, args ...string) string {
	s.t.Helper()
	cmd, notes := s.command(name, args...), strings.Builder{}
	cmd.Stderr = &notes
	out, err := cmd.Output()
	require.NoError(s.t, err, notes.String())
	return strings.TrimSpace(string(out))
}

// storeURL is the secret store_url, which names the compose file's host.
func (s *stackServer) storeURL() string {
	return strings.Replace(s.secrets["store_url"], "@postgres:5432/", "@127.0.0.1:"+strconv.Itoa(s.server.Port())+"/", 1)
}

// TestDatabasesOfTheStack: the store's user may make and keep the store, and
// neither it nor Temporal's sees the other's.
func TestDatabasesOfTheStack(t *testing.T) {
	t.Parallel()
	s := newStackServer(t)
	opened, err := store.Place(s.storeURL()).Open(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, opened.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SetSetting("a", "b") }))
	require.NoError(t, opened.Close())

	temporal := s.secrets["temporal_db_password"]
	require.Equal(t, "1", s.query(s.url("temporal", temporal, "temporal"), "SELECT 1"))
	s.query(s.url("temporal", temporal, "temporal_visibility"), "CREATE EXTENSION btree_gin") // Temporal's tables need it
	for user, c := range map[string]struct{ password, database, says string }{
		"temporal": {temporal, "outreach", "permission denied"},
		"outreach": {s.secrets["outreach_db_password"], "temporal", "permission denied"},
		"backup":   {s.secrets["backup_db_password"], "outreach", "permission denied"},
	} {
		_, err := ask(t.Context(), s.url(user, c.password, c.database), "SELECT 1")
		require.ErrorContains(t, err, c.says, user)
		_, err = ask(t.Context(), s.url(user, "wrong", c.database), "SELECT 1")
		require.ErrorContains(t, err, "password authentication failed", user)
	}
}

// TestBackToAMoment follows changes as they happen, takes a copy, and brings
// the server back: to a moment after the copy, where what was said by then is
// there and what came later is not; and to the last change there is.
func TestBackToAMoment(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds: not with -short")
	}
	s := newStackServer(t)
	follow := s.command("backup.sh", "follow")
	require.NoError(t, follow.Start())
	ended := make(chan struct{})
	go func() { _ = follow.Wait(); close(ended) }()
	t.Cleanup(func() { _ = follow.Process.Kill(); <-ended })
	s.until("SELECT count(*) FROM pg_stat_replication", "1")

	ours := s.storeURL()
	s.query(ours, "CREATE TABLE said (n int, what text)")
	s.query(ours, "INSERT INTO said VALUES (1, 'before the copy')")
	s.script("backup.sh", "base")
	s.query(ours, "INSERT INTO said VALUES (2, 'after the copy')")
	moment := s.query(ours, "SELECT CAST(clock_timestamp() AS text)")
	s.query(ours, "INSERT INTO said VALUES (3, 'after the moment')")
	s.until("SELECT CAST(bool_and(flush_lsn >= pg_current_wal_lsn()) AS text) FROM pg_stat_replication", "true")
	s.script("backup.sh", "forget") // the changes that the copy needs stay

	require.Equal(t, "before the copy, after the copy", s.restored(moment))
	require.Equal(t, "before the copy, after the copy, after the moment", s.restored(""))

	refused := s.command("restore.sh", "2020-01-01 00:00:00+00")
	out, err := refused.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "there is no copy from before 2020-01-01T00-00-00Z")
}

// until asks as the superuser until the answer is the wanted one.
func (s *stackServer) until(statement, want string) {
	s.t.Helper()
	at := s.url("postgres", "", "postgres")
	require.Eventually(s.t, func() bool {
		got, err := ask(s.t.Context(), at, statement)
		return err == nil && got == want
	}, 30*time.Second, 50*time.Millisecond, statement)
}

// restored brings the server back to a moment, "" for the last, in a folder of
// its own, and gives what had been said there.
func (s *stackServer) restored(moment string) string {
	s.t.Helper()
	folder, err := os.MkdirTemp("", "outreach-restored-")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = os.RemoveAll(folder) })
	owner, err := os.Stat(s.data)
	require.NoError(s.t, err)
	stat, ok := owner.Sys().(*syscall.Stat_t)
	require.True(s.t, ok)
	require.NoError(s.t, os.Chown(folder, int(stat.Uid), int(stat.Gid)))

	args := []string{}
	if moment != "" {
		args = append(args, moment)
	}
	cmd := s.command("restore.sh", args...)
	cmd.Env = append(cmd.Env, "PGDATA="+folder)
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
	require.NoError(s.t, os.WriteFile(filepath.Join(folder, "pg_hba.conf"), []byte("host all all 127.0.0.1/32 trust\n"), 0o600))
	require.NoError(s.t, os.Chown(filepath.Join(folder, "pg_hba.conf"), int(stat.Uid), int(stat.Gid)))
	server, err := pgserver.Start(s.t.Context(), pgserver.Options{Folder: folder})
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, server.Kill()) }()
	at := strings.Replace(server.URL("outreach"), pgserver.Superuser+"@", "postgres@", 1)
	return s.query(at, "SELECT string_agg(what, ', ' ORDER BY n) FROM said")
}
