package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// onBoth runs a benchmark on files of SQLite and on databases of PostgreSQL,
// which waits for its disk as in production. Each call of place gives an empty
// one.
func onBoth(b *testing.B, run func(b *testing.B, place func() store.Place)) {
	b.Run("store=sqlite", func(b *testing.B) {
		files := 0
		run(b, func() store.Place {
			files++
			return store.Place(filepath.Join(b.TempDir(), fmt.Sprint("outreach-", files, ".db")))
		})
	})
	b.Run("store=postgres", func(b *testing.B) {
		server := pgtest.StartOnDisk(b)
		databases := 0
		run(b, func() store.Place {
			databases++
			name := fmt.Sprint("bench_", databases)
			require.NoError(b, server.CreateDatabase(b.Context(), name))
			return store.Place(server.URL(name))
		})
	})
}

func open(b *testing.B, at store.Place) ledger.Store {
	b.Helper()
	s, err := at.Open(b.Context(), slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// plain inserts the same rows with the same indexes, and one state a customer
// and batch, as a careful program without rules would: profile and state are as
// long as those of the customers that line has.
type plain interface {
	insert(b *testing.B, first, customers int, profile string, state []byte)
}

func newPlain(b *testing.B, at store.Place) plain {
	b.Helper()
	require.NoError(b, open(b, at).Close())
	if !at.OnServer() {
		db, err := sql.Open("sqlite", "file:"+at.File()+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
		require.NoError(b, err)
		db.SetMaxOpenConns(1)
		b.Cleanup(func() { _ = db.Close() })
		return &plainFile{db: db}
	}
	config, err := pgx.ParseConfig(string(at))
	require.NoError(b, err)
	config.RuntimeParams["search_path"] = postgres.Schema
	conn, err := pgx.ConnectConfig(b.Context(), config)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	month := time.Now().UTC()
	first := time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	_, err = conn.Exec(b.Context(), fmt.Sprintf("CREATE TABLE this_month PARTITION OF events FOR VALUES FROM (%d) TO (%d)",
		first.UnixMicro(), first.AddDate(0, 1, 0).UnixMicro()))
	require.NoError(b, err)
	return &plainServer{conn: conn}
}

type plainFile struct {
	db   *sql.DB
	sent int
}

func (p *plainFile) insert(b *testing.B, first, customers int, profile string, state []byte) {
	tx, err := p.db.BeginTx(b.Context(), nil)
	require.NoError(b, err)
	event, err := tx.Prepare(`INSERT INTO events (message_id, customer, name, at, received, via, properties) VALUES (?, ?, ?, ?, ?, '', ?)`)
	require.NoError(b, err)
	keep, err := tx.Prepare(`INSERT INTO customers (id, profile, state) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state`)
	require.NoError(b, err)
	now := time.Now().UnixMicro()
	for i := range batchSize {
		p.sent++
		id := fmt.Sprint("c", (first+i/perCustomer)%customers)
		_, err = event.Exec(fmt.Sprint("m", p.sent), id, "data_session", now, now, `{"mb":12.5,"source":"app"}`)
		require.NoError(b, err)
		if i%perCustomer == 0 {
			_, err = keep.Exec(id, profile, state)
			require.NoError(b, err)
		}
	}
	require.NoError(b, tx.Commit())
}

// plainServer sends a batch's statements in one journey.
type plainServer struct {
	conn *pgx.Conn
	sent int
}

func (p *plainServer) insert(b *testing.B, first, customers int, profile string, state []byte) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	now := time.Now().UnixMicro()
	for i := range batchSize {
		p.sent++
		id, message := fmt.Sprint("c", (first+i/perCustomer)%customers), fmt.Sprint("m", p.sent)
		batch.Queue("INSERT INTO event_ids (id, at) VALUES (sha256($1), $2)", []byte(message), now)
		batch.Queue("INSERT INTO events (message_id, customer, name, at, received, via, properties) VALUES ($1, $2, $3, $4, $5, '', $6)",
			message, id, "data_session", now, now, `{"mb":12.5,"source":"app"}`)
		if i%perCustomer == 0 {
			batch.Queue("INSERT INTO customers (id, profile, state) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state",
				id, profile, state)
		}
	}
	batch.Queue("COMMIT")
	require.NoError(b, p.conn.SendBatch(b.Context(), batch).Close())
}
