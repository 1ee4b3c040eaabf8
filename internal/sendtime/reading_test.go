package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestReading(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for wall, want := range map[string]string{
		"2026-11-23T09:00:00Z": "2026-11-23T08:00:00Z",
		"2026-03-29T02:30:00Z": "2026-03-29T01:00:00Z", // skipped: the end of the gap
		"2026-10-25T02:30:00Z": "2026-10-25T00:30:00Z", // twice: the first
		"2026-10-25T03:00:00Z": "2026-10-25T02:00:00Z",
	} {
		on, err := time.Parse(time.RFC3339, wall)
		require.NoError(t, err)
		got := sendtime.Reading(on, berlin)
		require.Equal(t, want, got.Format(time.RFC3339), wall)
		if back := sendtime.OnWall(got, berlin); !back.Equal(on) {
			require.Equal(t, "2026-03-29T03:00:00Z", back.Format(time.RFC3339), wall)
		}
	}
	require.Equal(t, "2026-11-23T09:00:00Z", sendtime.Reading(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), nil).Format(time.RFC3339))
}
