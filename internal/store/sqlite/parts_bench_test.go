package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// BenchmarkPart measures what a part costs the store over its life, planned,
// sending and accepted, and how much of it the indexes take by which providers'
// words find it. Both stores take turns, so that a slow moment hits both.
func BenchmarkPart(b *testing.B) {
	with, without := openParts(b), openParts(b, "parts_by_provider_id", "parts_by_address", "parts_sending", "parts_ambiguous")
	var all, fewer [3]time.Duration
	n := 0
	for b.Loop() {
		for i := range all {
			all[i] += saveLives(b, with, n, i)
			fewer[i] += saveLives(b, without, n, i)
		}
		n++
	}
	b.ReportMetric(0, "ns/op")
	var sum, fewerSum time.Duration
	for i, name := range []string{"planned", "sending", "accepted"} {
		b.ReportMetric(float64(all[i].Nanoseconds())/float64(n*lives), name+"-ns/part")
		sum, fewerSum = sum+all[i], fewerSum+fewer[i]
	}
	b.ReportMetric(float64(sum.Nanoseconds())/float64(n*lives), "ns/part")
	b.ReportMetric(float64(sum)/float64(fewerSum), "times-without-indexes")
}

// lives is how many parts one transaction saves.
const lives = 200

// openParts opens a store, without some indexes, that holds parts.
func openParts(b *testing.B, dropped ...string) *sqlite.Store {
	b.Helper()
	path := filepath.Join(b.TempDir(), "outreach.db")
	made, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	require.NoError(b, err)
	require.NoError(b, made.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(b, err)
	for _, index := range dropped {
		_, err := db.ExecContext(b.Context(), "DROP INDEX "+index)
		require.NoError(b, err)
	}
	require.NoError(b, db.Close())
	s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	for n := range 250 {
		saveLives(b, s, -1-n, 2)
	}
	return s
}

// saveLives saves one stage of the n-th parts and gives how long it took.
func saveLives(b *testing.B, s *sqlite.Store, n, stage int) time.Duration {
	b.Helper()
	list := make([]ledger.Part, lives)
	for i := range list {
		list[i] = partAt(n*lives+i, stage)
	}
	started := time.Now()
	require.NoError(b, s.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		for _, p := range list {
			if err := tx.SavePart(p); err != nil {
				return err
			}
		}
		return nil
	}))
	return time.Since(started)
}

// partAt gives the i-th part at a stage of its life.
func partAt(i, stage int) ledger.Part {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond)
	p := ledger.Part{
		Ref: ledger.Ref{Rule: "cart", Customer: customerID(i), N: 1}, Step: "remind", Channel: customer.SMS, Topic: "offers",
		Template: "cart-reminder", Planned: now.Add(time.Hour), Deadline: now.Add(5 * time.Hour), Status: ledger.Planned, Updated: now,
	}
	if stage > 0 {
		p.Status, p.Attempt, p.Lease, p.Sent = ledger.Sending, 1, now.Add(time.Hour+time.Minute), now.Add(time.Hour)
		p.Address, p.Provider, p.Print, p.Updated = fmt.Sprintf("+1555%07d", uint32(i)*2654435761%10_000_000), "twilio", "9f86d081884c7d65", p.Sent
	}
	if stage > 1 {
		p.Status, p.Lease, p.ProviderID = ledger.Accepted, time.Time{}, fmt.Sprintf("SM%032x", uint64(i)*0x9e3779b97f4a7c15)
		p.Sent = p.Sent.Add(time.Second)
		p.Updated = p.Sent
	}
	return p
}
