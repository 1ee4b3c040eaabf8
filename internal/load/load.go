// Package load decides what a channel's rate makes of messages that are
// planned: which of them have to wait for their turn, and how late they go out.
// It is pure, and refuses to know whom a message is for, what it says, and what
// happens to one that is late.
package load

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Message is one that is planned, in seconds since 1970.
type Message struct {
	At     uint32 // planned for
	Until  uint32 // the last second at which it may still go out
	Rule   uint16 // the caller's number of its rule
	Within bool   // it is its within that ends with Until, else its hours
}

// Compare orders messages as they ask for their turns: by the instants that
// they are planned for.
func (m Message) Compare(n Message) int {
	within := 0
	if m.Within != n.Within {
		within = 1
		if n.Within {
			within = -1
		}
	}
	return cmp.Or(cmp.Compare(m.At, n.At), cmp.Compare(m.Until, n.Until), cmp.Compare(m.Rule, n.Rule), within)
}

// Jam is a stretch of messages that all have to wait, since more are planned
// than a rate lets out.
type Jam struct {
	From     time.Time // what the first is planned for
	Last     time.Time // what the last is planned for
	Out      time.Time // when the last goes out
	Messages int
	Median   time.Duration // half of them go out at least so late
	Longest  time.Duration // by which the latest goes out late
	Hours    int           // those whose hours are over by then
	Within   int           // those whose within is over by then
	Rules    []Share       // whose they are, the most first
}

// Share is how many of a jam's messages are of one rule.
type Share struct {
	Rule     uint16
	Messages int
}

// Noticeable is how late a message has to be for it to count as a jam: less
// than that is what a rate is for.
const Noticeable = time.Minute

// Burst is how many messages a rate a second lets out at once after a pause.
func Burst(rate float64) int { return max(int(rate), 1) }

// bucket is a token bucket: so many a second, and as many at once.
type bucket struct {
	rate, tokens float64
	last         uint32
}

func newBucket(rate float64) bucket { return bucket{rate: rate, tokens: float64(Burst(rate))} }

// wait takes a turn, and gives the seconds until it. It is asked in the order
// of time.
func (b *bucket) wait(at uint32) float64 {
	b.tokens = math.Min(float64(Burst(b.rate)), b.tokens+float64(at-b.last)*b.rate)
	b.last = at
	b.tokens--
	return math.Max(0, -b.tokens/b.rate)
}

// Jams gives the jams that a rate, in messages a second and above 0, makes of
// messages in the order of Compare. They come in the order of time.
func Jams(messages []Message, rate float64) (jams []Jam) {
	b := newBucket(rate)
	var waits []float64 // of the messages from start on
	start, noticed := 0, false
	flush := func(end int) {
		if noticed {
			jams = append(jams, jamOf(messages[start:end], waits))
		}
		start, waits, noticed = end, waits[:0], false
	}
	for i, m := range messages {
		wait := b.wait(m.At)
		if wait == 0 && i > 0 && messages[i-1].At < m.At {
			flush(i)
		}
		waits, noticed = append(waits, wait), noticed || wait >= Noticeable.Seconds()
	}
	flush(len(messages))
	return jams
}

// jamOf sums up messages that wait for so many seconds each.
func jamOf(messages []Message, waits []float64) Jam {
	first, last := messages[0], messages[len(messages)-1]
	jam := Jam{From: instant(first.At), Last: instant(last.At), Messages: len(messages)}
	rules := map[uint16]int{}
	for i, m := range messages {
		rules[m.Rule]++
		out := float64(m.At) + waits[i]
		jam.Longest = max(jam.Longest, span(waits[i]))
		switch {
		case out <= float64(m.Until):
		case m.Within:
			jam.Within++
		default:
			jam.Hours++
		}
	}
	jam.Out = jam.Last.Add(span(waits[len(waits)-1]))
	sorted := slices.Sorted(slices.Values(waits))
	jam.Median = span(sorted[len(sorted)/2])
	for rule, n := range rules {
		jam.Rules = append(jam.Rules, Share{rule, n})
	}
	slices.SortFunc(jam.Rules, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Rule, b.Rule)) })
	return jam
}

func instant(second uint32) time.Time { return time.Unix(int64(second), 0).UTC() }

func span(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

// Missed gives how many of a jam's messages would come too late.
func (j Jam) Missed() int { return j.Hours + j.Within }

// Enough gives a rate, in messages a second, that makes no jam of messages in
// the order of Compare: the one asked for, else a round number of two digits, at
// most a fifth above what is needed.
func Enough(messages []Message, rate float64) float64 {
	if !jammed(messages, rate) {
		return rate
	}
	low, high := rate, 2*rate
	for jammed(messages, high) {
		low, high = high, 2*high
	}
	for high > low*1.01 {
		if middle := math.Sqrt(low * high); jammed(messages, middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return RoundUp(high)
}

// jammed reports whether a rate makes any jam of messages.
func jammed(messages []Message, rate float64) bool {
	b := newBucket(rate)
	return slices.ContainsFunc(messages, func(m Message) bool { return b.wait(m.At) >= Noticeable.Seconds() })
}

// RoundUp gives the next number of two digits.
func RoundUp(rate float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Ceil(rate/unit-1e-9) * unit
}
