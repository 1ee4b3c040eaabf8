package backtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/importer"
)

// TestWhatCameFromTheAppTellsItsHabits plays the shipped monday-push from a
// file: only where the map says that the events came from the app does anybody
// use it.
func TestWhatCameFromTheAppTellsItsHabits(t *testing.T) {
	t.Parallel()
	const events = "id,event,at\n" +
		"anna,app_opened,2026-10-19 19:40\nanna,app_opened,2026-10-26 20:10\nanna,app_opened,2026-11-02 19:40\n" +
		"anna,app_opened,2026-11-09 20:10\nanna,app_opened,2026-11-16 19:40\nanna,account_closed,2026-11-25 12:00\n"
	for via, want := range map[string]string{
		"":                      "",
		"via: app\n":            "anna 2026-11-23T20:30 push monday-hello",
		"via: {text: server}\n": "",
	} {
		dir := t.TempDir()
		o := filed(shipped(t), moment(t, "2026-12-01 00:00"),
			backtest.File{Kind: importer.Customers, Path: write(t, dir, "customers.csv", "id,token\nanna,t-1\n"),
				Map: write(t, dir, "customers.yaml", "id: id\nzone: {text: Europe/Berlin}\npush_token: token\nconsent: [tips]\n")},
			backtest.File{Kind: importer.Events, Path: write(t, dir, "events.csv", events),
				Map: write(t, dir, "events.yaml", "id: id\nevent: {from: event}\nat: {from: at, format: \"YYYY-MM-DD hh:mm\", zone: customer}\n"+via)})
		o.Rules = []string{"monday-push"}
		got := ""
		for _, d := range decisions(t, lines(t, o)) {
			if d.Kind == "send" {
				got += d.Customer + " " + d.Local[:len("2026-11-23T20:30")] + " " + d.Channel + " " + d.Template
			}
		}
		require.Equal(t, want, got, via)
	}
}
