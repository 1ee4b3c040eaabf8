package throttle_test

import (
	"cmp"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/throttle"
)

// machine is one that takes so many pieces of work a second: what is more waits.
type machine struct {
	throttle *throttle.Throttle
	capacity float64
	waiting  float64
	late     throttle.Lateness
	most     int // that it starts in a piece; 0: fifty
}

// second takes all turns of a second, in pieces, and judges. intake is how much
// slowed the taking in of events is, 0 while few come.
func (m *machine) second(ctx context.Context, intake float64) (started int) {
	began := time.Now()
	for time.Since(began) < time.Second {
		started += m.throttle.Turns(ctx, cmp.Or(m.most, 50))
		time.Sleep(50 * time.Millisecond)
	}
	m.waiting = max(0, m.waiting+float64(started)-m.capacity)
	m.late.Taken(time.Duration(m.waiting / m.capacity * float64(time.Second)))
	late := 1.0
	if m.late.Look() {
		late = throttle.Late
	}
	m.throttle.Judge(time.Now(), intake, late)
	return started
}

func TestStartsFollowWhatTheMachineCan(t *testing.T) {
	t.Parallel()
	for name, capacity := range map[string]float64{"a small one": 40, "a large one": 120, "a larger one than need be": 1000} {
		synctest.Test(t, func(t *testing.T) {
			m := machine{throttle: throttle.New(150), capacity: capacity}
			for range 20 { // until it knows
				m.second(t.Context(), 0)
			}
			sum, most := 0, 0.0
			for range 120 {
				sum += m.second(t.Context(), 0)
				most = max(most, m.waiting)
			}
			want := 120 * min(capacity, 150)
			require.Greater(t, float64(sum), 0.8*want, name)
			require.Less(t, most/capacity, 2.0, "%s: seconds of work that wait", name)
		})
	}
}

// TestIntakeComesFirst has intake suffer for as long as there are more than a few
// starts: all but the floor is given up within seconds, and taken again after.
func TestIntakeComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := machine{throttle: throttle.New(150), capacity: 1000}
		for range 30 {
			m.second(t.Context(), 1)
		}
		require.InDelta(t, 1, m.throttle.Share(), 0.01)
		for range 6 {
			m.second(t.Context(), 1.2)
		}
		require.InDelta(t, 0.35, m.throttle.Share(), 0.15, "little by little")
		for range 3 {
			m.second(t.Context(), 20)
		}
		require.InDelta(t, 1.0/128, m.throttle.Share(), 0.001, "much that suffers has all of it at once")
		started := 0
		for range 10 {
			started += m.second(t.Context(), 1.2)
		}
		require.InDelta(t, 150.0/128*10, started, 10, "it goes on all the same")
		for range 40 {
			m.second(t.Context(), 1)
		}
		require.InDelta(t, 1, m.throttle.Share(), 0.2)
	})
}

// TestABurstOfEventsFindsItsOwnShare has many events come while all of the
// machine is in use by what can wait: that makes way before anything has to
// suffer, and has all of it again when they are over.
func TestABurstOfEventsFindsItsOwnShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := machine{throttle: throttle.New(150), capacity: 1000}
		seconds := func(n int, intake float64) float64 {
			for range n {
				m.second(t.Context(), intake)
			}
			return m.throttle.Share()
		}
		require.InDelta(t, 1, seconds(15, 0), 0.01)
		require.InDelta(t, 1.0/32, seconds(1, 5), 0.001, "little is tried beside the first, however slow they are")
		require.InDelta(t, 1.0/32, seconds(1, 5), 0.001, "what was begun before slows them still")
		require.InDelta(t, 1.0/32*1.5*1.5, seconds(2, 1), 0.001, "more, for as long as they are as fast as ever")
		left := seconds(1, 2)
		require.InDelta(t, 1.0/64*1.5*1.5, left, 0.001, "that was too much")

		require.InDelta(t, left, seconds(1, 0), 0.02, "a second without them is no end")
		require.InDelta(t, 1, seconds(2, 0), 0.01, "what they left behind does not concern it")
		require.Less(t, seconds(2, 5), 0.1, "the next burst finds the share that the last one left")
	})
}

// TestWhatIsNotDoneIsNotToBlame has intake suffer while nobody does what can wait.
func TestWhatIsNotDoneIsNotToBlame(t *testing.T) {
	t.Parallel()
	m := throttle.New(150)
	for range 10 {
		m.Judge(time.Now(), 20, 1)
	}
	require.InDelta(t, 1.0/32, m.Share(), 0.001)
	for range 2 {
		m.Turns(t.Context(), 1)
		m.Judge(time.Now(), 20, 1)
	}
	require.InDelta(t, 1.0/128, m.Share(), 0.001)
}

// TestMuchWorkRestsTwoSecondsAMinute, little of it never does.
func TestMuchWorkRestsTwoSecondsAMinute(t *testing.T) {
	t.Parallel()
	rests := func(t *testing.T, most int) (seconds []int) {
		m := machine{throttle: throttle.New(150), capacity: 1000}
		for range 180 {
			m.most = most
			m.second(t.Context(), 0)
			if m.throttle.Share() < 0.1 {
				seconds = append(seconds, time.Now().Second())
			}
		}
		return seconds
	}
	synctest.Test(t, func(t *testing.T) {
		minutes := 0
		for _, second := range rests(t, 50) { // whoever waits for a turn then may look away for a second
			require.Contains(t, []int{28, 29}, second)
			if second == 28 {
				minutes++
			}
		}
		require.Equal(t, 3, minutes)
		require.Empty(t, rests(t, 1))
	})
}

func TestTurnsThatAreNotNeededGoBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := throttle.New(40)
		require.Equal(t, 10, m.Turns(t.Context(), 50))
		m.Back(4)
		require.Equal(t, 4, m.Turns(t.Context(), 50))
		require.False(t, m.Much(), "nobody had to wait")
		began := time.Now()
		require.Equal(t, 1, m.Turns(t.Context(), 50))
		require.Equal(t, 100*time.Millisecond, time.Since(began))
		require.True(t, m.Much())

		slow := throttle.New(1)
		require.Equal(t, 1, slow.Turns(t.Context(), 50))
		require.Zero(t, slow.Turns(t.Context(), 50))
		ended, end := context.WithCancel(t.Context())
		end()
		began = time.Now()
		require.Zero(t, slow.Turns(ended, 50))
		require.Zero(t, time.Since(began))
	})
}

func TestARestIsTheTimeThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := throttle.New(100)
		rested := func(took time.Duration) time.Duration {
			began := time.Now()
			m.Rest(t.Context(), took)
			return time.Since(began)
		}
		require.Equal(t, 300*time.Millisecond, rested(100*time.Millisecond), "a quarter of the time is its own")
		require.Equal(t, 2*time.Second, rested(time.Hour))
		var none *throttle.Throttle
		began := time.Now()
		none.Rest(t.Context(), time.Hour)
		none.Back(1)
		require.Zero(t, time.Since(began))
		require.Equal(t, 7, none.Turns(t.Context(), 7))
		require.Equal(t, []any{1.0, false}, []any{none.Share(), none.Much()})
	})
}

func TestAGaugeComparesWithTheBestOfLate(t *testing.T) {
	t.Parallel()
	g, at := &throttle.Gauge{}, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	calls := func(n, size int, took time.Duration) {
		for range n {
			g.Took(size, took)
		}
	}
	look := func(after time.Duration) int { at = at.Add(after); return g.Look(at) }
	require.Zero(t, look(time.Second))
	calls(2, 100, time.Second)
	require.Equal(t, 100, look(time.Second), "two calls are nothing to compare with")
	calls(20, 100, 50*time.Millisecond)
	require.Equal(t, 100, look(time.Second))
	calls(20, 100, 80*time.Millisecond)
	require.Equal(t, 150, look(time.Second), "five milliseconds come from anywhere")
	calls(2, 100, time.Second)
	require.InDelta(t, 1990, look(time.Second), 5, "two calls that take all of the time")
	calls(5, 100, 80*time.Millisecond)
	require.Zero(t, look(time.Second), "five calls that come now and then wait for nobody")
	calls(20, 1, 4*time.Millisecond)
	calls(20, 100, 105*time.Millisecond)
	require.Equal(t, 150, look(time.Second), "each size by itself: half of them took twice as long")
	calls(20, 100, 40*time.Millisecond)
	require.Equal(t, 100, look(time.Second), "faster than ever is the best")

	calls(1000, 100, 85*time.Millisecond)
	require.Equal(t, 200, look(time.Minute), "the best of the minute before counts")
	calls(1000, 100, 85*time.Millisecond)
	require.Equal(t, 100, look(time.Minute), "that of the one before is forgotten")
	calls(10_000, 100, 200*time.Millisecond)
	require.Equal(t, 100, look(time.Hour))
}

func TestMuchThatIsLateMatters(t *testing.T) {
	t.Parallel()
	l := &throttle.Lateness{}
	require.False(t, l.Look())
	take := func(n int, by time.Duration) {
		for range n {
			l.Taken(by)
		}
	}
	take(90, 0)
	take(10, time.Hour)
	require.False(t, l.Look(), "a few always are")
	take(8, 500*time.Millisecond)
	take(2, time.Second)
	require.True(t, l.Look())
	require.False(t, l.Look())
}
