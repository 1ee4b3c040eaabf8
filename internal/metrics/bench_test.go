package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// BenchmarkScrape measures one scrape of a file with a million messages and a
// hundred thousand open outreaches of a thousand rules: with figures at hand, as
// it is within the time that they are fresh for, and when they are too old.
// first-ms is how long the reading takes by itself.
func BenchmarkScrape(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "store.db"), sqlite.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	crowd(b, store, 100_000, 10)
	m := figuresOf(store)
	began := time.Now()
	get := func() {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "/metrics", nil))
		require.Contains(b, w.Body.String(), "outreach_messages{")
	}
	get()
	reading := time.Since(began)
	b.Run("fresh", func(b *testing.B) {
		for b.Loop() {
			get()
		}
		b.ReportMetric(float64(reading.Milliseconds()), "first-ms")
	})
	b.Run("old", func(b *testing.B) {
		for b.Loop() {
			m.Age()
			get()
		}
	})
}

// crowd fills a store with open outreaches, and with messages for each.
func crowd(b *testing.B, store ledger.Store, open, messages int) {
	b.Helper()
	const batch = 1000
	for from := 0; from < open; from += batch {
		require.NoError(b, store.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for i := from; i < from+batch; i++ {
				ref := ledger.Ref{Rule: fmt.Sprint("rule-", i%1000), Customer: customer.ID(fmt.Sprint("c", i)), N: 1}
				if _, _, err := tx.AddOutreach(ledger.Outreach{Ref: ref, Key: "k", Status: ledger.Open, NextAt: noon.Add(time.Hour)}); err != nil {
					return err
				}
				for n := range messages {
					p := ledger.Part{Ref: ref, Step: fmt.Sprint("s", n), Channel: customer.SMS, Status: ledger.Delivered, Updated: noon}
					if err := tx.SavePart(p); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
}
