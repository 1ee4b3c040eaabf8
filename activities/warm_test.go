package activities_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
)

func plainRule(trigger string) string {
	return "description: A rule.\nowner: a@example.com\ntopic: service\n" + trigger + "\nsteps: [{send: miss-you}]\n"
}

const ordered = "when: {event: order_placed}"

// record takes events without letting the watches work.
func (b *bench) record(batch ...observe.Incoming) {
	b.t.Helper()
	_, err := b.observer.Take(b.t.Context(), batch)
	require.NoError(b.t, err)
}

func incoming(id, user, name string, at time.Time, properties map[string]customer.Value) observe.Incoming {
	return observe.Incoming{User: user, Event: customer.Event{MessageID: id, Name: name, At: at, Properties: properties}}
}

// put puts rules in force without reading any history yet.
func (b *bench) put(rules map[string]string) {
	b.t.Helper()
	_, err := b.library.Load(b.t.Context(), files(rules), b.now)
	require.NoError(b.t, err)
}

// page does one piece of a watch's work.
func (b *bench) page(rule string) (more bool) {
	b.t.Helper()
	w, err := b.engine.Work(b.t.Context(), rule)
	require.NoError(b.t, err)
	return w.More
}

func (b *bench) active(rule string) (found ledger.Active) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		list, err := tx.Active()
		for _, a := range list {
			if a.Kind == ledger.RuleDocument && a.Name == rule {
				found = a
			}
		}
		return err
	}))
	return found
}

// matches gives every match in the store: whose, of which rule, and why; of
// one rule when it is named.
func (b *bench) matches(rule string) []string {
	b.t.Helper()
	list := []string{}
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		require.NoError(b.t, err)
		for _, r := range records {
			outreaches, err := tx.OutreachesOf(r.Profile.ID, 0)
			require.NoError(b.t, err)
			for _, o := range outreaches {
				if rule == "" || rule == o.Rule {
					list = append(list, fmt.Sprintf("%s %s %q %s", r.Profile.External, o.Rule, o.About, o.Key))
				}
			}
		}
		return nil
	}))
	slices.Sort(list)
	return list
}

func TestANewRuleReadsTheHistoryPageByPage(t *testing.T) {
	t.Parallel()
	const customers = 250
	b := newBench(t, "2026-11-23T12:00:00Z", files(nil))
	var batch []observe.Incoming
	for i := range customers {
		at := b.now.Add(-time.Duration(i) * time.Hour) // 25 of them within the last day, to the hour
		batch = append(batch, incoming(fmt.Sprint("m", i), fmt.Sprint("u", i), "order_placed", at, nil))
	}
	b.record(batch...)
	b.put(map[string]string{"bought": plainRule(ordered)})
	require.Empty(t, b.matches(""))
	require.Equal(t, ledger.Active{Warm: false}, ledger.Active{Warm: b.active("bought").Warm, Warming: b.active("bought").Warming, Warmed: b.active("bought").Warmed})

	require.True(t, b.page("bought"))
	require.Equal(t, 100, b.active("bought").Warmed)
	// Another process goes on from there.
	require.True(t, b.another().page("bought"))
	require.Equal(t, 200, b.active("bought").Warmed)
	for b.page("bought") {
	}
	require.Equal(t, []any{250, true}, []any{b.active("bought").Warmed, b.active("bought").Warm})
	require.True(t, b.library.Current().Active["bought"].Warm, "and this process knows")
	require.Len(t, b.matches(""), 25, "those of the last 24 hours; older ones start nothing")
	require.Contains(t, b.matches(""), `u24 bought "" m24`)
	require.False(t, b.page("bought"))
	require.Len(t, b.matches(""), 25)
}

// TestAChangedRuleKeepsWhatItKnows: an edit of what is sent, or to whom, has no
// history read again and so no match wait for that; another trigger has.
func TestAChangedRuleKeepsWhatItKnows(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(nil))
	var batch []observe.Incoming
	for i := range 150 {
		batch = append(batch, incoming(fmt.Sprint("m", i), fmt.Sprint("u", i), "order_placed", b.now.AddDate(0, 0, -5), nil))
	}
	b.record(batch...)
	b.put(map[string]string{"bought": plainRule(ordered)})
	require.True(t, b.page("bought"))
	half := b.active("bought")
	require.Equal(t, 100, half.Warmed)

	b.put(map[string]string{"bought": plainRule(ordered + "\nuntil: 3d")})
	now := b.active("bought")
	require.NotEqual(t, half.Hash, now.Hash)
	require.Equal(t, []any{false, half.Warming, 100}, []any{now.Warm, now.Warming, now.Warmed}, "it goes on from there")
	for b.page("bought") {
	}
	require.True(t, b.active("bought").Warm)

	b.put(map[string]string{"bought": plainRule(ordered + "\nuntil: 4d\naudience: plan != 'surf'")})
	require.True(t, b.active("bought").Warm)
	b.record(incoming("new", "u7", "order_placed", b.now, nil))
	require.Equal(t, []string{`u7 bought "" new`}, b.matches("bought"), "at once")

	b.put(map[string]string{"bought": plainRule(ordered + "\naudience: count(order_placed, 30d) > 1")})
	require.False(t, b.active("bought").Warm)
}

// another is another process on the same store.
func (b *bench) another() *bench {
	b.t.Helper()
	other := &bench{t: b.t, store: b.store, library: library.New(b.store), waiting: map[ledger.Ref]activities.Answer{}}
	other.engine = &activities.Engine{
		Store: b.store, Desk: dossier.Desk{Library: other.library, Zones: b.engine.Desk.Zones}, Clock: b.engine.Clock, Starter: other,
		Starts: b.engine.Starts, Logger: b.engine.Logger,
	}
	_, err := other.library.Follow(b.t.Context())
	require.NoError(b.t, err)
	return other
}

// TestAnEditReadsTheHistoryAgain and gives no reason twice.
func TestAnEditReadsTheHistoryAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(map[string]string{"bought": plainRule(ordered), "quiet": plainRule("when: {silent: {for: 2d}}\nfresh: any")}))
	b.happen("anna", "order_placed")
	b.happenAt(b.now.AddDate(0, 0, -3), "bert", "app_opened")
	b.until("2026-11-23T13:00:00Z")
	before := b.matches("")
	require.Len(t, before, 2)
	b.load(files(map[string]string{"bought": plainRule(ordered + "\npriority: 60"), "quiet": plainRule("when: {silent: {for: 1d}}\nfresh: any")}))
	require.True(t, b.active("quiet").Warm)
	require.Equal(t, before, b.matches(""))
	b.until("2026-11-25T13:00:00Z")
	require.Len(t, b.matches("quiet"), 2, "anna has been silent for a day too")
}

// TestNoTimeIsDueWhileTheHistoryIsRead: what a rule's last version waited for
// is judged when the state is that of the new one.
func TestNoTimeIsDueWhileTheHistoryIsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(map[string]string{"late": plainRule("when: {missing: {event: order_delivered, after: order_placed, within: 1h}}")}))
	b.happen("anna", "order_placed")
	b.put(map[string]string{"late": plainRule("when: {missing: {event: app_opened, after: order_placed, within: 2h}}")})
	b.now = b.now.Add(90 * time.Minute)
	for b.page("late") {
	}
	require.Empty(t, b.matches(""), "it is two hours now")
	b.until("2026-11-23T14:00:00Z")
	require.Len(t, b.matches(""), 1)
}

// happening is one event of a history that is lived at its own instants.
type happening struct {
	user, name string
	properties map[string]customer.Value
}

// randomHistory is one of so many events. Newcomers are heard of from the
// event at met on.
func randomHistory(random *rand.Rand, events, met int) []happening {
	names := []string{"data_session", "data_session", "order_placed", "order_delivered", "app_opened"}
	history := make([]happening, events)
	for i := range history {
		users := known
		if i >= met {
			users += newcomers
		}
		history[i] = happening{fmt.Sprintf("u%03d", random.IntN(users)), names[random.IntN(len(names))], map[string]customer.Value{
			"mb": customer.Number(float64(random.IntN(50))), "order_id": customer.Text(string(rune('a' + random.IntN(3)))),
		}}
	}
	return history
}

// Customers of a history.
const (
	known     = 210 // two pages and a bit
	newcomers = 20
)

var watched = map[string]string{
	"bought": plainRule(ordered + "\nfresh: any"),
	"limit":  plainRule("when: {usage: {sum: data_session.mb, per: day, limit: plan_mb, reaches: 80%}}\nfresh: any"),
	"late":   plainRule("when: {missing: {event: order_delivered, after: order_placed, within: 3h}}\nabout: order_id\nfresh: any"),
	"quiet":  plainRule("when: {silent: {for: 5h}}\nfresh: any"),
}

// live lives a history, half a minute an event, and does something before
// each of them.
func (b *bench) live(history []happening, before func(i int)) {
	b.t.Helper()
	for i, h := range history {
		before(i)
		b.record(incoming(fmt.Sprint("e", i), h.user, h.name, b.now, h.properties))
		b.now = b.now.Add(30 * time.Second)
	}
}

// introduce tells of the customers from one number to another.
func (b *bench) introduce(from, to int) {
	b.t.Helper()
	var batch []observe.Incoming
	for i := from; i < to; i++ {
		user := fmt.Sprintf("u%03d", i)
		in := incoming("i"+user, user, customer.Identified, b.now, nil)
		in.Change = observe.Change{Email: text("anna@example.com"), Traits: map[string]customer.Value{"plan_mb": customer.Number(100)}}
		batch = append(batch, in)
	}
	b.record(batch...)
}

// TestEveryCustomerIsJudgedOnce: rules that are put in force in the middle of
// a history give the same matches as rules that always were, wherever in it
// the pages of the past are read.
func TestEveryCustomerIsJudgedOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	if raced {
		t.Skip("one goroutine does all of it: make test runs it without the race detector")
	}
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			put := 200 + random.IntN(300)
			met := put + 100
			history := randomHistory(random, 900, met)
			always := newBench(t, "2026-11-23T00:00:00Z", files(watched))
			always.introduce(0, known+newcomers)
			always.live(history, func(int) {})

			later := newBenchOn(t, newFleet(t, 2), "2026-11-23T00:00:00Z", files(nil))
			later.introduce(0, known)
			pages := map[int][]string{}
			for _, rule := range slices.Sorted(maps.Keys(watched)) {
				for range 3 {
					i := put + 1 + random.IntN(300)
					pages[i] = append(pages[i], rule)
				}
			}
			later.live(history, func(i int) {
				switch i {
				case put:
					later.put(watched)
				case met:
					later.introduce(known, known+newcomers)
				}
				for _, rule := range pages[i] {
					later.page(rule)
				}
			})
			for _, b := range []*bench{always, later} {
				b.now = b.now.Add(24 * time.Hour)
				b.work()
			}
			for rule := range watched {
				require.True(t, later.active(rule).Warm)
			}
			require.Equal(t, always.matches(""), later.matches(""))
			require.Greater(t, len(always.matches("")), 300)
		})
	}
}
