package e2e_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
	"github.com/outreach-engine/outreach/workflows"
)

// TestACompanyMoves stops an engine in the middle of its work, copies its file
// to PostgreSQL, and goes on there: with the Temporal that it had, and with a
// new one that knows nothing. Every message that was due goes out, each once.
func TestACompanyMoves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*house)
		anew   bool // outreaches are started again, and not only those that are missed
	}{
		"with its Temporal":   {func(*house) {}, false},
		"with a new Temporal": {(*house).newTemporal, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, map[string]string{"at-once": atOnce, "after-a-while": afterAWhile, "until-answered": untilAnswered})
			const crowd = 12
			h.rush(crowd)
			h.eventually(func() bool { return len(h.provider.keys()) >= crowd/3 }, "some messages are out, some are due, all others wait")
			h.stop()
			h.move()
			c.change(h)
			h.start()
			require.Equal(t, c.anew, h.logged.has("open outreaches are started anew from the store"))

			h.eventually(func() bool { return h.endedOf("at-once")+h.endedOf("after-a-while") == 2*crowd }, "what was under way ends")
			for i := range crowd {
				h.happen(fmt.Sprint("rush-", i), "answered", nil)
			}
			h.eventually(func() bool { return h.endedOf("until-answered") == crowd }, "who waits hears the answer")
			h.onceEach(3 * crowd)
			found, err := transfer.Check(t.Context(), store.Place(h.store), transfer.CheckOptions{})
			require.NoError(t, err)
			require.Empty(t, found.Problems)
		})
	}
}

// move copies the file to an empty database, in which the engine then works. It
// would work on the file no more.
func (h *house) move() {
	h.t.Helper()
	file := store.Place(filepath.Join(h.dir, "outreach.db"))
	h.store = pgtest.Database(h.t)
	_, err := transfer.Copy(h.t.Context(), file, store.Place(h.store), transfer.Options{Now: time.Now().Add(ledger.BeatGone)})
	require.NoError(h.t, err)
	options := app.Defaults()
	options.Admin, options.HTTP, options.Store, options.TemporalAddress = "off", "127.0.0.1:0", string(file), h.temporal.Addr()
	require.ErrorContains(h.t, app.Run(h.t.Context(), options), "it was moved to postgres://")
}

// newTemporal puts an empty Temporal in the place of the one that was there,
// which keeps running.
func (h *house) newTemporal() {
	h.t.Helper()
	server, err := devserver.Start(h.t.Context(), devserver.Options{Addr: "127.0.0.1:0", SearchAttributes: workflows.SearchAttributes()})
	require.NoError(h.t, err)
	h.temporal = server
	h.t.Cleanup(server.Stop)
}

// onceEach holds that so many messages went out, each once.
func (h *house) onceEach(n int) {
	h.t.Helper()
	keys := h.provider.keys()
	slices.Sort(keys)
	require.Len(h.t, keys, n)
	require.Len(h.t, slices.Compact(keys), n, "each once")
}
