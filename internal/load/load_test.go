package load_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/load"
)

// nine is an instant that a schedule starts at.
const nine = 1_772_442_000

func at(second int) time.Time { return time.Unix(nine+int64(second), 0).UTC() }

// planned gives n messages of a rule, each so many seconds after the one before.
func planned(n, from, apart int, rule uint16) (list []load.Message) {
	for i := range n {
		list = append(list, load.Message{At: uint32(nine + from + i*apart), Until: nine + 3600, Rule: rule, Within: rule == 2})
	}
	return list
}

func TestJams(t *testing.T) {
	t.Parallel()
	both := append(planned(400, 0, 0, 1), planned(600, 0, 0, 2)...)
	for name, c := range map[string]struct {
		messages []load.Message
		rate     float64
		want     []load.Jam
	}{
		"nothing":                   {nil, 5, nil},
		"room for all":              {planned(5000, 0, 1, 1), 5, nil},
		"some seconds are no jam":   {planned(250, 0, 0, 1), 5, nil},
		"a burst of two rules":      {both, 5, []load.Jam{{From: at(0), Last: at(0), Out: at(199), Messages: 1000, Median: 99200 * time.Millisecond, Longest: 199 * time.Second, Rules: []load.Share{{Rule: 2, Messages: 600}, {Rule: 1, Messages: 400}}}}},
		"more than the hour holds":  {both, 0.2, []load.Jam{{From: at(0), Last: at(0), Out: at(4995), Messages: 1000, Median: 2500 * time.Second, Longest: 4995 * time.Second, Within: 279, Rules: []load.Share{{Rule: 2, Messages: 600}, {Rule: 1, Messages: 400}}}}},
		"a slow rate takes one":     {planned(1, 0, 0, 1), 0.5 / 3600, nil},
		"faster than the rate":      {planned(100, 0, 1, 1), 0.5, []load.Jam{{From: at(0), Last: at(99), Out: at(198), Messages: 100, Median: 50 * time.Second, Longest: 99 * time.Second, Rules: []load.Share{{Rule: 1, Messages: 100}}}}},
		"two mornings are two jams": {append(planned(100, 0, 0, 1), planned(100, 900, 0, 1)...), 1, []load.Jam{{From: at(0), Last: at(0), Out: at(99), Messages: 100, Median: 50 * time.Second, Longest: 99 * time.Second, Rules: []load.Share{{Rule: 1, Messages: 100}}}, {From: at(900), Last: at(900), Out: at(999), Messages: 100, Median: 50 * time.Second, Longest: 99 * time.Second, Rules: []load.Share{{Rule: 1, Messages: 100}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, load.Jams(c.messages, c.rate))
		})
	}
}

// TestTurnsAreThoseOfTheEngine: the limiter by which messages are sent lets the
// last one of a jam out at the same instant.
func TestTurnsAreThoseOfTheEngine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		messages := drawn(t)
		perSecond := rapid.Float64Range(0.01, 20).Draw(t, "rate")
		limiter := rate.NewLimiter(rate.Limit(perSecond), load.Burst(perSecond))
		late := map[uint32]time.Duration{} // the latest of a second
		for _, m := range messages {
			now := time.Unix(int64(m.At), 0)
			late[m.At] = limiter.ReserveN(now, 1).DelayFrom(now)
		}
		for _, jam := range load.Jams(messages, perSecond) {
			want := jam.Last.Add(late[uint32(jam.Last.Unix())])
			require.WithinDuration(t, want, jam.Out, time.Millisecond)
			require.GreaterOrEqual(t, jam.Longest, load.Noticeable)
			require.LessOrEqual(t, jam.Median, jam.Longest)
			require.LessOrEqual(t, jam.Missed(), jam.Messages)
		}
		enough := load.Enough(messages, perSecond)
		require.Empty(t, load.Jams(messages, enough))
		if enough > perSecond {
			require.NotEmpty(t, load.Jams(messages, max(perSecond, enough/1.2)), "a rate well below it is not enough")
		}
	})
}

func drawn(t *rapid.T) []load.Message {
	messages := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) load.Message {
		second := rapid.Uint32Range(nine, nine+600).Draw(t, "at")
		return load.Message{At: second, Until: second + rapid.Uint32Range(0, 600).Draw(t, "open"), Rule: rapid.Uint16Range(0, 3).Draw(t, "rule"), Within: rapid.Bool().Draw(t, "within")}
	}), 0, 300).Draw(t, "messages")
	slices.SortFunc(messages, load.Message.Compare)
	return messages
}

func TestEnough(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 17, load.Enough(planned(1000, 0, 0, 1), 5), 1, "a thousand in a little less than a minute")
	require.Equal(t, 5.0, load.Enough(planned(100, 0, 0, 1), 5))
}
