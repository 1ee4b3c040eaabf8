package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func events() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"event_round_trip":   eventRoundTrip,
		"event_once":         eventOnce,
		"event_query":        eventQuery,
		"events_latest":      eventsLatest,
		"events_are_counted": eventsAreCounted,
		"events_forgotten":   eventsForgotten,
	}
}

func appendAll(t *testing.T, s ledger.Store, list ...customer.Event) []bool {
	t.Helper()
	var fresh []bool
	write(t, s, func(tx ledger.Tx) error {
		fresh = nil
		for _, e := range list {
			ok, err := tx.Append(e)
			if err != nil {
				return err
			}
			fresh = append(fresh, ok)
		}
		return nil
	})
	return fresh
}

func eventsOf(q ledger.EventQuery) func(ledger.Tx) ([]customer.Event, error) {
	return func(tx ledger.Tx) ([]customer.Event, error) { return tx.Events(q) }
}

func eventRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	full := customer.Event{
		MessageID: odd, Customer: "c1", Name: "order_placed", At: at(1), ReceivedAt: at(2),
		Via: customer.ViaWeb, Properties: someValues(),
	}
	bare := customer.Event{MessageID: wide, Customer: "c2", Name: "seen", At: at(1)}
	nobodys := customer.Event{MessageID: "m3", Name: "price_changed", At: at(3), Via: customer.ViaServer}
	require.Equal(t, []bool{true, true, true}, appendAll(t, s, full, bare, nobodys))
	for id, want := range map[customer.ID]customer.Event{"c1": full, "c2": bare, "": nobodys} {
		require.Equal(t, []customer.Event{want}, both(t, s, eventsOf(ledger.EventQuery{Customer: id})))
	}
}

func eventOnce(t *testing.T, open Open) {
	s := start(t, open)
	first := customer.Event{MessageID: "m1", Customer: "c1", Name: "seen", At: at(1)}
	again := customer.Event{MessageID: "m1", Customer: "c2", Name: "other", At: at(2)}
	require.Equal(t, []bool{true, false}, appendAll(t, s, first, again), "in one transaction")
	require.Equal(t, []bool{false, false}, appendAll(t, s, first, again), "later")
	require.Equal(t, []bool{false}, appendAll(t, start(t, open), first), "another store")
	require.Equal(t, []customer.Event{first}, both(t, s, eventsOf(ledger.EventQuery{Customer: "c1"})))
	require.Empty(t, both(t, s, eventsOf(ledger.EventQuery{Customer: "c2"})))
}

func eventQuery(t *testing.T, open Open) {
	s := start(t, open)
	event := func(id, name string, minute int) customer.Event {
		return customer.Event{MessageID: id, Customer: "c1", Name: name, At: at(minute)}
	}
	e1, e2, e3 := event("m1", "seen", 1), event("m0", "bought", 2), event("m2", "seen", 3)
	e4, e5 := event("m4", "seen", 4), event("m5", "bought", 4)
	stranger := customer.Event{MessageID: "x", Customer: "c2", Name: "seen", At: at(2)}
	appendAll(t, s, e5, e3, stranger, e1, e4, e2)
	cases := map[string]struct {
		query ledger.EventQuery
		want  []customer.Event
	}{
		"all, by at and message id": {ledger.EventQuery{}, []customer.Event{e1, e2, e3, e4, e5}},
		"from is within":            {ledger.EventQuery{From: at(3)}, []customer.Event{e3, e4, e5}},
		"to is beyond":              {ledger.EventQuery{To: at(3)}, []customer.Event{e1, e2}},
		"between":                   {ledger.EventQuery{From: at(2), To: at(4)}, []customer.Event{e2, e3}},
		"one name":                  {ledger.EventQuery{Names: []string{"seen"}}, []customer.Event{e1, e3, e4}},
		"two names": {ledger.EventQuery{Names: []string{"bought", "seen"}, From: at(2)},
			[]customer.Event{e2, e3, e4, e5}},
		"no such name":    {ledger.EventQuery{Names: []string{"gone"}}, nil},
		"oldest two":      {ledger.EventQuery{Limit: 2}, []customer.Event{e1, e2}},
		"newest two":      {ledger.EventQuery{Limit: 2, Newest: true}, []customer.Event{e4, e5}},
		"newest seen":     {ledger.EventQuery{Names: []string{"seen"}, Limit: 1, Newest: true}, []customer.Event{e4}},
		"newest, all":     {ledger.EventQuery{Newest: true}, []customer.Event{e1, e2, e3, e4, e5}},
		"newest before":   {ledger.EventQuery{To: at(4), Limit: 1, Newest: true}, []customer.Event{e3}},
		"more than there": {ledger.EventQuery{Limit: 9, Newest: true, From: at(4)}, []customer.Event{e4, e5}},
	}
	for name, c := range cases {
		c.query.Customer = "c1"
		require.Equal(t, c.want, both(t, s, eventsOf(c.query)), name)
	}
}

func eventsLatest(t *testing.T, open Open) {
	s := start(t, open)
	event := func(id customer.ID, message, name string, minute int) customer.Event {
		return customer.Event{MessageID: message, Customer: id, Name: name, At: at(minute), Properties: map[string]customer.Value{"of": customer.Text(message)}}
	}
	latest := func(id customer.ID) []customer.Event {
		return both(t, s, func(tx ledger.Tx) ([]customer.Event, error) { return tx.Latest(id) })
	}
	require.Empty(t, latest("c1"))
	seen, bought := event("c1", "m3", "seen", 3), event("c1", "m6", "bought", 3)
	appendAll(t, s, seen, event("c1", "m9", "seen", 1), event("c1", "m5", "bought", 3), bought, event("c1", "m7", "bought", 2), event("c2", "x", "seen", 9))
	require.Equal(t, []customer.Event{bought, seen}, latest("c1"))
}

func eventsAreCounted(t *testing.T, open Open) {
	s := start(t, open)
	count := ledger.Tx.CountEvents
	require.EqualValues(t, 0, both(t, s, count))
	appendAll(t, s,
		customer.Event{MessageID: "m1", Customer: "c1", Name: "seen", At: at(1)},
		customer.Event{MessageID: "m1", Customer: "c1", Name: "seen", At: at(1)},
		customer.Event{MessageID: "m2", Name: "seen", At: at(1)})
	require.EqualValues(t, 2, both(t, s, count))
	var within int64
	err := s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) (err error) {
		if _, err = tx.Append(customer.Event{MessageID: "m3", Name: "seen", At: at(1)}); err != nil {
			return err
		}
		within, err = tx.CountEvents()
		return errKept(err)
	})
	require.Equal(t, errRefused, err)
	require.EqualValues(t, 3, within, "within its own transaction")
	require.EqualValues(t, 2, both(t, s, count), "undone")
}

// eventsForgotten holds for stores that forget: what came before is gone, with
// its ids, and nothing else is.
func eventsForgotten(t *testing.T, open Open) {
	s, other := start(t, open), start(t, open)
	forgetter, ok := ledger.As[ledger.Forgetter](s)
	if !ok {
		t.Skip("this store keeps everything")
	}
	day := func(months, days int) time.Time {
		return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).AddDate(0, months, days)
	}
	event := func(id string, at time.Time) customer.Event {
		return customer.Event{MessageID: id, Customer: "c1", Name: "seen", At: at}
	}
	undated, first, last := event("m0", time.Time{}), event("m1", day(-13, 0)), event("m2", day(0, 0).Add(-time.Microsecond))
	kept := []customer.Event{event("m3", day(0, 0)), event("m4", day(1, 3))}
	appendAll(t, other, undated, first, last)
	appendAll(t, s, kept...)
	for _, want := range []int64{3, 0} {
		n, err := forgetter.Forget(t.Context(), day(0, 0))
		require.NoError(t, err)
		require.Equal(t, want, n)
		require.Equal(t, kept, both(t, s, eventsOf(ledger.EventQuery{Customer: "c1"})))
		require.EqualValues(t, 2, both(t, s, ledger.Tx.CountEvents))
	}
	require.Equal(t, []bool{false, false}, appendAll(t, other, kept...), "these are still known")
	require.Equal(t, []bool{true, true}, appendAll(t, other, first, last), "nobody keeps others from it here")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := forgetter.Forget(ctx, day(9, 0))
	require.ErrorIs(t, err, context.Canceled)
	n, err := forgetter.Forget(t.Context(), day(9, 0))
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
	require.Zero(t, both(t, s, ledger.Tx.CountEvents))
	require.Empty(t, both(t, other, eventsOf(ledger.EventQuery{Customer: "c1"})))
}
