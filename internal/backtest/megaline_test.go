package backtest_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/importer"
)

const (
	megalineData = `traits: {plan: text, plan_mb: number, plan_minutes: number, plan_texts: number}
events:
  data_session: {by: us, mb: number}
  called: {minutes: number}
  texted: {}
`
	megalineRule = `description: Say when four fifths are used.
owner: care@example.com
topic: service
again: each period
steps:
  - send: nearly-used
    channel: email
`
)

// megalineLimits are the three rules with what they add up.
var megalineLimits = []struct{ rule, when, file, events, column, trait string }{
	{"data-limit", "{sum: data_session.mb, per: month, limit: plan_mb, reaches: 80%}", "megaline_internet.csv",
		"event: data_session\nmessage_id: {text: \"internet-{id}\"}\nat: {from: session_date, format: YYYY-MM-DD, zone: customer}\nproperties: {mb: mb_used}\n", "mb_used", "plan_mb"},
	{"minutes-limit", "{sum: called.minutes, per: month, limit: plan_minutes, reaches: 80%}", "megaline_calls.csv",
		"event: called\nmessage_id: {text: \"call-{id}\"}\nat: {from: call_date, format: YYYY-MM-DD, zone: customer}\nproperties: {minutes: duration}\n", "duration", "plan_minutes"},
	{"texts-limit", "{count: texted, per: month, limit: plan_texts, reaches: 80%}", "megaline_messages.csv",
		"event: texted\nmessage_id: {text: \"text-{id}\"}\nat: {from: message_date, format: YYYY-MM-DD, zone: customer}\n", "", "plan_texts"},
}

// megalinePlans are what the plans hold, as megaline_plans.csv says.
var megalinePlans = map[string]map[string]float64{
	"surf":     {"plan_mb": 15360, "plan_minutes": 500, "plan_texts": 50},
	"ultimate": {"plan_mb": 30720, "plan_minutes": 3000, "plan_texts": 1000},
}

// TestMegaline plays a year of a phone provider's 500 customers, and holds the
// matches of each rule to a plain sum over the rows of its file.
func TestMegaline(t *testing.T) {
	t.Parallel()
	data := os.Getenv("OUTREACH_DATA")
	if raced {
		t.Skip("calculates for long on one goroutine: make test plays it once more without the race detector")
	}
	if data == "" {
		t.Skip("OUTREACH_DATA names no folder with megaline/*.csv")
	}
	folder := filepath.Join(data, "megaline")
	o := filed(megalineBundle(t), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), megalineFiles(t, folder)...)
	began := time.Now()
	var b bytes.Buffer
	o.Lines = &b
	report := play(t, o)
	t.Logf("%d events in %s", report.Events, time.Since(began).Round(time.Millisecond))
	require.Equal(t, 104_825+137_735+76_051, report.Events)

	plans := megalinePlansOf(t, folder)
	got := matchedMonths(t, b.String())
	for i, limit := range megalineLimits {
		want := monthsNear(t, filepath.Join(folder, limit.file), limit.column, func(user string) float64 {
			return 0.8 * megalinePlans[plans[user]][limit.trait]
		})
		require.Equal(t, want, got[limit.rule], limit.rule)
		require.Equal(t, len(want), report.Rules[i].Matched)
	}
	require.Len(t, got["data-limit"], 1271, "as the data set's own page says")
}

func megalineBundle(t *testing.T) *bundle.Bundle {
	t.Helper()
	rules, templates := t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", megalineData)
	for _, limit := range megalineLimits {
		write(t, rules, limit.rule+".yaml", megalineRule+"when:\n  usage: "+limit.when+"\n")
	}
	require.NoError(t, os.Mkdir(filepath.Join(templates, "nearly-used"), 0o700))
	write(t, filepath.Join(templates, "nearly-used"), "email.html", "---\nsubject: Nearly used\nlayout: none\n---\n<p>You have used four fifths.</p>\n")
	return readBundle(t, rules, templates)
}

func megalineFiles(t *testing.T, folder string) []backtest.File {
	t.Helper()
	dir := t.TempDir()
	customers, err := os.ReadFile("../importer/testdata/megaline-customers.yaml")
	require.NoError(t, err)
	list := []backtest.File{{Kind: importer.Customers, Path: filepath.Join(folder, "megaline_users.csv"), Map: write(t, dir, "customers.yaml", string(customers)+
		"  plan_minutes: {from: plan_name, lookup: {surf: 500, ultimate: 3000}}\n  plan_texts: {from: plan_name, lookup: {surf: 50, ultimate: 1000}}\n")}}
	for _, limit := range megalineLimits {
		list = append(list, backtest.File{Kind: importer.Events, Path: filepath.Join(folder, limit.file),
			Map: write(t, dir, limit.rule+".yaml", "id: user_id\n"+limit.events)})
	}
	return list
}

// month is one customer's calendar month.
type month struct{ user, name string }

// matchedMonths gives the months of the match lines of each rule.
func matchedMonths(t *testing.T, text string) map[string]map[month]bool {
	t.Helper()
	months := map[string]map[month]bool{}
	for d := json.NewDecoder(bytes.NewBufferString(text)); d.More(); {
		var line struct{ Local, Customer, Rule, Kind string }
		require.NoError(t, d.Decode(&line))
		if line.Kind != "match" {
			continue
		}
		if months[line.Rule] == nil {
			months[line.Rule] = map[month]bool{}
		}
		months[line.Rule][month{line.Customer, line.Local[:len("2018-12")]}] = true
	}
	return months
}

func readCSV(t *testing.T, path string) (header map[string]int, rows [][]string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	rows, err = csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	header = map[string]int{}
	for i, name := range rows[0] {
		header[name] = i
	}
	return header, rows[1:]
}

func megalinePlansOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	header, rows := readCSV(t, filepath.Join(folder, "megaline_users.csv"))
	plans := map[string]string{}
	for _, row := range rows {
		plans[row[header["user_id"]]] = row[header["plan_name"]]
	}
	return plans
}

// monthsNear adds up a column of a file, or counts its rows, by customer and
// calendar month, and gives the months that reach the limit.
func monthsNear(t *testing.T, path, column string, limit func(user string) float64) map[month]bool {
	t.Helper()
	header, rows := readCSV(t, path)
	used := map[month]float64{}
	for _, row := range rows {
		n := 1.0
		if column != "" {
			var err error
			n, err = strconv.ParseFloat(row[header[column]], 64)
			require.NoError(t, err)
		}
		used[month{row[1], row[2][:len("2018-12")]}] += n
	}
	near := map[month]bool{}
	for m, n := range used {
		if n >= limit(m.user) {
			near[m] = true
		}
	}
	return near
}
