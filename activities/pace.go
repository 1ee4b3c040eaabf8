package activities

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// inFlight bounds the calls to one provider that are under way at once.
const inFlight = 64

// busyPause is how long a message waits at least when its provider has no room.
const busyPause = 500 * time.Millisecond

// paces are the channels' rates as the policy in force gives them. A message
// that has to wait is given a turn, and asks again then: however many wait,
// each asks about twice.
type paces struct {
	mu       sync.Mutex
	limiters map[customer.Channel]*rate.Limiter
	turns    map[string]time.Time             // by send key, on the machine's clock
	calls    map[customer.Channel][]time.Time // the newest, oldest first, on the machine's clock
}

// apart gives what lies between two messages of a channel by its rate, and what
// is added to it: with the most of it no second has too many calls, however late
// each comes to its provider; with the rest those who are late catch up.
func apart(perSecond float64) (share, slack time.Duration) {
	share = time.Duration(float64(time.Second) / perSecond)
	return share, min(share/20, 2*time.Millisecond)
}

// turnKept is how long a turn that nobody took is remembered.
const turnKept = time.Minute

// turnLasts is how late a turn may be taken: after that, those behind it took
// its place.
const turnLasts = 10 * time.Second

// flights count the calls under way per provider.
type flights struct {
	mu    sync.Mutex
	count map[string]int
	again map[string]*rate.Limiter // when those who found no room ask again
}

// admit takes a place among a provider's calls and a turn in the channel's
// rate for a message. With wait > 0 there is none: ask again then, and there is
// nothing to release.
func (e *Engine) admit(ch customer.Channel, sender channel.Sender, key string) (release func(), wait time.Duration) {
	now := time.Now()
	if wait := e.paces.turn(ch, e.Desk.Library.Current().Policy.Rates[ch], key, now); wait > 0 {
		return nil, wait
	}
	if wait := e.flights.take(sender.Name(), now); wait > 0 {
		return nil, wait
	}
	return func() { e.flights.give(sender.Name()) }, 0
}

// postpone lets an outreach's row say that it has to wait for its turn, so that
// its workflow is not taken for lost.
func (e *Engine) postpone(ctx context.Context, ref ledger.Ref, wait time.Duration) error {
	if wait < e.Patience/2 {
		return nil
	}
	return e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if _, _, err := tx.Customer(ref.Customer); err != nil { // their row is the lock
			return err
		}
		o, ok, err := tx.Outreach(ref)
		turn := e.now().Add(e.Clock.Span(wait))
		if err != nil || !ok || o.Status != ledger.Open || !o.NextAt.Before(turn) {
			return err
		}
		o.NextAt = turn
		return tx.SaveOutreach(o)
	})
}

// turn gives how long a message waits for its turn; 0 is now, and takes it.
func (p *paces) turn(ch customer.Channel, perSecond float64, key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, given := p.turns[key]; given {
		wait := at.Sub(now)
		if wait > 0 {
			return wait
		}
		delete(p.turns, key)
		if wait > -turnLasts {
			return 0
		}
	}
	delay := p.limiter(ch, perSecond, now).ReserveN(now, 1).DelayFrom(now)
	if delay > 0 {
		p.give(key, now.Add(delay), now)
	}
	return delay
}

// give keeps a message's turn, and forgets those that nobody took.
func (p *paces) give(key string, at, now time.Time) {
	const sweepAt = 1024
	if p.turns == nil {
		p.turns = map[string]time.Time{}
	}
	p.turns[key] = at
	if len(p.turns)%sweepAt == 0 {
		maps.DeleteFunc(p.turns, func(_ string, at time.Time) bool { return at.Add(turnKept).Before(now) })
	}
}

// limiter gives the channel's limiter, moved to the policy's rate: messages per
// second, 0 is no bound.
func (p *paces) limiter(ch customer.Channel, perSecond float64, now time.Time) *rate.Limiter {
	limit := rate.Inf
	if perSecond > 0 {
		share, slack := apart(perSecond)
		limit = rate.Every(share + slack)
	}
	limiter := p.limiters[ch]
	if limiter == nil {
		limiter = rate.NewLimiter(limit, 1)
		if p.limiters == nil {
			p.limiters = map[customer.Channel]*rate.Limiter{}
		}
		p.limiters[ch] = limiter
	}
	if limiter.Limit() != limit {
		limiter.SetLimitAt(now, limit)
	}
	return limiter
}

// begin lets a call begin, or says how long it waits: turns may be taken late,
// and several at once then, but no second has more calls than the channel's
// rate; 0 is no bound.
func (p *paces) begin(ch customer.Channel, perSecond float64, now time.Time) (wait time.Duration) {
	if perSecond <= 0 {
		return 0
	}
	most := max(int(perSecond), 1)
	share, slack := apart(perSecond)
	span := time.Duration(most) * (share + slack*3/4)
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls[ch]
	calls = calls[max(len(calls)-most, 0):]
	if len(calls) == most {
		if wait := calls[0].Add(span).Sub(now); wait > 0 {
			return wait
		}
		calls = calls[1:]
	}
	if p.calls == nil {
		p.calls = map[customer.Channel][]time.Time{}
	}
	p.calls[ch] = append(calls, now)
	return 0
}

// fallIn waits until a call may begin. One that would wait too long is not made.
func (e *Engine) fallIn(ctx context.Context, ch customer.Channel, provider string) error {
	for {
		wait := e.paces.begin(ch, e.Desk.Library.Current().Policy.Rates[ch], time.Now())
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &channel.Error{Kind: channel.Unavailable, Provider: provider, Detail: "the channel's rate left no room in time"}
		}
	}
}

// take takes a place among a provider's calls, or says when to ask again: those
// who find no room come back one behind the other.
func (f *flights) take(provider string, now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count, f.again = map[string]int{}, map[string]*rate.Limiter{}
	}
	if f.count[provider] < inFlight {
		f.count[provider]++
		return 0
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
