package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// newest gives the newest form that there is.
func newest(t *testing.T) int64 {
	t.Helper()
	files, err := os.ReadDir("migrations")
	require.NoError(t, err)
	return int64(len(files))
}

// makeForm makes tables as a program made them that knew no later form, with
// something in them.
func makeForm(t *testing.T, database string, form int64) {
	t.Helper()
	db, err := sql.Open("pgx", with(t, database, func(u *url.URL) { u.RawQuery += "&search_path=outreach" }))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA outreach")
	require.NoError(t, err)
	forms, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = forms.UpTo(t.Context(), form)
	require.NoError(t, err)
	for _, insert := range []string{
		"INSERT INTO customers (id, profile) VALUES ('c1', '{}')",
		"INSERT INTO identities VALUES ('app-1', 'c1')",
		`CREATE TABLE events_2026_03 PARTITION OF events FOR VALUES FROM (1772323200000000) TO (1775001600000000);
			INSERT INTO events VALUES ('c1', 'seen', 1772445600000000, 'm1', 0, '', '{"plan":"pro"}')`,
		"INSERT INTO totals VALUES ('events', 3, 1)",
		"INSERT INTO holds VALUES ('rule', 'cart', 0, 1000000, 'operator', 'typo', '', 0)",
		`INSERT INTO outreaches (rule, customer, n, about, key, version, topic, priority, at, recorded, match, trigger_id, status, reason,
				ended, position, seq, answer, next_at, wakes_on, lease, sent, goal_at)
			VALUES ('cart', 'c1', 1, '', 'k1', 'v1', 'offers', 5, 1000000, 1000000, '', '', 'open', '', 0, NULL, 0, NULL, 2000000, '', 0, 0, 0)`,
	} {
		_, err = db.ExecContext(t.Context(), insert)
		require.NoError(t, err, insert)
	}
	require.NoError(t, db.Close())
}

// TestOpenBringsTablesUp holds that tables of every form are read on, whatever
// several processes that open them at once do.
func TestOpenBringsTablesUp(t *testing.T) {
	t.Parallel()
	for form := int64(1); form <= newest(t); form++ {
		t.Run(fmt.Sprint("form ", form), func(t *testing.T) {
			t.Parallel()
			database := pgtest.Database(t)
			makeForm(t, database, form)
			was, err := postgres.FormOf(t.Context(), database)
			require.NoError(t, err)
			require.Equal(t, postgres.Form{Have: form, Want: newest(t)}, was)
			s := opened(t, database, 3)[0]
			requireKept(t, s)
			require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m2")))
			require.Equal(t, "x", stateOf(t, s, "c1"))
		})
	}
}

// opened opens several stores at once.
func opened(t *testing.T, database string, n int) []*postgres.Store {
	t.Helper()
	stores, errs := make([]*postgres.Store, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			stores[i], errs[i] = postgres.Open(t.Context(), database, postgres.Options{Writers: 2, Readers: 1})
		})
	}
	wg.Wait()
	for i, err := range errs {
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, stores[i].Close()) })
	}
	return stores
}

func requireKept(t *testing.T, s ledger.Store) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve("app-1")
		require.NoError(t, err)
		require.Equal(t, customer.ID("c1"), id)
		events, err := tx.Events(ledger.EventQuery{Customer: "c1"})
		require.NoError(t, err)
		require.Equal(t, []customer.Event{{
			MessageID: "m1", Customer: "c1", Name: "seen", At: monday,
			Properties: map[string]customer.Value{"plan": customer.Text("pro")},
		}}, events)
		n, err := tx.CountEvents()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		o, ok, err := tx.Outreach(ledger.Ref{Rule: "cart", Customer: "c1", N: 1})
		require.NoError(t, err)
		require.Equal(t, []any{"k1", ledger.Open, true}, []any{o.Key, o.Status, ok})
		holds, err := tx.Holds()
		require.Equal(t, []ledger.Hold{{
			Kind: ledger.HoldRule, Name: "cart", At: time.Unix(1, 0).UTC(), By: "operator", Note: "typo",
		}}, holds)
		return err
	}))
}

// TestManyOpenAnEmptyDatabase holds that processes which find no tables make
// them once.
func TestManyOpenAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	form, err := postgres.FormOf(t.Context(), database)
	require.NoError(t, err)
	require.Equal(t, postgres.Form{Want: newest(t)}, form)
	c, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close(context.Background())) })
	var schemas int
	require.NoError(t, c.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname = 'outreach'").Scan(&schemas))
	require.Zero(t, schemas, "to ask changes nothing")
	stores := opened(t, database, 5)
	require.NoError(t, together(stores, 1, func(s *postgres.Store, i int) error {
		return s.Write(t.Context(), ledger.IntakeLane, grow("c1", fmt.Sprint("m", i)))
	}))
	require.Equal(t, "xxxxx", stateOf(t, stores[0], "c1"))
	form, err = postgres.FormOf(t.Context(), database)
	require.NoError(t, err)
	require.Equal(t, postgres.Form{Have: newest(t), Want: newest(t)}, form)
}

// TestNewerForm holds that tables of a newer program are left alone.
func TestNewerForm(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	opened(t, database, 1)
	execute(t, database, "INSERT INTO outreach.goose_db_version (version_id, is_applied) VALUES (99, true)")
	_, err := postgres.Open(t.Context(), database, postgres.Options{})
	require.ErrorContains(t, err, fmt.Sprintf("made by a newer version of this program (they are of form 99, this one knows %d): "+
		"use that version or a newer one", newest(t)))
	_, err = postgres.FormOf(t.Context(), database)
	require.ErrorContains(t, err, "newer version")
}

// TestSchemaOfSomebodyElse holds that a role that may not use our tables is told
// so, and that one who may not make a schema may use one that was made for it.
func TestSchemaOfSomebodyElse(t *testing.T) {
	t.Parallel()
	database, made := pgtest.Database(t), pgtest.Database(t)
	opened(t, database, 1)
	execute(t, database, "DO $$ BEGIN CREATE ROLE tenant LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
	tenant := func(u *url.URL) { u.User = url.User("tenant") }
	_, err := postgres.Open(t.Context(), with(t, database, tenant), postgres.Options{})
	require.ErrorContains(t, err, "permission denied")
	require.ErrorContains(t, err, "must own the schema outreach")

	execute(t, made, "CREATE SCHEMA outreach AUTHORIZATION tenant")
	s := opened(t, with(t, made, tenant), 1)[0]
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m1")))
}

// TestAnEmptyDatabaseStaysEmpty when somebody only asks whether it is the
// engine's.
func TestAnEmptyDatabaseStaysEmpty(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	for range 2 {
		require.ErrorContains(t, postgres.There(t.Context(), database), "holds no tables of the engine; name the engine's database with --store")
	}
	c, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	var schemas int
	require.NoError(t, c.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname = 'outreach'").Scan(&schemas))
	require.NoError(t, c.Close(t.Context()))
	require.Zero(t, schemas)
	opened(t, database, 1)
	require.NoError(t, postgres.There(t.Context(), database))
}
