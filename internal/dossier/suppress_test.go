package dossier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

// TestWhoseWordHolds is the law of an address: what its customer said last
// holds, and where they said nothing, what a provider found.
func TestWhoseWordHolds(t *testing.T) {
	t.Parallel()
	said := []string{customer.StopReply, customer.Unsubscribed, customer.Complaint}
	found := []string{customer.Bounced, customer.Unregistered, customer.NoAddressAt}
	rapid.Check(t, func(r *rapid.T) {
		store, now := memory.New(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		var desk dossier.Desk
		want, words := "", 0
		for range rapid.IntRange(1, 12).Draw(r, "words") {
			now = now.Add(time.Second)
			e := customer.Evidence{At: now, Channel: customer.SMS, Address: "+15550100100", How: customer.BySMS}
			reason := rapid.SampledFrom(append(append([]string{"free"}, said...), found...)).Draw(r, "reason")
			wants := dossier.Said(want)
			switch {
			case reason == "free" && wants:
				want, words = "", words+1
			case reason == "free":
			case dossier.Said(reason):
				want, words = reason, words+1
			case !wants && want != reason:
				want, words = reason, words+1
			}
			require.NoError(r, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
				if reason == "free" {
					return desk.Free(tx, e)
				}
				return desk.Suppress(tx, e, reason)
			}))
			require.NoError(r, store.Read(t.Context(), func(tx ledger.Tx) error {
				s, _, err := tx.Suppressed(customer.SMS, e.Address)
				require.Equal(r, want, s.Reason)
				proofs, err2 := tx.Evidence("", 0, 0)
				require.NoError(r, err2)
				require.Len(r, proofs, words)
				return err
			}))
		}
	})
}

// TestAnOlderWordIsKeptAndChangesNothing of the customer's own.
func TestAnOlderWordIsKeptAndChangesNothing(t *testing.T) {
	t.Parallel()
	store, noon := memory.New(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var desk dossier.Desk
	e := customer.Evidence{At: noon, Channel: customer.Email, Address: "ana@example.com"}
	older := e
	older.At = noon.Add(-time.Hour)
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		require.NoError(t, desk.Suppress(tx, e, customer.Unsubscribed))
		require.NoError(t, desk.Suppress(tx, older, customer.Complaint))
		require.NoError(t, desk.Free(tx, older))
		require.NoError(t, desk.Suppress(tx, customer.Evidence{At: noon, Channel: customer.Email}, customer.Bounced), "no address")
		s, is, err := tx.Suppressed(customer.Email, e.Address)
		require.True(t, is)
		require.Equal(t, customer.Suppression{Channel: customer.Email, Address: e.Address, Reason: customer.Unsubscribed, At: noon}, s)
		proofs, err2 := tx.Evidence("", 0, 0)
		require.NoError(t, err2)
		require.Len(t, proofs, 2)
		return err
	}))
}

// TestAnOperatorsBlockStays whatever providers find and the customer says, but
// for a STOP, until an operator lifts it.
func TestAnOperatorsBlockStays(t *testing.T) {
	t.Parallel()
	store, noon := memory.New(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var desk dossier.Desk
	e := customer.Evidence{At: noon, Channel: customer.SMS, Address: "+15550100100", How: customer.BySMS}
	operator := e
	operator.How = customer.ByOperator
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		reason := func() string {
			s, _, err := tx.Suppressed(e.Channel, e.Address)
			require.NoError(t, err)
			return s.Reason
		}
		require.NoError(t, desk.Suppress(tx, operator, customer.Blocked))
		require.NoError(t, desk.Suppress(tx, e, customer.Bounced))
		require.NoError(t, desk.Free(tx, e))
		require.Equal(t, customer.Blocked, reason())
		require.NoError(t, desk.Free(tx, operator))
		require.Empty(t, reason())
		require.NoError(t, desk.Suppress(tx, operator, customer.Blocked))
		require.NoError(t, desk.Suppress(tx, e, customer.StopReply))
		require.Equal(t, customer.StopReply, reason())
		return nil
	}))
}
