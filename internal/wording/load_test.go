package wording_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/wording"
)

func TestRatesAndSpans(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"5 per second", "30 per minute", "0.5 per hour", "20,000 per second"},
		[]string{wording.Rate(5), wording.Rate(0.5), wording.Rate(0.5 / 3600), wording.Rate(20_000)})
	for text, d := range map[string]time.Duration{
		"0 seconds": 0, "90 seconds": 90 * time.Second, "2 minutes": 2 * time.Minute, "119 minutes": 119 * time.Minute,
		"5 hours": 5*time.Hour + 20*time.Minute, "3 days": 70 * time.Hour,
	} {
		require.Equal(t, text, wording.Span(d))
	}
}
