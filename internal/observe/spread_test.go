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
	require.Equal(t, 12, w.spread())
	require.Len(t, w.reached(ids...), 230)
}

func TestAnEventOfNobodyAndOfNoRule(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	for name, want := range map[string]string{
		"opened":        "names no customer, and no rule in force is about a value that it carries: give the customer's id, or load such a rule first",
		"seats_changed": "names no customer: give the customer's id, or account for all who share it",
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

// toldOf gives how often a customer's log has an event.
func (w *world) toldOf(user, event string) (n int) {
	w.t.Helper()
	id := w.id(user)
	w.read(func(tx ledger.Tx) {
		events, err := tx.Events(ledger.EventQuery{Customer: id, Names: []string{event}})
		require.NoError(w.t, err)
		n = len(events)
	})
	return n
}

// TestAMergeInTheMiddleOfNews: whoever they are, they hear of it once, whether
// they were joined before their turn or after.
func TestAMergeInTheMiddleOfNews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gone, kept   string // their places in the order of telling
		shared, told int    // whether the kept one shares the value too
	}{
		{gone: "000", kept: "900", shared: 1, told: 1},
		{gone: "000", kept: "900", shared: 0, told: 1},
		{gone: "900", kept: "000", shared: 1, told: 1},
		{gone: "900", kept: "000", shared: 0, told: 1},
		{gone: "000", kept: "001", shared: 1, told: 2},
		{gone: "900", kept: "901", shared: 1, told: 1},
	} {
		w := newAccounts(t)
		w.NewID = func(external string) customer.ID { return customer.ID("c" + external) }
		for i := range 150 {
			w.member(fmt.Sprintf("5%02d", i), "acme", "admin")
		}
		w.member(c.gone, "acme", "admin")
		if c.shared == 1 {
			w.member(c.kept, "acme", "admin")
		} else {
			w.happen(c.kept, "", "opened")
		}
		w.seats("acme", 95, 100)
		more, err := w.Spread(t.Context())
		require.NoError(t, err)
		require.True(t, more)
		w.take(observe.Incoming{User: c.kept, Previous: c.gone, Event: w.event("", customer.Identified)})
		w.spread()
		require.Equal(t, c.told, w.toldOf(c.kept, "seats_changed"), "%+v", c)
	}
}

// TestNewsWaitForARuleToFindEverybody: while its history is read.
func TestNewsWaitForARuleToFindEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.member("anna", "acme", "admin")
	files := worldFiles(map[string]string{"seats": seatRule, "gold": "when:\n  becomes: role == \"admin\""})
	files.Rules[bundle.DataFile] = []byte(sharedData)
	_, err := w.desk.Library.Load(t.Context(), files, w.now)
	require.NoError(t, err)
	require.Equal(t, observe.Taken, w.seats("acme", 95, 100).Status)
	w.write(func(tx ledger.Tx) error {
		return tx.AddNews(ledger.News{Event: customer.Event{Customer: w.idIn(tx, "anna"), Name: customer.Identified, MessageID: "set/1", At: w.now}})
	})
	require.Equal(t, 1, w.spread(), "what is for anna alone")
	require.Zero(t, w.toldOf("anna", "seats_changed"))
	w.write(func(tx ledger.Tx) error { // what reading the history does
		d, _, err := w.desk.Open(tx, w.idIn(tx, "anna"))
		require.NoError(t, err)
		d.Reindex()
		return d.Save()
	})
	w.warm()
	require.Equal(t, 1, w.spread())
	require.Equal(t, map[string]string{"anna": "acme"}, w.reached("anna"))
}

// TestWhoMovedAwayIsConcernedNoMore: they would not hear of the end.
func TestWhoMovedAwayIsConcernedNoMore(t *testing.T) {
	t.Parallel()
	w := newAccounts(t)
	w.member("anna", "acme", "admin")
	w.seats("acme", 95, 100)
	w.spread()
	require.Equal(t, map[string]string{"anna": "acme"}, w.reached("anna"))
	w.member("anna", "globex", "admin")
	require.Equal(t, []string{"seats 1 reason_gone"}, w.fates("anna"))
}
