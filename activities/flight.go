package activities

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/pace"
	"github.com/outreach-engine/outreach/internal/policy"
)

// inFlight bounds the calls to one provider that are under way at once in this
// process; the last of them are kept for what is urgent.
const (
	inFlight      = 64
	keptForUrgent = 8
)

// busyPause is how long a message waits at least when its provider has no room.
const busyPause = 500 * time.Millisecond

// flights count the calls under way per provider.
type flights struct {
	mu    sync.Mutex
	count map[string]int
	again map[string]*rate.Limiter // when those who found no room ask again
}

// full gives when to ask again while a provider has room for nobody; 0: it has.
func (f *flights) full(provider string, now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count[provider] < inFlight {
		return 0
	}
	return f.later(provider, now)
}

// take takes a place among a provider's calls, or says when to ask again.
func (f *flights) take(provider string, most int, now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[string]int{}
	}
	if f.count[provider] >= most {
		return f.later(provider, now)
	}
	f.count[provider]++
	return 0
}

// later lets those who find no room come back one behind the other.
func (f *flights) later(provider string, now time.Time) time.Duration {
	if f.again == nil {
		f.again = map[string]*rate.Limiter{}
	}
	if f.again[provider] == nil {
		f.again[provider] = rate.NewLimiter(inFlight/rate.Limit(busyPause.Seconds()), 1)
	}
	return busyPause + f.again[provider].ReserveN(now, 1).DelayFrom(now)
}

func (f *flights) give(provider string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[provider]--
}

// seat is one message's place among its provider's calls. To take it twice
// takes one place, since a transaction may run again.
type seat struct {
	flights  *flights
	provider string
	taken    bool
}

// take takes the seat, or says when to ask again.
func (s *seat) take(urgent bool, now time.Time) (wait time.Duration) {
	most := inFlight - keptForUrgent
	if urgent {
		most = inFlight
	}
	if s.taken {
		return 0
	}
	wait = s.flights.take(s.provider, most, now)
	s.taken = wait == 0
	return wait
}

// release gives a seat back that was taken.
func (s *seat) release() {
	if s.taken {
		s.taken = false
		s.flights.give(s.provider)
	}
}

// windows hold the newest calls of each scope: the last guard of its rate in
// this process, since calls that were let go in time may come late.
type windows struct {
	mu     sync.Mutex
	calls  map[string][]time.Time // oldest first, on the machine's clock
	urgent map[string]int         // urgent ones that wait to begin
}

// fallIn waits until a call may begin. One that would wait too long is not made.
func (e *Engine) fallIn(ctx context.Context, l lane) error {
	if err := e.rest(ctx, l.provider, l.at.Sub(e.Clock.Machine())); err != nil || len(l.rates) == 0 {
		return err
	}
	if l.urgent {
		e.windows.stand(l.rates, 1)
		defer e.windows.stand(l.rates, -1)
	}
	for {
		at := e.Clock.Machine()
		if l.at.After(at) {
			at = l.at
		}
		wait := e.windows.begin(l, at, time.Second)
		if wait <= 0 {
			return nil
		}
		if err := e.rest(ctx, l.provider, wait); err != nil {
			return err
		}
	}
}

// rest waits for a span.
func (e *Engine) rest(ctx context.Context, provider string, span time.Duration) error {
	if span <= 0 {
		return nil
	}
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &channel.Error{Kind: channel.Unavailable, Provider: provider, Detail: "the rates left no room in time"}
	}
}

// stand counts the urgent messages that wait to begin in each scope.
func (w *windows) stand(rates []policy.Rate, by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.urgent == nil {
		w.urgent = map[string]int{}
	}
	for _, r := range rates {
		w.urgent[r.Scope] += by
	}
}

// begin lets a call begin, or says how long it waits: calls that were let go in
// time may come late, and several at once then, but no second has more calls
// than any of their rates. What is urgent goes first.
func (w *windows) begin(l lane, at time.Time, second time.Duration) (wait time.Duration) {
	const yield = 100 // parts of a second after which who let others go first asks again
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range l.rates {
		most, span := window(r.PerSecond, second)
		if calls := w.calls[r.Scope]; len(calls) >= most {
			wait = max(wait, calls[len(calls)-most].Add(span).Sub(at))
		}
		if !l.urgent && w.urgent[r.Scope] > 0 {
			wait = max(wait, second/yield)
		}
	}
	if wait > 0 {
		return wait
	}
	if w.calls == nil {
		w.calls = map[string][]time.Time{}
	}
	for _, r := range l.rates {
		most, _ := window(r.PerSecond, second)
		calls := w.calls[r.Scope]
		w.calls[r.Scope] = append(calls[max(len(calls)-most+1, 0):], at)
	}
	return 0
}

// window gives a span in which a rate lets so many calls begin, at most.
func window(perSecond float64, second time.Duration) (most int, span time.Duration) {
	most = max(int(perSecond), 1)
	share, slack := pace.Share(perSecond)
	return most, time.Duration(float64(most) * float64(share+slack*3/4) * second.Seconds())
}
