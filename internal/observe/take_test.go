package observe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const (
	onPurchase = "when: {event: bought}"
	nearLimit  = "when: {usage: {sum: used.mb, per: month from billing_day, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}"
	inDays     = "when: {usage: {sum: used.mb, per: day, limit: plan_mb, reaches: 80%}}"
)

func TestTheSameMessageCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	w.identify("anna", reachable("plan_mb", 100))
	in := observe.Incoming{User: "anna", Event: w.event("", "used", "mb", 50)}
	require.Equal(t, []observe.Outcome{{Status: observe.Taken}, {Status: observe.Duplicate}}, w.take(in, in))
	require.Equal(t, []observe.Outcome{{Status: observe.Duplicate}}, w.take(in))
	in.User = "bert"
	require.Equal(t, []observe.Outcome{{Status: observe.Duplicate}}, w.take(in), "whoever it is said to be of")
	require.Empty(t, w.fates("anna"))
	w.read(func(tx ledger.Tx) {
		n, err := tx.CountEvents()
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
	})
	w.happen("anna", "", "used", "mb", 30)
	require.Equal(t, []string{"limit 1 matched"}, w.fates("anna"))
	require.EqualValues(t, 1, w.pokes.Load(), "only what left work is told")
}

func TestABatchOfSeveralCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	var batch []observe.Incoming
	for i := range 30 {
		user := fmt.Sprint("u", i%3)
		if i < 3 {
			batch = append(batch, observe.Incoming{User: user, Event: w.event("", customer.Identified), Change: reachable("plan_mb", 100+i)})
		}
		batch = append(batch, observe.Incoming{User: user, Event: w.event("", "used", "mb", 8+i%3)})
	}
	batch = append(batch, observe.Incoming{Event: w.event("", "used")})
	outcomes := w.take(batch...)
	require.Len(t, outcomes, len(batch))
	require.Equal(t, observe.Outcome{Status: observe.Refused, Reason: "names no customer, and no rule in force is about a value that it carries: give the customer's id, or load such a rule first"}, outcomes[33])
	for user, want := range map[string][]string{"u0": {"limit 1 matched"}, "u1": {"limit 1 matched"}, "u2": {"limit 1 matched"}} {
		require.Equal(t, want, w.fates(user))
	}
	require.Equal(t, customer.Number(80), w.outreaches("u0")[0].Match["used"])
	require.Equal(t, customer.Number(81), w.outreaches("u1")[0].Match["used"])
}

func TestAFailedBatchLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Take(ctx, []observe.Incoming{{User: "anna", Event: w.event("", "bought")}})
	require.ErrorIs(t, err, context.Canceled)
	w.store = failing{w.store}
	w.Store = w.store
	_, err = w.Take(t.Context(), []observe.Incoming{{User: "anna", Event: w.event("", "bought")}})
	require.ErrorIs(t, err, errFull)
	w.read(func(tx ledger.Tx) {
		_, known, err := tx.Resolve("anna")
		require.NoError(t, err)
		require.False(t, known)
		n, err := tx.CountEvents()
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

var errFull = errors.New("disk is full")

// failing does everything, and then cannot keep it.
type failing struct{ ledger.Store }

func (f failing) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	return f.Store.Write(ctx, lane, func(tx ledger.Tx) error { return errors.Join(fn(tx), errFull) })
}

func TestNewRulesAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.happen("anna", "", "bought")
	// Another process puts a rule in force; this one goes by it from the next batch on.
	another := newWorldOn(t, w)
	_, err := another.desk.Library.Load(t.Context(), worldFiles(map[string]string{"buy": onPurchase}), w.now)
	require.NoError(t, err)
	another.warm()
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	require.Equal(t, []string{"buy 1 matched"}, w.fates("anna"))
}

func TestInstantsAreKeptToTheMicrosecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.event("", "used")
	e.At = e.At.Add(1234 * time.Nanosecond).In(time.FixedZone("", 3600))
	w.take(observe.Incoming{User: "anna", Event: e})
	w.read(func(tx ledger.Tx) {
		events, err := tx.Events(ledger.EventQuery{Customer: w.idIn(tx, "anna")})
		require.NoError(t, err)
		require.Equal(t, w.now.Add(time.Microsecond), events[0].At)
		require.Equal(t, w.now, events[0].ReceivedAt)
	})
}

func TestTooLateIsReportedAndCountedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays, "count": "when: {usage: {count: used, per: week, limit: 100, reaches: 80%}}"})
	w.identify("anna", reachable("plan_mb", 100))
	require.Equal(t, observe.Taken, w.happen("anna", "23 10:00", "used", "mb", 1))
	require.Equal(t, observe.Taken, w.happen("anna", "22 10:00", "used", "mb", 1), "yesterday counts")
	late := observe.Incoming{User: "anna", Event: w.event("21 10:00", "used", "mb", 1000)}
	require.Equal(t, []observe.Outcome{{Status: observe.TooLate}}, w.take(late))
	require.Equal(t, []observe.Outcome{{Status: observe.Duplicate}}, w.take(late))
	require.Empty(t, w.fates("anna"))
	w.read(func(tx ledger.Tx) {
		counts, err := tx.Counts()
		require.NoError(t, err)
		require.EqualValues(t, 1, counts["too_late"])
		n, err := tx.CountEvents()
		require.NoError(t, err)
		require.EqualValues(t, 4, n, "it is in the log all the same")
	})
}

// TestALateEventReachesTheLimitOfItsDay at its own instant.
func TestALateEventReachesTheLimitOfItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays + "\nfresh: any"})
	w.identify("anna", reachable("plan_mb", 100))
	w.happen("anna", "22 10:00", "used", "mb", 40)
	w.happen("anna", "22 15:00", "used", "mb", 30)
	w.happen("anna", "23 10:00", "used", "mb", 90)
	require.Equal(t, observe.Taken, w.happen("anna", "22 12:00", "used", "mb", 10))
	require.Equal(t, []string{"limit 1 matched", "limit 2 already_running"}, sortedFates(w, "anna"))
	yesterday := w.outreaches("anna")[0]
	if yesterday.N == 1 {
		yesterday = w.outreaches("anna")[1]
	}
	require.Equal(t, moment(t, "22 15:00"), yesterday.At)
	require.Equal(t, customer.Number(80), yesterday.Match["used"])
}
