package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// TestDurationsWithinTheirBounds holds that no start in no zone makes a
// duration shorter or longer than its bounds say.
func TestDurationsWithinTheirBounds(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := zones.Load(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "America/New_York"}).Draw(t, "zone"))
		require.NoError(t, err)
		start := time.Unix(rapid.Int64Range(1262304000, 1893456000).Draw(t, "start"), 0)
		any := func(name string) sendtime.Duration {
			return sendtime.Duration{
				Elapsed: time.Duration(rapid.IntRange(0, 100).Draw(t, name+" hours")) * time.Hour,
				Days:    rapid.IntRange(0, 40).Draw(t, name+" days"), Months: rapid.IntRange(0, 3).Draw(t, name+" months"),
			}
		}
		a, b := any("a"), any("b")
		length := a.After(start, zone).Sub(start)
		require.GreaterOrEqual(t, length, a.Least())
		require.LessOrEqual(t, length, a.Most())
		if a.AtMost(b) {
			require.False(t, a.After(start, zone).After(b.After(start, zone)), "%s is at most %s", a, b)
		}
		require.True(t, a.AtMost(a.Plus(b)))
	})
}
