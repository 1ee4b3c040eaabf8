package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/observe"
)

// An hour after an order, by Temporal's timer.
const anHourLater = `
description: Ask in an hour.
owner: care@example.com
topic: service
when: {event: order_placed}
steps:
  - wait: 1h
  - {send: greeting, at: now}
`

// waiters gives an engine with outreaches that sleep until an instant.
func waiters(t *testing.T, many int) (b *bench, due time.Time) {
	t.Helper()
	f := greetings(openPolicy, "Hello")
	f.Rules["later.yaml"] = []byte(anHourLater)
	delete(f.Rules, "greeting.yaml")
	b = newBench(t, "2026-11-23T12:00:00Z", f)
	for i := range many {
		user := fmt.Sprint("user-", i)
		b.identify(user, observe.Change{Phone: text(fmt.Sprintf("+180055501%02d", i))})
		b.happen(user, "order_placed", "order_id", "o1")
	}
	require.Equal(t, many, b.asleep())
	return b, b.now.Add(time.Hour)
}

// asleep gives how many outreaches sleep by Temporal's timer, and lets them
// sleep on if their instant is past: timers that are late.
func (b *bench) asleep() (n int) {
	for ref, answer := range b.waiting {
		if answer.Sleep > 0 {
			n++
			answer.Sleep = time.Hour
			b.waiting[ref] = answer
		}
	}
	return n
}

// TestWhatIsLateIsNudgedOnce: an outreach whose timer does not fire looks again
// all the same, soon and once for each instant; one that is on time does not.
func TestWhatIsLateIsNudgedOnce(t *testing.T) {
	t.Parallel()
	b, due := waiters(t, 1)
	nudger := &activities.Nudger{Engine: b.engine}
	nudge := func(after time.Duration) int {
		b.now = due.Add(after)
		require.NoError(t, nudger.Nudge(t.Context()))
		return b.asleep()
	}
	require.Equal(t, 1, nudge(-time.Minute))
	require.Equal(t, 1, nudge(400*time.Millisecond), "a timer may be as late as that")
	require.Equal(t, 0, nudge(600*time.Millisecond))

	for ref, answer := range b.waiting { // as if it had looked, and waited for something else
		answer.Sleep = time.Hour
		b.waiting[ref] = answer
	}
	require.Equal(t, 1, nudge(900*time.Millisecond), "it was told before")
	b.now = due.Add(time.Second)
	for ref, answer := range b.waiting {
		answer.Sleep = 0
		b.waiting[ref] = answer
	}
	b.work()
	require.Len(t, b.sent, 1)
	require.Equal(t, 0, nudge(2*time.Second))
}

// TestManyLateOnesAreNotNudged: they wait for their turn, not for a timer.
func TestManyLateOnesAreNotNudged(t *testing.T) {
	t.Parallel()
	const many = 11
	b, due := waiters(t, many)
	b.now = due.Add(time.Second)
	require.NoError(t, (&activities.Nudger{Engine: b.engine}).Nudge(t.Context()))
	require.Equal(t, many, b.asleep())
}

// TestWhatWasNeverStartedIsStarted: an outreach whose process died before it
// started the workflow goes on at its instant, not when it is found overdue.
func TestWhatWasNeverStartedIsStarted(t *testing.T) {
	t.Parallel()
	b, due := waiters(t, 1)
	clear(b.waiting)
	b.now = due.Add(600 * time.Millisecond)
	b.work()
	require.Empty(t, b.waiting)
	require.NoError(t, (&activities.Nudger{Engine: b.engine}).Nudge(t.Context()))
	b.work()
	require.Len(t, b.sent, 1)
}
