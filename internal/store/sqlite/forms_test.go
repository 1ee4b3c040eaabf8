package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// TestOpenBringsTablesUp holds that files of every earlier form are read on:
// what was kept is there, and everything can be written that any form knows.
func TestOpenBringsTablesUp(t *testing.T) {
	t.Parallel()
	for form := range int64(5) {
		t.Run(fmt.Sprint("form ", form+1), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "old.db")
			makeForm(t, path, form+1)
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			requireKept(t, s)
			require.NoError(t, s.Write(t.Context(), ledger.GateLane, useNewTables))
			requireUsed(t, s)
		})
	}
}

// makeForm makes a file as a program made it that knew no later form, with one
// customer, outreach, part and hold.
func makeForm(t *testing.T, path string, form int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x6f757472")
	require.NoError(t, err)
	forms, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = forms.UpTo(t.Context(), form)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO customers (id, profile) VALUES ('c1', '{}');
		INSERT INTO outreaches VALUES ('cart', 'c1', 1, '', 'k1', 'v1', 'offers', 5, 1000000, 1000000, '', '', 'ended', 'completed',
			0, NULL, 0, NULL, 0, '', 0, 1, 0);
		INSERT INTO parts (rule, customer, n, step, channel, topic, template, priority, planned, status, reason, attempt,
			lease, retry_at, address, provider, provider_id, code, sent, updated)
			VALUES ('cart', 'c1', 1, 's1', 'sms', 'offers', 'cart', 5, 1000000, 'ambiguous', '', 1,
			0, 2000000, '+15550100', 'twilio', 'SM1', '', 1000000, 1000000)`)
	require.NoError(t, err)
	holds := "INSERT INTO holds (kind, name, at, set_by, note) VALUES ('rule', 'cart', 1000000, 'operator', 'typo')"
	if form >= 3 {
		holds = "INSERT INTO holds VALUES ('rule', 'cart', 0, 1000000, 'operator', 'typo', '', 0)"
	}
	_, err = db.ExecContext(t.Context(), holds)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// oldPart is the part that makeForm wrote.
func oldPart() ledger.Part {
	second := time.Unix(1, 0).UTC()
	return ledger.Part{
		Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: "s1", Channel: customer.SMS, Topic: "offers", Template: "cart",
		Priority: 5, Planned: second, Status: ledger.Ambiguous, Attempt: 1, RetryAt: second.Add(time.Second), Address: "+15550100",
		Provider: "twilio", ProviderID: "SM1", Sent: second, Updated: second,
	}
}

func requireKept(t *testing.T, s ledger.Store) {
	t.Helper()
	part := oldPart()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		p, ok, err := tx.Part(part.Ref, part.Step, part.Channel)
		require.NoError(t, err)
		require.Equal(t, []any{part, true}, []any{p, ok})
		p, _, err = tx.PartOf("twilio", "SM1")
		require.NoError(t, err)
		require.Equal(t, part, p, "found by the provider's name of it")
		p, _, err = tx.LastTo(customer.SMS, "+15550100")
		require.NoError(t, err)
		require.Equal(t, part, p, "found by its address")
		asked, err := tx.Asking(part.RetryAt, 0)
		require.NoError(t, err)
		require.Equal(t, []ledger.Part{part}, asked)
		o, ok, err := tx.Outreach(part.Ref)
		require.NoError(t, err)
		require.Equal(t, []any{"k1", true}, []any{o.Key, ok})
		holds, err := tx.Holds()
		require.Equal(t, []ledger.Hold{{
			Kind: ledger.HoldRule, Name: "cart", At: time.Unix(1, 0).UTC(), By: "operator", Note: "typo",
		}}, holds, "what was held is held")
		return err
	}))
}

// fullOldPart is the old part with all that later forms know.
func fullOldPart() ledger.Part {
	p := oldPart()
	p.Answer, p.Deadline, p.Value = []byte(`{"points":12}`), p.Lease, 0.5
	p.Item, p.Digest, p.Carrier = true, "weekly", "cart.c1.1.s0.sms"
	p.Print, p.Turn, p.Beside = "9f86d081", p.Lease, true
	return p
}

// useNewTables writes what the first form did not know.
func useNewTables(tx ledger.Tx) error {
	if err := tx.SavePart(fullOldPart()); err != nil {
		return err
	}
	if err := tx.Share("c1", map[string]string{"team": "red"}); err != nil {
		return err
	}
	if err := tx.AddNews(ledger.News{Event: customer.Event{MessageID: "m1", Customer: "c1"}}); err != nil {
		return err
	}
	if err := tx.SetRecheck("cart", ledger.Ref{}); err != nil {
		return err
	}
	if err := tx.Testify(customer.Evidence{Customer: "c1"}); err != nil {
		return err
	}
	if err := tx.SavePace(ledger.Pace{Scope: "sms"}); err != nil {
		return err
	}
	if err := tx.Beat(ledger.Process{ID: "p1"}); err != nil {
		return err
	}
	return tx.Merge("c1", "c2")
}

func requireUsed(t *testing.T, s ledger.Store) {
	t.Helper()
	part := fullOldPart()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		to, err := tx.Moved(part.Ref)
		require.NoError(t, err)
		require.Equal(t, ledger.Ref{Rule: "cart", Customer: "c2", N: 1}, to)
		part.Ref = to
		parts, err := tx.PartsOf(to)
		require.NoError(t, err)
		require.Equal(t, []ledger.Part{part}, parts)
		said, err := tx.Evidence("c2", 0, 0)
		require.NoError(t, err)
		require.Equal(t, []customer.Evidence{{ID: 1, Customer: "c2"}}, said)
		paces, err := tx.Paces()
		require.Equal(t, []ledger.Pace{{Scope: "sms"}}, paces)
		return err
	}))
}
