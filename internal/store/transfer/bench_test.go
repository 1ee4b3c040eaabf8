package transfer_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

// BenchmarkCopy moves 10,000 customers with 20 events each from a file to
// PostgreSQL, reads all of it back and compares it.
func BenchmarkCopy(b *testing.B) {
	from := store.Place(filepath.Join(b.TempDir(), "outreach.db"))
	s, err := from.Open(b.Context(), nil)
	require.NoError(b, err)
	for page := range 100 {
		require.NoError(b, s.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for n := range 100 {
				if err := lived(tx, customer.ID(fmt.Sprintf("c%05d", page*100+n))); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	require.NoError(b, s.Close())
	var rows int64
	for b.Loop() {
		counts, err := transfer.Copy(b.Context(), from, store.Place(pgtest.Database(b)), transfer.Options{Now: noon})
		require.NoError(b, err)
		_, err = transfer.Reopen(b.Context(), from)
		require.NoError(b, err)
		for _, c := range counts {
			rows += c.Rows
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// lived writes a customer with twenty events.
func lived(tx ledger.Tx, id customer.ID) error {
	if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id}, State: make([]byte, 200)}); err != nil {
		return err
	}
	if err := tx.Join("u-"+string(id), id); err != nil {
		return err
	}
	for n := range 20 {
		e := customer.Event{
			MessageID: fmt.Sprint(id, n), Customer: id, Name: "seen", At: noon.Add(-time.Duration(n) * 24 * time.Hour),
			Properties: map[string]customer.Value{"mb": customer.Number(float64(n))},
		}
		if _, err := tx.Append(e); err != nil {
			return err
		}
	}
	return nil
}
