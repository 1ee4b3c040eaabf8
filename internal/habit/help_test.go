package habit_test

import (
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// monday is a Monday, 00:00.
var monday = time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)

// at is an instant some weeks after monday, at an hour of the week.
func at(weeks, day, hour int) time.Time {
	return monday.AddDate(0, 0, 7*weeks+day).Add(time.Duration(hour) * time.Hour)
}

// hoursOf is a set of hours of the week.
func hoursOf(hours ...int) (h sendtime.Hours) {
	for _, hour := range hours {
		h.Add(hour)
	}
	return h
}

// from is the hours [from, to) of some days of the week, Monday is 0.
func from(from, to int, days ...int) (h sendtime.Hours) {
	for _, day := range days {
		for hour := from; hour < to; hour++ {
			h.Add(day*24 + hour)
		}
	}
	return h
}

func everyHour() sendtime.Hours { return from(0, 24, 0, 1, 2, 3, 4, 5, 6) }

// act is one engagement.
type act struct {
	At     time.Time
	Weight habit.Weight
}

func profileOf(acts []act) (p habit.Profile) {
	for _, a := range acts {
		p.Add(a.At, a.Weight)
	}
	return p
}

// drawActs draws a history over some weeks, in no order.
func drawActs(rt *rapid.T, name string, weeks, most int) []act {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) act {
		minutes := rapid.IntRange(0, weeks*7*24*60).Draw(rt, "minutes")
		return act{At: monday.Add(time.Duration(minutes) * time.Minute), Weight: habit.Weight(rapid.IntRange(0, 3).Draw(rt, "weight"))}
	}), 0, most).Draw(rt, name)
}

// reread stores a profile and reads it again.
func reread(t require.TestingT, p habit.Profile) habit.Profile {
	b := p.Append(nil)
	require.Less(t, len(b), 256)
	got, rest, err := habit.Decode(append(b, 7, 7))
	require.NoError(t, err)
	require.Equal(t, []byte{7, 7}, rest)
	require.Equal(t, p, got)
	return got
}
