package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestThoseWithoutRoomComeBackOneBehindTheOther asks at one instant.
func TestThoseWithoutRoomComeBackOneBehindTheOther(t *testing.T) {
	t.Parallel()
	var f flights
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	first, second, third := f.later("a", now), f.later("a", now), f.later("a", now)
	require.Equal(t, busyPause, first)
	require.Greater(t, second, first)
	require.Greater(t, third, second)
	require.Equal(t, busyPause, f.later("b", now), "providers do not wait for each other")
}
