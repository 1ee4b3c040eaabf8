package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

func (w *world) device(device, at, name string, properties ...any) {
	w.t.Helper()
	w.take(observe.Incoming{Anonymous: device, Event: w.event(at, name, properties...)})
}

// login says that a user is on a device.
func (w *world) login(user, device string) {
	w.t.Helper()
	w.take(observe.Incoming{User: user, Anonymous: device, Event: w.event("", customer.Identified)})
}

func (w *world) alias(previous, user string) {
	w.t.Helper()
	w.take(observe.Incoming{User: user, Previous: previous, Event: w.event("", customer.Identified)})
}

func (w *world) names(user string) (names []string) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		events, err := tx.Events(ledger.EventQuery{Customer: w.idIn(tx, user)})
		require.NoError(w.t, err)
		for _, e := range events {
			names = append(names, e.Name)
		}
	})
	return names
}

func TestADevicesHistoryBecomesTheUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	// Somebody new.
	w.device("d1", "23 09:00", "used", "mb", 50)
	w.login("anna", "d1")
	require.Equal(t, w.id("anonymous/d1"), w.id("anna"))
	require.Equal(t, "anna", w.profile("anna").External)
	// Somebody known, on a new device.
	w.device("d2", "23 10:00", "used", "mb", 20)
	w.login("anna", "d2")
	require.Equal(t, w.id("anonymous/d2"), w.id("anna"))
	w.identify("anna", reachable("plan_mb", 100))
	w.happen("anna", "23 11:00", "used", "mb", 10)
	require.Equal(t, []string{"limit 1 matched"}, w.fates("anna"))
	require.Equal(t, customer.Text("10"), w.state("anna").Find("used.mb/day", "").In(w.now).Value)
	require.Equal(t, customer.Number(80), w.outreaches("anna")[0].Match["used"])
	// What the device does from then on is theirs, and so is what it is heard to have done before.
	w.device("d2", "", "opened")
	w.device("d1", "23 08:00", "bought")
	require.Equal(t, []string{"bought", "used", "used", "used", "identified", "identified", "identified", "opened"}, w.names("anna"))
}

// TestADeviceThatChangesHands does not make two people one.
func TestADeviceThatChangesHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.login("anna", "tablet")
	w.happen("anna", "", "bought")
	w.login("bert", "tablet")
	require.NotEqual(t, w.id("anna"), w.id("bert"), "a new name on a known device")
	require.Equal(t, []string{"identified"}, w.names("bert"))
	w.device("tablet", "", "opened")
	require.Equal(t, w.id("bert"), w.id("anonymous/tablet"), "whoever logged in last")
	w.login("anna", "tablet")
	require.Equal(t, w.id("anna"), w.id("anonymous/tablet"))
	require.Equal(t, []string{"identified", "opened"}, w.names("bert"))
	require.Equal(t, []string{"anna", "bert"}, []string{w.profile("anna").External, w.profile("bert").External})
	// Within one batch too.
	w.take(observe.Incoming{User: "carl", Anonymous: "phone", Event: w.event("", "opened")},
		observe.Incoming{User: "dora", Anonymous: "phone", Event: w.event("", "opened")})
	require.NotEqual(t, w.id("carl"), w.id("dora"))
}

func TestAliasOfSomebodyUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.alias("old", "anna")
	w.happen("old", "", "opened")
	require.Equal(t, w.id("anna"), w.id("old"), "whenever the old name is heard again")
	w.take(observe.Incoming{User: "u1", Anonymous: "d1", Previous: "1", Event: w.event("", "opened")})
	require.Equal(t, w.id("u1"), w.id("anonymous/d1"), "a device whose name ends like the old one")
}

func TestAliasOfADevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.device("d1", "", "bought")
	w.alias("d1", "anna")
	require.Equal(t, []string{"bought", "identified"}, w.names("anna"))
}

// TestAliasMergesTwoWhoAreKnown: what the engine did for either is kept, and
// what it still did for the first is ended.
func TestAliasMergesTwoWhoAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{
		"buy": onPurchase + "\ngoal: {event: closed, within: 14d}", "limit": inDays, "quiet": "when: {silent: {event: opened, for: 7d}}",
	})
	w.identify("old", observe.Change{Phone: pointer("+4915112345678"), Email: pointer("old@example.com"),
		Traits: pairs([]any{"plan", "surf", "plan_mb", 500}), Consents: map[customer.Topic]bool{"offers": true}, PushToken: "p1"})
	w.identify("anna", observe.Change{Email: pointer("anna@example.com"), Traits: pairs([]any{"plan_mb", 100}), PushToken: "p2"})
	w.happen("old", "", "bought")
	w.happen("anna", "", "bought")
	w.happen("old", "23 11:00", "used", "mb", 70)
	w.happen("anna", "23 11:30", "used", "mb", 5)
	w.happen("old", "22 10:00", "opened")
	w.happen("anna", "21 10:00", "opened")
	hints := func() int {
		n := 0
		w.read(func(tx ledger.Tx) {
			list, err := tx.Hints("buy", 10)
			require.NoError(t, err)
			n = len(list)
		})
		return n
	}
	for _, user := range []string{"old", "anna"} {
		o := w.outreaches(user)[0]
		o.Status = ledger.Open
		w.write(func(tx ledger.Tx) error { return tx.SaveOutreach(o) })
	}
	w.alias("old", "anna")
	require.Equal(t, w.id("old"), w.id("anna"))
	require.Equal(t, []string{"buy 1 open", "buy 2 merged"}, sortedFates(w, "anna"))
	require.Equal(t, 1, hints(), "the workflow of the ended one is told")
	p := w.profile("anna")
	require.Equal(t, []string{"anna", "anna@example.com", "+4915112345678"}, []string{p.External, p.Email, p.Phone})
	require.Equal(t, []string{"p1", "p2"}, p.PushTokens)
	require.Equal(t, pairs([]any{"plan", "surf", "plan_mb", 100}), p.Traits)
	require.True(t, p.Consents["offers"].Given)
	require.InDelta(t, 75, w.state("anna").Find("used.mb/day", "").In(w.now).Sum, 0)
	require.Equal(t, []string{"11-28 10:00 "}, w.dues("quiet"), "the earliest is checked first")
	require.Equal(t, moment(t, "22 10:00"), w.state("anna").Find("opened", "").Newest())

	w.happen("anna", "", "used", "mb", 5)
	require.Contains(t, w.fates("anna"), "limit 1 matched", "both have used 80 of 100")
	w.happen("old", "", "closed")
	require.Equal(t, []string{"buy 1 goal_reached", "buy 2 merged", "limit 1 matched"}, sortedFates(w, "anna"))
	for _, o := range w.outreaches("anna") {
		if o.Rule == "buy" {
			require.False(t, o.GoalAt.IsZero(), "%d: what was done for the first counts too", o.N)
		}
	}
	w.alias("old", "anna")
	require.Len(t, w.outreaches("anna"), 3, "once is enough")
}

const perDay = "used.mb/day"

func TestAMoveRereadsTheDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	w.identify("anna", reachable("plan_mb", 100))
	w.happen("anna", "22 23:30", "used", "mb", 30)
	w.happen("anna", "23 01:00", "used", "mb", 60)
	require.InDelta(t, 60, w.state("anna").Find(perDay, "").In(w.now).Sum, 0)
	w.identify("anna", observe.Change{Zone: pointer("Europe/Berlin")})
	bucket := w.state("anna").Find(perDay, "").In(w.now)
	require.InDelta(t, 90, bucket.Sum, 0, "22:30 UTC is Monday there")
	require.Equal(t, moment(t, "22 23:00"), bucket.Start)
	require.Equal(t, []string{"limit 1 matched"}, w.fates("anna"), "the calendar shows it for the first time")
	require.Equal(t, w.now, w.outreaches("anna")[0].At)
}

// TestAMoveIsNoSecondReason: who was warned on Monday is not warned again
// because Monday began an hour earlier.
func TestAMoveIsNoSecondReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	w.identify("anna", reachable("plan_mb", 100))
	w.happen("anna", "23 10:00", "used", "mb", 90)
	w.finish("anna", 1)
	w.identify("anna", observe.Change{Zone: pointer("Europe/Berlin")})
	w.happen("anna", "", "used", "mb", 5)
	require.Equal(t, []string{"limit 1 completed"}, w.fates("anna"))
	require.Len(t, w.state("anna").Marks["limit"], 1)
}

func TestABillingDayThatIsToldLate(t *testing.T) {
	t.Parallel()
	const key = "used.mb/month from billing_day"
	w := newWorld(t, map[string]string{"limit": nearLimit})
	// In one batch with what was used before, of somebody new.
	w.take(observe.Incoming{User: "anna", Event: w.event("20 10:00", "used", "mb", 90)},
		observe.Incoming{User: "anna", Event: w.event("", customer.Identified), Change: reachable("plan_mb", 100, "billing_day", 15)})
	require.Equal(t, behaviour.Bucket{Start: moment(t, "15 00:00"), End: moment(t, "12-15 00:00"), Sum: 90, Count: 1, Last: moment(t, "20 10:00"),
		Value: customer.Text("90")}, w.state("anna").Find(key, "").In(w.now))
	require.Equal(t, []string{"limit 1 matched"}, w.fates("anna"))
	require.Equal(t, w.now, w.outreaches("anna")[0].At)
	w.finish("anna", 1)

	w.identify("anna", observe.Change{Traits: pairs([]any{"billing_day", 22})})
	require.Zero(t, w.state("anna").Find(key, "").In(w.now).Count, "a new month began yesterday")
	require.Equal(t, moment(t, "22 00:00"), w.state("anna").Find(key, "").Now.End)
	w.happen("anna", "", "used", "mb", 85)
	require.Equal(t, []string{"limit 1 completed", "limit 2 matched"}, w.fates("anna"))
	w.identify("anna", observe.Change{Traits: map[string]customer.Value{"billing_day": {}}})
	require.Zero(t, w.state("anna").Find(key, "").In(w.now).Count, "nobody knows when the month begins")
	require.Equal(t, []string{"limit 1 completed", "limit 2 reason_gone"}, w.fates("anna"))
}

func TestAChangeOfTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"limit": inDays})
	w.happen("anna", "", "used", "mb", 90)
	w.identify("anna", reachable("plan_mb", 100))
	require.Equal(t, []string{"limit 1 matched"}, w.fates("anna"), "the plan was told after the use")
	w.identify("anna", observe.Change{Traits: pairs([]any{"plan_mb", 500})})
	require.Equal(t, []string{"limit 1 reason_gone"}, w.fates("anna"), "a bigger plan takes the reason away")
	w.happen("anna", "", "used", "mb", 310)
	require.Equal(t, []string{"limit 1 reason_gone", "limit 2 matched"}, w.fates("anna"))
}
