package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/child"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
)

// BenchmarkCosts takes messages all the way but for Temporal: events that match
// nothing, events that match, the first step of each match, the call of a
// provider that answers at once, and its report. It gives how many of each one
// core does, PostgreSQL's own processor time included, and what rows weigh when
// all is done, with indexes and with what updates left behind.
func BenchmarkCosts(b *testing.B) {
	b.Run("store=sqlite", func(b *testing.B) {
		path := b.TempDir() + "/outreach.db"
		costs(b, ground{place: store.Place(path), weigh: func(tables ...string) float64 { return weightInFile(b, path, tables) }})
	})
	b.Run("store=postgres", func(b *testing.B) {
		server := pgtest.StartOnDisk(b)
		require.NoError(b, server.CreateDatabase(b.Context(), "costs"))
		url := server.URL("costs")
		costs(b, ground{place: store.Place(url), server: server, weigh: func(tables ...string) float64 { return weight(b, url, tables...) }})
	})
}

// ground is an empty store, and who can weigh it.
type ground struct {
	place  store.Place
	server *pgserver.Server // nil: a file
	weigh  func(tables ...string) float64
}

const (
	costCustomers = 10_000
	costEvents    = 40_000 // that match nothing
	callersAtOnce = 16
)

func costs(b *testing.B, g ground) {
	for b.Loop() {
		l := newLine(b, g.place, costRules())
		fill(b, l, costCustomers)
		empty := g.weigh("decisions")
		g.phase(b, "events", costEvents, l.posts(b, l.bodies(costEvents, perCustomer, "data_session")))
		events := g.weigh("events", idsOf(g)) / costEvents
		g.phase(b, "matches", costCustomers, l.posts(b, l.bodies(costCustomers, 1, "order_placed")))
		d := newDesk(l)
		g.phase(b, "begun", costCustomers, func() { d.begin(b) })
		b.ReportMetric(g.weigh("outreaches", "parts", "decisions", "hints")/costCustomers, "B/open")
		g.phase(b, "sent", costCustomers, func() { d.deliver(b) })
		g.phase(b, "reports", costCustomers, func() { d.report(b) })
		b.ReportMetric(g.weigh("customers", "identities", "dues", "shares")/costCustomers, "B/customer")
		b.ReportMetric(events, "B/event")
		b.ReportMetric(g.weigh("outreaches")/costCustomers, "B/outreach")
		b.ReportMetric(g.weigh("parts")/costCustomers, "B/message")
		entries := l.entries(b)
		b.ReportMetric((g.weigh("decisions")-empty)/entries, "B/entry")
		b.ReportMetric(entries/costCustomers, "entries/message")
	}
}

// phase gives how many a second something is done, and how many by one core.
func (g ground) phase(b *testing.B, what string, n int, do func()) {
	b.Helper()
	used, began := g.processor(b), time.Now()
	do()
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), what+"/s")
	b.ReportMetric(float64(n)/(g.processor(b)-used).Seconds(), what+"/core")
}

// processor gives the processor time that this process and its PostgreSQL used
// so far. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func (g ground) processor(b *testing.B) time.Duration {
	b.Helper()
	var own syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &own))
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	if g.server == nil {
		return sum
	}
	children, err := child.Children(g.server.Pid())
	require.NoError(b, err)
	sum += ticks(b, g.server.Pid(), 4) // with those of its children that ended
	for _, pid := range children {
		sum += ticks(b, pid, 2)
	}
	return sum
}

// ticks adds up the first so many of a process's times; 0 for one that is gone.
func ticks(b *testing.B, pid, times int) (sum time.Duration) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	const first, tick = 11, 10 * time.Millisecond // behind the name
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	for _, field := range fields[first : first+times] {
		n, err := strconv.ParseInt(field, 10, 64)
		require.NoError(b, err)
		sum += time.Duration(n) * tick
	}
	return sum
}

// weightInFile gives the bytes of tables with their indexes in a file of
// SQLite. https://sqlite.org/dbstat.html
func weightInFile(b *testing.B, path string, tables []string) float64 {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(b, err)
	defer func() { _ = db.Close() }()
	var n int64
	require.NoError(b, db.QueryRow(`SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = TRUE AND name IN
		(SELECT name FROM sqlite_schema WHERE tbl_name IN ('`+strings.Join(tables, "', '")+`'))`).Scan(&n))
	return float64(n)
}

// idsOf names the table that holds the ids of events; in a file it is an index.
func idsOf(g ground) string {
	if g.server == nil {
		return "events"
	}
	return "event_ids"
}

// costRules are one rule that counts and does not match, and one that matches.
func costRules() bundle.Files {
	return bundle.Files{
		Rules: map[string][]byte{
			"limit.yaml": []byte("description: Never.\nowner: a@example.com\ntopic: service\n" +
				"when: {usage: {sum: data_session.mb, per: month, limit: 1000000, reaches: 80%}}\nsteps: [{send: hello}]\n"),
			"thanks.yaml": []byte("description: Thank at once.\nowner: a@example.com\ntopic: service\n" +
				"when: {event: order_placed}\nsteps: [{send: hello, channel: sms, at: now}]\n"),
			bundle.DataFile: []byte("events:\n  data_session: {by: us, mb: number, source: text}\n  order_placed: {mb: number, source: text}\n"),
			bundle.PolicyFile: []byte("zone: UTC\nchannels: [sms]\nquiet: none\nwindows: {sms: daily 00:00-24:00}\n" +
				"topics: {service: {consent: assumed}}\nrates: {sms: 100000 per second}\nlearning: {hours: no, channels: no}\n"),
		},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello, your order is on its way.")},
	}
}

// bodies gives batches of so many events, of all customers in turn.
func (l *line) bodies(events, each int, event string) (list [][]byte) {
	for first := 0; first < events; first += batchSize {
		list = append(list, l.bodyOf(first/each, costCustomers, each, event))
	}
	return list
}

// posts sends bodies, several at once.
func (l *line) posts(b *testing.B, bodies [][]byte) func() {
	return func() { atOnce(len(bodies), func(i int) { l.post(b, bodies[i]) }) }
}

// atOnce does things, several at once.
func atOnce(n int, do func(i int)) {
	next := make(chan int)
	var callers sync.WaitGroup
	for range callersAtOnce {
		callers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	callers.Wait()
}

// entries counts the lines of all stories.
func (l *line) entries(b *testing.B) (n float64) {
	b.Helper()
	require.NoError(b, l.store.Read(b.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		require.NoError(b, err)
		for _, r := range records {
			story, err := tx.Decisions(r.Profile.ID, 0)
			require.NoError(b, err)
			n += float64(len(story))
		}
		return nil
	}))
	return n
}

// desk does what workflows ask for, without them, and takes every message.
type desk struct {
	engine   *activities.Engine
	observer *observe.Observer

	mu    sync.Mutex
	begun []activities.Start
	keys  []string
}

func newDesk(l *line) *desk {
	d := &desk{}
	at := dossier.Desk{Library: l.library, Zones: sendtime.NewZones()}
	d.observer = &observe.Observer{Store: l.store, Now: time.Now, Desk: at}
	d.engine = &activities.Engine{
		Store: l.store, Desk: at, Clock: activities.RealTime(), Starter: d, Patience: time.Minute,
		Senders: map[customer.Channel]channel.Sender{customer.SMS: d},
		Logger:  slog.New(slog.DiscardHandler),
	}
	return d
}

func (d *desk) Start(_ context.Context, s activities.Start) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begun = append(d.begun, s)
	return nil
}

func (d *desk) Hint(context.Context, ledger.Ref) (bool, error) { return true, nil }

func (d *desk) Name() string { return "desk" }

func (d *desk) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, m.Key)
	return channel.Receipt{ProviderID: fmt.Sprintf("SM%032x", len(d.keys))}, nil
}

// begin takes each match its first step.
func (d *desk) begin(b *testing.B) {
	b.Helper()
	for more := true; more; {
		worked, err := d.engine.Work(b.Context(), "thanks")
		require.NoError(b, err)
		more = worked.More
	}
	require.Len(b, d.begun, costCustomers)
}

// deliver hands each message to its provider.
func (d *desk) deliver(b *testing.B) {
	b.Helper()
	atOnce(len(d.begun), func(i int) {
		s := d.begun[i]
		answer, err := d.engine.Deliver(b.Context(), activities.Question{Ref: s.Ref, Seq: s.First.Seq + 1, Deliver: s.First.Deliver})
		if err != nil || !answer.Done {
			b.Errorf("%s: %+v, %v", s.First.Deliver, answer, err)
		}
	})
	require.Len(b, d.keys, costCustomers)
}

// report says of each message that it arrived, one at a time as most providers
// do.
func (d *desk) report(b *testing.B) {
	b.Helper()
	atOnce(len(d.keys), func(i int) {
		_, err := d.observer.Take(b.Context(), []observe.Incoming{{Report: &observe.Report{Provider: "desk", Report: channel.Report{
			ID: "delivered-" + d.keys[i], Key: d.keys[i], Channel: customer.SMS, Kind: channel.ReportDelivered, At: time.Now(),
		}}}})
		if err != nil {
			b.Error(err)
		}
	})
}
