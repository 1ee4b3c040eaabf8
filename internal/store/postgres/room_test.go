package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// noRoom makes a function that raises what PostgreSQL raises when its disk is
// full (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const noRoom = `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`

// TestDiskFull holds what writes are answered that find no room, in a statement
// or at their commit: each is answered, none is half kept, the store says that
// it has no room, and the same connections go on when there is some.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for at, trigger := range map[string]string{
		"a statement": "CREATE TRIGGER no_room BEFORE INSERT ON outreach.events FOR EACH ROW EXECUTE FUNCTION no_room()",
		"the commit":  "CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON outreach.events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_room()",
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Database(t)
			s := open(t, url, postgres.Options{})
			a := newAccount()
			a.note("m1", s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m1")))
			require.NoError(t, s.Room(t.Context()))
			execute(t, url, noRoom, trigger)
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					message := fmt.Sprint("none-", i)
					a.note(message, s.Write(t.Context(), ledger.Lane(i%2), grow(customer.ID(fmt.Sprint("c", i%7)), message)))
				})
			}
			all.Wait()
			require.Len(t, a.refused, 20)
			for _, err := range a.refused {
				require.ErrorContains(t, err, "No space left on device (SQLSTATE 53100); PostgreSQL's disk is full: make room there")
			}
			require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Count("small", 1) }), "what finds room is kept")
			require.ErrorContains(t, s.Room(t.Context()), "make room there")
			a.require(t, s)

			execute(t, url, "DROP TRIGGER no_room ON outreach.events")
			require.NoError(t, s.Room(t.Context()))
			a.note("m2", s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m2")))
			require.Empty(t, s.Retries()["lost"], "on the same connections")
			a.require(t, s)
		})
	}
}

// TestATemporaryFileThatIsNotWanted holds that a server that bounds its temporary
// files is not taken for one whose disk is full.
func TestATemporaryFileThatIsNotWanted(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	execute(t, url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET temp_file_limit = 0', current_database()); END $$")
	require.NoError(t, open(t, url, postgres.Options{}).Room(t.Context()))
}

// TestAServerThatFallsAgainAndAgain has a write that makes the server fall each
// time, as any does when its own log finds no room: it is answered, the others
// go on, and so does everything when the server stays up.
func TestAServerThatFallsAgainAndAgain(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	require.NoError(t, server.CreateDatabase(t.Context(), "o"))
	s := open(t, server.URL("o"), postgres.Options{Away: 300 * time.Millisecond})
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m1")))
	execute(t, server.URL("o"), `CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'; PERFORM pg_sleep(10); RETURN NEW; END $$`,
		"CREATE TRIGGER fall BEFORE INSERT ON outreach.events FOR EACH ROW EXECUTE FUNCTION fall()")
	err := s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m2"))
	require.ErrorContains(t, err, "its own log says why")
	require.NotContains(t, err.Error(), "tried 20 times", "that takes long where a start takes seconds")
	require.Eventually(t, func() bool { // it may be falling still
		c, err := pgx.Connect(t.Context(), server.URL("o"))
		if err != nil {
			return false
		}
		_, err = c.Exec(t.Context(), "DROP TRIGGER IF EXISTS fall ON outreach.events")
		return errors.Join(err, c.Close(t.Context())) == nil
	}, 20*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		return s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Count("up", 1) }) == nil
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, grow("c1", "m2")))
	require.Equal(t, "xx", stateOf(t, s, "c1"))
}
