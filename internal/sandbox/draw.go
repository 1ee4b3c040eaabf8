package sandbox

import (
	"hash/fnv"
	"time"
)

// draw gives a number from 0 to 1 that the seed and the words decide, so that
// a run can be repeated in kind whatever the order of its calls.
func (s *Sandbox) draw(words ...string) float64 {
	h := fnv.New64a()
	for i := range 8 {
		_, _ = h.Write([]byte{byte(s.config.Seed >> (8 * i))})
	}
	for _, w := range words {
		_, _ = h.Write([]byte(w))
		_, _ = h.Write([]byte{0})
	}
	const bits = 53
	return float64(mix(h.Sum64())>>(64-bits)) / (1 << bits)
}

// mix spreads a hash over all its bits (the finaliser of SplitMix64, Steele
// and others 2014): FNV's upper bits differ little for like words.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// happens reports whether something of this frequency happens to the words.
func (s *Sandbox) happens(share float64, words ...string) bool { return s.draw(words...) < share }

// between draws a time from the first to the second.
func (s *Sandbox) between(from, to time.Duration, words ...string) time.Duration {
	return from + time.Duration(s.draw(words...)*float64(to-from))
}
