package observe_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// TestTwoObserversOfOneStore take the same customers' events at once, with
// repeats: each counts once, and each crossing is one match.
func TestTwoObserversOfOneStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays, "buy": onPurchase, "quiet": "when: {silent: {for: 2d}}"})
	const users, each = 5, 60
	var all []observe.Incoming
	for i := range users {
		user := fmt.Sprint("u", i)
		w.identify(user, reachable("plan_mb", each))
		for n := range each {
			e := w.event("", "used", "mb", 1)
			e.At = w.now.Add(-time.Duration(n) * time.Second)
			all = append(all, observe.Incoming{User: user, Event: e})
		}
		all = append(all, observe.Incoming{User: user, Event: w.event("", "bought")})
	}
	other := newWorldOn(t, w)
	var takers sync.WaitGroup
	for i := range 4 {
		observer := []*observe.Observer{w.Observer, other.Observer}[i%2]
		mine := slices.Clone(all)
		rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
		takers.Go(func() {
			for batch := range slices.Chunk(mine, 7) {
				if _, err := observer.Take(t.Context(), batch); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	takers.Wait()
	for i := range users {
		user := fmt.Sprint("u", i)
		require.Equal(t, []string{"buy 1 matched", "limit 1 matched"}, sortedFates(w, user))
		bucket := w.state(user).Find(perDay, "").In(w.now)
		require.Equal(t, []any{float64(each), int64(each)}, []any{bucket.Sum, bucket.Count})
	}
	require.Len(t, w.dues("quiet"), users)
}

// TestTheSameDeviceAtOnce: two who tell of one device at once make one
// customer.
func TestTheSameDeviceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	other := newWorldOn(t, w)
	var takers sync.WaitGroup
	for i := range 20 {
		observer := []*observe.Observer{w.Observer, other.Observer}[i%2]
		in := observe.Incoming{Anonymous: "d1", Event: w.event("", "opened")}
		if i%4 >= 2 {
			in.User = "anna"
		}
		takers.Go(func() {
			if _, err := observer.Take(t.Context(), []observe.Incoming{in}); err != nil {
				t.Error(err)
			}
		})
	}
	takers.Wait()
	require.Equal(t, w.id("anna"), w.id("anonymous/d1"))
	require.Len(t, w.names("anna"), 20)
	require.InDelta(t, 1, w.state("anna").Habits[customer.AnyChannel].Evidence(w.now), 0.1, "one hour of one week")
	require.Equal(t, customer.ID(w.id("anna")), w.profile("anna").ID)
}
