package admin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/admin"
)

func TestAClockThatIsFarOffIsSaid(t *testing.T) {
	t.Parallel()
	noon := (&hands{}).now()
	for _, c := range []struct {
		told time.Duration
		off  time.Duration
		err  string
	}{
		{0, 0, ""},
		{-30 * time.Second, 30 * time.Second, ""},
		{30 * time.Second, -30 * time.Second, ""},
		{-31 * time.Second, 31 * time.Second, "clock: this machine's is 31s ahead: nothing is decided or sent until it is right; set it by NTP"},
		{5 * time.Minute, -5 * time.Minute, "clock: this machine's is 5m0s behind: nothing is decided or sent until it is right; set it by NTP"},
	} {
		var clock admin.Clock
		clock.Against(noon, noon.Add(c.told))
		require.Equal(t, c.off, clock.Off())
		if c.err == "" {
			require.NoError(t, clock.Err())
			continue
		}
		require.EqualError(t, clock.Err(), c.err)
	}
}

// among plays rounds in which each other process says every five seconds what
// its clock reads, and gives how far ours is found to be off.
func among(ahead map[string]time.Duration, silent map[string]bool) time.Duration {
	var clock admin.Clock
	now := (&hands{}).now()
	for round := range 12 {
		at, said := now.Add(time.Duration(round)*5*time.Second), map[string]time.Time{}
		for id, d := range ahead {
			said[id] = at.Add(d)
			if silent[id] {
				said[id] = now.Add(d)
			}
		}
		clock.Among(at, said, 0, 20*time.Second)
	}
	return clock.Off()
}

func TestAClockIsJudgedByTheMiddleOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead  map[string]time.Duration
		silent map[string]bool
		off    time.Duration
	}{
		"alone":                      {nil, nil, 0},
		"one other, alike":           {map[string]time.Duration{"a": 0}, nil, 0},
		"one other, off":             {map[string]time.Duration{"a": time.Hour}, nil, -time.Hour},
		"of three one is off":        {map[string]time.Duration{"a": 0, "b": time.Hour}, nil, 0},
		"of three this one is off":   {map[string]time.Duration{"a": -time.Hour, "b": -time.Hour}, nil, time.Hour},
		"of four one is off":         {map[string]time.Duration{"a": 0, "b": 0, "c": time.Hour}, nil, 0},
		"one that is gone is nobody": {map[string]time.Duration{"a": time.Hour}, map[string]bool{"a": true}, 0},
	} {
		require.Equal(t, c.off, among(c.ahead, c.silent), name)
	}
}

// TestOneWhoFallsSilentIsLeftOut holds that a process that was stopped is no
// clock that stands still.
func TestOneWhoFallsSilentIsLeftOut(t *testing.T) {
	t.Parallel()
	var clock admin.Clock
	now := (&hands{}).now()
	for round := range 100 {
		at := now.Add(time.Duration(round) * 5 * time.Second)
		said := at
		if round > 5 {
			said = now.Add(25 * time.Second)
		}
		clock.Among(at, map[string]time.Time{"a": said}, 0, 20*time.Second)
		require.NoError(t, clock.Err(), round)
	}
}
