package backtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
)

const (
	crowdPolicy = "zone: Europe/Berlin\nquiet: daily 21:00-08:00\nrates: {sms: 2 per second, push: 100 per second}\n"
	mondays     = `description: The news of the week.
owner: shop@example.com
topic: service
when: {schedule: Mon 09:00}
steps:
  - send: news
    channel: sms
    at: now
`
	orders = `description: Thank for an order.
owner: shop@example.com
topic: service
when: {event: order_placed}
steps:
  - send: news
    channel: sms
    at: now
    within: 10min
`
)

// crowd gives options that play customers who all are told the news on Mondays,
// and orders of some of them at nine.
func crowd(t testing.TB, customers, ordering int, policy string) backtest.Options {
	t.Helper()
	rules, templates, dir := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", smallData)
	write(t, rules, "policy.yaml", policy)
	write(t, rules, "mondays.yaml", mondays)
	write(t, rules, "orders.yaml", orders)
	mkdir(t, templates+"/news")
	write(t, templates+"/news", "sms.txt", "News.\n")
	people, events := create(t, dir, "customers.csv"), create(t, dir, "events.csv")
	fmt.Fprintln(people, "id,phone,zone,name")
	fmt.Fprintln(events, "n,id,event,at,order\n0,u-0,app_opened,2026-03-01T09:00:00Z,\nlast,u-0,app_opened,2026-03-02T20:00:00Z,")
	for i := range customers {
		fmt.Fprintf(people, "u-%d,+49151%08d,Europe/Berlin,Ana\n", i, i)
	}
	for i := range ordering {
		fmt.Fprintf(events, "n-%d,u-%d,order_placed,2026-03-02T08:00:00Z,%d\n", i, i, i)
	}
	require.NoError(t, people.Flush())
	require.NoError(t, events.Flush())
	both := write(t, dir, "both.yaml", smallMap)
	return filed(readBundle(t, rules, templates), afterwards(t),
		backtest.File{Kind: importer.Customers, Path: dir + "/customers.csv", Map: both},
		backtest.File{Kind: importer.Events, Path: dir + "/events.csv", Map: both})
}

func jamsBySMS(t testing.TB, r *backtest.Report) []backtest.Jam {
	t.Helper()
	i := slices.IndexFunc(r.Loads, func(l backtest.Load) bool { return l.Channel == customer.SMS })
	require.GreaterOrEqual(t, i, 0)
	return r.Loads[i].Jams
}

// TestMoreThanTheRateLetsOut: the report says which rules' messages wait, for
// how long, whose time is over by then, and what would help.
func TestMoreThanTheRateLetsOut(t *testing.T) {
	t.Parallel()
	o := crowd(t, 1500, 300, crowdPolicy)
	var text, lines strings.Builder
	o.Lines = &lines
	report := play(t, o)
	require.NoError(t, report.Text(&text))
	_, warning, _ := strings.Cut(text.String(), "\nwarning: ")
	docs, err := os.ReadFile("../../docs/simulate.md")
	require.NoError(t, err)
	require.Contains(t, string(docs), "\nwarning: "+warning, "the page's example")
	require.Contains(t, warning, "1,800 messages by SMS (mondays 1,500, orders 300) are planned for 2026-03-02 09:00")

	all := strings.SplitAfter(lines.String(), "\n")
	last := all[len(all)-2]
	require.Contains(t, string(docs), "\n"+last, "the page's example")
	require.Equal(t, 1, strings.Count(lines.String(), `"kind":"load"`))

	html := page(t, report)
	for _, there := range []string{"1,800 messages by SMS (mondays 1,500, orders 300)", "wait a minute or longer for their turn", "<td>7 minutes</td>"} {
		require.True(t, strings.Contains(html, there), "the page lacks %s", there)
	}
}

// TestWhoseTimeIsOver: at a slower rate some messages come after their within,
// and some in the quiet hours of the evening.
func TestWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	report := play(t, crowd(t, 1500, 300, strings.Replace(crowdPolicy, "2 per second", "100 per hour", 1)))
	jams := jamsBySMS(t, report)
	require.Len(t, jams, 1)
	jam := jams[0]
	// The orders' within of ten minutes, and two more for the engine's own lag, let 20 of them out: they ask first.
	require.Equal(t, 300-21, jam.Within)
	// Twelve hours from nine on hold 1,200 of the others.
	require.Equal(t, 1800-1201, jam.Hours)
	var b strings.Builder
	require.NoError(t, report.Text(&b))
	require.Contains(t, b.String(), "; 599 come after the end of their hours, 279 after their within; raise rates.sms to 30 per second")
}

// TestTheRateIsSharedByAllRules: whoever asks for one rule hears of the jam
// that the others make, and whoever asks for a rule without one hears nothing.
func TestTheRateIsSharedByAllRules(t *testing.T) {
	t.Parallel()
	o := crowd(t, 1500, 300, crowdPolicy)
	o.Rules = []string{"orders"}
	jams := jamsBySMS(t, play(t, o))
	require.Len(t, jams, 1)
	require.Equal(t, []backtest.RuleShare{{Rule: "mondays", Messages: 1500}, {Rule: "orders", Messages: 300}}, jams[0].Of)
	o = crowd(t, 1500, 0, crowdPolicy)
	o.Rules = []string{"orders"}
	require.Empty(t, jamsBySMS(t, play(t, o)))
}

// TestAMinuteIsNoJam: what a rate is for is not warned of.
func TestAMinuteIsNoJam(t *testing.T) {
	t.Parallel()
	o := crowd(t, 100, 20, crowdPolicy)
	var b bytes.Buffer
	require.NoError(t, play(t, o).Text(&b))
	require.NotContains(t, b.String(), "warning")
}

// TestWorkersQueueAlike: jams are the same whoever played what.
func TestWorkersQueueAlike(t *testing.T) {
	t.Parallel()
	var want string
	for _, workers := range []int{1, 3} {
		o := crowd(t, 400, 100, strings.Replace(crowdPolicy, "2 per second", "1 per minute", 1))
		o.Workers = workers
		loads, err := json.Marshal(play(t, o).Loads)
		require.NoError(t, err)
		if want == "" {
			want = string(loads)
			require.Contains(t, want, time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Format(time.RFC3339))
		}
		require.Equal(t, want, string(loads))
	}
}
