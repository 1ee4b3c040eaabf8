package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/importer"
)

func afterwards(t testing.TB) time.Time { return moment(t, "2026-05-01 00:00") }

// TestWorkersChangeNothing: the same past gives the same bytes, whoever plays
// it, and in the order that is promised.
func TestWorkersChangeNothing(t *testing.T) {
	t.Parallel()
	people := 300
	if raced || testing.Short() {
		people = 60
	}
	o := filed(shipped(t), afterwards(t), company(t, people)...)
	o.Samples = 3
	var first string
	var want *backtest.Report
	for _, workers := range []int{1, 2, 2, 7} {
		var b bytes.Buffer
		o.Workers, o.Lines = workers, &b
		got := play(t, o)
		if want == nil {
			first, want = b.String(), got
			require.Greater(t, strings.Count(first, "\n"), 10*people)
		}
		require.Equal(t, first, b.String())
		require.Equal(t, want, got)
	}
	require.True(t, slices.IsSortedFunc(decisions(t, first), func(a, b decision) int {
		return strings.Compare(a.At+a.Customer+a.Rule, b.At+b.Customer+b.Rule)
	}))
}

// decision is a line as others read it.
type decision struct {
	At, Local, Customer, Rule, Step, Kind, Channel, Template, Reason, Planned, Note string
	Outreach                                                                        int
}

func decisions(t testing.TB, text string) (list []decision) {
	t.Helper()
	for line := range strings.Lines(text) {
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		var one decision
		require.NoError(t, d.Decode(&one))
		list = append(list, one)
	}
	return list
}

const (
	smallRules = `description: Thank for an order.
owner: shop@example.com
topic: service
when: {event: order_placed}
goal: {event: app_opened, within: 3d}
steps:
  - send: thanks
    channel: sms
    at: now
`
	smallData   = "traits: {first_name: text, region_name: text}\nevents: {order_placed: {order_id: id}, app_opened: {}}\n"
	smallPolicy = "zone: Europe/Berlin\nquiet: daily 21:00-08:00\n"
	smallMap    = `customers: {id: id, phone: phone, zone: zone, traits: {first_name: name}}
events: {id: id, event: {from: event}, at: at, message_id: n, properties: {order_id: order}}
`
	smallCustomers = "id,phone,zone,name\nanna,+4915112345678,Europe/Berlin,Anna\nbo,+12125550101,America/New_York,Bo <b>\ncy,,,Cy\n"
	smallEvents    = `n,id,event,at,order
1,anna,order_placed,2026-03-02T09:00:00Z,1
2,anna,app_opened,2026-03-03T09:00:00Z,
3,bo,order_placed,2026-03-04T03:00:00Z,2
4,cy,order_placed,2026-03-05T09:00:00Z,3
4,cy,order_placed,2026-03-05T09:00:00Z,3
5,bo,order_placed,2026-03-20T15:00:00.25Z,4
6,dan,order_placed,soon,5
`
)

// small is a past that one can follow by hand.
func small(t testing.TB) backtest.Options {
	t.Helper()
	rules, templates, dir := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", smallData)
	write(t, rules, "policy.yaml", smallPolicy)
	write(t, rules, "thank.yaml", smallRules)
	mkdir(t, templates+"/thanks")
	write(t, templates+"/thanks", "sms.txt", "Thank you, {{ customer.first_name }}!\n")
	both := write(t, dir, "both.yaml", smallMap)
	return filed(readBundle(t, rules, templates), afterwards(t),
		backtest.File{Kind: importer.Events, Path: write(t, dir, "events.csv", smallEvents), Map: both},
		backtest.File{Kind: importer.Customers, Path: write(t, dir, "customers.csv", smallCustomers), Map: both})
}

func TestEveryDecisionIsALine(t *testing.T) {
	t.Parallel()
	var short []string
	for _, d := range decisions(t, lines(t, small(t))) {
		short = append(short, strings.Join(strings.Fields(strings.Join([]string{d.At, d.Local, d.Customer, d.Kind, d.Channel, d.Template, d.Reason, d.Planned, d.Note}, " ")), " "))
	}
	require.Equal(t, []string{
		"2026-03-02T09:00:00Z 2026-03-02T10:00:00+01:00 anna match 2026-03-02T09:00:00Z",
		"2026-03-02T09:00:00Z 2026-03-02T10:00:00+01:00 anna enter",
		"2026-03-02T09:00:00Z 2026-03-02T10:00:00+01:00 anna plan sms thanks 2026-03-02T09:00:00Z now",
		"2026-03-02T09:00:00Z 2026-03-02T10:00:00+01:00 anna send sms thanks 2026-03-02T09:00:00Z",
		"2026-03-02T09:00:00Z 2026-03-02T10:00:00+01:00 anna end completed",
		"2026-03-03T09:00:00Z 2026-03-03T10:00:00+01:00 anna goal after the end",
		"2026-03-04T03:00:00Z 2026-03-03T22:00:00-05:00 bo match 2026-03-04T03:00:00Z",
		"2026-03-04T03:00:00Z 2026-03-03T22:00:00-05:00 bo enter",
		"2026-03-04T03:00:00Z 2026-03-03T22:00:00-05:00 bo plan sms thanks 2026-03-04T13:57:40Z as soon as possible after quiet hours",
		"2026-03-04T13:57:40Z 2026-03-04T08:57:40-05:00 bo send sms thanks 2026-03-04T13:57:40Z",
		"2026-03-04T13:57:40Z 2026-03-04T08:57:40-05:00 bo end completed",
		"2026-03-05T09:00:00Z 2026-03-05T10:00:00+01:00 cy match 2026-03-05T09:00:00Z",
		"2026-03-05T09:00:00Z 2026-03-05T10:00:00+01:00 cy drop no_address",
		"2026-03-20T15:00:00.25Z 2026-03-20T11:00:00.25-04:00 bo match 2026-03-20T15:00:00.25Z",
		"2026-03-20T15:00:00.25Z 2026-03-20T11:00:00.25-04:00 bo enter",
		"2026-03-20T15:00:00.25Z 2026-03-20T11:00:00.25-04:00 bo plan sms thanks 2026-03-20T15:00:00.25Z now",
		"2026-03-20T15:00:00.25Z 2026-03-20T11:00:00.25-04:00 bo send sms thanks 2026-03-20T15:00:00.25Z",
		"2026-03-20T15:00:00.25Z 2026-03-20T11:00:00.25-04:00 bo end completed",
	}, short)
}

func TestText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	require.NoError(t, play(t, small(t)).Text(&b))
	require.Equal(t, `5 events of 3 customers, 2026-03-02 10:00 to 2026-03-20 16:00, Europe/Berlin
customers.csv: 3 rows
events.csv: 7 rows, 1 refused
    line 8: at: is not a time, write it as in RFC 3339 or give its format in the map
1 duplicate left out: a message id stands for one event

thank
  matched        4  of 3 customers
  entered        3
  not entered    1  no_address 1
  messages       3  sms 3
  goals reached  1  of 3 outreaches with a message (33 %)
  peak an hour   1  from 2026-03-02 10:00

all rules
  matched      4  of 3 customers
  messages     3  to 2 customers
  by SMS       3  at most 1 an hour, 2026-03-02 10:00
  not entered  1  no_address 1
  held out     0
  dropped      0
`, b.String())
}

// TestWhatIsBeforeFromIsLivedThroughAndNotReported: the night's message of an
// earlier match counts as a message, and its match does not.
func TestWhatIsBeforeFromIsLivedThroughAndNotReported(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.From, o.To = moment(t, "2026-03-04 12:00"), moment(t, "2026-03-06 00:00")
	text := lines(t, o)
	r := play(t, o)
	require.Equal(t, []any{1, 1, 0, 0}, []any{r.Rules[0].Sent(), r.Rules[0].Matched, r.Rules[0].Entered, r.Rules[0].Reached})
	require.Equal(t, []time.Time{o.From, o.To}, []time.Time{r.From, r.To})
	require.Len(t, r.Days, 3)
	got := decisions(t, text)
	require.Equal(t, "2026-03-04T13:57:40Z", got[0].At, "spread over the first hour of the morning")
	require.Equal(t, "2026-03-05T09:00:00Z", got[len(got)-1].At)

	o.From, o.To = moment(t, "2027-01-01 00:00"), time.Time{}
	_, err := backtest.Run(t.Context(), o)
	require.EqualError(t, err, "events: they happened from 2026-03-02T09:00:00Z to 2026-03-20T15:00:00Z, and nothing of that is asked for; give another from or to")
}

func TestOnlyTheRulesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), afterwards(t), company(t, 40)...)
	all := decisions(t, lines(t, o))
	o.Rules = []string{"welcome", "usage-limit"}
	got := decisions(t, lines(t, o))
	require.Equal(t, slices.DeleteFunc(all, func(d decision) bool { return !slices.Contains(o.Rules, d.Rule) }), got)
	report := play(t, o)
	require.Equal(t, []string{"usage-limit", "welcome"}, []string{report.Rules[0].Name, report.Rules[1].Name})
}

// TestNothingIsLeftBehind: an interrupted run removes its files too.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"customers.csv", "events.csv", "playing", "never"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			o := filed(shipped(t), afterwards(t), company(t, 60)...)
			o.Temp, o.Lines = t.TempDir(), io.Discard
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var there int
			o.Progress = func(what string, _, _ int64) {
				entries, err := os.ReadDir(o.Temp)
				require.NoError(t, err)
				there = max(there, len(entries))
				if what == at {
					cancel()
				}
			}
			_, err := backtest.Run(ctx, o)
			if at == "playing" {
				require.ErrorIs(t, err, context.Canceled)
			}
			require.Equal(t, 1, there)
			entries, err := os.ReadDir(o.Temp)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
}

func TestNoEvents(t *testing.T) {
	t.Parallel()
	o := small(t)
	files := o.Past.(*backtest.Files)
	files.List = files.List[1:]
	_, err := backtest.Run(t.Context(), o)
	require.ErrorIs(t, err, backtest.ErrEmpty)
	require.EqualError(t, err, "events: there are none that could be read; give a file with rows in it")
}

// TestCallsAndTasksAreNoMessages: they are counted apart, and reach nobody.
func TestCallsAndTasksAreNoMessages(t *testing.T) {
	t.Parallel()
	rules, dir := t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", smallData)
	write(t, rules, "policy.yaml", smallPolicy+"teams:\n  care: {webhook: \"https://desk.example.com/tasks\"}\n")
	write(t, rules, "ask.yaml", "description: Ask a person.\nowner: shop@example.com\ntopic: service\nwhen: {event: order_placed}\nsteps:\n"+
		"  - webhook: https://crm.example.com/orders\n  - handoff: care\n")
	both := write(t, dir, "both.yaml", smallMap)
	o := filed(readBundle(t, rules, t.TempDir()), afterwards(t),
		backtest.File{Kind: importer.Events, Path: write(t, dir, "events.csv", smallEvents), Map: both},
		backtest.File{Kind: importer.Customers, Path: write(t, dir, "customers.csv", smallCustomers), Map: both})
	o.Samples = 3
	r := play(t, o)
	require.Equal(t, []int{4, 4, 0, 0, 0}, []int{r.Rules[0].Calls, r.Rules[0].Tasks, r.Rules[0].Sent(), r.Rules[0].Reached, r.Messaged})
	require.Empty(t, r.Samples)
	require.Zero(t, total(r.Days))
}

func total(days []backtest.DayCount) (n int) {
	for _, day := range days {
		for _, count := range day.Messages {
			n += count
		}
	}
	return n
}
