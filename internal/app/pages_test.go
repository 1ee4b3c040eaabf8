package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/pages"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// TestWhoALinkIsMadeFor reads somebody, somebody who was merged into them, and
// nobody.
func TestWhoALinkIsMadeFor(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "outreach.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	reader := pageReader{store, library.New(store)}
	empty, err := reader.Read(ctx, link.Link{Customer: "c1"})
	require.NoError(t, err, "before any rules are loaded")
	require.Empty(t, empty.Profile.ID)

	_, err = reader.library.Load(ctx, bundle.Files{
		Rules: map[string][]byte{"data.yaml": []byte("{}"), "policy.yaml": []byte(
			"zone: America/New_York\ntopics:\n  service: {consent: assumed}\n  tips: {consent: asked}\nsenders:\n  email: \"Larkline <hello@larkline.test>\"\n")},
	}, now)
	require.NoError(t, err)
	known := customer.Profile{ID: "c1", Phone: "+12025550006", Email: "jo@example.com"}
	ref := ledger.Ref{Rule: "hello", Customer: "c2", N: 1}
	require.NoError(t, store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		for _, p := range []customer.Profile{known, {ID: "c2"}} {
			if err := tx.SaveCustomer(ledger.Record{Profile: p}); err != nil {
				return err
			}
		}
		if _, _, err := tx.AddOutreach(ledger.Outreach{Ref: ref, Key: "a", Status: ledger.Ended}); err != nil {
			return err
		}
		if err := tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: known.Phone, Reason: customer.StopReply, At: now}); err != nil {
			return err
		}
		return tx.Merge("c2", "c1")
	}))
	want := pages.State{
		Profile: known, Topics: map[customer.Topic]bool{"service": true, "tips": false},
		Blocked: map[customer.Channel]string{customer.SMS: customer.StopReply}, Company: "Larkline",
	}
	for _, l := range []link.Link{{Customer: "c1"}, {Customer: "c2", Message: "hello.c2.1.a.email"}} {
		s, err := reader.Read(ctx, l)
		require.NoError(t, err)
		require.Equal(t, want, s)
	}
	for _, l := range []link.Link{{Customer: "c3"}, {Customer: "c3", Message: "hello.c3.1.a.email"}, {Customer: "c2"}} {
		s, err := reader.Read(ctx, l)
		require.NoError(t, err)
		require.Empty(t, s.Profile.ID)
	}
}
