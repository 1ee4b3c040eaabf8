package observe_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const sharedData = `
traits: {account: id, role: [admin, member]}
events:
  seats_changed: {by: us, account: id, used: number, bought: number}
  plan_changed: {account: id}
  opened: {}
`

// seatRule reaches the admins of an account whose seats are nearly taken.
const seatRule = `about: account
when: {usage: {latest: seats_changed.used, limit: latest(seats_changed.bought), reaches: 90%}}
audience: role == "admin"
goal: plan_changed`

func newAccounts(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	files := worldFiles(map[string]string{"seats": seatRule})
	files.Rules[bundle.DataFile] = []byte(sharedData)
	_, err := w.desk.Library.Load(t.Context(), files, w.now)
	require.NoError(t, err)
	w.warm()
	return w
}

func (w *world) member(id, account, role string) {
	w.t.Helper()
	w.events++
	phone := "+4915112345678"
	_, err := w.Take(w.t.Context(), []observe.Incoming{{User: id, Change: observe.Change{Phone: &phone, Traits: map[string]customer.Value{
		"account": customer.Text(account), "role": customer.Text(role),
	}}, Event: customer.Event{MessageID: fmt.Sprint("member", w.events), Name: customer.Identified, At: w.now}}})
	require.NoError(w.t, err)
}

// seats takes an event of an account that names no customer.
func (w *world) seats(account string, used, bought float64) observe.Outcome {
	w.t.Helper()
	w.events++
	outcomes, err := w.Take(w.t.Context(), []observe.Incoming{{Event: customer.Event{
		MessageID: fmt.Sprint("seats", w.events), Name: "seats_changed", At: w.now,
		Properties: map[string]customer.Value{"account": customer.Text(account), "used": customer.Number(used), "bought": customer.Number(bought)},
	}}})
	require.NoError(w.t, err)
	return outcomes[0]
}

func (w *world) spread() (batches int) {
	w.t.Helper()
	for {
		more, err := w.Spread(w.t.Context())
		require.NoError(w.t, err)
		if !more {
			return batches
		}
		batches++
	}
}

// reached names the customers with an outreach that was entered, and what it
// is about.
func (w *world) reached(ids ...string) map[string]string {
	w.t.Helper()
	list := map[string]string{}
	w.read(func(tx ledger.Tx) {
		for _, external := range ids {
			id, _, err := tx.Resolve(external)
			require.NoError(w.t, err)
			open, err := tx.OpenOutreaches(id)
			require.NoError(w.t, err)
			for _, o := range open {
				list[external] = o.About
			}
		}
	})
	return list
}

func TestAnEventOfNobodyReachesWhoSharesItsValue(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	w.member("anna", "acme", "admin")
	w.member("ben", "acme", "member")
	w.member("carl", "globex", "admin")
	require.Equal(t, observe.Taken, w.seats("acme", 50, 100).Status)
	w.spread()
	require.Empty(t, w.reached("anna", "ben", "carl"), "half of the seats")
	require.Equal(t, observe.Taken, w.seats("acme", 91, 100).Status)
	require.Equal(t, 1, w.spread())
	require.Zero(t, w.spread(), "told once")
	require.Equal(t, map[string]string{"anna": "acme"}, w.reached("anna", "ben", "carl"))
}

func TestAnEventOfNobodyCountsOnce(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	w.member("anna", "acme", "admin")
	e := customer.Event{MessageID: "once", Name: "seats_changed", At: w.now, Properties: map[string]customer.Value{"account": customer.Text("acme")}}
	for i, want := range []observe.Status{observe.Taken, observe.Duplicate} {
		outcomes, err := w.Take(t.Context(), []observe.Incoming{{Event: e}})
		require.NoError(t, err)
		require.Equal(t, want, outcomes[0].Status, i)
	}
	require.Equal(t, 1, w.spread())
	w.read(func(tx ledger.Tx) {
		id, _, err := tx.Resolve("anna")
		require.NoError(t, err)
		events, err := tx.Events(ledger.EventQuery{Customer: id, Names: []string{"seats_changed"}})
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, "once/"+string(id), events[0].MessageID)
	})
}

// TestWhoMovesIsFoundElsewhere: by the value of now, not of before.
func TestWhoMovesIsFoundElsewhere(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	w.member("anna", "acme", "admin")
	w.member("anna", "globex", "admin")
	w.seats("acme", 95, 100)
	w.spread()
	require.Empty(t, w.reached("anna"))
	w.seats("globex", 95, 100)
	w.spread()
	require.Equal(t, map[string]string{"anna": "globex"}, w.reached("anna"))
}

// TestMoreThanABatch: the cursor goes on where it stopped.
func TestMoreThanABatch(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	var ids []string
	for i := range 230 {
		ids = append(ids, fmt.Sprint("user", i))
		w.member(ids[i], "acme", "admin")
	}
	w.seats("acme", 95, 100)
	require.Equal(t, 3, w.spread())
	require.Len(t, w.reached(ids...), 230)
}

func TestAnEventOfNobodyAndOfNoRule(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	for name, want := range map[string]string{
		"opened":        "names no customer: give userId or anonymousId",
		"seats_changed": "names no customer: give userId or anonymousId, or account for all who share it",
	} {
		outcomes, err := w.Take(t.Context(), []observe.Incoming{{Event: customer.Event{MessageID: "x" + name, Name: name, At: w.now}}})
		require.NoError(t, err)
		require.Equal(t, []observe.Outcome{{Status: observe.Refused, Reason: want}}, outcomes)
	}
	require.Zero(t, w.spread())
}

// TestTheEnginesOwnNews: a profile that the engine changed is looked at again.
func TestTheEnginesOwnNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"gold": "when:\n  becomes: plan == \"surf\""})
	w.identify("anna", observe.Change{Traits: map[string]customer.Value{"plan": customer.Text("basic")}})
	var id customer.ID
	w.write(func(tx ledger.Tx) error {
		var err error
		id, _, err = tx.Resolve("anna")
		require.NoError(t, err)
		d, _, err := w.desk.Open(tx, id)
		require.NoError(t, err)
		d.Profile.Traits["plan"] = customer.Text("surf")
		d.Change()
		require.NoError(t, d.Save())
		return tx.AddNews(ledger.News{Event: customer.Event{Customer: id, Name: customer.Identified, MessageID: "set/1", At: w.now}})
	})
	require.Equal(t, 1, w.spread())
	w.read(func(tx ledger.Tx) {
		all, err := tx.OutreachesOf(id, 0)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, "set/1", all[0].Trigger)
	})
}
