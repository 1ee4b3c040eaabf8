package habit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/habit"
)

// weekly does the same acts for some weeks.
func weekly(weeks int, weight habit.Weight, hours ...int) (acts []act) {
	for week := range weeks {
		for _, hour := range hours {
			acts = append(acts, act{At: at(week, 0, hour), Weight: weight})
		}
	}
	return acts
}

// mondays are Mondays 19:00-21:00.
var mondays = []int{19, 20}

func TestMondaysAreLearned(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 600)
	taught := habit.Learn(profiles, monday)
	for _, pop := range []*habit.Population{nil, taught} {
		for weeks, want := range []bool{false, false, false, true, true, true, true, true, true} {
			p := profileOf(weekly(weeks, habit.Seen, mondays...))
			now := at(weeks-1, 3, 10)
			l, ok := pop.Good(&p, now, allowed)
			require.Equal(t, want, ok, "%d weeks", weeks)
			if ok {
				require.Equal(t, hoursOf(mondays...), l.Hours, "%d weeks: %s", weeks, l.Hours)
				require.InDelta(t, 1, l.Share, 1e-9)
				require.InDelta(t, p.Evidence(now), l.Evidence, 1e-9)
			}
			u, ok := p.Usual(now)
			require.Equal(t, want, ok, "%d weeks", weeks)
			if ok {
				require.Equal(t, habit.Learned{Hours: hoursOf(mondays...), Evidence: l.Evidence, Share: 1}, u)
			}
		}
	}
}

func TestEvidenceThatDoesNotSuffice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		acts []act
		now  time.Time
	}{
		{"nothing", nil, at(0, 0, 0)},
		{"one act", weekly(1, habit.Seen, 19), at(0, 1, 0)},
		{"one click", weekly(1, habit.Answered, 19), at(0, 1, 0)},
		{"one long evening", weekly(1, habit.Seen, 17, 18, 19, 20, 21, 22), at(0, 1, 0)},
		{"two clicks", weekly(2, habit.Answered, 19), at(1, 1, 0)},
		{"three acts anywhere", weekly(1, habit.Seen, 9, 38, 90), at(1, 0, 0)},
		{"three clicks anywhere", weekly(1, habit.Answered, 9, 38, 90), at(1, 0, 0)},
		{"a habit of last year", weekly(5, habit.Seen, 19), at(52, 0, 0)},
		{"once in each hour", weekly(1, habit.Seen, all168()...), at(1, 0, 0)},
		{"each hour for half a year", weekly(26, habit.Answered, all168()...), at(26, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := profileOf(c.acts)
			l, ok := (*habit.Population)(nil).Good(&p, c.now, allowed)
			require.False(t, ok, "good: %s", l.Hours)
			l, ok = p.Usual(c.now)
			require.False(t, ok, "usual: %s", l.Hours)
		})
	}
	l, ok := (*habit.Population)(nil).Good(nil, monday, allowed)
	require.False(t, ok)
	require.Equal(t, habit.Learned{}, l)
	l, ok = (*habit.Profile)(nil).Usual(monday)
	require.False(t, ok)
	require.Equal(t, habit.Learned{}, l)
}

func all168() (hours []int) {
	for hour := range 168 {
		hours = append(hours, hour)
	}
	return hours
}

func TestPeaksWhereNothingIsAllowed(t *testing.T) {
	t.Parallel()
	var nobody *habit.Population
	now := at(8, 0, 0)
	night := profileOf(weekly(8, habit.Seen, 22, 24+22, 72+22))
	l, ok := nobody.Good(&night, now, allowed)
	require.False(t, ok, "crumbs of the kernel are no reason to wait: %s", l.Hours)

	both := profileOf(weekly(8, habit.Seen, 22, 24+22, 72+22, 48+12))
	l, ok = nobody.Good(&both, now, allowed)
	require.True(t, ok)
	require.Equal(t, hoursOf(48+12), l.Hours, "the best of those allowed, with real evidence")

	l, ok = nobody.Good(&both, now, hoursOf())
	require.False(t, ok)
	require.True(t, l.Hours.IsZero())
}

func TestUsualHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		weeks int
		acts  []act
		want  []int
	}{
		{"one stray act", 3, append(weekly(3, habit.Seen, mondays...), act{at(2, 3, 11), habit.Seen}), mondays},
		{"a stray purchase", 3, append(weekly(3, habit.Seen, mondays...), act{at(2, 3, 11), habit.Answered}), mondays},
		{"stray acts now and then", 8, append(weekly(8, habit.Seen, mondays...), act{at(7, 3, 11), habit.Seen}, act{at(5, 5, 15), habit.Seen}), mondays},
		{"an hour in which they are not always on", 6, append(weekly(6, habit.Seen, 19), weekly(3, habit.Seen, 20)...), mondays},
		{"two spans", 6, weekly(6, habit.Seen, 19, 20, 24*5+10, 24*5+11), []int{19, 20, 24*5 + 10, 24*5 + 11}},
		{"around midnight", 6, weekly(6, habit.Seen, 23, 24, 25), []int{23, 24, 25}},
		{"around the week", 6, weekly(6, habit.Seen, 167, 168), []int{167, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := profileOf(c.acts)
			l, ok := p.Usual(at(c.weeks, 0, 0))
			require.Equal(t, hoursOf(c.want...), l.Hours, l.Hours.String())
			require.True(t, ok)
			require.InDelta(t, p.Share(at(c.weeks, 0, 0), l.Hours), l.Share, 1e-9)
		})
	}
}

func TestWhatIsGoodIsAllowed(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 300)
	taught := habit.Learn(profiles, monday.AddDate(0, 0, 60))
	rapid.Check(t, func(rt *rapid.T) {
		p := profileOf(drawActs(rt, "acts", 20, 100))
		open := hoursOf(rapid.SliceOfN(rapid.IntRange(0, 167), 0, 80).Draw(rt, "allowed")...)
		pop := rapid.SampledFrom([]*habit.Population{nil, taught}).Draw(rt, "population")
		now := at(rapid.IntRange(0, 60).Draw(rt, "week"), 0, 0)
		l, ok := pop.Good(&p, now, open)
		require.Equal(rt, l.Hours, l.Hours.And(open))
		require.InDelta(rt, p.Evidence(now), l.Evidence, 1e-9)
		require.InDelta(rt, p.Share(now, l.Hours), l.Share, 1e-9)
		require.False(rt, ok && l.Hours.IsZero())
		if !open.IsZero() && (pop != nil || l.Evidence > 0) {
			require.False(rt, l.Hours.IsZero())
		}
		stored := reread(rt, p)
		again, sure := pop.Good(&stored, now, open)
		require.Equal(rt, l, again)
		require.Equal(rt, ok, sure)

		u, ok := p.Usual(now)
		require.InDelta(rt, p.Share(now, u.Hours), u.Share, 1e-9)
		require.False(rt, ok && (u.Hours.Len() > 28 || u.Share < 0.5))
	})
}
