package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
)

const twoDaysLater = `
topic: urgent
when: {event: signed_up}
steps: [{wait: 2d}, {send: hello, at: now}]
`

// TestDaysPassInSeconds lives two days on a fast engine clock: the message
// goes out two days later by that clock, from the same waits in Temporal.
func TestDaysPassInSeconds(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)
	h := newHouseAt(t, activities.FastTime(start, 60_000), map[string]string{"two-days-later": twoDaysLater})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the outreach ends")
	o := h.outreaches("u1")[0]
	var parts []ledger.Part
	require.NoError(t, h.running.Store.Read(t.Context(), func(tx ledger.Tx) (err error) {
		parts, err = tx.PartsOf(o.Ref)
		return err
	}))
	require.Len(t, parts, 1)
	require.GreaterOrEqual(t, parts[0].Planned.Sub(o.At), 48*time.Hour, "a lag of 15 ms is 15 minutes here: it may be later")
	require.False(t, parts[0].Sent.Before(parts[0].Planned))
}
