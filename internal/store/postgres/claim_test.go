package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestAClaimLeavesThoseWhomSomebodyHasLocked: it takes others and does not wait,
// so that who holds a customer and wants the outreach's row, and who claimed the
// row and wants the customer, never wait for each other.
func TestAClaimLeavesThoseWhomSomebodyHasLocked(t *testing.T) {
	t.Parallel()
	stores := processes(t, 2)
	one, other := stores[0], stores[1]
	noon := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	ids := []customer.ID{"a", "b", "c"}
	require.NoError(t, one.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		for _, id := range ids {
			if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id}}); err != nil {
				return err
			}
			if _, _, err := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "cart", Customer: id}, Status: ledger.Matched, At: noon, Recorded: noon}); err != nil {
				return err
			}
		}
		return nil
	}))
	claim := func() (whose []customer.ID) {
		require.NoError(t, other.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
			whose = nil
			list, err := tx.Claim("cart", noon, noon.Add(time.Minute), 10)
			for _, o := range list {
				whose = append(whose, o.Customer)
			}
			return err
		}))
		return whose
	}
	require.NoError(t, one.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		if _, _, err := tx.Customer("b"); err != nil {
			return err
		}
		require.Equal(t, []customer.ID{"a", "c"}, claim())
		return nil
	}))
	require.Equal(t, []customer.ID{"b"}, claim(), "it is free again")
}
