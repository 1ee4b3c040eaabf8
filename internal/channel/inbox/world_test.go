package inbox_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// now is the instant at which the pages are looked at.
var now = time.Date(2026, 3, 3, 17, 30, 0, 0, time.UTC)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC)
}

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// taker takes acts: it records them and, as the engine would, writes their
// events to the store.
type taker struct {
	store  ledger.Store
	answer observe.Outcome
	err    error

	mu    sync.Mutex
	taken []observe.Incoming
}

func (k *taker) Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	if k.err != nil {
		return nil, k.err
	}
	k.mu.Lock()
	k.taken = append(k.taken, batch...)
	k.mu.Unlock()
	err := k.store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		for _, in := range batch {
			id, _, err := tx.Resolve(in.User)
			if err != nil {
				return err
			}
			e := in.Event
			e.Customer, e.ReceivedAt = id, e.At
			if _, err := tx.Append(e); err != nil {
				return err
			}
		}
		return nil
	})
	return []observe.Outcome{k.answer}, err
}

func (k *taker) all() []observe.Incoming {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]observe.Incoming(nil), k.taken...)
}

// world is an inbox with a store and a page.
type world struct {
	t       testing.TB
	store   ledger.Store
	box     *inbox.Box
	clock   *clock
	taker   *taker
	handler http.Handler
}

func newWorld(t testing.TB) *world {
	t.Helper()
	var err error
	store := sqlitetest.Open(t, sqlite.Options{})
	w := &world{t: t, store: store, clock: &clock{t: now}, taker: &taker{store: store, answer: observe.Outcome{Status: observe.Taken}}}
	w.box, err = inbox.Open("", inbox.Options{Now: w.clock.now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.box.Close()) })
	w.handler = inbox.Handler(w.box, inbox.PageOptions{Store: store, Taker: w.taker, Now: func() time.Time { return now }})
	return w
}

func (w *world) write(fn func(ledger.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), ledger.IntakeLane, fn))
}

func (w *world) customer(p customer.Profile) {
	w.t.Helper()
	w.write(func(tx ledger.Tx) error {
		if p.External != "" {
			if err := tx.Join(p.External, p.ID); err != nil {
				return err
			}
		}
		return tx.SaveCustomer(ledger.Record{Profile: p})
	})
}

func (w *world) event(e customer.Event) {
	w.t.Helper()
	e.ReceivedAt = e.At
	w.write(func(tx ledger.Tx) error {
		_, err := tx.Append(e)
		return err
	})
}

func (w *world) outreach(o ledger.Outreach) {
	w.t.Helper()
	w.write(func(tx ledger.Tx) error {
		o.Recorded = o.At
		_, _, err := tx.AddOutreach(o)
		return err
	})
}

func (w *world) decide(list ...ledger.Decision) {
	w.t.Helper()
	w.write(func(tx ledger.Tx) error { return tx.Decide(list...) })
}

func (w *world) part(p ledger.Part) {
	w.t.Helper()
	w.write(func(tx ledger.Tx) error { return tx.SavePart(p) })
}

func (w *world) send(when time.Time, m channel.Message) {
	w.t.Helper()
	w.clock.set(when)
	_, err := w.box.Send(w.t.Context(), m)
	require.NoError(w.t, err)
}

func traits(pairs ...string) map[string]customer.Value {
	m := map[string]customer.Value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = customer.Text(pairs[i+1])
	}
	return m
}

const letter = `<!doctype html><html><head><style>.b{background:#0a6e5c;color:#fff;padding:12px 22px;border-radius:8px;text-decoration:none;display:inline-block}</style></head>
<body style="margin:0;background:#f3f5f4;font-family:Georgia,serif"><div style="max-width:560px;margin:0 auto;padding:28px;background:#fff">
<h1 style="font-size:24px;margin:0 0 12px;color:#0a3d34">You have used 83% of your data</h1>
<p>Hello Ada,</p><p>five days of the month are left. With Ultimate you would not have to think about it.</p>
<p><a class="b" href="https://example.com/plans">See the plans</a></p>
<p style="color:#777;font-size:12px">You get this because you have a plan with us. <a href="https://example.com/u">Unsubscribe</a></p></div></body></html>`

// ada is the customer of whom most is known.
func ada() customer.Profile {
	return customer.Profile{
		ID: "c7kq2ada", External: "user-1", Zone: "Europe/Berlin", Country: "DE", Region: "BE", Locale: "de-DE",
		Phone: "+493012345678", Email: "ada@example.com", PushTokens: []string{"token-1"}, Since: at(1, 8, 0),
		Traits:   map[string]customer.Value{"first_name": customer.Text("Ada"), "last_name": customer.Text("Lovelace"), "plan": customer.Text("surf"), "plan_mb": customer.Number(5000)},
		Consents: map[customer.Topic]customer.Consent{"offers": {Given: false, At: at(1, 9, 0)}, "service": {Given: true, At: at(1, 9, 0)}},
		Preferences: customer.Preferences{
			Channels: []customer.Channel{customer.SMS, customer.Email},
			Hours:    map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00"},
		},
	}
}

func grace() customer.Profile {
	return customer.Profile{
		ID: "c2mxgrace", External: "user-2", Zone: "America/New_York", Phone: "+12125550123", Email: "grace@example.com",
		PushTokens: []string{"token-2"}, Traits: traits("first_name", "Grace"), Since: at(1, 8, 0),
	}
}

// unnamed is a customer of whom nearly nothing is known.
func unnamed() customer.Profile {
	return customer.Profile{ID: "c9none", External: "4711", PushTokens: []string{"token-3"}, Since: at(2, 8, 0)}
}

func usage(n int) ledger.Ref { return ledger.Ref{Rule: "usage-limit", Customer: "c7kq2ada", N: n} }

func key(rule string, id customer.ID, n, step string, c customer.Channel) string {
	return rule + "." + string(id) + "." + n + "." + step + "." + string(c)
}

// seed fills a world with a small story of three customers.
func seed(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	for _, p := range []customer.Profile{ada(), grace(), unnamed()} {
		w.customer(p)
	}
	seedAda(w)
	seedOthers(w)
	w.clock.set(now)
	return w
}

func seedAda(w *world) {
	w.event(customer.Event{MessageID: "e1", Customer: "c7kq2ada", Name: "data_session", At: at(3, 16, 58), Via: customer.ViaApp,
		Properties: map[string]customer.Value{"mb": customer.Number(412)}})
	w.outreach(ledger.Outreach{
		Ref: ledger.Ref{Rule: "usage-limit", Customer: "c7kq2ada"}, Key: "2026-03", Topic: "service", At: at(3, 16, 58), Status: ledger.Open, Sent: 1,
		Match: map[string]customer.Value{"used": customer.Number(4150), "limit": customer.Number(5000)}, NextAt: at(5, 17, 6), WakesOn: []string{"message_clicked"},
	})
	w.outreach(ledger.Outreach{
		Ref: ledger.Ref{Rule: "late-delivery", Customer: "c7kq2ada"}, Key: "o1", About: "A-1009", Topic: "service", At: at(2, 9, 0),
		Status: ledger.Ended, Reason: customer.ReasonGone, Ended: at(2, 11, 30),
	})
	late := ledger.Ref{Rule: "late-delivery", Customer: "c7kq2ada", N: 1}
	w.decide(
		ledger.Decision{Ref: late, At: at(2, 9, 0), Kind: ledger.KindMatch},
		ledger.Decision{Ref: late, At: at(2, 9, 0), Kind: ledger.KindEnter},
		ledger.Decision{Ref: late, At: at(2, 9, 0), Kind: ledger.KindPlan, Step: "sorry", Channel: customer.SMS, Template: "parcel-late", Planned: at(2, 17, 0), Note: "preferred time, said by the customer"},
		ledger.Decision{Ref: late, At: at(2, 11, 30), Kind: ledger.KindDrop, Step: "sorry", Channel: customer.SMS, Template: "parcel-late", Planned: at(2, 17, 0), Reason: customer.ReasonGone},
		ledger.Decision{Ref: late, At: at(2, 11, 30), Kind: ledger.KindEnd, Step: "sorry", Reason: customer.ReasonGone},
		ledger.Decision{Ref: usage(1), At: at(3, 16, 58), Kind: ledger.KindMatch},
		ledger.Decision{Ref: usage(1), At: at(3, 16, 58), Kind: ledger.KindEnter},
		ledger.Decision{Ref: usage(1), At: at(3, 16, 58), Kind: ledger.KindPlan, Step: "warn", Channel: customer.SMS, Template: "usage-warning", Planned: at(3, 17, 6), Note: "preferred time, said by the customer"},
		ledger.Decision{Ref: usage(1), At: at(3, 17, 6), Kind: ledger.KindSend, Step: "warn", Channel: customer.SMS, Template: "usage-warning"},
		ledger.Decision{Ref: usage(1), At: at(3, 17, 6), Kind: ledger.KindPlan, Step: "advice", Channel: customer.Email, Template: "usage-plan-advice", Planned: at(5, 17, 6), Note: "the usual window for email, after quiet hours"},
	)
	w.part(ledger.Part{Ref: late, Step: "sorry", Channel: customer.SMS, Template: "parcel-late", Planned: at(2, 17, 0), Status: ledger.Withdrawn, Reason: customer.ReasonGone, Updated: at(2, 11, 30)})
	w.part(ledger.Part{Ref: usage(1), Step: "advice", Channel: customer.Email, Template: "usage-plan-advice", Planned: at(5, 17, 6), Status: ledger.Planned, Updated: at(3, 17, 6)})
	sms := key("usage-limit", "c7kq2ada", "1", "warn", customer.SMS)
	w.send(at(3, 17, 6), channel.Message{
		Key: sms, Customer: "c7kq2ada", Channel: customer.SMS, To: "+493012345678", Topic: "service", Template: "usage-warning", Locale: "de-DE",
		Content: channel.Content{Text: "Hi Ada, you have used 4150 of your 5000 MB this month. Five days to go: https://ex.am/t/9f2\nReply STOP to opt out."},
	})
	w.event(customer.Event{MessageID: "e2", Customer: "c7kq2ada", Name: customer.MessageOpened, At: at(3, 17, 9), Properties: traits("message", sms)})
	w.event(customer.Event{MessageID: "e3", Customer: "c7kq2ada", Name: customer.MessageReplied, At: at(3, 17, 10), Properties: traits("message", sms, "text", "Thanks!")})
	w.send(at(3, 17, 12), channel.Message{
		Key: key("usage-limit", "c7kq2ada", "1", "mail", customer.Email), Customer: "c7kq2ada", Channel: customer.Email, To: "ada@example.com", Topic: "service", Template: "usage-warning", Locale: "de-DE",
		Content: channel.Content{Subject: "Ada, you have used 83% of your data", Preheader: "Five days of the month are left.", HTML: letter, Text: "You have used 83% of your data.\n\nSee the plans <https://example.com/plans>"},
	})
}

func seedOthers(w *world) {
	w.part(ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c2mxgrace", N: 2}, Step: "remind", Channel: customer.SMS, Template: "cart-reminder", Planned: at(3, 23, 30), Status: ledger.Planned, Updated: at(3, 15, 0)})
	w.decide(ledger.Decision{Ref: ledger.Ref{Rule: "cart", Customer: "c2mxgrace", N: 2}, At: at(3, 15, 0), Kind: ledger.KindDefer, Step: "remind", Channel: customer.SMS, Template: "cart-reminder", Planned: at(3, 23, 30), Reason: customer.Paused})
	w.part(ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c2mxgrace", N: 1}, Step: "remind", Channel: customer.SMS, Template: "cart-reminder", Planned: at(2, 17, 0), Status: ledger.Withdrawn, Reason: customer.Capped, Updated: at(2, 11, 30)})
	for i, reason := range []customer.Reason{customer.NotFresh, customer.NotFresh, customer.HeldOut} {
		w.outreach(ledger.Outreach{Ref: ledger.Ref{Rule: "cart", Customer: "c9none"}, Key: string(rune('a' + i)), At: at(2, 9, i), Status: ledger.Ended, Reason: reason, Ended: at(2, 9, i)})
	}
	push := channel.Message{
		Key: key("cart", "c2mxgrace", "1", "nudge", customer.Push), Customer: "c2mxgrace", Channel: customer.Push, To: "token-2", Topic: "offers", Template: "cart-reminder",
		Content: channel.Content{Subject: "Still thinking about it?", Text: "Your basket is waiting: hiking boots, size 39.", Link: "https://example.com/basket"},
	}
	w.send(at(3, 17, 14), push)
	w.send(at(3, 17, 15), channel.Message{
		Key: key("outage", "c9none", "1", "tell", customer.Push), Customer: "c9none", Channel: customer.Push, To: "token-3", Topic: "urgent", Template: "outage",
		Content: channel.Content{Subject: "Works in your street", Text: "The line will be down from 22:00 to 23:00."},
	})
	w.send(at(3, 17, 16), channel.Message{
		Key: key("cart", "c2mxgrace", "1", "remind", customer.SMS), Customer: "c2mxgrace", Channel: customer.SMS, To: "+12125550123", Topic: "offers", Template: "cart-reminder",
		Content: channel.Content{Text: "Grace, your boots are still here. 10% off until tonight."},
	})
	w.send(at(3, 17, 20), push)
}
