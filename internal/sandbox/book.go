package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Taken is one message that a provider took.
type Taken struct {
	Provider string // twilio, sendgrid, fcm
	Name     string // the provider's own
	Key      string // the send key that came with it, "" without one
	To       string
	Text     string
	Collapse string // of a push: a later one of the same name takes its place on the device
	At       time.Time
	// Undelivered says that it does not reach the customer, as the provider
	// finds out later.
	Undelivered bool

	from                      string
	listed, sentAt, arrivesAt time.Time // seen in lists from; sent to, and at, the customer
}

// Call is one request that a provider got to take a message, whatever came of
// it.
type Call struct {
	Provider string // twilio, sendgrid, fcm, smtp
	Key      string // the send key that came with it
	At       time.Time
}

// Counts are what else the providers saw.
type Counts struct {
	Calls     int             // that asked for a message to be taken, or for what was
	Troubles  map[Trouble]int // of the calls, without those that went well
	Callbacks int             // that were answered 2xx
	Doubled   int             // callbacks sent twice
	Swapped   int             // messages whose callbacks came out of order
	Late      int             // messages whose callbacks came seconds late
	Lost      int             // messages whose callbacks never came
	Refused   int             // true callbacks that nobody took in the end
	Forged    int             // forged callbacks that were answered
	Believed  int             // forged ones that were answered otherwise than 403
}

// Book is what the providers know. Safe for concurrent use.
type Book struct {
	now    func() time.Time
	mu     sync.Mutex
	taken  []Taken
	byTo   map[string][]int
	asked  map[string]int
	calls  []Call
	counts Counts
}

func newBook(now func() time.Time) *Book {
	return &Book{now: now, byTo: map[string][]int{}, asked: map[string]int{}, counts: Counts{Troubles: map[Trouble]int{}}}
}

// Taken gives every message that was taken, in order.
func (b *Book) Taken() []Taken {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// Calls gives every request to take a message, in order.
func (b *Book) Calls() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// Counts gives what was counted so far.
func (b *Book) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.counts
	c.Troubles = maps.Clone(c.Troubles)
	return c
}

// ask counts the calls of one name, from 1. Those with a send key are noted.
func (b *Book) ask(provider, name, key string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if key != "" {
		b.calls = append(b.calls, Call{Provider: provider, Key: key, At: b.now()})
	}
	b.counts.Calls++
	b.asked[provider+" "+name]++
	return b.asked[provider+" "+name]
}

func (b *Book) met(t Trouble) {
	if t == Fine {
		return
	}
	b.count(func(c *Counts) { c.Troubles[t]++ })
}

// count changes the counts.
func (b *Book) count(change func(*Counts)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.counts)
}

// lags say how long after it was taken a message is seen in lists, is sent,
// and arrives.
type lags struct{ listed, sent, arrives time.Duration }

// put writes a message in under the next number, of which name makes the
// provider's own name, and gives it as it stands.
func (b *Book) put(t Taken, l lags, name func(number int) string) Taken {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.Name, t.At = name(len(b.taken)+1), b.now()
	t.listed, t.sentAt, t.arrivesAt = t.At.Add(l.listed), t.At.Add(l.sent), t.At.Add(l.arrives)
	b.byTo[t.To] = append(b.byTo[t.To], len(b.taken))
	b.taken = append(b.taken, t)
	return t
}

// of gives what a provider took, for one address or "" for all, newest first.
func (b *Book) of(provider, to string) []Taken {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Taken
	if to != "" {
		for _, i := range b.byTo[to] {
			list = append(list, b.taken[i])
		}
	} else {
		list = slices.Clone(b.taken)
	}
	list = slices.DeleteFunc(list, func(t Taken) bool { return t.Provider != provider })
	slices.Reverse(list)
	return list
}
