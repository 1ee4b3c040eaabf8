package sendtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// zone loads a real zone.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loaded, err := sendtime.NewZones().Load(name)
	require.NoError(t, err)
	return loaded
}

// when reads lines that are known to be good.
func when(t testing.TB, lines ...string) sendtime.When {
	t.Helper()
	w, err := sendtime.ParseWhen(lines...)
	require.NoError(t, err)
	return w
}

// at reads an instant with its offset, "2026-03-07T09:00:00-05:00"; empty is the zero time.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	instant, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return instant.UTC()
}

// reads is an instant as the local clock shows it, with its offset.
func reads(instant time.Time, zone *time.Location) string {
	return instant.In(zone).Format(time.RFC3339Nano)
}
