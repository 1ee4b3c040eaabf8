package backtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/importer"
)

// crowded is a past of two customers, whose cap of one a day several rules want.
func crowded(t *testing.T) backtest.Options {
	t.Helper()
	dir := t.TempDir()
	const rule = "description: x\nowner: a@example.com\nwhen: {event: came}\n"
	for name, text := range map[string]string{
		"rules/data.yaml": "events: {came: {}}\n",
		"rules/policy.yaml": "topics: {service: {consent: assumed}, tips: {consent: assumed}}\ncaps: {any: 1 per day}\n" +
			"digests: {weekly: {at: Mon 09:00, channel: email, template: digest, topic: tips, collects: [tips]}}\n",
		"rules/high.yaml":             rule + "topic: service\npriority: 80\nsteps: [{send: hello, channel: sms, at: now}]\n",
		"rules/low.yaml":              rule + "topic: service\nsteps: [{send: hello, channel: sms, at: now, within: 3d}]\n",
		"rules/short.yaml":            rule + "topic: service\nsteps: [{send: hello, channel: sms, at: now, within: 2h}]\n",
		"rules/tip.yaml":              rule + "topic: tips\nsteps: [{send: hello, channel: email, at: now, within: 2h}]\n",
		"templates/hello/sms.txt":     "Hello",
		"templates/hello/email.html":  "---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n",
		"templates/digest/email.html": "---\nsubject: The week\nlayout: none\n---\n{{ items }}\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		write(t, dir, name, text)
	}
	o := filed(readBundle(t, filepath.Join(dir, "rules"), filepath.Join(dir, "templates")), moment(t, "2026-12-10 00:00"),
		backtest.File{Kind: importer.Customers, Path: write(t, dir, "c.csv", "id,mail,phone\nana,ana@example.com,+12125550101\nbo,bo@example.com,+12125550102\n"),
			Map: write(t, dir, "c.yaml", "id: id\nemail: mail\nphone: phone\n")},
		backtest.File{Kind: importer.Events, Path: write(t, dir, "e.csv", "id,event,at\nana,came,2026-11-24T16:00:00Z\nbo,came,2026-11-25T16:00:00Z\n"),
			Map: write(t, dir, "e.yaml", "id: id\nevent: {from: event}\nat: at\n")})
	o.To = moment(t, "2026-12-08 00:00")
	return o
}

// TestTheReportSaysWhatCapsDid: which messages they moved, and which rules have
// the places of what they dropped.
func TestTheReportSaysWhatCapsDid(t *testing.T) {
	t.Parallel()
	o := crowded(t)
	var b strings.Builder
	require.NoError(t, play(t, o).Text(&b))
	_, low, _ := strings.Cut(b.String(), "\n\nlow\n")
	low, _, _ = strings.Cut(low, "\n\nall rules")
	require.Equal(t, `  matched       2  of 2 customers
  entered       2
  messages      2  sms 2
  deferred      2  capped 2
  peak an hour  1  from 2026-11-25 13:00

short
  matched   2  of 2 customers
  entered   2
  messages  0
  deferred  2  capped 2
  dropped   2  capped 2
  capped    2  high had the place 2 times

tip
  matched            2  of 2 customers
  entered            2
  messages           0
  in other messages  2
  deferred           2  capped 2`, low)
}

// TestALineSaysWhy: the note stands in the JSON, and what has no instant has
// none there.
func TestALineSaysWhy(t *testing.T) {
	t.Parallel()
	var notes []string
	for _, d := range decisions(t, lines(t, crowded(t))) {
		if d.Customer == "ana" && d.Note != "" {
			notes = append(notes, strings.Join([]string{d.Rule, d.Kind, d.Planned, d.Note}, " | "))
		}
	}
	require.Equal(t, []string{
		"digest-weekly | plan | 2026-11-30T14:00:00Z | the rule's time Mon 09:00",
		"high | plan | 2026-11-24T16:00:00Z | now",
		"low | plan | 2026-11-25T13:31:14Z | as soon as possible after quiet hours, after the cap of 1 per day: high has the place, priority 80",
		"short | defer |  | now, after the cap of 1 per day: high has the place, priority 80; waiting for a place",
		"short | drop |  | now, after the cap of 1 per day: high has the place, it went out",
		"tip | defer |  | now, after the cap of 1 per day: high has the place, priority 80; rides in the digest weekly",
		"tip | send |  | in digest",
	}, notes)
}
