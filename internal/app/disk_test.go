//go:build unix

package app

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// sender sends events one after the other, each again until it is taken, as the
// libraries do.
type sender struct {
	*world
	prober *admin.Prober
	taken  int64
}

// send sends the next event, a large one, and gives the answer.
func (s *sender) send() (status int, text string) {
	body := fmt.Sprintf(`{"userId":"u%d","event":"Signed Up","messageId":"m%d","properties":{"words":"%s"}}`, s.taken, s.taken, strings.Repeat("x", 5000))
	answer := httptest.NewRecorder()
	s.options.routes(s.running).ServeHTTP(answer, httptest.NewRequestWithContext(s.t.Context(), "POST", "/v1/track", strings.NewReader(body)))
	if answer.Code == 200 {
		s.taken++
	}
	return answer.Code, answer.Body.String()
}

// refused holds that nothing is taken, that readiness says why, and that nothing
// is half kept.
func (s *sender) refused(why ...string) {
	s.t.Helper()
	for range 3 {
		status, text := s.send()
		require.Equal(s.t, 503, status)
		require.Contains(s.t, text, "store: takes nothing in now, send it all again later")
		s.prober.Look(s.t.Context())
		require.False(s.t, s.prober.Ready())
		for _, w := range why {
			require.Contains(s.t, s.prober.States()[0].Detail, w)
		}
	}
}

// goesOn holds that everything goes on by itself, with what was taken and
// nothing else.
func (s *sender) goesOn() {
	s.t.Helper()
	require.Eventually(s.t, func() bool { status, _ := s.send(); return status == 200 }, 20*time.Second, 50*time.Millisecond)
	s.prober.Look(s.t.Context())
	require.True(s.t, s.prober.Ready(), s.prober.States())
	require.NoError(s.t, s.raw.Read(s.t.Context(), func(tx ledger.Tx) error {
		people, err := tx.CustomersAfter("", 0)
		require.Len(s.t, people, int(s.taken))
		return err
	}))
	require.Equal(s.t, s.taken, events(s.t, s.world))
}

// TestPostgresOutOfDisk fills the disk of a real server: first while it has room
// in its own log, so that writes are refused one by one, then until it falls and
// does not start any more. Each time nothing is taken in and readiness says why;
// when there is room again, everything goes on by itself.
func TestPostgresOutOfDisk(t *testing.T) {
	t.Parallel()
	server, disk := pgtest.StartSmall(t)
	require.NoError(t, server.CreateDatabase(t.Context(), "o"))
	store, err := postgres.Open(t.Context(), server.URL("o"), postgres.Options{Away: 500 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	w := newWorldOn(t, store, quietLog())
	w.options.Clock = activities.RealTime() // which is held against the server's
	s := &sender{world: w, prober: admin.NewProber(w.options.Clock.Machine, w.options.checks(w.running)...)}
	s.goesOn()

	disk.Fill(t)
	s.prober.Look(t.Context())
	require.False(t, s.prober.Ready(), "before any event comes")
	require.Eventually(t, func() bool { status, _ := s.send(); return status == 503 }, 20*time.Second, time.Millisecond)
	s.refused("No space left on device (SQLSTATE 53100)", "PostgreSQL's disk is full: make room there")
	disk.Empty(t)
	s.goesOn()

	for up := true; up; { // it comes up as long as it finds room for its log
		disk.Fill(t)
		flood(t, server)
		select {
		case <-server.Ended():
			up = false
		case <-time.After(time.Second):
		}
	}
	s.refused("connection refused", "its own log says why: a full disk is one reason")
	require.ErrorContains(t, server.Restart(t.Context()), "No space left on device", "nor does it start")
	s.refused("connection refused")
	disk.Empty(t)
	require.NoError(t, server.Restart(t.Context()))
	s.goesOn()
}

// flood writes into the server's log until it falls.
func flood(t *testing.T, server *pgserver.Server) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), server.URL("o"))
	for err == nil {
		_, err = c.Exec(t.Context(), "SELECT pg_logical_emit_message(false, 'flood', repeat('x', 1000000))")
	}
	if c != nil {
		_ = c.Close(t.Context())
	}
}
