package admin

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// ClockLimit is by how much a process's clock may be off: beyond it messages
// would go out at wrong hours.
const ClockLimit = 30 * time.Second

// Clock judges the clock of a process by others. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	peers map[string]peer
	off   time.Duration
}

// peer is another process's clock as it was heard of last.
type peer struct {
	said  time.Time // what it read
	heard time.Time // when that was first seen, by this process's clock; zero: at the first look
}

// Against takes the time that somebody tells whose clock counts for all, at an
// instant of this process's clock.
func (c *Clock) Against(now, told time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = now.Sub(told)
}

// Among takes what other processes' clocks read when they last said so, by the
// process's id. lag is how much older than that it is on average when it is
// seen, and gone after how long somebody who says nothing new is left out. With
// several others the clock is judged by the middle one of all; with one alone
// nobody knows who is wrong, and both are off.
func (c *Clock) Among(now time.Time, said map[string]time.Time, lag, gone time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ahead := c.peers, []time.Duration{0}
	c.peers = map[string]peer{}
	for id, at := range said {
		p, seen := known[id]
		switch {
		case !seen:
			p = peer{said: at} // when it said so nobody here knows
		case !p.said.Equal(at):
			p = peer{said: at, heard: now}
		}
		c.peers[id] = p
		if !p.heard.IsZero() && now.Sub(p.heard) < gone {
			ahead = append(ahead, p.said.Add(lag).Sub(p.heard))
		}
	}
	c.off = -middle(ahead)
}

// middle gives the median of how far clocks are ahead of the first; of two it
// is the other one's.
func middle(ahead []time.Duration) time.Duration {
	if len(ahead) == 2 {
		return ahead[1]
	}
	sorted := slices.Sorted(slices.Values(ahead))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Off gives how far the clock is ahead; below 0 it is behind.
func (c *Clock) Off() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// Err says that the clock is off by more than the limit, and what to do.
func (c *Clock) Err() error {
	off := c.Off()
	switch {
	case off > ClockLimit:
		return fmt.Errorf("clock: this machine's is %s ahead: nothing is decided or sent until it is right; set it by NTP", off.Round(time.Second))
	case off < -ClockLimit:
		return fmt.Errorf("clock: this machine's is %s behind: nothing is decided or sent until it is right; set it by NTP", (-off).Round(time.Second))
	}
	return nil
}
