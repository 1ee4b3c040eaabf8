package app

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

func TestKeysOfLinks(t *testing.T) {
	t.Parallel()
	store := memory.New()
	ctx, now := t.Context(), time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	l := link.Link{Kind: link.Unsubscribe, Customer: "c1", Topic: "offers", Channel: customer.Email, Issued: now}
	made, err := Links(ctx, store, "")
	require.NoError(t, err)
	again, err := Links(ctx, store, " ")
	require.NoError(t, err)
	read, err := again.Verify(made.Sign(l), now)
	require.NoError(t, err, "the key outlives the process")
	require.Equal(t, l, read)

	secret := strings.Repeat("ab", link.KeyLength)
	given, err := Links(ctx, store, secret)
	require.NoError(t, err)
	_, err = given.Verify(made.Sign(l), now)
	require.NoError(t, err, "links that went out before still work")
	_, err = made.Verify(given.Sign(l), now)
	require.ErrorIs(t, err, link.ErrForged, "a given key signs")

	other, err := Links(ctx, memory.New(), secret)
	require.NoError(t, err)
	_, err = other.Verify(made.Sign(l), now)
	require.ErrorIs(t, err, link.ErrForged)
}

func TestKeysOfLinksThatAreNone(t *testing.T) {
	t.Parallel()
	store := memory.New()
	_, err := Links(t.Context(), store, "hunter2")
	require.EqualError(t, err, "OUTREACH_LINK_SECRET: link key 1: is not 32 bytes in hex or base64, make one with openssl rand -hex 32")
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SetSetting(linkKey, "torn") }))
	_, err = Links(t.Context(), store, "")
	require.EqualError(t, err, "the store's setting link_key: link key 1: is not 32 bytes in hex or base64, make one with openssl rand -hex 32")
}
