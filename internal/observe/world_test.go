package observe_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

const worldData = `
traits: {plan: [basic, surf], plan_mb: number, billing_day: number, first_name: text}
events:
  used: {mb: number}
  topped_up: {mb: number}
  opened: {}
  bought: {total: number}
  closed: {}
  ordered: {order: id}
  arrived: {by: us, order: id}
`

const worldPolicy = `
zone: UTC
topics: {service: {consent: assumed}, offers: {consent: asked}, urgent: {consent: assumed, urgent: yes}}
`

// ruleText writes a rule of which only the trigger and what stands beside it
// is given.
func ruleText(trigger string) string {
	topic := "topic: service\n"
	return "description: A rule.\nowner: a@example.com\n" + topic + trigger + "\nsteps: [{send: hello}]\n"
}

// world is a store with rules in force and a clock that the test moves.
type world struct {
	t     testing.TB
	store ledger.Store
	desk  dossier.Desk
	*observe.Observer
	now    time.Time
	events int
	pokes  atomic.Int32
}

func worldFiles(rules map[string]string) bundle.Files {
	files := bundle.Files{
		Rules: map[string][]byte{"data.yaml": []byte(worldData), "policy.yaml": []byte(worldPolicy)},
		Templates: map[string][]byte{
			"hello/sms.txt":    []byte("Hello."),
			"hello/email.html": []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n"),
		},
	}
	for name, trigger := range rules {
		files.Rules[name+".yaml"] = []byte(ruleText(trigger))
	}
	return files
}

func openStore(t testing.TB) ledger.Store {
	t.Helper()
	return sqlitetest.Open(t, sqlite.Options{})
}

// newWorld starts on Monday, 23 November 2026, 12:00.
func newWorld(t testing.TB, rules map[string]string) *world {
	t.Helper()
	store := openStore(t)
	w := &world{t: t, store: store, desk: dossier.Desk{Library: library.New(store), Zones: sendtime.NewZones()}, now: moment(t, "23 12:00")}
	w.Observer = &observe.Observer{Store: store, Desk: w.desk, Now: func() time.Time { return w.now }, Poke: func() { w.pokes.Add(1) }}
	_, err := w.desk.Library.Load(t.Context(), worldFiles(rules), w.now)
	require.NoError(t, err)
	w.warm()
	return w
}

// warm says that the history of every rule was read: there is none.
func (w *world) warm() {
	w.t.Helper()
	w.write(func(tx ledger.Tx) error {
		list, err := tx.Active()
		require.NoError(w.t, err)
		for _, a := range list {
			a.Warm = true
			require.NoError(w.t, tx.Activate(a))
		}
		return library.Bump(tx)
	})
	_, err := w.desk.Library.Follow(w.t.Context())
	require.NoError(w.t, err)
}

func (w *world) write(fn func(ledger.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), ledger.GateLane, fn))
}

func (w *world) read(fn func(ledger.Tx)) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx ledger.Tx) error { fn(tx); return nil }))
}

// moment reads a day and time of November 2026, or with a month.
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	for _, prefix := range []string{"", "2026-", "2026-11-"} {
		if at, err := time.Parse("2006-01-02 15:04", prefix+text); err == nil {
			return at
		}
	}
	t.Fatalf("no moment: %q", text)
	return time.Time{}
}

func pairs(properties []any) map[string]customer.Value {
	m := map[string]customer.Value{}
	for i := 0; i+1 < len(properties); i += 2 {
		m[properties[i].(string)] = customer.Text(fmt.Sprint(properties[i+1]))
	}
	return m
}

// event makes one with a message id of its own.
func (w *world) event(at, name string, properties ...any) customer.Event {
	w.t.Helper()
	w.events++
	e := customer.Event{MessageID: fmt.Sprint("m", w.events), Name: name, At: w.now, Properties: pairs(properties)}
	if at != "" {
		e.At = moment(w.t, at)
	}
	return e
}

func (w *world) take(batch ...observe.Incoming) []observe.Outcome {
	w.t.Helper()
	outcomes, err := w.Take(w.t.Context(), batch)
	require.NoError(w.t, err)
	return outcomes
}

// happen takes one event of a user; "" is the clock's instant.
func (w *world) happen(user, at, name string, properties ...any) observe.Status {
	w.t.Helper()
	return w.take(observe.Incoming{User: user, Event: w.event(at, name, properties...)})[0].Status
}

// identify changes a user's profile at the clock's instant.
func (w *world) identify(user string, c observe.Change) {
	w.t.Helper()
	w.take(observe.Incoming{User: user, Event: w.event("", customer.Identified), Change: c})
}

func reachable(traits ...any) observe.Change {
	return observe.Change{Email: pointer("anna@example.com"), Traits: pairs(traits)}
}

func (w *world) id(user string) (id customer.ID) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		found, ok, err := tx.Resolve(user)
		require.NoError(w.t, err)
		require.True(w.t, ok, user)
		id = found
	})
	return id
}

// outreaches gives a user's, oldest first.
func (w *world) outreaches(user string) (list []ledger.Outreach) {
	w.t.Helper()
	id := w.id(user)
	w.read(func(tx ledger.Tx) {
		found, err := tx.OutreachesOf(id, 0)
		require.NoError(w.t, err)
		for i := range found {
			list = append(list, found[len(found)-1-i])
		}
	})
	return list
}

// fates gives what became of a user's matches: rule, number, reason or status.
func (w *world) fates(user string) []string {
	w.t.Helper()
	fates := []string{}
	for _, o := range w.outreaches(user) {
		fate := string(o.Reason)
		if fate == "" {
			fate = string(o.Status)
		}
		fates = append(fates, fmt.Sprintf("%s %d %s", o.Rule, o.N, fate))
	}
	return fates
}

func (w *world) state(user string) (s *behaviour.State) {
	w.t.Helper()
	id := w.id(user)
	w.read(func(tx ledger.Tx) {
		record, _, err := tx.Customer(id)
		require.NoError(w.t, err)
		s, err = behaviour.Decode(record.State)
		require.NoError(w.t, err)
	})
	return s
}

func (w *world) profile(user string) (p customer.Profile) {
	w.t.Helper()
	id := w.id(user)
	w.read(func(tx ledger.Tx) {
		record, _, err := tx.Customer(id)
		require.NoError(w.t, err)
		p = record.Profile
	})
	return p
}

// dues gives when a rule is to look again, of all customers.
func (w *world) dues(rule string) (times []string) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		dues, err := tx.Dues(rule, w.now.AddDate(10, 0, 0), 100)
		require.NoError(w.t, err)
		for _, d := range dues {
			times = append(times, d.At.Format("01-02 15:04")+" "+d.About)
		}
	})
	return times
}

// finish ends a user's newest outreach, with so many messages sent.
func (w *world) finish(user string, sent int) {
	w.t.Helper()
	list := w.outreaches(user)
	o := list[len(list)-1]
	o.Status, o.Reason, o.Ended, o.Sent = ledger.Ended, customer.Completed, w.now, sent
	w.write(func(tx ledger.Tx) error { return tx.SaveOutreach(o) })
}

func (w *world) idIn(tx ledger.Tx, user string) customer.ID {
	id, ok, err := tx.Resolve(user)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return id
}

// newWorldOn is another process on a world's store.
func newWorldOn(t testing.TB, w *world) *world {
	t.Helper()
	other := &world{t: t, store: w.store, desk: dossier.Desk{Library: library.New(w.store), Zones: sendtime.NewZones()}, now: w.now}
	other.Observer = &observe.Observer{Store: w.store, Desk: other.desk, Now: func() time.Time { return other.now }}
	_, err := other.desk.Library.Follow(t.Context())
	require.NoError(t, err)
	return other
}

func sortedFates(w *world, user string) []string {
	fates := w.fates(user)
	slices.Sort(fates)
	return fates
}
