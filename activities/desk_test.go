package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// One message, at once.
const greeting = `
description: Say hello.
owner: care@example.com
topic: service
when: {event: order_placed}
stop: order_cancelled
steps:
  - {send: greeting, at: now, within: 2h}
`

func greetings(policy, text string) bundle.Files {
	f := files(map[string]string{"greeting": greeting})
	f.Rules["policy.yaml"] = []byte(policy)
	f.Templates = map[string][]byte{"greeting/sms.txt": []byte(text)}
	return f
}

const openPolicy = `
zone: UTC
channels: [sms]
topics: {service: {consent: assumed}}
`

// provider is a sender that the test answers for.
type provider struct {
	mu     sync.Mutex
	clock  func() time.Time
	at     []time.Time // of each call
	keys   []string
	answer func(call int, m channel.Message) error
}

func (p *provider) Name() string { return "provider" }

func (p *provider) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	p.mu.Lock()
	p.keys = append(p.keys, m.Key)
	p.at = append(p.at, p.clock())
	call, answer := len(p.keys), p.answer
	p.mu.Unlock()
	if answer == nil {
		return channel.Receipt{ProviderID: "id"}, nil
	}
	return channel.Receipt{ProviderID: "id"}, answer(call, m)
}

func (p *provider) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.keys)
}

// no gives a provider's error of a kind.
func no(kind channel.Kind, after time.Duration) error {
	return &channel.Error{Kind: kind, Provider: "provider", Code: "1", Detail: "a reason", RetryAfter: after}
}

// brokenStore refuses writes while it is broken: the disk is full, or the
// process is killed before it can write.
type brokenStore struct {
	ledger.Store
	broken atomic.Bool
}

var errBroken = errors.New("the store is broken")

func (s *brokenStore) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	if s.broken.Load() {
		return errBroken
	}
	return s.Store.Write(ctx, lane, fn)
}

// desk is a bench whose answers are asked for one by one, with a provider that
// the test answers for.
type desk struct {
	*bench
	provider *provider
	store    *brokenStore
	clock    activities.Clock
	clockMu  sync.Mutex
}

func newDesk(t *testing.T, f bundle.Files) *desk {
	t.Helper()
	return deskOf(newBench(t, "2026-11-23T12:00:00Z", f))
}

func deskOf(b *bench) *desk {
	d := &desk{bench: b, store: &brokenStore{Store: b.store}}
	d.clock = activities.SetTime(func() time.Time {
		d.clockMu.Lock()
		defer d.clockMu.Unlock()
		return d.now
	})
	d.provider = &provider{clock: d.clock.Now}
	b.observer.Now = d.clock.Now
	b.engine = d.another()
	return d
}

// pass moves the clock, also while a call is under way.
func (d *desk) pass(by time.Duration) {
	d.clockMu.Lock()
	defer d.clockMu.Unlock()
	d.now = d.now.Add(by)
}

// another is an engine of another process on the same store.
func (d *desk) another() *activities.Engine {
	return &activities.Engine{
		Store: d.store, Desk: d.bench.engine.Desk, Clock: d.clock, Starter: d.bench, Patience: 2 * time.Minute,
		Senders: map[customer.Channel]channel.Sender{customer.SMS: d.provider}, Logger: slog.New(slog.NewTextHandler(d.t.Output(), nil)),
	}
}

// take takes events of a customer and lets nobody work.
func (d *desk) take(user string, names ...string) {
	d.t.Helper()
	var batch []observe.Incoming
	for _, name := range names {
		d.events++
		batch = append(batch, observe.Incoming{
			User: user, Change: observe.Change{Phone: text("+18005550100")},
			Event: customer.Event{MessageID: fmt.Sprint("m", d.events), Name: name, At: d.now},
		})
	}
	_, err := d.observer.Take(d.t.Context(), batch)
	require.NoError(d.t, err)
}

// start starts a customer's outreach and gives the question that delivers its
// message.
func (d *desk) start(user string) activities.Question {
	d.t.Helper()
	d.take(user, "order_placed")
	_, err := d.engine.Work(d.t.Context(), "greeting")
	require.NoError(d.t, err)
	var newest ledger.Outreach
	d.read(func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		require.NoError(d.t, err)
		list, err := tx.OutreachesOf(id, 1)
		newest = list[0]
		return err
	})
	first, ok := d.waiting[newest.Ref]
	require.True(d.t, ok)
	require.NotEmpty(d.t, first.Deliver)
	return activities.Question{Ref: newest.Ref, Seq: first.Seq + 1, Deliver: first.Deliver}
}

func (d *desk) read(fn func(ledger.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, d.bench.store.Read(context.Background(), fn))
}

func (d *desk) outreach(ref ledger.Ref) (o ledger.Outreach) {
	d.t.Helper()
	d.read(func(tx ledger.Tx) (err error) {
		o, _, err = tx.Outreach(ref)
		return err
	})
	return o
}

// part gives the only part of an outreach.
func (d *desk) part(ref ledger.Ref) (p ledger.Part) {
	d.t.Helper()
	d.read(func(tx ledger.Tx) error {
		parts, err := tx.PartsOf(ref)
		require.Len(d.t, parts, 1)
		p = parts[0]
		return err
	})
	return p
}

func (d *desk) hints() (list []ledger.Hint) {
	d.t.Helper()
	d.read(func(tx ledger.Tx) (err error) {
		list, err = tx.Hints("greeting", 100)
		return err
	})
	return list
}

func (d *desk) deliver(q activities.Question) activities.Answer {
	d.t.Helper()
	answer, err := d.engine.Deliver(d.t.Context(), q)
	require.NoError(d.t, err)
	return answer
}

// inquire takes up whatever was lost until nothing is left to do now: an
// attempt is given up for lost first, and asked for then.
func (d *desk) inquire() {
	d.t.Helper()
	for range 2 {
		more, err := d.engine.Inquire(d.t.Context())
		require.NoError(d.t, err)
		require.False(d.t, more)
	}
}

// live goes on as the outreach's workflow would, from an answer to the end, and
// gives the number of answers that it took.
func (d *desk) live(ref ledger.Ref, answer activities.Answer) (n int) {
	d.t.Helper()
	for ; !answer.Done; n++ {
		require.Less(d.t, n, 200, "the outreach does not end: %s", answer.Why)
		d.pass(answer.Sleep)
		q := activities.Question{Ref: ref, Seq: answer.Seq + 1, Deliver: answer.Deliver}
		var err error
		if q.Deliver == "" {
			answer, err = d.engine.Advance(d.t.Context(), q)
		} else {
			answer, err = d.engine.Deliver(d.t.Context(), q)
		}
		require.NoError(d.t, err)
	}
	return n
}
