package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
	"github.com/outreach-engine/outreach/internal/witness"
)

// world is an engine with everything real but Temporal and the providers, on a
// clock that the test moves. It plays the workflows' loops itself.
type world struct {
	t       *testing.T
	options Options
	running Running
	raw     *flaky // the store under everything
	now     time.Time

	mu      sync.Mutex
	waiting map[ledger.Ref]activities.Answer
	calls   int
}

// flaky is a store whose writes fail while it has an error.
type flaky struct {
	ledger.Store
	mu  sync.Mutex
	err error
}

func (f *flaky) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *flaky) Unwrap() ledger.Store { return f.Store }

func (f *flaky) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, lane, fn)
}

// newWorld makes the company of this repository's rules at a Monday noon.
func newWorld(t *testing.T, log io.Writer) *world {
	t.Helper()
	return newWorldOn(t, sqlitetest.Open(t, sqlite.Options{}), log)
}

// newWorldOn is newWorld on a store.
func newWorldOn(t *testing.T, store ledger.Store, log io.Writer) *world {
	t.Helper()
	w := &world{t: t, raw: &flaky{Store: store}, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), waiting: map[ledger.Ref]activities.Answer{}}
	w.options = Defaults()
	w.options.Rules, w.options.Log = "../../rules", "json"
	w.options.LogLevel = "debug"
	var err error
	w.options.Logger, err = w.options.NewLogger(log)
	require.NoError(t, err)
	w.options.Clock = activities.SetTime(func() time.Time { return w.now })
	w.build()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	_, err = w.running.Library.Load(t.Context(), files, w.now)
	require.NoError(t, err)
	return w
}

// build makes what Options.build makes, without Temporal.
func (w *world) build() {
	senders := map[customer.Channel]channel.Sender{
		customer.SMS: carrier{w, "twilio"}, customer.Email: carrier{w, "sendgrid"}, customer.Push: carrier{w, "fcm"}, customer.Webhook: carrier{w, "webhook"},
	}
	figures := w.options.figures(w.raw, senders, time.Minute)
	store := witness.Watch(w.raw, figures.Committed, w.options.tracer.Committed, w.options.chronicle)
	rules := library.New(store)
	desk := dossier.Desk{Library: rules, Zones: sendtime.NewZones()}
	clock := &admin.Clock{}
	w.running = Running{
		Store: store, Library: rules, metrics: figures, clock: clock, self: w.options.self(), yielding: newYielding(),
		Observer: &observe.Observer{Store: store, Desk: desk, Now: w.options.Clock.Now, Meter: figures, Fit: clock.Err},
		Engine: &activities.Engine{
			Store: store, Desk: desk, Clock: w.options.Clock, Starter: w, Senders: senders, Meter: figures, Fit: clock.Err, Tracer: w.options.tracer,
			Patience: time.Minute, Logger: w.options.Logger,
		},
	}
}

// carrier is a provider that has every kind of answer, and is not shy.
type carrier struct {
	w    *world
	name string
}

func (c carrier) Name() string { return c.name }

func (c carrier) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.calls++
	kinds := []channel.Kind{channel.Rejected, channel.BadAddress, channel.Throttled, channel.Unavailable, channel.Ambiguous}
	if i := c.w.calls % 12; i < len(kinds) {
		return channel.Receipt{}, &channel.Error{Kind: kinds[i], Provider: c.name, Code: "21211", Detail: "said no"}
	}
	return channel.Receipt{ProviderID: fmt.Sprint(c.name, c.w.calls), Delivered: c.w.calls%2 == 0}, nil
}

func (w *world) Start(_ context.Context, s activities.Start) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[s.Ref] = s.First
	return nil
}

func (w *world) Hint(_ context.Context, ref ledger.Ref) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer, ok := w.waiting[ref]
	if ok {
		answer.Sleep, answer.Deliver = 0, ""
		w.waiting[ref] = answer
	}
	return ok, nil
}

// work does what watches and outreaches do until nothing is left to do now.
func (w *world) work() {
	w.t.Helper()
	for worked := true; worked; {
		worked = false
		for _, m := range w.running.Library.Current().Matchers() {
			for more := true; more; {
				did, err := w.running.Engine.Work(w.t.Context(), m.Name)
				require.NoError(w.t, err)
				more = did.More
			}
		}
		for _, ref := range slices.SortedFunc(maps.Keys(w.waiting), func(a, b ledger.Ref) int { return strings.Compare(a.String(), b.String()) }) {
			worked = w.ask(ref) || worked
		}
	}
}

// ask does what one outreach's workflow does, if it has waited long enough.
func (w *world) ask(ref ledger.Ref) bool {
	answer := w.waiting[ref]
	if answer.Sleep > 0 || answer.Done {
		return false
	}
	q := activities.Question{Ref: ref, Seq: answer.Seq + 1, Deliver: answer.Deliver}
	ask := w.running.Engine.Advance
	if q.Deliver != "" {
		ask = w.running.Engine.Deliver
	}
	next, err := ask(w.t.Context(), q)
	require.NoError(w.t, err)
	w.waiting[ref] = next
	if next.Done {
		delete(w.waiting, ref)
	}
	return true
}

// pass lets time go by, an hour at once.
func (w *world) pass(span time.Duration) {
	w.t.Helper()
	for end := w.now.Add(span); w.now.Before(end); {
		w.now = w.now.Add(time.Hour)
		for ref, answer := range w.waiting {
			answer.Sleep -= time.Hour
			w.waiting[ref] = answer
		}
		_, err := w.running.Engine.Inquire(w.t.Context())
		require.NoError(w.t, err)
		w.work()
	}
}

// take takes what came in.
func (w *world) take(batch ...observe.Incoming) {
	w.t.Helper()
	_, err := w.running.Observer.Take(w.t.Context(), batch)
	require.NoError(w.t, err)
}

// company lets the demo company's customers live for some days, and gives all
// that is personal of them.
func (w *world) company(customers, days int) (private []string) {
	w.t.Helper()
	c := demo.New(1, customers)
	people, past := c.Identify(), c.History(w.now.AddDate(0, 0, -30))
	w.take(people...)
	for from := 0; from < len(past); from += 500 {
		batch := past[from:min(from+500, len(past))]
		batch = slices.DeleteFunc(slices.Clone(batch), func(in observe.Incoming) bool { return in.Event.At.After(w.now) })
		w.take(batch...)
	}
	for i, in := range people { // so that rules of every kind hold
		for j, name := range []string{"order_placed", "signed_up", "payment_failed", "subscription_renewed", "cart_updated"} {
			w.take(observe.Incoming{User: in.User, Event: customer.Event{
				MessageID: fmt.Sprint("today-", i, "-", j), Name: name, At: w.now, Via: customer.ViaWeb,
				Properties: map[string]customer.Value{"amount": customer.Number(9), "note": customer.Text("for " + in.User)},
			}})
		}
	}
	w.work()
	w.pass(time.Duration(days) * 24 * time.Hour)
	return w.personal()
}

// personal gives what the store holds of its customers that nobody else may
// read: outside ids, addresses, names.
func (w *world) personal() (private []string) {
	w.t.Helper()
	require.NoError(w.t, w.raw.Read(w.t.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		for _, r := range records {
			p := r.Profile
			private = append(private, p.External, p.Phone, strings.TrimPrefix(p.Phone, "+"), p.Email)
			private = append(private, p.PushTokens...)
			for name, v := range p.Traits {
				if strings.Contains(name, "name") && len(v.String()) > 3 {
					private = append(private, v.String())
				}
			}
		}
		return err
	}))
	private = slices.DeleteFunc(private, func(s string) bool { return s == "" })
	slices.Sort(private)
	return slices.Compact(private)
}

// requirePrivate holds that a text names none of them.
func requirePrivate(t *testing.T, text string, private []string) {
	t.Helper()
	require.NotEmpty(t, text)
	require.Greater(t, len(private), 30)
	for _, secret := range private {
		require.NotContains(t, text, secret)
	}
}

// quietLog is a log that nobody reads.
func quietLog() io.Writer { return io.Discard }
