package drill

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// Vendors is what the providers saw of a rate and of a hold.
type Vendors struct {
	Rate        int           // calls a second that one provider may get; 0: any number
	WorstSecond int           // the most that it got within any second
	Held        time.Duration // how long everything was held; 0: not at all
	AfterHold   int           // calls that came while it lasted, later than one call's time after its begin
	LastCall    time.Duration // how long after its begin the last call came
}

// writeCalls writes every call to a file: when, whom, for which message.
func writeCalls(path string, calls []sandbox.Call) error {
	var text bytes.Buffer
	for _, c := range calls {
		_, _ = fmt.Fprintf(&text, "%s %s %s\n", c.At.UTC().Format("15:04:05.000"), c.Provider, c.Key)
	}
	return os.WriteFile(path, text.Bytes(), 0o600)
}

// Broken reports whether the rate or the hold was. A call may come to its
// provider up to a second after its turn, where a process or the drill itself
// stood still: then it is in a second that has calls of its own.
func (v Vendors) Broken() bool { return v.Rate > 0 && v.WorstSecond > 2*v.Rate || v.AfterHold > 0 }

// hold is when everything was held.
type hold struct{ from, to time.Time }

// watch counts at the providers. callTime is how long a call may take: one that
// was let go before the hold may come so long after it.
func watch(calls []sandbox.Call, perSecond int, h hold, callTime time.Duration) Vendors {
	v := Vendors{Rate: perSecond, WorstSecond: worstSecond(calls, limited), Held: h.to.Sub(h.from)}
	for _, c := range calls {
		if c.At.Before(h.from) || !c.At.Before(h.to) {
			continue
		}
		v.LastCall = max(v.LastCall, c.At.Sub(h.from))
		if c.At.Sub(h.from) > callTime {
			v.AfterHold++
		}
	}
	return v
}

// worstSecond gives the most calls that one provider got within any second.
func worstSecond(calls []sandbox.Call, provider string) (worst int) {
	var own []time.Time
	for _, c := range calls {
		if c.Provider == provider {
			own = append(own, c.At)
		}
	}
	slices.SortFunc(own, time.Time.Compare)
	first := 0
	for i, at := range own {
		for at.Sub(own[first]) >= time.Second {
			first++
		}
		worst = max(worst, i-first+1)
	}
	return worst
}

// heldCalls is how many calls' time a hold lasts at least: what comes later than
// one call's time after its begin is what it did not hold.
const heldCalls = 3

// holds begins and ends the hold when it is time: at half of the kills, and a
// tenth of them later.
func (s *scene) holds(ctx context.Context, killed int) error {
	if !s.Hold {
		return nil
	}
	var err error
	switch killed {
	case s.Kills / 2:
		err = s.places.insist(ctx, "pause", "--all")
		s.held.from = time.Now()
	case s.Kills/2 + max(1, s.Kills/10):
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(s.held.from.Add(heldCalls * s.Call))):
		}
		s.held.to = time.Now()
		err = s.places.insist(ctx, "resume", "--all")
	}
	return err
}
