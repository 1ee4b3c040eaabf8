package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestKeepEvents(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sendtime.Duration{
		"": {}, "30d": {Days: 30}, "400 days": {Days: 400}, "2 years": {Months: 24}, "13 months": {Months: 13}, "720h": {Elapsed: keepLeast},
	} {
		keep, err := Options{KeepEvents: text}.kept()
		require.NoError(t, err, text)
		require.Equal(t, want, keep, text)
	}
	for text, want := range map[string]string{
		"29d":    `--keep-events "29d": is too short; events are kept for 30d at least, since senders may repeat them for as long: write 30d or more`,
		"0d":     `--keep-events "0d": is too short; events are kept for 30d at least, since senders may repeat them for as long: write 30d or more`,
		"a year": `--keep-events: duration "a year": does not begin with a number, write for example 30min, 24h or 2d`,
		"400":    `--keep-events: duration "400": has no unit, write 400min or 400d`,
	} {
		_, err := Options{KeepEvents: text}.kept()
		require.EqualError(t, err, want)
	}
}
