package activities

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// inFlight bounds the calls to one provider that are under way at once.
const inFlight = 64

// busyPause is how long a message waits when its provider has no room.
const busyPause = 500 * time.Millisecond

// paces are the channels' rates as the policy in force gives them.
type paces struct {
	mu       sync.Mutex
	limiters map[customer.Channel]*rate.Limiter
}

// flights count the calls under way per provider.
type flights struct {
	mu    sync.Mutex
	count map[string]int
}

// admit takes a place among a provider's calls and a turn in the channel's
// rate. With wait > 0 there is none: ask again then, and there is nothing to
// release.
func (e *Engine) admit(ch customer.Channel, sender channel.Sender) (release func(), wait time.Duration) {
	if !e.flights.take(sender.Name()) {
		return nil, busyPause
	}
	release = func() { e.flights.give(sender.Name()) }
	reservation := e.paces.of(ch, e.Desk.Library.Current().Policy.Rates[ch]).Reserve()
	if delay := reservation.Delay(); delay > 0 {
		reservation.Cancel()
		release()
		return nil, max(delay, time.Millisecond)
	}
	return release, 0
}

// of gives the channel's limiter, moved to the policy's rate: messages per
// second, 0 is no bound.
func (p *paces) of(ch customer.Channel, perSecond float64) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	limiter := p.limiters[ch]
	if limiter == nil {
		limiter = rate.NewLimiter(limit, max(int(perSecond), 1))
		if p.limiters == nil {
			p.limiters = map[customer.Channel]*rate.Limiter{}
		}
		p.limiters[ch] = limiter
	}
	if limiter.Limit() != limit {
		limiter.SetLimit(limit)
		limiter.SetBurst(max(int(perSecond), 1))
	}
	return limiter
}

func (f *flights) take(provider string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count[provider] >= inFlight {
		return false
	}
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[provider]++
	return true
}

func (f *flights) give(provider string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[provider]--
}
