package observe_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// One batch of the benchmarks, as intake takes them.
const (
	batchEvents    = 100
	batchCustomers = 50
	allCustomers   = 5_000
)

// benchRules mention every event of the batches.
func benchRules() map[string]string {
	return map[string]string{
		"limit": nearLimit + "\ngoal: {event: closed, within: 14d}\nstop: closed",
		"quiet": "when: {silent: {for: 14d}}\naudience: count(bought, 90d) > 0",
		"late":  "when: {missing: {event: arrived, after: ordered, within: 3d}}\nabout: order",
		"rich":  "when: {event: bought, where: total > 1000}\naudience: sum(bought.total, 30d) > 5000\nagain: after 7d",
		"often": "when: {usage: {count: opened, per: week, limit: 1000, reaches: 80%}}",
	}
}

// source makes batches: the same for everybody who asks.
type source struct{ n int }

func benchUser(i int) string { return fmt.Sprintf("user-%06d", i) }

func (s *source) next() []observe.Incoming {
	batch := make([]observe.Incoming, batchEvents)
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range batch {
		number := s.n*batchEvents + i
		name := []string{"used", "opened", "bought", "used", "ordered"}[number%5]
		at := start.Add(time.Duration(number) * 100 * time.Millisecond)
		batch[i] = observe.Incoming{
			User: benchUser((s.n*7919 + i%batchCustomers*193) % allCustomers),
			Event: customer.Event{
				MessageID: fmt.Sprintf("%016x-%016x", uint64(number)*0x9e3779b97f4a7c15, number), Name: name, At: at, Via: customer.ViaServer,
				Properties: map[string]customer.Value{
					"mb": customer.Number(1.5), "total": customer.Number(49.9), "order": customer.Text("o1"),
				},
			},
		}
	}
	s.n++
	return batch
}

// BenchmarkTake measures a batch with rules against the same event rows, and
// one state for each customer of the batch, by prepared statements and nothing
// else. The budget is half of the plain insert's speed. With open outreaches
// every customer is in one that every use of data concerns.
func BenchmarkTake(b *testing.B) {
	b.Run("rules", func(b *testing.B) { benchmarkTake(b, benchRules(), 100_000) })
	b.Run("open outreaches", func(b *testing.B) { benchmarkTake(b, benchRules(), 1) })
	b.Run("no rules", func(b *testing.B) { benchmarkTake(b, nil, 1) })
	b.Run("plain", benchmarkPlain)
}

func perEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchEvents), "ns/event")
	b.ReportMetric(0, "ns/op")
}

func benchmarkTake(b *testing.B, rules map[string]string, plan int) {
	w := newWorld(b, rules)
	var batch []observe.Incoming
	for i := range allCustomers {
		batch = append(batch, observe.Incoming{User: benchUser(i), Event: w.event("", customer.Identified), Change: benchProfile(plan)})
	}
	w.take(batch...)
	var from source
	for range 100 {
		batch := from.next()
		w.now = batch[len(batch)-1].Event.At
		w.take(batch...)
	}
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		batch := from.next()
		w.now = batch[len(batch)-1].Event.At
		b.StartTimer()
		w.take(batch...)
	}
	perEvent(b)
}

func benchProfile(plan int) observe.Change {
	return observe.Change{
		Zone: pointer("Europe/Vienna"), Country: pointer("AT"), Locale: pointer("de-AT"), Email: pointer("somebody@example.com"),
		Phone: pointer("+4366012345678"), PushToken: "0123456789abcdef0123456789abcdef",
		Traits: pairs([]any{"plan", "surf", "plan_mb", plan, "billing_day", 15}),
	}
}

func benchmarkPlain(b *testing.B) {
	path := filepath.Join(b.TempDir(), "outreach.db")
	made, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	require.NoError(b, err)
	require.NoError(b, made.Close())
	db, err := sql.Open("sqlite", path+"?_pragma=synchronous(FULL)&_pragma=cache_size(-65536)"+
		"&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)&_txlock=immediate")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	db.SetMaxOpenConns(1)
	event, err := db.Prepare(`INSERT INTO events (customer, name, at, message_id, received, via, properties)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	require.NoError(b, err)
	state, err := db.Prepare(`INSERT INTO customers (id, profile, state) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state`)
	require.NoError(b, err)
	profile, err := json.Marshal(benchProfile(1))
	require.NoError(b, err)
	encoded := benchState().Encode()
	var from source
	insert := func(batch []observe.Incoming) {
		tx, err := db.BeginTx(context.Background(), nil)
		require.NoError(b, err)
		inEvent, inState := tx.Stmt(event), tx.Stmt(state)
		for i, in := range batch {
			properties, err := json.Marshal(in.Event.Properties)
			require.NoError(b, err)
			_, err = inEvent.Exec(in.User, in.Event.Name, in.Event.At.UnixMicro(), in.Event.MessageID, in.Event.At.UnixMicro(), "server", string(properties))
			require.NoError(b, err)
			if i < batchCustomers {
				_, err = inState.Exec(in.User, string(profile), encoded)
				require.NoError(b, err)
			}
		}
		require.NoError(b, tx.Commit())
	}
	for range 100 {
		insert(from.next())
	}
	for b.Loop() {
		b.StopTimer()
		batch := from.next()
		b.StartTimer()
		insert(batch)
	}
	perEvent(b)
}

// benchState is of the size that the rules keep.
func benchState() *behaviour.State {
	s := &behaviour.State{LastAct: time.Now(), Habits: map[customer.Channel]*habit.Profile{customer.AnyChannel: {}}, Series: map[string]*behaviour.Series{}}
	for i := range 5 {
		s.Habits[customer.AnyChannel].Add(time.Now().Add(time.Duration(i)*time.Hour), habit.Seen)
		s.Series[fmt.Sprint("series of an event/month from billing_day", i)] = &behaviour.Series{Now: behaviour.Bucket{Start: time.Now(), End: time.Now(), Sum: 1, Count: 1, Last: time.Now()}}
	}
	return s
}
