package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// One transaction of the benchmarks, as intake writes them.
const (
	batchEvents    = 100
	batchCustomers = 50
	allCustomers   = 10_000
)

// batches makes the transactions of a benchmark, the same for each who asks.
type batches struct{ n int }

func (b *batches) next() []customer.Event {
	events := make([]customer.Event, batchEvents)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range events {
		number := b.n*batchEvents + i
		who := (b.n*7919 + i%batchCustomers*193) % allCustomers
		events[i] = customer.Event{
			MessageID:  fmt.Sprintf("%016x-%016x", uint64(number)*0x9e3779b97f4a7c15, number),
			Customer:   customerID(who),
			Name:       []string{"order_placed", "product_viewed", "cart_updated"}[i%3],
			At:         start.Add(time.Duration(number) * time.Millisecond),
			ReceivedAt: start.Add(time.Duration(number) * time.Millisecond),
			Via:        customer.ViaServer,
			Properties: map[string]customer.Value{
				"product": customer.Text("SKU-12345"), "amount": customer.Number(49.9), "currency": customer.Text("EUR"),
			},
		}
	}
	b.n++
	return events
}

func customerID(i int) customer.ID {
	return customer.ID(fmt.Sprintf("c%015x", uint64(i)*0x9e3779b97f4a7c15>>4))
}

func benchRecord(id customer.ID) ledger.Record {
	return ledger.Record{
		Profile: customer.Profile{
			ID: id, External: "user-" + string(id), Zone: "Europe/Vienna", Country: "AT", Locale: "de-AT",
			Phone: "+4366012345678", Email: "somebody@example.com", PushTokens: []string{"0123456789abcdef0123456789abcdef"},
			Traits: map[string]customer.Value{"plan": customer.Text("gold"), "usage": customer.Number(81)},
			Since:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		},
		State: bytes.Repeat([]byte("behaviour"), 60),
	}
}

func openBench(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "outreach.db"), sqlite.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	for i := 0; i < allCustomers; i += 1000 {
		require.NoError(b, s.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for j := i; j < i+1000; j++ {
				if err := tx.SaveCustomer(benchRecord(customerID(j))); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return s
}

// BenchmarkAppend measures a transaction of events against the same rows in
// the same tables by prepared statements and nothing else.
func BenchmarkAppend(b *testing.B) {
	b.Run("store", benchmarkStore)
	b.Run("plain", benchmarkPlain)
}

func perEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchEvents), "ns/event")
	b.ReportMetric(0, "ns/op")
}

func benchmarkStore(b *testing.B) {
	s := openBench(b)
	var source batches
	for b.Loop() {
		b.StopTimer()
		events := source.next()
		b.StartTimer()
		require.NoError(b, s.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return takeIn(tx, events) }))
	}
	perEvent(b)
}

func takeIn(tx ledger.Tx, events []customer.Event) error {
	for _, e := range events {
		r, _, err := tx.Customer(e.Customer)
		if err != nil {
			return err
		}
		if _, err := tx.Append(e); err != nil {
			return err
		}
		r.State[0]++
		if err := tx.SaveCustomer(r); err != nil {
			return err
		}
	}
	return nil
}

func benchmarkPlain(b *testing.B) {
	path := filepath.Join(b.TempDir(), "outreach.db")
	made, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	require.NoError(b, err)
	require.NoError(b, made.Close())
	p := newPlain(b, path)
	for i := range allCustomers / 1000 {
		records := make([]ledger.Record, 1000)
		for j := range records {
			records[j] = benchRecord(customerID(i*1000 + j))
		}
		require.NoError(b, p.insert(nil, records))
	}
	var source batches
	for b.Loop() {
		b.StopTimer()
		events := source.next()
		var records []ledger.Record
		for _, e := range events[:batchCustomers] {
			records = append(records, benchRecord(e.Customer))
		}
		b.StartTimer()
		require.NoError(b, p.insert(events, records))
	}
	perEvent(b)
}

// plain inserts rows through database/sql.
type plain struct {
	db           *sql.DB
	event, state *sql.Stmt
}

func newPlain(b *testing.B, path string) *plain {
	b.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=synchronous(FULL)&_pragma=cache_size(-65536)"+
		"&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)&_txlock=immediate")
	require.NoError(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	event, err := db.Prepare(`INSERT INTO events (customer, name, at, message_id, received, via, properties)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	require.NoError(b, err)
	state, err := db.Prepare(`INSERT INTO customers (id, profile, state) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state`)
	require.NoError(b, err)
	return &plain{db, event, state}
}

func (p *plain) insert(events []customer.Event, records []ledger.Record) error {
	tx, err := p.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	event, state := tx.Stmt(p.event), tx.Stmt(p.state)
	for _, e := range events {
		properties, err := json.Marshal(e.Properties)
		if err != nil {
			return err
		}
		_, err = event.Exec(string(e.Customer), e.Name, e.At.UnixMicro(), e.MessageID, e.ReceivedAt.UnixMicro(),
			string(e.Via), string(properties))
		if err != nil {
			return err
		}
	}
	for _, r := range records {
		profile, err := json.Marshal(r.Profile)
		if err != nil {
			return err
		}
		if _, err := state.Exec(string(r.Profile.ID), string(profile), r.State); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// BenchmarkOutreach measures what an outreach costs the store: its match, its
// claim, and one save.
func BenchmarkOutreach(b *testing.B) {
	s := openBench(b)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var n int
	add := func(tx ledger.Tx) error {
		for range 100 {
			n++
			_, _, err := tx.AddOutreach(ledger.Outreach{
				Ref: ledger.Ref{Rule: "cart", Customer: customerID(n % allCustomers)}, Key: fmt.Sprint("key-", n),
				Version: "v1", Topic: "offers", At: now, Recorded: now, Status: ledger.Matched, NextAt: now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	var adding, claiming, saving time.Duration
	timed := func(total *time.Duration, fn func(ledger.Tx) error) {
		started := time.Now()
		require.NoError(b, s.Write(b.Context(), ledger.GateLane, fn))
		*total += time.Since(started)
	}
	for b.Loop() {
		var list []ledger.Outreach
		timed(&adding, add)
		timed(&claiming, func(tx ledger.Tx) (err error) {
			list, err = tx.Claim("cart", now, now.Add(time.Minute), 100)
			return err
		})
		timed(&saving, func(tx ledger.Tx) error {
			for _, o := range list {
				o.Status, o.Position, o.Seq, o.NextAt = ledger.Open, []byte("step 2"), 1, now.Add(time.Hour)
				if err := tx.SaveOutreach(o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for name, total := range map[string]time.Duration{"add": adding, "claim": claiming, "save": saving} {
		b.ReportMetric(float64(total.Nanoseconds())/float64(b.N*100), name+"-ns/row")
	}
}

// BenchmarkRulesWithWork measures the question that is asked every second, with
// a thousand rules of which each has something that is not yet to be done.
func BenchmarkRulesWithWork(b *testing.B) {
	s := openBench(b)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(b, s.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		for i := range 20_000 {
			rule, id := fmt.Sprint("rule-", i%1000), customerID(i%allCustomers)
			if err := tx.SetDue(ledger.Due{Rule: rule, Customer: id, At: now.Add(time.Hour)}); err != nil {
				return err
			}
			o := ledger.Outreach{
				Ref: ledger.Ref{Rule: rule, Customer: id}, Key: fmt.Sprint(i), Status: ledger.Open, NextAt: now.Add(time.Hour),
			}
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
		}
		return nil
	}))
	for b.Loop() {
		require.NoError(b, s.Read(b.Context(), func(tx ledger.Tx) error {
			rules, err := tx.RulesWithWork(now, now)
			if len(rules) > 0 {
				return fmt.Errorf("there is work for %v", rules)
			}
			return err
		}))
	}
}
