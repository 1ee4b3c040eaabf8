package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/crowd"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
)

// BenchmarkSizes fills a PostgreSQL with a crowd, and gives how many customers a
// second it takes and what a customer and an event weigh there, indexes
// included.
func BenchmarkSizes(b *testing.B) {
	const customers, events = 50_000, 30
	for b.Loop() {
		server := pgtest.StartOnDisk(b)
		require.NoError(b, server.CreateDatabase(b.Context(), "sizes"))
		url := server.URL("sizes")
		began := time.Now()
		require.NoError(b, crowd.Fill(b.Context(), url, crowd.Options{
			Customers: customers, Events: events - 1, Rules: shipped(b), Now: time.Now(), Names: []string{"app_opened"},
			Traits: func(i int) map[string]customer.Value {
				return map[string]customer.Value{"region": customer.Text([]string{"north", "south"}[i%2])}
			},
		}, func(int) {}))
		b.ReportMetric(customers/time.Since(began).Seconds(), "customers/s")
		b.ReportMetric(weight(b, url, "customers", "identities", "dues", "shares")/customers, "B/customer")
		b.ReportMetric(weight(b, url, "events", "event_ids")/(customers*events), "B/event")
	}
}

// weight gives the bytes of tables with their partitions and indexes.
func weight(b *testing.B, url string, tables ...string) (bytes float64) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.Background()) }()
	for _, table := range tables {
		var n int64
		require.NoError(b, conn.QueryRow(b.Context(), `SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
			FROM pg_partition_tree($1::regclass)`, "outreach."+table).Scan(&n))
		if n == 0 { // no partitions
			require.NoError(b, conn.QueryRow(b.Context(), "SELECT pg_total_relation_size($1::regclass)", "outreach."+table).Scan(&n))
		}
		bytes += float64(n)
	}
	return bytes
}
