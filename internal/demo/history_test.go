package demo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestHistoryIsPast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		since := time.Unix(rapid.Int64Range(1_790_000_000, 1_900_000_000).Draw(t, "since"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		events := demo.New(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 60).Draw(t, "customers")).History(since)
		for i, in := range events {
			if !in.Event.At.Before(since) || since.Sub(in.Event.At) > 62*24*time.Hour {
				t.Fatalf("%s is at %s, history ends at %s", in.Event.Name, in.Event.At, since)
			}
			if i > 0 && in.Event.At.Before(events[i-1].Event.At) {
				t.Fatalf("%s comes before an older event", in.Event.Name)
			}
		}
	})
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, len(demo.New(1, 20_000).History(monday())), 5000)
	require.Greater(t, len(demo.New(1, 300).History(monday())), 900)
}

func TestHistoryStaysBelowFourFifths(t *testing.T) {
	t.Parallel()
	c := demo.New(4, 500)
	near := 0
	for user, share := range sums(c, c.History(monday())) {
		require.Less(t, share, 0.8, user)
		if share > 0.69 {
			near++
		}
	}
	require.Greater(t, near, 100)
}

func TestSilencesFallDueSoon(t *testing.T) {
	t.Parallel()
	since := monday()
	last, soon := map[string]time.Time{}, 0
	for _, in := range demo.New(4, 500).History(since) {
		if in.Event.Name == "app_opened" {
			last[in.User] = in.Event.At
		}
	}
	for _, at := range last {
		if ahead := at.Add(14 * 24 * time.Hour).Sub(since); ahead > 0 && ahead < 30*time.Minute {
			soon++
		}
	}
	require.Greater(t, soon, 20)
}

func TestSomeComeOnMondayEveningsOnly(t *testing.T) {
	t.Parallel()
	c, zones := demo.New(4, 500), sendtime.NewZones()
	zoneOf := map[string]string{}
	for _, in := range c.Identify() {
		zoneOf[in.User] = *in.Change.Zone
	}
	all, inside := map[string]int{}, map[string]int{}
	for _, in := range c.History(monday()) {
		zone, err := zones.Load(zoneOf[in.User])
		require.NoError(t, err)
		all[in.User]++
		if at := in.Event.At.In(zone); at.Weekday() == time.Monday && at.Hour() >= 19 && at.Hour() < 21 {
			inside[in.User]++
		}
	}
	mondays := 0
	for user, n := range inside {
		if n >= 4 && 5*n >= 4*all[user] {
			mondays++
		}
	}
	require.Greater(t, mondays, 25)
}

func TestPromisesEndSoon(t *testing.T) {
	t.Parallel()
	since := monday()
	delivered, open := map[string]bool{}, 0
	events := demo.New(4, 500).History(since)
	for _, in := range events {
		if in.Event.Name == "order_delivered" {
			delivered[in.Event.Properties["order_id"].String()] = true
		}
	}
	require.NotEmpty(t, delivered)
	for _, in := range events {
		promised, ok := in.Event.Properties["promised_at"].Time(time.UTC)
		if ok && !delivered[in.Event.Properties["order_id"].String()] {
			require.WithinDuration(t, since, promised, 30*time.Minute)
			open++
		}
	}
	require.Positive(t, open)
}
