package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// BenchmarkMonday works off one schedule's time of 20,000 customers in one
// zone: of those who are in the audience, and of those who are not.
func BenchmarkMonday(b *testing.B) {
	const customers = 20_000
	for _, plan := range []string{"basic", "surf"} {
		b.Run("plan "+plan, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				h := newBench(b, "2026-11-22T12:00:00Z", files(map[string]string{
					"weekly": plainRule("when: {schedule: Mon 00:00}\naudience: plan == \"surf\""),
				}))
				var batch []observe.Incoming
				for i := range customers {
					user := fmt.Sprintf("u%05d", i)
					in := incoming("i"+user, user, customer.Identified, h.now, nil)
					in.Change = observe.Change{Email: text("anna@example.com"), Traits: map[string]customer.Value{"plan": customer.Text(plan), "plan_mb": customer.Number(100)}}
					if batch = append(batch, in); len(batch) == 500 {
						h.record(batch...)
						batch = batch[:0]
					}
				}
				h.now = time.Date(2026, 11, 23, 5, 0, 30, 0, time.UTC) // midnight of the policy's zone
				b.StartTimer()
				for h.left("weekly") {
					h.page("weekly")
				}
			}
			b.ReportMetric(float64(customers*b.N)/b.Elapsed().Seconds(), "dues/s")
		})
	}
}

// left reports whether anything of a rule is due.
func (b *bench) left(rule string) bool {
	b.t.Helper()
	left := false
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		dues, err := tx.Dues(rule, b.now, 1)
		left = len(dues) > 0
		return err
	}))
	return left
}
