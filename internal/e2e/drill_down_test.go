package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/workflows"
)

// pass lets the hours of an outage pass, with what customers do meanwhile.
func (d *drill) pass(o *observe.Observer, cases map[string]drillCase) {
	d.t.Helper()
	for _, hour := range []string{"11:00", "12:00", "13:00", "14:00", "15:00"} {
		d.jumps.to(hour)
		acts := map[string][]drillAct{}
		for name, c := range cases {
			for _, a := range c.down {
				if a.at == hour {
					acts[name] = append(acts[name], a)
				}
			}
		}
		d.all(o, acts)
	}
	d.jumps.to("16:00")
}

// recover lets the engine catch up, hear what arrives late, and live until the
// evening.
func (d *drill) recover(cases map[string]drillCase) {
	d.t.Helper()
	acts := map[string][]drillAct{}
	for name, c := range cases {
		acts[name] = c.back
	}
	d.all(d.running.Observer, acts)
	d.patiently(d.idle, "all that was due is decided")
	d.jumps.to("18:00")
	d.patiently(func() bool { return d.tally(ledger.Open) == 0 && d.idle() }, "all that was put off is decided")
	d.judge(cases)
}

// TestSixHoursWithoutTheEngine stops the engine for six hours. Another process
// on its store goes on to take events in.
func TestSixHoursWithoutTheEngine(t *testing.T) {
	t.Parallel()
	d := newDrill(t, drillCases)
	d.stop()
	store, err := sqlite.Open(t.Context(), filepath.Join(d.dir, "outreach.db"), sqlite.Options{})
	require.NoError(t, err)
	rules := library.New(store)
	_, err = rules.Follow(t.Context())
	require.NoError(t, err)
	alone := &observe.Observer{Store: store, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Now: d.house.clock.Now}
	d.pass(alone, drillCases)
	require.NoError(t, store.Close())
	require.Zero(t, d.seen.count())
	d.start()
	d.recover(drillCases)
}

// TestSixHoursWithoutTemporal stops Temporal alone: the engine goes on to take
// events in.
func TestSixHoursWithoutTemporal(t *testing.T) {
	t.Parallel()
	d := newDrill(t, drillCases)
	address := d.temporal.Addr()
	d.temporal.Stop()
	d.pass(d.running.Observer, drillCases)
	require.Zero(t, d.seen.count())
	server, err := devserver.Start(t.Context(), devserver.Options{
		Addr: address, File: filepath.Join(d.dir, "temporal.db"), SearchAttributes: workflows.SearchAttributes(),
	})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	d.recover(drillCases)
}
