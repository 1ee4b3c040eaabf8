// Package inbox is the provider that delivers to nobody: it keeps what
// customers would have received, and shows it on a page where one can play the
// customer. It decides what is kept, and that a message which comes twice is
// shown twice. It reads the ledger to tell why messages came or did not; it
// knows no rule, judges nothing, and writes nothing but its own file. What the
// page's buttons do goes the way of every other event.
package inbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "inbox"

// Bounds of what is kept in memory.
const (
	defaultKeep = 20_000
	keepBytes   = 64 << 20 // of contents
)

// maxBatch bounds how many messages share one flush to the disk.
const maxBatch = 256

// Options are what an inbox can be told. The zero value takes every channel
// and keeps the newest 20,000 messages.
type Options struct {
	Now      func() time.Time   // nil: time.Now
	Keep     int                // messages in memory; 0: 20,000. At most 64 MiB of contents are kept in any case
	Channels []customer.Channel // those that it carries; none: all
}

// Kept is one message as it was received.
type Kept struct {
	channel.Message
	Seq    int64     // the number of its arrival, from 1
	At     time.Time // when it arrived, UTC, microseconds
	Repeat bool      // its send key had come before: a defect of whoever sent it
}

// Box keeps messages. It is safe for concurrent use.
type Box struct {
	options Options
	journal *journal // nil: in memory only
	sends   chan *send
	closing chan struct{}
	closed  sync.Once
	served  chan struct{}
	err     error // of closing

	mu      sync.RWMutex
	kept    []Kept // oldest first
	bytes   int    // of their contents
	keys    map[digest]struct{}
	seq     int64
	repeats int64
}

var _ channel.Sender = (*Box)(nil)

// digest stands for a send key: keys are remembered longer than messages.
type digest [16]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

// send is one call of Send that waits for its turn.
type send struct {
	message channel.Message
	done    chan struct{}
	seq     int64
	err     *channel.Error
}

// Open opens the inbox that the file holds, making the file when it is not
// there; its folder must be. With an empty path messages are kept in memory
// only. The file belongs to one process at a time. A last line that a crash
// cut off was never accepted and is dropped; a file that is not an inbox's is
// refused and left as it is.
func Open(path string, o Options) (*Box, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
	if len(o.Channels) == 0 {
		o.Channels = customer.Channels()
	}
	b := &Box{
		options: o,
		sends:   make(chan *send), closing: make(chan struct{}), served: make(chan struct{}),
		keys: map[digest]struct{}{},
	}
	if path != "" {
		if err := b.load(path); err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
	}
	go b.serve()
	return b, nil
}

// Close flushes and closes the file. Messages that come later are not taken.
func (b *Box) Close() error {
	b.closed.Do(func() {
		close(b.closing)
		<-b.served
		if b.journal != nil {
			b.err = b.journal.close()
		}
	})
	return b.err
}

// Format implements fmt.Formatter: whatever the verb, an inbox prints its name
// and no message.
func (b *Box) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (b *Box) Name() string { return Name }

// Send keeps a message; it is on the disk when Send answers without an error.
// A send key that has come before is kept again and marked as a repeat. Errors
// are *channel.Error.
func (b *Box) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := b.check(m); refused != nil {
		return channel.Receipt{}, refused
	}
	if ctx.Err() != nil {
		return channel.Receipt{}, trouble(channel.Unavailable, "cancelled", "the call was over before it began")
	}
	s := &send{message: m, done: make(chan struct{})}
	select {
	case <-b.closing:
		return channel.Receipt{}, errClosed()
	default:
	}
	select {
	case b.sends <- s:
	case <-b.closing:
		return channel.Receipt{}, errClosed()
	case <-ctx.Done():
		return channel.Receipt{}, trouble(channel.Unavailable, "cancelled", "the deadline passed before the message had its turn")
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return channel.Receipt{}, trouble(channel.Ambiguous, "no_answer", "the deadline passed while the message was written")
	}
	if s.err != nil {
		return channel.Receipt{}, s.err
	}
	return channel.Receipt{ProviderID: Name + "-" + strconv.FormatInt(s.seq, 10), Delivered: true}, nil
}

func (b *Box) check(m channel.Message) *channel.Error {
	if !slices.Contains(b.options.Channels, m.Channel) {
		return trouble(channel.Misconfigured, "not_sent", "channel: this inbox does not carry it; name it in the inbox's channels")
	}
	return line.Check(Name, m.Channel, m)
}

func trouble(kind channel.Kind, code, detail string) *channel.Error {
	return &channel.Error{Kind: kind, Provider: Name, Code: code, Detail: detail}
}

func errClosed() *channel.Error {
	return trouble(channel.Unavailable, "closed", "the inbox is closed")
}

// serve takes messages in the order of their arrival; those that wait while
// the disk is busy share the next flush.
func (b *Box) serve() {
	defer close(b.served)
	for {
		select {
		case <-b.closing:
			return
		case s := <-b.sends:
			b.take(b.more([]*send{s}))
		}
	}
}

func (b *Box) more(batch []*send) []*send {
	for len(batch) < maxBatch {
		select {
		case s := <-b.sends:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// take makes a batch durable and answers everybody in it.
func (b *Box) take(batch []*send) {
	list := b.arrive(batch)
	err := b.write(list)
	if err == nil {
		b.mu.Lock()
		for _, k := range list {
			b.keep(k)
		}
		b.mu.Unlock()
	}
	for i, s := range batch {
		s.seq, s.err = list[i].Seq, err
		close(s.done)
	}
}

// arrive numbers a batch and marks its repeats. Only serve's goroutine changes
// what it reads.
func (b *Box) arrive(batch []*send) []Kept {
	now := b.options.Now().UTC().Truncate(time.Microsecond)
	list := make([]Kept, len(batch))
	within := map[digest]struct{}{}
	for i, s := range batch {
		key := digestOf(s.message.Key)
		_, before := b.keys[key]
		_, beside := within[key]
		within[key] = struct{}{}
		list[i] = Kept{Message: s.message, Seq: b.seq + int64(i) + 1, At: now, Repeat: before || beside}
	}
	return list
}

func (b *Box) write(list []Kept) *channel.Error {
	if b.journal == nil {
		return nil
	}
	err := b.journal.append(list)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errUndecided):
		return trouble(channel.Ambiguous, "disk", "the inbox's file took an unknown part of the message; check the disk and restart")
	}
	return trouble(channel.Unavailable, "disk", "the inbox's file cannot be written; check the disk's space and rights")
}

// keep adds a message in memory and lets the oldest go.
func (b *Box) keep(k Kept) {
	b.seq = k.Seq
	b.keys[digestOf(k.Key)] = struct{}{}
	if k.Repeat {
		b.repeats++
	}
	b.kept = append(b.kept, k)
	b.bytes += size(k)
	for len(b.kept) > b.options.Keep || b.bytes > keepBytes && len(b.kept) > 1 {
		b.bytes -= size(b.kept[0])
		b.kept[0] = Kept{}
		b.kept = b.kept[1:]
	}
}

func size(k Kept) int {
	c := k.Content
	return len(c.Subject) + len(c.Preheader) + len(c.HTML) + len(c.Text) + len(c.Link)
}
