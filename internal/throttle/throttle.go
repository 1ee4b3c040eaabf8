// Package throttle decides how much of its time a process gives to work that can
// wait - starting outreaches, telling customers of news, reading history - so
// that neither the taking in of events nor what is due is slowed by it. It knows
// neither what that work is nor how it is done.
//
// The share of it rises while more could be done and nothing suffers, and falls
// fast when something does, as congestion control has it (RFC 5681). There is one
// share for while events come as fast as they can be taken and one for while they
// do not: a burst of events finds the share that the last one left, not all of
// the machine in use. While there is much such work, all processes let it rest
// for the same two seconds of each minute: what they take in meanwhile shows how
// fast that is alone.
package throttle

import (
	"context"
	"math"
	"sync"
	"time"
)

// Share of its time that a process gives to work that can wait.
const (
	floor   = 1.0 / 128 // whatever suffers
	begin   = 1.0 / 4
	beside  = 1.0 / 32 // where it begins while many events come
	growth  = 1.0 / 32 // what a second adds at most, once something has suffered
	caution = 1.0 / 4  // and at most this part of itself: little is tried where little was left
	surge   = 1.5      // by how much a second multiplies it until then
	yields  = 0.7      // what is left of it at most when something suffers
	settles = 2        // seconds until it shows what that, or many events, changed
	suffers = 1.1      // from how many times as long on what cannot wait suffers
)

// nearly is which part of a second's turns are as good as all of them.
const nearly = 0.9

// tiny is what sums of fractions may lack.
const tiny = 1e-6

// forgets is after how many seconds without much work all begins anew.
const forgets = 60

// calms is how many seconds in a row without many events end a burst of them: a
// call that takes longer than one is not seen in each.
const calms = 3

// The seconds of each minute in which work that can wait rests, and after how
// many seconds of much work it does.
const (
	restsFrom, restsTo = 28, 30
	restsAfter         = 20
)

// Throttle bounds one kind of work that can wait. A nil one bounds nothing. It
// is safe for concurrent use.
type Throttle struct {
	most float64 // turns a second, when all of the time is its own

	mu     sync.Mutex
	calm   share // for while few events come
	burst  share // and for while many do
	quiet  int   // seconds since many came
	waited bool  // somebody did since the last look
	used   float64
	busy   int // seconds in a row in which there was more to do than the share allows
	idle   int // seconds in a row in which there was not
	rests  bool
	turns  float64
	filled time.Time // when turns was right
}

// share is what is known of how much the work may take.
type share struct {
	part    float64
	eased   bool // nothing has suffered yet
	settled int  // seconds until something may suffer anew, or until more is tried
}

// New gives a throttle of so many turns a second at most.
func New(most int) *Throttle {
	t := &Throttle{most: float64(most), quiet: calms, filled: time.Now()}
	t.anew()
	t.turns = max(1, t.rate())
	return t
}

func (t *Throttle) anew() {
	t.calm, t.burst = share{part: begin, eased: true}, share{part: beside, eased: true}
}

// share gives the one that holds now.
func (t *Throttle) share() *share {
	if t.quiet < calms {
		return &t.burst
	}
	return &t.calm
}

// now gives the share that holds now.
func (t *Throttle) now() float64 {
	if t.rests {
		return floor
	}
	return t.share().part
}

// rate gives the turns of a second.
func (t *Throttle) rate() float64 { return t.most * t.now() }

// Share gives which part of its time the work may take, above 0 up to 1.
func (t *Throttle) Share() float64 {
	if t == nil {
		return 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now()
}

// Much reports whether there is more to do than the share allows.
func (t *Throttle) Much() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waited || t.busy > 0
}

// Judge must be called each second. intake is how many times as long as at best
// it takes to take events in, 0 while few come; other is the same of whatever
// else suffers. By so much the share falls; only a little above 1 changes
// nothing.
func (t *Throttle) Judge(at time.Time, intake, other float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fill()
	much := t.waited || t.used >= min(nearly*t.rate(), max(1, math.Floor(t.rate())))
	if much {
		t.busy, t.idle = t.busy+1, 0
	} else {
		t.busy, t.idle = 0, t.idle+1
	}
	some := t.waited || t.used > 0
	t.waited, t.used = false, 0
	if t.idle >= forgets {
		t.anew()
	}
	t.hear(intake)
	if share := t.share(); some && !t.rests {
		share.judge(max(intake, other), much)
	} else {
		share.settled = max(0, share.settled-1) // what suffers does not suffer by this
	}
	second := at.Second()
	t.rests = t.busy >= restsAfter && restsFrom <= second && second < restsTo
}

// hear tells whether many events come.
func (t *Throttle) hear(intake float64) {
	before := t.share()
	if t.quiet++; intake > 0 {
		t.quiet = 0
	}
	if now := t.share(); now != before {
		now.settled = settles + 1 // this second is one
	}
}

// judge has the share fall when something suffers, and rise when there is more
// to do.
func (s *share) judge(slowed float64, more bool) {
	s.settled = max(0, s.settled-1)
	switch {
	case s.settled > 0:
	case slowed > suffers:
		*s = share{part: max(floor, s.part*min(yields, 1/slowed)), settled: settles}
	case more && s.eased:
		s.part = min(1, s.part*surge)
	case more:
		s.part = min(1, s.part+min(growth, s.part*caution))
	}
}

// fill adds the turns of the time that passed. They can be saved up for a second.
func (t *Throttle) fill() {
	now := time.Now()
	t.turns = min(t.turns+now.Sub(t.filled).Seconds()*t.rate(), max(1, t.rate()))
	t.filled = now
}

// How long somebody waits for turns: for a few at a time, and so long at most.
const (
	waitsEach = 100 * time.Millisecond
	waits     = time.Second
)

// Turns takes the turns that there are now, up to most of them. It waits up to a
// second for the first; 0 says that there is none, so the work goes on later.
func (t *Throttle) Turns(ctx context.Context, most int) int {
	if t == nil {
		return most
	}
	for until := time.Now().Add(waits); ; {
		n := t.take(most)
		if n > 0 || time.Now().After(until) || !sleep(ctx, waitsEach) {
			return n
		}
	}
}

func (t *Throttle) take(most int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fill()
	n := min(most, int(math.Max(0, t.turns+tiny)))
	t.turns -= float64(n)
	t.used += float64(n)
	t.waited = t.waited || n == 0
	return n
}

// Back gives turns back that were not needed.
func (t *Throttle) Back(n int) {
	if t == nil || n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns += float64(n)
	t.used -= float64(n)
}

// rest is how long a rest is at most.
const rest = 2 * time.Second

// Rest waits after a piece of work that took so long, for the time that is not
// its own, two seconds at most.
func (t *Throttle) Rest(ctx context.Context, took time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	t.waited = true
	theirs := time.Duration(float64(took) * (1/t.now() - 1))
	t.mu.Unlock()
	sleep(ctx, min(theirs, rest))
}

// sleep reports whether the whole time passed.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
