package activities

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

// TestAtOnceForAllIsNoOneSecond: 5,000 messages that are due at one instant, as
// a schedule with at: now makes them, reach the provider at the channel's rate.
// None asks more than twice, and each asks again at its own turn.
func TestAtOnceForAllIsNoOneSecond(t *testing.T) {
	t.Parallel()
	const messages, perSecond = 5000, 50
	nine := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	var p paces
	turns := make([]time.Duration, messages)
	for i := range messages {
		turns[i] = p.turn(customer.SMS, perSecond, fmt.Sprint(i), nine)
	}
	seconds := map[int]int{}
	for i, wait := range turns {
		if wait > 0 {
			require.Zero(t, p.turn(customer.SMS, perSecond, fmt.Sprint(i), nine.Add(wait)), "message %d at its turn", i)
		}
		seconds[int(wait.Seconds())]++
	}
	require.InEpsilon(t, messages/perSecond, len(seconds), 0.06, "turns are given a little further apart than the rate has it")
	for second, n := range seconds {
		require.LessOrEqual(t, n, perSecond, "second %d", second)
	}
}
