package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// TestHowLongEventsTookIsTold, and not what providers report of our own messages.
func TestHowLongEventsTookIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var sizes []int
	w.Took = func(events int, took time.Duration) {
		require.Positive(t, took)
		sizes = append(sizes, events)
	}
	event := func(id string) observe.Incoming {
		return observe.Incoming{User: "anna", Event: customer.Event{MessageID: id, Name: "opened", At: w.now}}
	}
	report := observe.Incoming{Report: &observe.Report{Provider: "vendor", Report: channel.Report{
		ID: "r1", Kind: channel.ReportDelivered, Channel: customer.SMS, ProviderID: "unheard of", At: w.now,
	}}}
	for _, batch := range [][]observe.Incoming{{event("m1"), event("m2")}, {report}, {report, event("m3")}} {
		_, err := w.Take(t.Context(), batch)
		require.NoError(t, err)
	}
	require.Equal(t, []int{2, 1}, sizes)
}
