package backtest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
)

// TestWhatRidesIsNoMessageOfItsOwn: whoever gets it is reached by its rule, and
// the message is counted once.
func TestWhatRidesIsNoMessageOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rules/data.yaml":           "events: {signed_up: {}, order_placed: {}}\n",
		"rules/policy.yaml":         "topics: {service: {consent: assumed}}\n",
		"rules/link.yaml":           "description: x\nowner: a@example.com\ntopic: service\nwhen: {event: signed_up}\nsteps: [{attach: link, to: email}]\n",
		"rules/thanks.yaml":         "description: x\nowner: a@example.com\ntopic: service\nwhen: {event: order_placed}\nsteps: [{send: thanks, channel: email, at: now}]\n",
		"templates/link/email.html": "---\nsubject: Link\nlayout: none\n---\n<p>The app.</p>\n", "templates/thanks/email.html": "---\nsubject: Thanks\nlayout: none\n---\n<p>Thanks.</p>\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		write(t, dir, name, text)
	}
	o := filed(readBundle(t, filepath.Join(dir, "rules"), filepath.Join(dir, "templates")), moment(t, "2026-11-30 00:00"),
		backtest.File{Kind: importer.Customers, Path: write(t, dir, "c.csv", "id,mail\nana,ana@example.com\n"), Map: write(t, dir, "c.yaml", "id: id\nemail: mail\n")},
		backtest.File{Kind: importer.Events, Path: write(t, dir, "e.csv", "id,event,at\nana,signed_up,2026-11-23T10:00:00Z\nana,order_placed,2026-11-24T10:00:00Z\n"),
			Map: write(t, dir, "e.yaml", "id: id\nevent: {from: event}\nat: at\n")})
	o.To, o.Samples = moment(t, "2026-11-27 00:00"), 5
	report := play(t, o)
	require.Len(t, report.Rules, 2)
	require.Equal(t, "link", report.Rules[0].Name)
	require.Empty(t, report.Rules[0].Messages)
	require.Equal(t, 1, report.Rules[0].Reached)
	require.Equal(t, 1, report.Rules[0].Rode)
	require.Equal(t, map[customer.Channel]int{customer.Email: 1}, report.Rules[1].Messages)
	require.Len(t, report.Samples, 1)
	require.Contains(t, report.Samples[0].Content.Text, "The app.")
	require.Equal(t, 10*time.Hour, report.Samples[0].At.Sub(moment(t, "2026-11-24 00:00")))
}
