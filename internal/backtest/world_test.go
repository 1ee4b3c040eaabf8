package backtest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	require.NoError(t, err)
	return at
}

// readBundle reads rules and templates, which have to be sound.
func readBundle(t testing.TB, rules, templates string) *bundle.Bundle {
	t.Helper()
	files, err := bundle.ReadDir(rules, templates)
	require.NoError(t, err)
	b, problems := bundle.Check(files)
	var ps source.Problems
	ps.Add(problems...)
	require.NoError(t, ps.Err())
	return b
}

func shipped(t testing.TB) *bundle.Bundle {
	t.Helper()
	return readBundle(t, "../../rules", "../../templates")
}

// filed gives options that play files with a bundle.
func filed(b *bundle.Bundle, now time.Time, list ...backtest.File) backtest.Options {
	zones := sendtime.NewZones()
	return backtest.Options{
		Bundle: b, Zones: zones, Workers: 2,
		Past: &backtest.Files{List: list, Policy: b.Policy, Zones: zones, EventName: b.Dictionary.EventName, Topics: b.Policy.TopicNames(), Now: now},
	}
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func play(t testing.TB, o backtest.Options) *backtest.Report {
	t.Helper()
	report, err := backtest.Run(t.Context(), o)
	require.NoError(t, err)
	return report
}

// lines plays and gives the JSON lines.
func lines(t testing.TB, o backtest.Options) string {
	t.Helper()
	var b bytes.Buffer
	o.Lines = &b
	play(t, o)
	return b.String()
}

const (
	companyCustomers = `id: id
zone: zone
phone: phone
email: mail
push_token: token
consent: {tips: tips, offers: tips}
traits: {first_name: name, plan: plan, plan_mb: {from: plan, lookup: {basic: 1000, surf: 15000, ultimate: 30000}}, billing_day: day}
`
	companyEvents = `id: id
event: {from: event}
at: at
message_id: number
properties: {mb: mb, order_id: order, promised_at: promised, invoice_id: invoice, amount: amount, currency: currency, product: product}
`
)

// company writes the files of a company with ten events a customer over 90
// days: as many as the shipped rules look at.
func company(t testing.TB, customers int) (list []backtest.File) {
	t.Helper()
	dir := t.TempDir()
	people, events := create(t, dir, "customers.csv"), create(t, dir, "events.csv")
	random := rand.New(rand.NewPCG(1, uint64(customers)))
	zones := []string{"America/New_York", "America/Chicago", "Europe/Berlin", "America/Phoenix", "Asia/Kolkata", ""}
	fmt.Fprintln(people, "id,name,zone,phone,mail,token,tips,plan,day")
	fmt.Fprintln(events, "number,id,event,at,mb,order,promised,invoice,amount,currency,product")
	for i := range customers {
		id := fmt.Sprintf("u-%06d", i)
		token, tips := "", "no"
		if i%2 == 0 {
			token = fmt.Sprint("token-", i)
		}
		if i%3 > 0 {
			tips = "yes"
		}
		fmt.Fprintf(people, "%s,Name%d,%s,+1212555%04d,%s@example.com,%s,%s,%s,%d\n",
			id, i%97, zones[i%len(zones)], i%10_000, id, token, tips, []string{"basic", "surf", "ultimate"}[i%3], 1+i%28)
		for n := range 10 {
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(90*24*3600)) * time.Second)
			fmt.Fprintf(events, "%d-%d,%s,%s\n", i, n, id, happening(random, i, n, at))
		}
	}
	require.NoError(t, people.Flush())
	require.NoError(t, events.Flush())
	return []backtest.File{
		{Kind: importer.Customers, Path: filepath.Join(dir, "customers.csv"), Map: write(t, dir, "customers.yaml", companyCustomers)},
		{Kind: importer.Events, Path: filepath.Join(dir, "events.csv"), Map: write(t, dir, "events.yaml", companyEvents)},
	}
}

func create(t testing.TB, dir, name string) *bufio.Writer {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, name))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return bufio.NewWriter(file)
}

// happening gives the event's name and the columns behind it.
func happening(random *rand.Rand, i, n int, at time.Time) string {
	stamp := at.Format(time.RFC3339)
	order := fmt.Sprintf("o%d-%d", i, n/2)
	switch draw := random.IntN(100); {
	case draw < 35:
		return fmt.Sprintf("Application Opened,%s,,,,,,,", stamp)
	case draw < 75:
		return fmt.Sprintf("data_session,%s,%d,,,,,,", stamp, 100+random.IntN(4000))
	case draw < 83:
		return fmt.Sprintf("Order Completed,%s,,%s,%s,,,,Phone", stamp, order, at.Add(72*time.Hour).Format(time.RFC3339))
	case draw < 89:
		return fmt.Sprintf("order_delivered,%s,,%s,,,,,", stamp, order)
	case draw < 91:
		return fmt.Sprintf("payment_failed,%s,,,,i%d-%d,12.5,USD,", stamp, i, n)
	case draw < 93:
		return fmt.Sprintf("payment_succeeded,%s,,,,i%d-%d,,,", stamp, i, n-1)
	case draw < 96:
		return fmt.Sprintf("Signed Up,%s,,,,,,,", stamp)
	case draw < 98:
		return fmt.Sprintf("Application Installed,%s,,,,,,,", stamp)
	}
	return fmt.Sprintf("Data Topped Up,%s,5000,,,,,,", stamp)
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	require.NoError(t, os.Mkdir(path, 0o700))
}
