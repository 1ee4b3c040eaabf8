package activities_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// Two messages of a day: one at once, one in the evening.
const evening = `
description: Ask in the evening.
owner: care@example.com
topic: service
when: {event: order_placed}
steps:
  - {send: greeting, at: "daily 17:00-21:00", within: 3d}
`

func evenings(policy string) bundle.Files {
	f := greetings(policy, "Hello")
	f.Rules["evening.yaml"] = []byte(evening)
	return f
}

// planned gives when the evening's message is to go.
func (b *bench) planned(user string) (at time.Time) {
	b.t.Helper()
	for _, o := range b.outreaches(user) {
		if o.Rule != "evening" {
			continue
		}
		require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
			parts, err := tx.PartsOf(o.Ref)
			require.Len(b.t, parts, 1)
			at = parts[0].Planned
			return err
		}))
	}
	return at
}

// TestANewPolicyMovesWhatWaits: a policy that comes into force has waiting
// outreaches planned anew at once, and lets the others be.
func TestANewPolicyMovesWhatWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy      string
		after, till string
	}{
		"cap":     {openPolicy + "caps: {any: 1 per day}\n", "2026-11-24T17:00:00Z", "2026-11-24T21:00:00Z"},
		"quiet":   {openPolicy + "quiet: daily 16:30-20:30\n", "2026-11-23T20:30:00Z", "2026-11-23T21:00:00Z"},
		"nothing": {openPolicy, "2026-11-23T17:00:00Z", "2026-11-23T21:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "2026-11-23T12:00:00Z", evenings(openPolicy))
			b.identify("anna", observe.Change{Phone: text("+18005550100")})
			b.happen("anna", "order_placed", "order_id", customer.Text("o1"))
			b.work()
			before := b.planned("anna")
			require.Equal(t, 23, before.Day())
			b.load(evenings(c.policy))
			after, err := time.Parse(time.RFC3339, c.after)
			require.NoError(t, err)
			till, err := time.Parse(time.RFC3339, c.till)
			require.NoError(t, err)
			require.WithinRange(t, b.planned("anna"), after, till)
			if name == "nothing" {
				require.Equal(t, before, b.planned("anna"))
			}
			require.Empty(t, b.rechecks())
		})
	}
}

func (b *bench) rechecks() (all map[string]ledger.Ref) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) (err error) {
		all, err = tx.Rechecks()
		return err
	}))
	return all
}

// TestNewZoneDataIsLookedAt: data that changed has all that waits look again,
// data that is the same, and the first there is, nobody.
func TestNewZoneDataIsLookedAt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"quiet: daily 11:00-13:00\n", "Hello"))
	q := d.start("anna")
	follow := func(version string) bool {
		changed, err := d.engine.FollowZones(t.Context(), version)
		require.NoError(t, err)
		return changed
	}
	seq := func() int64 { d.bench.work(); return d.outreach(q.Ref).Seq }
	first := seq()
	require.False(t, follow("2026a"), "nothing was planned by another")
	require.False(t, follow("2026a"))
	require.Equal(t, first, seq())
	require.True(t, follow("2026b"))
	require.Equal(t, map[string]ledger.Ref{"greeting": {Rule: "greeting"}}, d.rechecks())
	require.Greater(t, seq(), first, "it looked again")
	require.Empty(t, d.rechecks())
	require.False(t, follow("2026b"))
	require.True(t, follow(d.engine.Desk.Zones.Version(d.now)), "as an engine says at its start")
	require.False(t, follow(d.engine.Desk.Zones.Version(d.now.AddDate(0, 0, 30))))
}

// TestRechecksAreBoundedAndSurviveARestart asks more outreaches to look again
// than may be asked at once: each engine goes on where the one before ended,
// and everybody is asked once.
func TestRechecksAreBoundedAndSurviveARestart(t *testing.T) {
	t.Parallel()
	const many, bound = 450, 120
	d := newDesk(t, greetings(openPolicy, "Hello"))
	add := func(tx ledger.Tx) error {
		for n := range many {
			o := ledger.Outreach{
				Ref: ledger.Ref{Rule: "greeting", Customer: customer.ID(fmt.Sprintf("c%03d", n))}, Key: "k", Status: ledger.Open,
				At: d.now, NextAt: d.now.Add(time.Hour),
			}
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
			d.waiting[ledger.Ref{Rule: "greeting", Customer: o.Customer, N: 1}] = activities.Answer{Sleep: time.Hour}
		}
		return ledger.RecheckAll(tx)
	}
	require.NoError(t, d.bench.store.Write(t.Context(), ledger.GateLane, add))
	asked := func() (n int) {
		for _, answer := range d.waiting {
			if answer.Sleep == 0 {
				n++
			}
		}
		return n
	}
	for _, want := range []int{120, 240, 360, 450} {
		engine := d.another() // as after a restart
		engine.Rechecks = rate.NewLimiter(0, bound)
		for range 3 {
			_, err := engine.Work(t.Context(), "greeting")
			require.NoError(t, err)
		}
		require.Equal(t, want, asked())
	}
	require.Empty(t, d.rechecks())
	require.Empty(t, d.hints())
}

// TestAPauseStopsALoadedProvider pauses everything while many messages go out
// through several workers, and resumes: the provider sees nothing soon after
// the pause is committed, and in the end each message once.
func TestAPauseStopsALoadedProvider(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	const many, workers = 300, 8
	d := newDesk(t, greetings(openPolicy, "Hello"))
	var queue []activities.Question
	for n := range many {
		queue = append(queue, d.start(fmt.Sprint("c", n)))
	}
	d.provider.clock = time.Now
	begun := make(chan struct{})
	d.provider.answer = func(call int, _ channel.Message) error {
		if call == many/6 {
			close(begun)
		}
		return nil
	}
	due := make(chan activities.Question, many)
	for _, q := range queue {
		due <- q
	}
	close(due)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for q := range due {
				answer, err := d.engine.Deliver(t.Context(), q)
				require.NoError(t, err)
				d.mu.Lock()
				d.waiting[q.Ref] = answer
				d.mu.Unlock()
			}
		})
	}
	<-begun
	hold := ledger.Hold{Kind: ledger.HoldAll, At: d.now, By: "operator"}
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SetHold(hold) }))
	committed := time.Now()
	all.Wait()
	sent := d.provider.calls()
	last := d.provider.at[sent-1].Sub(committed)
	t.Logf("%d of %d went out; the last %v after the pause was committed", sent, many, last)
	require.Less(t, sent, many)
	require.Less(t, last, 2*time.Second)

	d.pass(10 * time.Minute)
	hold.Lifted, hold.Then, hold.Over = d.now, ledger.ResumeSend, 30*time.Minute
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		if err := tx.LiftHold(hold); err != nil {
			return err
		}
		return ledger.RecheckAll(tx)
	}))
	d.provider.clock, d.provider.at = d.clock.Now, nil
	d.bench.engine = d.engine
	d.bench.work()
	require.InDelta(t, sent, d.provider.calls(), many/10, "they do not go all at once")
	d.bench.until(d.now.Add(time.Hour).Format(time.RFC3339))
	once := map[string]int{}
	for _, key := range d.provider.keys {
		once[key]++
	}
	require.Len(t, once, many, "none is lost")
	require.Len(t, d.provider.keys, many, "none goes twice")
}
