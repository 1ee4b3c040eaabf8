package memory_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// BenchmarkPlay measures ten events of one customer, each taken in by itself
// under the shipped rules, in a store that begins empty.
func BenchmarkPlay(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		s := memory.New()
		benchmarkPlay(b, s, s.Reset)
	})
	b.Run("sqlite", func(b *testing.B) {
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "outreach.db"), sqlite.Options{})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		benchmarkPlay(b, s, func() {})
	})
}

func benchmarkPlay(b *testing.B, s ledger.Store, reset func()) {
	rules, generation := shippedRules(b)
	now := benchStart
	o := &observe.Observer{
		Store: s, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Now: func() time.Time { return now },
	}
	for n := 0; b.Loop(); n++ {
		reset()
		require.NoError(b, s.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
			return tx.SetSetting("generation", generation)
		}))
		for i := range 10 {
			in := benchEvent(n, i)
			now = in.Event.At
			outcomes, err := o.Take(context.Background(), []observe.Incoming{in})
			if err != nil || outcomes[0].Status != observe.Taken {
				b.Fatal(outcomes, err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*10), "ns/event")
}

// shippedRules gives the rules that come with the engine, in force, and the
// setting that says so.
func shippedRules(b *testing.B) (*library.Library, string) {
	b.Helper()
	s := memory.New()
	rules := library.New(s)
	files, err := bundle.ReadDir("../../../rules", "../../../templates")
	require.NoError(b, err)
	_, err = rules.Load(b.Context(), files, benchStart)
	require.NoError(b, err)
	require.NoError(b, s.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		list, err := tx.Active()
		require.NoError(b, err)
		for _, a := range list {
			a.Warm = true
			require.NoError(b, tx.Activate(a))
		}
		return library.Bump(tx)
	}))
	_, err = rules.Follow(b.Context())
	require.NoError(b, err)
	return rules, rules.Current().Generation
}

var benchStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// benchEvent gives the i-th event of the n-th customer: they sign up, order,
// use data until the warning is due, and fail to pay.
func benchEvent(n, i int) observe.Incoming {
	email, phone, zone := "somebody@example.com", "+4366012345678", "Europe/Vienna"
	names := []string{
		"signed_up", "app_installed", "app_opened", "order_placed", "data_session", "data_session",
		"app_opened", "data_session", "order_delivered", "payment_failed",
	}
	at := benchStart.Add(time.Duration(i) * 6 * time.Hour)
	in := observe.Incoming{
		User: fmt.Sprint("lark-", n),
		Event: customer.Event{
			MessageID: fmt.Sprint("m-", n, "-", i), Name: names[i], At: at, Via: customer.ViaApp,
			Properties: map[string]customer.Value{
				"mb": customer.Number(400), "order_id": customer.Text("o1"), "invoice_id": customer.Text("i1"),
				"promised_at": customer.Text(at.AddDate(0, 0, 2).Format(time.RFC3339)),
			},
		},
	}
	if i == 0 {
		in.Change = observe.Change{Email: &email, Phone: &phone, Zone: &zone, Traits: map[string]customer.Value{
			"first_name": customer.Text("Anna"), "plan": customer.Text("surf"), "plan_mb": customer.Number(1000), "billing_day": customer.Number(1),
		}}
	}
	return in
}

// BenchmarkTx measures single methods in a store with one customer who has a
// hundred events, twenty outreaches of which four are open, and as many parts.
func BenchmarkTx(b *testing.B) {
	ref := ledger.Ref{Rule: "rule-1", Customer: "c1", N: 5}
	record := ledger.Record{
		Profile: customer.Profile{
			ID: "c1", Email: "somebody@example.com", Zone: "Europe/Vienna", PushTokens: []string{"token"},
			Traits: map[string]customer.Value{"plan": customer.Text("surf"), "plan_mb": customer.Number(1000), "billing_day": customer.Number(1)},
		},
		State: make([]byte, 500),
	}
	methods := map[string]func(ledger.Tx) error{
		"nothing":      func(ledger.Tx) error { return nil },
		"Customer":     func(tx ledger.Tx) error { _, _, err := tx.Customer("c1"); return err },
		"SaveCustomer": func(tx ledger.Tx) error { return tx.SaveCustomer(record) },
		"Resolve":      func(tx ledger.Tx) error { _, _, err := tx.Resolve("app-1"); return err },
		"Suppressed": func(tx ledger.Tx) error {
			_, _, err := tx.Suppressed(customer.Email, "somebody@example.com")
			return err
		},
		"OpenOutreaches": func(tx ledger.Tx) error { _, err := tx.OpenOutreaches("c1"); return err },
		"Outreach":       func(tx ledger.Tx) error { _, _, err := tx.Outreach(ref); return err },
		"SaveOutreach":   func(tx ledger.Tx) error { return tx.SaveOutreach(benchOutreach(ref, ledger.Open)) },
		"LastSent":       func(tx ledger.Tx) error { _, _, err := tx.LastSent("rule-1", "c1", ""); return err },
		"PartsOf":        func(tx ledger.Tx) error { _, err := tx.PartsOf(ref); return err },
		"Slots":          func(tx ledger.Tx) error { _, err := tx.Slots("c1", benchStart); return err },
		"SavePart": func(tx ledger.Tx) error {
			return tx.SavePart(ledger.Part{Ref: ref, Step: "s1", Channel: customer.SMS, Status: ledger.Planned})
		},
		"Events of ten": func(tx ledger.Tx) error {
			_, err := tx.Events(ledger.EventQuery{Customer: "c1", From: benchStart.Add(90 * time.Hour)})
			return err
		},
		"Events of a name": func(tx ledger.Tx) error {
			_, err := tx.Events(ledger.EventQuery{Customer: "c1", Names: []string{"opened"}})
			return err
		},
		"SetDue":  func(tx ledger.Tx) error { return tx.SetDue(ledger.Due{Rule: "rule-1", Customer: "c1", At: benchStart}) },
		"DropDue": func(tx ledger.Tx) error { return tx.DropDue("rule-1", "c1", "x") },
	}
	for name, method := range methods {
		b.Run(name, func(b *testing.B) {
			s := benchStore(b)
			require.NoError(b, s.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SaveCustomer(record) }))
			b.ReportAllocs()
			for b.Loop() {
				_ = s.Write(context.Background(), ledger.GateLane, method)
			}
		})
	}
}

func benchOutreach(ref ledger.Ref, status ledger.Status) ledger.Outreach {
	return ledger.Outreach{
		Ref: ref, Key: fmt.Sprint("key-", ref.N), At: benchStart, Recorded: benchStart, Status: status, NextAt: benchStart,
		Match: map[string]customer.Value{"mb": customer.Number(400)}, Position: []byte(`{"step":"s1"}`), Answer: []byte(`{"done":false}`),
		WakesOn: []string{"message_clicked"},
	}
}

func benchStore(b *testing.B) *memory.Store {
	b.Helper()
	s := memory.New()
	require.NoError(b, s.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		for i := range 100 {
			_, err := tx.Append(customer.Event{
				MessageID: fmt.Sprint("m", i), Customer: "c1", Name: []string{"opened", "bought"}[i%2], At: benchStart.Add(time.Duration(i) * time.Hour),
			})
			require.NoError(b, err)
		}
		for i := range 20 {
			status := ledger.Ended
			if i >= 16 {
				status = ledger.Open
			}
			o := benchOutreach(ledger.Ref{Rule: fmt.Sprint("rule-", i%4), Customer: "c1", N: i}, status)
			n, _, err := tx.AddOutreach(o)
			require.NoError(b, err)
			require.NoError(b, tx.SetDue(ledger.Due{Rule: o.Rule, Customer: "c1", About: fmt.Sprint(i), At: benchStart.Add(time.Hour)}))
			o.N = n
			require.NoError(b, tx.SavePart(ledger.Part{Ref: o.Ref, Step: "s1", Channel: customer.SMS, Status: ledger.Accepted, Planned: benchStart.Add(time.Duration(i-16) * time.Hour)}))
		}
		return nil
	}))
	return s
}
