package activities_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// bench is an engine with everything real but Temporal and the providers: it
// plays the workflows' loops itself, on a clock that the test moves.
type bench struct {
	t        testing.TB
	engine   *activities.Engine
	observer *observe.Observer
	library  *library.Library
	store    ledger.Store
	now      time.Time

	mu      sync.Mutex
	waiting map[ledger.Ref]activities.Answer
	sent    []channel.Message
	answers []error // what the provider says next; nil accepts
	events  int
}

func (b *bench) Start(_ context.Context, s activities.Start) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[s.Ref] = s.First
	return nil
}

func (b *bench) Hint(_ context.Context, ref ledger.Ref) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer, ok := b.waiting[ref]
	if ok {
		answer.Sleep, answer.Deliver = 0, ""
		b.waiting[ref] = answer
	}
	return ok, nil
}

func (b *bench) Name() string { return "bench" }

func (b *bench) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var answer error
	if len(b.answers) > 0 {
		answer, b.answers = b.answers[0], b.answers[1:]
	}
	if answer == nil {
		b.sent = append(b.sent, m)
	}
	return channel.Receipt{ProviderID: fmt.Sprint(len(b.sent))}, answer
}

func newBench(t testing.TB, start string, files bundle.Files) *bench {
	t.Helper()
	store := sqlitetest.Open(t, sqlite.Options{})
	return newBenchOn(t, store, start, files)
}

// newBenchOn is newBench on a store that somebody else closes.
func newBenchOn(t testing.TB, store ledger.Store, start string, files bundle.Files) *bench {
	t.Helper()
	at, err := time.Parse(time.RFC3339, start)
	require.NoError(t, err)
	b := &bench{t: t, store: store, library: library.New(store), now: at, waiting: map[ledger.Ref]activities.Answer{}}
	desk := dossier.Desk{Library: b.library, Zones: sendtime.NewZones()}
	b.engine = &activities.Engine{
		Store: store, Desk: desk, Clock: activities.SetTime(func() time.Time { return b.now }), Starter: b,
		Senders: map[customer.Channel]channel.Sender{customer.SMS: b, customer.Email: b, customer.Push: b}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	b.observer = &observe.Observer{Store: store, Desk: desk, Now: b.engine.Clock.Now}
	b.load(files)
	return b
}

func (b *bench) load(files bundle.Files) {
	b.t.Helper()
	_, err := b.library.Load(b.t.Context(), files, b.now)
	require.NoError(b.t, err)
	b.work()
}

// work does what watches and outreaches do until nothing is left to do now.
func (b *bench) work() {
	b.t.Helper()
	for {
		worked := false
		for _, m := range b.library.Current().Matchers() {
			for {
				w, err := b.engine.Work(b.t.Context(), m.Name)
				require.NoError(b.t, err)
				if !w.More {
					break
				}
				worked = true
			}
		}
		for _, ref := range slices.SortedFunc(maps.Keys(b.waiting), func(x, y ledger.Ref) int { return strings.Compare(x.String(), y.String()) }) {
			worked = b.ask(ref) || worked
		}
		if !worked {
			return
		}
	}
}

func (b *bench) ask(ref ledger.Ref) bool {
	answer := b.waiting[ref]
	if answer.Sleep > 0 || answer.Done {
		return false
	}
	q := activities.Question{Ref: ref, Seq: answer.Seq + 1, Deliver: answer.Deliver}
	ask := b.engine.Advance
	if q.Deliver != "" {
		ask = b.engine.Deliver
	}
	next, err := ask(b.t.Context(), q)
	require.NoError(b.t, err)
	if next.Done {
		delete(b.waiting, ref)
	} else {
		b.waiting[ref] = next
	}
	return true
}

// until moves the clock to an instant, stopping whenever something is due.
func (b *bench) until(at string) {
	b.t.Helper()
	end, err := time.Parse(time.RFC3339, at)
	require.NoError(b.t, err)
	for b.now.Before(end) {
		next := end
		for ref, answer := range b.waiting {
			if t := b.now.Add(answer.Sleep); answer.Sleep > 0 && t.Before(next) {
				next = t
			}
			_ = ref
		}
		if due := b.nextDue(); !due.IsZero() && due.After(b.now) && due.Before(next) {
			next = due
		}
		passed := next.Sub(b.now)
		b.now = next
		for ref, answer := range b.waiting {
			answer.Sleep -= passed
			b.waiting[ref] = answer
		}
		b.work()
	}
}

func (b *bench) nextDue() (next time.Time) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		for _, m := range b.library.Current().Matchers() {
			dues, err := tx.Dues(m.Name, b.now.AddDate(1, 0, 0), 1000)
			if err != nil {
				return err
			}
			for _, d := range dues {
				if d.At.After(b.now) && (next.IsZero() || d.At.Before(next)) {
					next = d.At
				}
			}
		}
		return nil
	}))
	return next
}

// happen takes an event of a customer at the clock's instant.
func (b *bench) happen(user, name string, properties ...any) observe.Outcome {
	b.t.Helper()
	return b.happenAt(b.now, user, name, properties...)
}

func (b *bench) happenAt(at time.Time, user, name string, properties ...any) observe.Outcome {
	b.t.Helper()
	b.events++
	e := customer.Event{MessageID: fmt.Sprint("m", b.events), Name: name, At: at, Properties: map[string]customer.Value{}}
	for i := 0; i+1 < len(properties); i += 2 {
		value := customer.Text(fmt.Sprint(properties[i+1]))
		if n, ok := properties[i+1].(int); ok {
			value = customer.Number(float64(n))
		}
		e.Properties[properties[i].(string)] = value
	}
	out, err := b.observer.Take(b.t.Context(), []observe.Incoming{{User: user, Event: e}})
	require.NoError(b.t, err)
	b.work()
	return out[0]
}

func (b *bench) identify(user string, c observe.Change) {
	b.t.Helper()
	b.events++
	_, err := b.observer.Take(b.t.Context(), []observe.Incoming{{
		User: user, Change: c, Event: customer.Event{MessageID: fmt.Sprint("m", b.events), Name: customer.Identified, At: b.now},
	}})
	require.NoError(b.t, err)
	b.work()
}

// story gives a customer's decisions on their own clock, one a line.
func (b *bench) story(user string) []string {
	b.t.Helper()
	var lines []string
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(user)
		require.True(b.t, ok)
		require.NoError(b.t, err)
		d, _, err := b.engine.Desk.Open(tx, id)
		require.NoError(b.t, err)
		decisions, err := tx.Decisions(id, 1000)
		require.NoError(b.t, err)
		for _, x := range decisions {
			words := []string{x.At.In(d.Zone).Format("Mon 15:04"), x.Rule, string(x.Kind)}
			if x.Step != "" && x.Kind != ledger.KindEnd {
				words = append(words, x.Step)
			}
			if x.Channel != "" {
				words = append(words, string(x.Channel))
			}
			if !x.Planned.IsZero() && (x.Kind == ledger.KindPlan || x.Kind == ledger.KindDefer || x.Kind == ledger.KindWait) {
				words = append(words, "for "+x.Planned.In(d.Zone).Format("Mon 15:04"))
			}
			if x.Reason != "" {
				words = append(words, string(x.Reason))
			}
			lines = append(lines, strings.Join(words, " "))
		}
		return nil
	}))
	return lines
}
