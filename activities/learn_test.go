package activities_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
)

const day = 24 * time.Hour

// mondayHello goes out on Mondays in the hours that the customer likes, unless
// they were on in the app that day.
const mondayHello = `
description: Say hello on Mondays.
owner: growth@example.com
topic: service
when: {schedule: Mon 00:00}
again: always
goal: {event: app_opened, within: 1d}
steps:
  - send: hello
    channel: push
    at: preferred
    unless: {event: app_opened, since: today}
`

func mondayFiles() bundle.Files {
	f := files(map[string]string{"monday-hello": mondayHello})
	f.Templates["hello/push.txt"] = []byte("---\ntitle: Hello\n---\nHello")
	return f
}

// opens takes an opening of the app by the app, at the clock's instant.
func (b *bench) opens(user string) {
	b.t.Helper()
	b.events++
	b.record(observe.Incoming{User: user, Event: customer.Event{MessageID: fmt.Sprint("m", b.events), Name: "app_opened", At: b.now, Via: customer.ViaApp}})
	b.work()
}

// TestMondayEvenings is the pattern of the brief by the engine's own steps: six
// Mondays on in the app between 19:00 and 21:00, over the end of summer time.
func TestMondayEvenings(t *testing.T) {
	t.Parallel()
	rule := strings.Replace(mondayHello, "goal: {event: app_opened, within: 1d}\n", "", 1)
	f := mondayFiles()
	f.Rules["monday-hello.yaml"] = []byte(rule)
	b := newBench(t, "2026-10-04T12:00:00Z", f)
	for _, user := range []string{"mia", "ben"} {
		b.identify(user, observe.Change{Zone: text("Europe/Berlin"), PushToken: "token-" + user})
	}
	for _, at := range []string{
		"2026-10-05T19:10:00+02:00", "2026-10-12T20:05:00+02:00", "2026-10-19T19:35:00+02:00", "2026-10-26T20:25:00+01:00",
		"2026-11-02T19:20:00+01:00", "2026-11-09T20:20:00+01:00",
	} {
		b.until(at)
		b.opens("mia")
		b.opens("ben")
	}
	b.until("2026-11-16T19:20:00+01:00")
	b.opens("ben")
	b.until("2026-11-16T20:24:00+01:00")
	before := len(b.sent)
	b.until("2026-11-16T20:40:00+01:00")
	require.Len(t, b.sent, before+1)
	require.Equal(t, "token-mia", b.sent[before].To)
	story := b.story("ben")
	require.Regexp(t, `^Mon (19:20|20:(2[5-9]|3\d)) monday-hello drop hello push unless$`, story[len(story)-2], "who is on by themselves is left alone")
}

// learn asks for learning once, on another engine over the same store when
// there is one.
func learn(t *testing.T, e *activities.Engine) bool {
	t.Helper()
	did, err := e.Learn(t.Context(), day)
	require.NoError(t, err)
	return did
}

// TestLearnsOfEverybodyOnceADay has two processes on one store.
func TestLearnsOfEverybodyOnceADay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-04T12:00:00Z", mondayFiles())
	second := &activities.Engine{
		Store: b.store, Desk: dossier.Desk{Library: library.New(b.store), Zones: b.engine.Desk.Zones}, Clock: b.engine.Clock, Logger: b.engine.Logger,
	}
	require.Nil(t, b.library.Current().Insight)
	crowdOfEvenings(b, 60)
	require.True(t, learn(t, b.engine))
	require.False(t, learn(t, second), "once a day")
	_, err := second.Desk.Library.Follow(t.Context())
	require.NoError(t, err)
	for _, set := range []*library.Set{b.library.Current(), second.Desk.Library.Current()} {
		require.Equal(t, 60, set.Insight.Customers())
		require.Equal(t, 60, set.Insight.Others(customer.Push).Customers())
		require.Nil(t, set.Insight.Others(customer.Email))
	}
	hash := learned(t, b.store)
	b.load(mondayFiles())
	edited := mondayFiles()
	edited.Rules["monday-hello.yaml"] = []byte(strings.Replace(mondayHello, "Say hello", "Greet", 1))
	b.load(edited)
	require.Equal(t, hash, learned(t, b.store), "an edit of the rules leaves it in force")
	b.now = b.now.Add(day - time.Minute)
	require.False(t, learn(t, b.engine))
	for range 9 {
		b.now = b.now.Add(day)
		require.True(t, learn(t, second))
	}
	require.NoError(t, b.store.Read(t.Context(), func(tx ledger.Tx) error {
		kept, err := tx.Documents(ledger.LearnedDocument, "")
		require.Len(t, kept, 7)
		require.Equal(t, learned(t, b.store), kept[0].Hash)
		return err
	}))
}

// TestWhoTookTheTurnMayDie holds that learning that was begun and not ended is
// taken up by another process within minutes.
func TestWhoTookTheTurnMayDie(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-04T12:00:00Z", mondayFiles())
	require.NoError(t, b.store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		return library.TakeTurn(tx, b.now.Add(10*time.Minute))
	}))
	require.False(t, learn(t, b.engine))
	b.now = b.now.Add(10 * time.Minute)
	require.True(t, learn(t, b.engine))
}

// TestADamagedInsightStopsNothing puts in force what does not read.
func TestADamagedInsightStopsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-04T12:00:00Z", mondayFiles())
	require.True(t, learn(t, b.engine))
	require.NoError(t, b.store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		d := ledger.Document{Kind: ledger.LearnedDocument, Hash: "damaged", Body: []byte("{"), At: b.now}
		require.NoError(t, tx.SaveDocument(d))
		require.NoError(t, tx.Activate(ledger.Active{Kind: d.Kind, Hash: d.Hash, At: d.At}))
		return library.Bump(tx)
	}))
	changed, err := b.library.Follow(t.Context())
	require.NoError(t, err)
	require.True(t, changed)
	require.Nil(t, b.library.Current().Insight)
	require.Len(t, b.library.Current().Rules, 1)
}

// TestWhatIsLearnedPlansNothingAnew holds that what waits keeps its instant,
// and that a rule's value comes from its outreaches.
func TestWhatIsLearnedPlansNothingAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-04T12:00:00Z", mondayFiles())
	b.identify("mia", observe.Change{Zone: text("Europe/Berlin"), PushToken: "token-mia"})
	b.until("2026-10-06T12:00:00Z") // one went out, and its goal did not come
	b.until("2026-10-12T01:00:00Z")
	before := b.story("mia")
	require.True(t, learn(t, b.engine))
	b.work()
	require.Equal(t, before, b.story("mia"))
	own, _ := b.library.Current().Insight.Worth("monday-hello")
	require.Equal(t, insight.Worth{Sent: 1}, own)
	b.opens("mia") // the second one is given up: nothing of it went out
	b.until("2026-10-19T12:00:00Z")
	b.until("2026-10-19T22:00:00Z")
	b.now = b.now.Add(day)
	require.True(t, learn(t, b.engine))
	own, _ = b.library.Current().Insight.Worth("monday-hello")
	require.Equal(t, 2, own.Sent)
}

// learned gives the hash of what is known of everybody.
func learned(t *testing.T, store ledger.Store) (hash string) {
	t.Helper()
	require.NoError(t, store.Read(t.Context(), func(tx ledger.Tx) error {
		list, err := tx.Active()
		for _, a := range list {
			if a.Kind == ledger.LearnedDocument {
				hash = a.Hash
			}
		}
		return err
	}))
	require.NotEmpty(t, hash)
	return hash
}

// crowdOfEvenings takes in so many customers who are on in the app on three evenings.
func crowdOfEvenings(b *bench, people int) {
	b.t.Helper()
	start := b.now
	var batch []observe.Incoming
	for week := range 3 {
		for i := range people {
			user := fmt.Sprintf("u%07d", i)
			b.now = start.AddDate(0, 0, 7*week).Add(time.Duration(i%7)*day + 7*time.Hour)
			batch = append(batch, observe.Incoming{User: user, Event: customer.Event{
				MessageID: fmt.Sprint("e", week, user), Name: "app_opened", At: b.now, Via: customer.ViaApp,
			}})
			if len(batch) == 500 {
				b.record(batch...)
				batch = batch[:0]
			}
		}
	}
	b.now = start.AddDate(0, 0, 21)
	if len(batch) > 0 {
		b.record(batch...)
	}
}
