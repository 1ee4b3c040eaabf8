package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
)

// execute runs statements as the database's owner.
func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	for _, sql := range statements {
		_, err := c.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	require.NoError(t, c.Close(t.Context()))
}

// with gives a URL with something else in it.
func with(t *testing.T, text string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	change(u)
	return u.String()
}

// TestNoWayIn holds what is said of a database that cannot be opened: what is
// wrong and what to do, and never the password.
func TestNoWayIn(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	require.NoError(t, server.CreateDatabase(t.Context(), "o"))
	good := server.URL("o")
	execute(t, good, "CREATE ROLE guest LOGIN PASSWORD 'right-secret'", "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0",
		"COPY (SELECT 'host all guest 127.0.0.1/32 scram-sha-256') TO PROGRAM 'cat - pg_hba.conf >hba && mv hba pg_hba.conf'",
		"SELECT pg_reload_conf()")
	as := func(name, password string) func(*url.URL) {
		return func(u *url.URL) { u.User = url.UserPassword(name, password) }
	}
	for name, c := range map[string]struct {
		url  string
		want []string
		not  string // "": nothing is to be left out
	}{
		"a wrong password":  {with(t, good, as("guest", "wrong-secret")), []string{"password authentication failed", "postgres://guest@127.0.0.1", "user and password right"}, "host"},
		"no password":       {with(t, good, func(u *url.URL) { u.User = url.User("guest") }), []string{"password authentication failed", "none was given: write it in PGPASSWORD, ~/.pgpass or the URL"}, "host"},
		"no right":          {with(t, good, as("guest", "right-secret")), []string{"permission denied", `GRANT CREATE ON DATABASE "o" TO "guest"`}, "must own"},
		"a missing role":    {with(t, good, as("nobody", "my-secret")), []string{`role "nobody" does not exist`, "user and password right"}, ""},
		"no connection":     {with(t, good, as("crowded", "my-secret")), []string{"too many connections", "max_connections"}, "right?"},
		"no such database":  {server.URL("missing"), []string{`database "missing" does not exist`, "CREATE DATABASE"}, "right?"},
		"a closed port":     {"postgres://me:my-secret@127.0.0.1:1/o", []string{"connection refused", "host and port right", "is PostgreSQL running"}, "password"},
		"no such host":      {"postgres://me:my-secret@nobody.invalid/o", []string{"nobody.invalid", "is PostgreSQL running"}, ""},
		"not a URL":         {"postgres://me:my-secret@[::1/o", []string{"write postgres://user:password@host:port/database"}, ""},
		"a wrong parameter": {"postgres://me:my-secret@127.0.0.1/o?sslmode=maybe", []string{"write postgres://user:password@host:port/database"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), c.url, postgres.Options{Away: time.Millisecond})
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			if c.not != "" {
				require.NotContains(t, err.Error(), c.not)
			}
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "\n")
		})
	}
	t.Run("read only", func(t *testing.T) { readOnly(t, good) })
}

// readOnly turns a database that is in use read-only, and back.
func readOnly(t *testing.T, url string) {
	s := open(t, url, postgres.Options{})
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m1")))
	set := func(value string) {
		execute(t, url, "ALTER SYSTEM SET default_transaction_read_only = "+value, "SELECT pg_reload_conf()")
	}
	set("on")
	var err error
	require.Eventually(t, func() bool {
		err = s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Count("tried", 1) })
		return err != nil
	}, 10*time.Second, time.Millisecond)
	require.ErrorContains(t, err, "read-only transaction")
	require.ErrorContains(t, err, "point --store at the primary")
	require.ErrorContains(t, s.Write(t.Context(), ledger.GateLane, grow("c1", "m2")), "read-only")
	_, err = s.Time(t.Context())
	require.NoError(t, err, "reads go on")
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = c.Exec(t.Context(), "SET default_transaction_read_only = off")
	require.NoError(t, err)
	for _, sql := range []string{"ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"} {
		_, err = c.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	require.NoError(t, c.Close(t.Context()))
	require.Eventually(t, func() bool {
		return s.Write(context.Background(), ledger.IntakeLane, grow("c1", "m3")) == nil
	}, 10*time.Second, time.Millisecond)
}

// TestStuckLock holds that a customer's row that somebody else keeps locked
// makes the writes that need it give up, with words, and no others.
func TestStuckLock(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	database := postgrestest.Database(t)
	s := open(t, database, postgres.Options{Locked: 2 * time.Second})
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m1")))
	c, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close(context.Background())) })
	_, err = c.Exec(t.Context(), "BEGIN")
	require.NoError(t, err)
	_, err = c.Exec(t.Context(), "SELECT FROM outreach.customers WHERE id = 'c1' FOR UPDATE")
	require.NoError(t, err)
	stuck := make(chan error)
	const waiting = 8
	for i := range waiting {
		go func() {
			stuck <- s.Write(context.Background(), ledger.Lane(i%2), grow("c1", fmt.Sprint("stuck-", i)))
		}()
	}
	went, blocked := 0, 0
	for blocked < waiting {
		select {
		case err := <-stuck:
			require.ErrorContains(t, err, "lock timeout")
			require.ErrorContains(t, err, "look for it in pg_stat_activity")
			blocked++
		default:
			require.NoError(t, s.Write(t.Context(), ledger.Lane(went%2), grow("c2", fmt.Sprint("free-", went))))
			went++
		}
	}
	require.Greater(t, went, 5, "others go on meanwhile")
	_, err = c.Exec(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m2")))
	require.Equal(t, 2, strings.Count(stateOf(t, s, "c1"), "x"))
	require.Equal(t, went, strings.Count(stateOf(t, s, "c2"), "x"))
}
