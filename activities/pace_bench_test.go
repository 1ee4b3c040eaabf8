package activities_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// countingStore counts the rows that deliveries write.
type countingStore struct {
	ledger.Store
	writes atomic.Int64
}

func (s *countingStore) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	return s.Store.Write(ctx, lane, func(tx ledger.Tx) error { return fn(countingTx{tx, &s.writes}) })
}

type countingTx struct {
	ledger.Tx
	writes *atomic.Int64
}

func (t countingTx) SavePart(p ledger.Part) error { t.writes.Add(1); return t.Tx.SavePart(p) }
func (t countingTx) SaveOutreach(o ledger.Outreach) error {
	t.writes.Add(1)
	return t.Tx.SaveOutreach(o)
}
func (t countingTx) SavePace(p ledger.Pace) error       { t.writes.Add(1); return t.Tx.SavePace(p) }
func (t countingTx) SaveCustomer(r ledger.Record) error { t.writes.Add(1); return t.Tx.SaveCustomer(r) }
func (t countingTx) Decide(d ...ledger.Decision) error {
	t.writes.Add(int64(len(d)))
	return t.Tx.Decide(d...)
}

// BenchmarkDeliverByRate hands one message over, from the question to the record of
// the answer: without a rate, with one that has room, and with a turn that is
// waited for.
func BenchmarkDeliverByRate(b *testing.B) {
	for name, c := range map[string]struct {
		rates string
		asks  int
	}{
		"without a rate":    {"", 1},
		"with a rate":       {"rates: {sms: 1000000 per second}\n", 1},
		"with a turn first": {"rates: {sms: 100 per second}\n", 2},
	} {
		b.Run(name, func(b *testing.B) {
			h := newBench(b, "2026-11-23T12:00:00Z", greetings(openPolicy+c.rates, "Hello"))
			store := &countingStore{Store: h.store}
			h.engine.Store = store
			questions := make([]activities.Question, 0, b.N)
			for i := range b.N {
				user := fmt.Sprintf("u%06d", i)
				in := incoming(user, user, "order_placed", h.now, nil)
				in.Change = observe.Change{Phone: text("+18005550100")}
				_, err := h.observer.Take(b.Context(), []observe.Incoming{in})
				require.NoError(b, err)
			}
			for more := true; more; {
				w, err := h.engine.Work(b.Context(), "greeting")
				require.NoError(b, err)
				more = w.More
			}
			for ref, first := range h.waiting {
				questions = append(questions, activities.Question{Ref: ref, Seq: first.Seq + 1, Deliver: first.Deliver})
			}
			require.Len(b, questions, b.N)
			block(b, h, c.asks)
			store.writes.Store(0)
			b.ResetTimer()
			for _, q := range questions {
				answer, err := h.engine.Deliver(b.Context(), q)
				require.NoError(b, err)
				if c.asks == 2 {
					require.False(b, answer.Done)
					h.now = h.now.Add(answer.Sleep)
					answer, err = h.engine.Deliver(b.Context(), q)
					require.NoError(b, err)
				}
				require.True(b, answer.Done)
				if c.asks == 2 {
					block(b, h, c.asks)
				}
			}
			b.ReportMetric(float64(store.writes.Load())/float64(b.N), "rows/msg")
		})
	}
}

// block lets the next message find somebody before it.
func block(b *testing.B, h *bench, asks int) {
	b.Helper()
	if asks == 1 {
		return
	}
	require.NoError(b, h.store.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		row, _, err := tx.Pace(string(customer.SMS))
		row.Scope, row.Urgent = string(customer.SMS), h.now.Add(1e9)
		if err != nil {
			return err
		}
		return tx.SavePace(row)
	}))
}
