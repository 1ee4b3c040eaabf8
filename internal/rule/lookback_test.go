package rule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLooksBack(t *testing.T) {
	t.Parallel()
	const days = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"when: {event: bought}": 0,
		"when: {count: {event: bought, times: 3, within: 60 days}}":     60*days + 26*time.Hour,
		"when: {silent: {event: bought, for: 90d}}":                     90*days + 26*time.Hour,
		"when: {missing: {event: bought, after: opened, within: 72h}}":  72 * time.Hour,
		"when: {drop: {event: bought, by: 50%, per: week}}":             10 * 8 * days,
		"when: {event: bought}\ngoal: {event: bought, within: 14 days}": 14*days + 26*time.Hour,
		"when: {event: bought}\naudience: count(bought, 30d) > 2":       30*days + 26*time.Hour,
		"when: {event: bought}\naudience: count(bought) > 2":            0,
	} {
		require.Equal(t, want, matcherOf(t, text).LooksBack(), text)
	}
}
