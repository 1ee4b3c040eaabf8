package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// inTheWindow sends in five minutes of the day.
const inTheWindow = `
topic: urgent
when: {event: signed_up}
steps: [{send: hello, channel: sms, at: "daily 10:00-10:05"}]
`

// BenchmarkLateness plans 5,000 messages for a window of five minutes, and gives
// how late they are handed to their provider against the instants that they were
// planned for.
func BenchmarkLateness(b *testing.B) { onBoth(b, lateness) }

func lateness(b *testing.B, store string) {
	const messages = 5000
	for b.Loop() {
		clock := activities.FastTime(time.Date(2026, 11, 23, 9, 57, 0, 0, newYork(b)), 1)
		h := newHouseOn(b, store, clock, map[string]string{"window": inTheWindow})
		for first := 0; first < messages; first += 250 {
			var batch []observe.Incoming
			for i := first; i < first+250; i++ {
				phone := fmt.Sprintf("+12122%06d", i)
				batch = append(batch, observe.Incoming{User: fmt.Sprint("user-", i), Change: observe.Change{Phone: &phone},
					Event: customer.Event{MessageID: fmt.Sprint("m", i), Name: "signed_up", At: clock.Now()}})
			}
			_, err := h.running.Observer.Take(b.Context(), batch)
			require.NoError(b, err)
		}
		require.Eventually(b, func() bool { return len(h.provider.keys()) == messages }, 12*time.Minute, time.Second)
		late := h.late(b, messages)
		b.ReportMetric(late[len(late)/2].Seconds(), "median-s")
		b.ReportMetric(late[len(late)*99/100].Seconds(), "p99-s")
		b.ReportMetric(late[len(late)-1].Seconds(), "most-s")
		h.stop()
	}
}

// late gives by how much messages were late, sorted.
func (h *house) late(b *testing.B, messages int) (late []time.Duration) {
	b.Helper()
	require.NoError(b, h.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		parts, err := tx.PartsBy(ledger.Delivered, 0)
		for _, p := range parts {
			late = append(late, max(0, p.Sent.Sub(p.Planned)))
		}
		return err
	}))
	require.Len(b, late, messages)
	slices.Sort(late)
	return late
}

func newYork(b *testing.B) *time.Location {
	b.Helper()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(b, err)
	return zone
}
