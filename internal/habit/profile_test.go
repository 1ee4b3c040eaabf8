package habit_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/habit"
)

func TestFiftyActsInAnHourAreOneEngagement(t *testing.T) {
	t.Parallel()
	var many, one habit.Profile
	for minute := range 50 {
		many.Add(at(0, 0, 19).Add(time.Duration(minute)*time.Minute), habit.Seen)
	}
	one.Add(at(0, 0, 19), habit.Seen)
	require.Equal(t, one, many)
	require.InDelta(t, 1, many.Evidence(at(0, 0, 20)), 0.001)

	many.Add(at(0, 0, 19).Add(30*time.Minute), habit.Answered)
	require.InDelta(t, 2, many.Evidence(at(0, 0, 20)), 0.002, "the heavier one counts")
	many.Add(at(0, 0, 19).Add(40*time.Minute), habit.Seen)
	require.InDelta(t, 2, many.Evidence(at(0, 0, 20)), 0.002)
}

func TestEvidenceHalvesInEightWeeks(t *testing.T) {
	t.Parallel()
	var p habit.Profile
	p.Add(at(0, 0, 19), habit.Seen)
	require.InDelta(t, 0.5, p.Evidence(at(8, 0, 19)), 1e-9)
	require.InDelta(t, 0.25, p.Evidence(at(16, 0, 19)), 1e-9)
	p.Add(at(8, 0, 19), habit.Seen)
	require.InDelta(t, 1.5, p.Evidence(at(8, 0, 19)), 0.04)
}

func TestYearsOfMondaysSettle(t *testing.T) {
	t.Parallel()
	var p habit.Profile
	for week := range 52 * 30 {
		p.Add(at(week, 0, 19), habit.Seen)
		reread(t, p)
	}
	require.InDelta(t, 12.05, p.Evidence(at(52*30-1, 0, 19)), 0.25, "1/(1-2^(-1/8))")
}

func TestHoursAreThoseOfTheCustomersClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		at   string
		hour int
	}{
		{"Asia/Kolkata", "2026-11-23T13:45:00Z", 19},           // Monday 19:15
		{"Asia/Kathmandu", "2026-11-22T18:14:59Z", 6*24 + 23},  // Sunday 23:59:59
		{"Asia/Kathmandu", "2026-11-22T18:15:00Z", 0},          // Monday 00:00
		{"America/New_York", "2026-11-01T05:30:00Z", 6*24 + 1}, // Sunday 01:30, the first of two
		{"America/New_York", "2026-11-01T06:30:00Z", 6*24 + 1}, // and the second
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		instant, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		var p habit.Profile
		p.Add(instant.In(zone), habit.Seen)
		require.InDelta(t, 1, p.Share(instant.In(zone), hoursOf(c.hour)), 1e-9, c.at)
	}
}

func TestLateActs(t *testing.T) {
	t.Parallel()
	now := at(12, 0, 20)
	var p habit.Profile
	p.Add(at(12, 0, 19), habit.Seen)
	before := p
	p.Add(at(3, 0, 19), habit.Seen)
	require.Equal(t, before, p, "nine weeks late is left out")
	for minute := range 50 {
		p.Add(at(8, 1, 10).Add(time.Duration(minute)*time.Minute), habit.Seen)
	}
	require.InDelta(t, 1+0.71, p.Evidence(now), 0.05, "four weeks late, and a row in one hour is one")
	reread(t, p)
}

func TestWhatIsNoEngagement(t *testing.T) {
	t.Parallel()
	var p habit.Profile
	p.Add(time.Time{}, habit.Seen)
	p.Add(time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), habit.Seen)
	p.Add(time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC), habit.Seen)
	p.Add(monday, 0)
	require.Equal(t, habit.Profile{}, p)
	require.Zero(t, p.Evidence(monday))
	require.Zero(t, p.Share(monday, everyHour()))
	require.Equal(t, []byte{0}, p.Append(nil))
	require.Zero(t, (*habit.Profile)(nil).Evidence(monday))
}

func TestProfilesAreStoredWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := profileOf(drawActs(rt, "acts", rapid.IntRange(1, 60).Draw(rt, "weeks"), 400))
		reread(rt, p)
	})
}

// TestAnyHistoryIsShort fills profiles as no customer does.
func TestAnyHistoryIsShort(t *testing.T) {
	t.Parallel()
	var p habit.Profile
	longest := 0
	for hour := range 3 * 365 * 24 {
		p.Add(monday.Add(time.Duration(hour)*time.Hour), habit.Answered)
		if hour%97 == 0 {
			p.Add(monday.Add(time.Duration(hour-9*24)*time.Hour), habit.Answered)
			reread(t, p)
			longest = max(longest, len(p.Append(nil)))
		}
	}
	require.Less(t, longest, 256)
	t.Logf("a profile of every hour for three years takes %d bytes", longest)
}

func TestOrderWithinAWeekDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		history := drawActs(rt, "history", 30, 60)
		slices.SortFunc(history, func(a, b act) int { return a.At.Compare(b.At) })
		p := profileOf(history)
		start := monday.Add(time.Duration(rapid.IntRange(30*7*24, 60*7*24).Draw(rt, "start")) * time.Hour)
		acts := drawActs(rt, "acts", 1, 30)
		q := p
		for i := range acts {
			acts[i].At = start.Add(acts[i].At.Sub(monday) * 167 / 168)
			p.Add(acts[i].At, acts[i].Weight)
		}
		for _, a := range rapid.Permutation(acts).Draw(rt, "permutation") {
			q.Add(a.At, a.Weight)
		}
		require.Equal(rt, p, q)
	})
}

func TestEvidenceNeverGrowsByItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := profileOf(drawActs(rt, "acts", 30, 100))
		now := monday.Add(time.Duration(rapid.IntRange(0, 60*7*24).Draw(rt, "now")) * time.Hour)
		later := now.Add(time.Duration(rapid.IntRange(0, 60*7*24).Draw(rt, "later")) * time.Hour)
		require.LessOrEqual(rt, p.Evidence(later), p.Evidence(now)+1e-9)
		require.InDelta(rt, 1, p.Share(now, everyHour())+boolean(p.Evidence(now) == 0), 1e-9)
	})
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestMergeIsOfBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, q := profileOf(drawActs(rt, "p", 20, 100)), profileOf(drawActs(rt, "q", 20, 100))
		pq, qp := p, q
		pq.Merge(q)
		qp.Merge(p)
		require.Equal(rt, pq, qp)
		now := at(21, 0, 0)
		require.LessOrEqual(rt, pq.Evidence(now), p.Evidence(now)+q.Evidence(now)+2)
		require.GreaterOrEqual(rt, pq.Evidence(now)+2, max(p.Evidence(now), q.Evidence(now)))
		reread(rt, pq)
		same := p
		same.Merge(habit.Profile{})
		require.Equal(rt, p, same)
	})
}

// TestMergeOfOneHistory holds that a history told in two halves is the whole, but for what was rounded.
func TestMergeOfOneHistory(t *testing.T) {
	t.Parallel()
	var whole, early, late habit.Profile
	for week := range 20 {
		for _, p := range []*habit.Profile{&whole, map[bool]*habit.Profile{true: &early, false: &late}[week < 10]} {
			p.Add(at(week, 2, 8), habit.Seen)
		}
	}
	early.Merge(late)
	now := at(20, 0, 0)
	require.InDelta(t, whole.Evidence(now), early.Evidence(now), 0.1)
}

func FuzzDecode(f *testing.F) {
	var p habit.Profile
	p.Add(at(0, 0, 19), habit.Seen)
	f.Add(p.Append(nil))
	for hour := range 1000 {
		p.Add(monday.Add(time.Duration(hour)*time.Hour), habit.Answered)
	}
	f.Add(p.Append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, err := habit.Decode(b)
		if err != nil {
			require.Equal(t, habit.Profile{}, p)
			return
		}
		reread(t, p)
		p.Add(at(1, 0, 19), habit.Seen)
		reread(t, p)
		p.Merge(p)
		reread(t, p)
		p.Usual(at(2, 0, 0))
	})
}
