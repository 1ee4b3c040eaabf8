package throttle

import (
	"math/bits"
	"sync"
	"time"
)

// Gauge tells how much longer calls take than they took when they took least of
// late. Calls are compared with calls of about their size. Its zero value is
// ready; it is safe for concurrent use.
type Gauge struct {
	mu     sync.Mutex
	minute int64
	looked time.Time
	kinds  [kinds]kind
}

// kinds is how many sizes are told apart: each is up to twice the one before.
const kinds = 16

// kind is what is known of calls of one size.
type kind struct {
	count    int
	took     time.Duration // by all of them
	now, old time.Duration // the least mean of a look in this minute and in the one before; 0: none
}

const (
	// fewest is how many calls of a size make a mean that others are compared with.
	fewest = 3
	// slack is by how much calls may take longer, whatever they took before: that
	// much comes from anywhere.
	slack = 5 * time.Millisecond
	// busy is how many calls must be under way at a time, on average, for it to
	// matter how long they take: of fewer, nobody waits for the one before.
	busy = 0.5
)

// Took says that a call of a size, such as a number of events, took so long.
func (g *Gauge) Took(size int, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k := &g.kinds[min(bits.Len(uint(max(size, 0))), kinds-1)]
	k.count++
	k.took += d
}

// Look gives how long the calls since the last look took, in percent of the
// least in this minute and the one before: 100 is as fast as ever, or that there
// is nothing to compare with; 0 that there were so few that it does not matter.
func (g *Gauge) Look(at time.Time) (percent int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(at.Unix() / 60)
	calls, sum, took := 0, 0.0, time.Duration(0)
	for i := range g.kinds {
		k := &g.kinds[i]
		took += k.took
		if slowed := k.look(); slowed > 0 {
			sum += float64(k.count) * slowed
			calls += k.count
		}
		k.count, k.took = 0, 0
	}
	elapsed := at.Sub(g.looked)
	g.looked = at
	switch {
	case took == 0 || took.Seconds() < busy*elapsed.Seconds():
		return 0
	case calls == 0:
		return 100
	}
	return max(100, int(100*sum/float64(calls)))
}

// turn forgets what is older than the minute before.
func (g *Gauge) turn(minute int64) {
	if minute == g.minute {
		return
	}
	for i := range g.kinds {
		k := &g.kinds[i]
		k.old, k.now = k.now, 0
		if minute != g.minute+1 {
			k.old = 0
		}
	}
	g.minute = minute
}

// look gives how many times as long as at best the calls took, 0 when there were
// none or nothing to compare with.
func (k *kind) look() float64 {
	if k.count == 0 {
		return 0
	}
	mean := max(k.took/time.Duration(k.count), time.Microsecond)
	if k.count >= fewest {
		k.now = least(k.now, mean)
	}
	best := least(k.now, k.old)
	if best == 0 {
		return 0
	}
	return float64(max(mean-slack, best)) / float64(best)
}

// least gives the smaller of two spans; 0 is none.
func least(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
