package activities_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// BenchmarkLearn learns of everybody from a store of as many customers, each
// with an outreach. Filling it takes longer.
func BenchmarkLearn(b *testing.B) {
	for _, people := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			store, err := sqlite.Open(b.Context(), b.TempDir()+"/outreach.db", sqlite.Options{})
			require.NoError(b, err)
			defer func() { require.NoError(b, store.Close()) }()
			now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
			fill(b, store, people, now)
			rules := library.New(store)
			_, err = rules.Load(b.Context(), mondayFiles(), now)
			require.NoError(b, err)
			e := &activities.Engine{
				Store: store, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Logger: slog.New(slog.DiscardHandler),
				Clock: activities.SetTime(func() time.Time { now = now.Add(day); return now }),
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				did, err := e.Learn(b.Context(), time.Hour)
				require.NoError(b, err)
				require.True(b, did)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB-allocated/op")
			b.ReportMetric(float64(after.HeapSys-before.HeapSys)/1e6, "MB-more-heap")
			b.ReportMetric(float64(rules.Current().Insight.Customers()), "customers-read")
		})
	}
}

// fill puts customers with habits of their own into a store.
func fill(b *testing.B, store ledger.Store, people int, now time.Time) {
	b.Helper()
	draw := rand.New(rand.NewPCG(1, 2))
	const page = 5000
	for done := 0; done < people; done += page {
		require.NoError(b, store.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for range page {
				id := customer.ID(fmt.Sprintf("%016x", draw.Uint64()))
				if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id, Since: now}, State: stateOf(draw, now)}); err != nil {
					return err
				}
				o := ledger.Outreach{Ref: ledger.Ref{Rule: "monday-hello", Customer: id}, Key: "k", At: now, Status: ledger.Ended, Sent: 1}
				if _, _, err := tx.AddOutreach(o); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// stateOf gives somebody who is on in the app on some evenings, and of whom
// one in three reads mail.
func stateOf(draw *rand.Rand, now time.Time) []byte {
	hour, weekday := 7+draw.IntN(15), draw.IntN(7)
	app, mail := &habit.Profile{}, &habit.Profile{}
	for week := 8; week > 0; week-- {
		at := now.AddDate(0, 0, -7*week+weekday).Truncate(day).Add(time.Duration(hour+draw.IntN(2)) * time.Hour)
		app.Add(at, habit.Seen)
		mail.Add(at.Add(time.Hour), habit.Answered)
	}
	s := behaviour.State{LastAct: now, Habits: map[customer.Channel]*habit.Profile{customer.AnyChannel: app, customer.Push: app}}
	if draw.IntN(3) == 0 {
		s.Habits[customer.Email] = mail
	}
	return s.Encode()
}
