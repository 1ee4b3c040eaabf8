package activities_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
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
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// counted numbers the commits of those who carry a place for the number in
// their context, in the order in which the store ran them: closures of which one
// changes what the other reads run one after the other, also those that share a
// commit.
type counted struct {
	ledger.Store
	count atomic.Int64
}

type placeKey struct{}

// placed gives a context whose newest write leaves its number in place.
func placed(ctx context.Context, place *int64) context.Context {
	return context.WithValue(ctx, placeKey{}, place)
}

func (s *counted) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	place, _ := ctx.Value(placeKey{}).(*int64)
	return s.Store.Write(ctx, lane, func(tx ledger.Tx) error {
		err := fn(tx)
		if err == nil { // a store may put what is written off until something is read
			_, err = tx.Paces()
		}
		if err == nil && place != nil {
			*place = s.count.Add(1)
		}
		return err
	})
}

// The rule whose message is raced for, and the one that takes its slot.
const (
	due = `
description: Tell somebody at once.
owner: care@example.com
topic: service
when:
  usage: {sum: data_session.mb, per: month from billing_day, limit: plan_mb + sum(data_topped_up.mb), reaches: 80%%}
audience: plan == "%s"
goal: {event: plan_changed, within: 14d}
stop: account_closed
steps:
  - {send: greeting, at: now, within: 24h, unless: app_opened}
`
	rival = `
description: Tell somebody what matters more.
owner: care@example.com
topic: service
priority: 90
when: {event: order_placed}
steps:
  - {send: late, at: now, within: 24h}
`
	tightPolicy = `
zone: UTC
channels: [sms]
topics: {service: {consent: assumed}}
caps: {any: 1 per day}
quiet: daily 21:00-08:00
`
)

// The plans of those who race: a hold covers the rule of the second alone.
const (
	open = "surf"
	held = "ultimate"
)

func racing() bundle.Files {
	f := files(map[string]string{"open": fmt.Sprintf(due, open), "held": fmt.Sprintf(due, held), "rival": rival})
	f.Rules["policy.yaml"] = []byte(tightPolicy)
	f.Templates = map[string][]byte{"greeting/sms.txt": []byte("Hello"), "late/sms.txt": []byte("Late")}
	return f
}

// prevention is one kind of change that comes while a message is due.
type prevention struct {
	name   string
	before func(*heat, runner)                  // what makes it possible; nil: nothing
	change func(context.Context, *heat, runner) // to be committed in one write, its newest
	undo   func(*heat)                          // nil: nothing
	after  string                               // what is left of the message when the change was first
}

// outcome gives what becomes of a message whose attempt was first.
func (p prevention) outcome() ledger.PartStatus {
	if p.name == stopReply { // who answers a message has it
		return ledger.Delivered
	}
	return ledger.Accepted
}

// happens is a prevention by an event.
func happens(event, after string, properties map[string]customer.Value) prevention {
	return prevention{name: event, after: after, change: func(ctx context.Context, h *heat, r runner) {
		h.take(ctx, observe.Incoming{User: r.user, Event: customer.Event{Name: event, Properties: properties}})
	}}
}

// says is a prevention by what a customer says of themselves.
func says(name, after string, c observe.Change) prevention {
	return prevention{name: name, after: after, change: func(ctx context.Context, h *heat, r runner) {
		h.take(ctx, observe.Incoming{User: r.user, Change: c, Event: customer.Event{Name: customer.Identified}})
	}}
}

// preventions are all kinds. What is left is told as place tells it.
func preventions() []prevention {
	hold := ledger.Hold{Kind: ledger.HoldRule, Name: "held", By: "operator"}
	return []prevention{
		happens("data_topped_up", "ended reason_gone, withdrawn reason_gone", map[string]customer.Value{"mb": customer.Number(50000)}),
		happens("plan_changed", "ended goal_reached, withdrawn goal_reached", nil),
		happens("account_closed", "ended stop, withdrawn stop", nil),
		happens("app_opened", "ended completed, withdrawn unless", nil),
		says("consent withdrawn", "ended completed, withdrawn no_consent", observe.Change{Consents: map[customer.Topic]bool{"service": false}}),
		{name: anotherNumber, after: "ended completed, accepted", change: func(ctx context.Context, h *heat, r runner) {
			h.take(ctx, observe.Incoming{User: r.user, Change: observe.Change{Phone: text(r.newPhone())}, Event: customer.Event{Name: customer.Identified}})
		}},
		says("other hours", "open, planned for later", observe.Change{
			Preferences: &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "daily 16:00"}},
		}),
		says("another zone", "open, planned for later", observe.Change{Zone: text("Pacific/Auckland")}),
		{name: stopReply, after: "ended completed, withdrawn suppressed", change: func(ctx context.Context, h *heat, r runner) {
			h.take(ctx, observe.Incoming{User: r.user, Event: customer.Event{Name: customer.MessageReplied, Properties: map[string]customer.Value{
				customer.MessageProperty: customer.Text(r.q.Deliver), customer.TextProperty: customer.Text("stop"),
			}}})
		}},
		{name: "a hold", after: "open paused, planned",
			change: func(ctx context.Context, h *heat, _ runner) {
				require.NoError(h.t, h.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error { return tx.SetHold(hold) }))
			},
			undo: func(h *heat) {
				require.NoError(h.t, h.store.Write(h.t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
					return tx.LiftHold(ledger.Hold{Kind: hold.Kind, Name: hold.Name, Lifted: time.Unix(1, 0)})
				}))
			}},
		{name: "a claim on the last slot", after: "open, planned capped for later",
			before: func(h *heat, r runner) {
				h.take(h.t.Context(), observe.Incoming{User: r.user, Event: customer.Event{Name: "order_placed"}})
			},
			change: func(ctx context.Context, h *heat, r runner) {
				for claimed := false; !claimed; claimed = h.claimed(r) { // a claim leaves whom somebody else has locked
					_, err := h.engine.Work(ctx, "rival")
					require.NoError(h.t, err)
				}
			}},
	}
}

// claimed reports whether no match of a customer waits to be claimed.
func (h *heat) claimed(r runner) (all bool) {
	h.t.Helper()
	h.read(func(tx ledger.Tx) error {
		list, err := tx.OpenOutreaches(r.q.Ref.Customer)
		all = !slices.ContainsFunc(list, func(o ledger.Outreach) bool { return o.Status == ledger.Matched })
		return err
	})
	return all
}

// anotherNumber is the change that prevents no message, only where it goes;
// stopReply the one that speaks of the message itself.
const (
	anotherNumber = "another number"
	stopReply     = "STOP"
)

// runner is a customer whose message is due, and the question that delivers it.
type runner struct {
	user string
	n    int
	q    activities.Question
}

func (r runner) oldPhone() string { return fmt.Sprintf("+49151%08d", r.n) }

func (r runner) newPhone() string { return fmt.Sprintf("+49152%08d", r.n) }

// heat is some rounds of the race on one store.
type heat struct {
	*desk
	number atomic.Int64 // of the newest event
	mu     sync.Mutex
	calls  []string // of the round: the addresses
}

func newHeat(t testing.TB, store ledger.Store) *heat {
	h := &heat{desk: deskOf(newBenchOn(t, &counted{Store: store}, "2026-11-23T12:00:00Z", racing()))}
	h.provider.answer = func(_ int, m channel.Message) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls = append(h.calls, m.To)
		return nil
	}
	return h
}

func (h *heat) take(ctx context.Context, batch ...observe.Incoming) {
	for i := range batch {
		batch[i].Event.MessageID = fmt.Sprint("r", h.number.Add(1))
		batch[i].Event.At = h.clock.Now()
	}
	_, err := h.observer.Take(ctx, batch)
	require.NoError(h.t, err)
}

// runners lets n customers begin, of a plan each.
func (h *heat) runners(n int, plan func(int) string) []runner {
	h.t.Helper()
	var batch []observe.Incoming
	for i := range n {
		c := berlin("service")
		c.Preferences, c.Phone = nil, text(runner{n: i}.oldPhone())
		c.Traits["plan"] = customer.Text(plan(i))
		batch = append(batch, observe.Incoming{User: fmt.Sprint("c", i), Change: c, Event: customer.Event{
			Name: "data_session", Properties: map[string]customer.Value{"mb": customer.Number(12100)},
		}})
	}
	for page := range slices.Chunk(batch, 100) {
		h.take(h.t.Context(), page...)
	}
	for _, rule := range []string{"open", "held"} {
		for more := true; more; {
			worked, err := h.engine.Work(h.t.Context(), rule)
			require.NoError(h.t, err)
			more = worked.More
		}
	}
	list := make([]runner, n)
	h.read(func(tx ledger.Tx) error {
		for ref, first := range h.waiting {
			record, _, err := tx.Customer(ref.Customer)
			if err != nil {
				return err
			}
			var i int
			_, err = fmt.Sscanf(record.Profile.External, "c%d", &i)
			require.NoError(h.t, err)
			list[i] = runner{user: record.Profile.External, n: i, q: activities.Question{Ref: ref, Seq: first.Seq + 1, Deliver: first.Deliver}}
		}
		return nil
	})
	return list
}

// round lets a change and a due message race. lead is by how long the change
// may begin earlier, or later. It reports whether the change was first.
func (h *heat) round(p prevention, r runner, lead time.Duration) (first bool) {
	h.t.Helper()
	require.NotEmpty(h.t, r.q.Deliver)
	if p.before != nil {
		p.before(h, r)
	}
	h.calls = nil
	var change, attempt int64
	var both sync.WaitGroup
	gun := make(chan struct{})
	both.Go(func() {
		<-gun
		spin(-lead)
		p.change(placed(h.t.Context(), &change), h, r)
	})
	both.Go(func() {
		<-gun
		spin(lead)
		_, err := h.engine.Deliver(placed(h.t.Context(), &attempt), r.q)
		require.NoError(h.t, err)
	})
	close(gun)
	both.Wait()
	require.NotZero(h.t, change, p.name)
	require.NotZero(h.t, attempt, p.name)
	switch {
	case attempt < change:
		require.Equal(h.t, []string{r.oldPhone()}, h.calls, "%s: the attempt was first", p.name)
		require.Equal(h.t, p.outcome(), h.part(r.q.Ref).Status, p.name)
	case p.name == anotherNumber:
		require.Equal(h.t, []string{r.newPhone()}, h.calls)
		require.Equal(h.t, p.after, h.place(r))
	default:
		require.Empty(h.t, h.calls, "%s: the change was first", p.name)
		require.Equal(h.t, p.after, h.place(r), p.name)
	}
	if p.undo != nil {
		p.undo(h)
	}
	return change < attempt
}

// spin passes a span that is too short to sleep.
func spin(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
		runtime.Gosched()
	}
}

// place tells what is left of a message: how its outreach stands and why, how
// the message does and why, and for when it is planned on its customer's clock.
func (h *heat) place(r runner) string {
	h.t.Helper()
	o, part := h.outreach(r.q.Ref), h.part(r.q.Ref)
	words := string(o.Status)
	if o.Reason != "" {
		words += " " + string(o.Reason)
	}
	words += ", " + string(part.Status)
	if part.Reason != "" {
		words += " " + string(part.Reason)
	}
	if part.Status == ledger.Planned && part.Planned.After(h.now) {
		words += " for later"
	}
	return words
}

// TestAChangeBeforeTheAttemptWins lets a due message and a change that prevents
// it race, kind by kind. The store's own order of commits says who was first:
// when it was the change, the provider sees nothing, or the new address. It
// runs 10,000 rounds on each store; 500, or 200 where the race detector slows it
// down, when it is to be quick.
func TestAChangeBeforeTheAttemptWins(t *testing.T) {
	t.Parallel()
	heats, rounds := 20, 500
	if raced || testing.Short() {
		heats = 1
	}
	if raced {
		rounds = 200
	}
	for name, open := range map[string]func(*testing.T) ledger.Store{
		"memory": func(*testing.T) ledger.Store { return memory.New() },
		"sqlite": func(t *testing.T) ledger.Store {
			store, err := sqlite.Open(t.Context(), sqlitetest.File(t), sqlite.Options{})
			require.NoError(t, err)
			return store
		},
		"postgres": func(t *testing.T) ledger.Store { return newFleet(t, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heats := heats
			if name == "postgres" {
				heats = min(heats, 2)
			}
			race := newTally()
			for range heats {
				race.heat(t, open(t), rounds)
			}
			race.judge(t, heats*rounds)
		})
	}
}
