package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// log gives the instants of a customer's events, by day.
func (b *bench) log(user string) (days []string) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		require.NoError(b.t, err)
		events, err := tx.Events(ledger.EventQuery{Customer: id})
		for _, e := range events {
			days = append(days, e.At.Format(time.DateOnly))
		}
		return err
	}))
	return days
}

func (b *bench) forget(days int) activities.Forgot {
	b.t.Helper()
	f, err := b.engine.Forget(b.t.Context(), sendtime.Duration{Days: days})
	require.NoError(b.t, err)
	_, err = b.library.Follow(b.t.Context())
	require.NoError(b.t, err)
	return f
}

// TestForget holds that events go once they are too old, once a day, by one
// process, and that they are not taken in again.
func TestForget(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(map[string]string{"bought": plainRule(ordered)}))
	for _, days := range []int{100, 61, 60, 3} {
		b.happenAt(b.now.AddDate(0, 0, -days), "u1", "app_opened")
	}
	require.Equal(t, activities.Forgot{Did: true, Events: 2, Before: b.now.AddDate(0, 0, -60)}, b.forget(60))
	require.Equal(t, []string{"2026-09-24", "2026-11-20"}, b.log("u1"))
	require.Equal(t, activities.Forgot{}, b.forget(60), "not before tomorrow")
	b.now = b.now.Add(time.Minute)
	other := b.another()
	require.Equal(t, activities.Forgot{}, other.forget(60))

	out := b.happenAt(b.now.AddDate(0, 0, -100), "u2", "app_opened")
	require.Equal(t, observe.Refused, out.Status)
	require.Contains(t, out.Reason, "at: is before 2026-09-24T12:00:00Z, and older events are forgotten")
	require.Empty(t, b.log("u2"), "nobody is made by it either")
	said := observe.Incoming{User: "u3", Change: berlin(), Event: customer.Event{MessageID: "old word", Name: customer.Identified, At: b.now.AddDate(-3, 0, 0)}}
	for _, want := range []observe.Status{observe.Taken, observe.Duplicate} {
		got, err := b.observer.Take(t.Context(), []observe.Incoming{said})
		require.NoError(t, err)
		require.Equal(t, want, got[0].Status, "what is said of a customer counts, once")
	}
	require.Equal(t, []string{"2026-09-24"}, b.log("u3"), "and is known by then")

	b.now = b.now.Add(24 * time.Hour)
	require.Equal(t, activities.Forgot{Did: true, Events: 2, Before: b.now.AddDate(0, 0, -60)}, other.forget(60))
	require.Equal(t, []string{"2026-11-20"}, b.log("u1"))
}

// TestForgetKeepsWhatIsNeeded holds for rules that look back far, and for an
// outreach that goes on for long.
func TestForgetKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(map[string]string{"often": plainRule("when: {count: {event: app_opened, times: 90, within: 50d}}")}))
	for _, days := range []int{60, 52, 49, 40, 1} {
		b.happenAt(b.now.AddDate(0, 0, -days), "u1", "app_opened")
	}
	back := 50*day + 26*time.Hour
	require.Equal(t, activities.Forgot{Did: true, Events: 2, Before: b.now.Add(-back), Rule: "often"}, b.forget(30))
	require.Len(t, b.log("u1"), 3)

	running := b.now.AddDate(0, 0, -45)
	require.NoError(t, b.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		for i, status := range []ledger.Status{ledger.Ended, ledger.Open} {
			o := ledger.Outreach{Ref: ledger.Ref{Rule: "gone", Customer: "c9"}, Key: fmt.Sprint(i), Status: status, At: running.AddDate(-1+i, 0, 0)}
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
		}
		return nil
	}))
	b.now = b.now.AddDate(0, 0, 90)
	f := b.forget(60)
	require.Equal(t, activities.Forgot{Did: true, Before: running.Add(-back), Held: true}, f, "its rule may look back from its beginning")
	require.Len(t, b.log("u1"), 3)
}
