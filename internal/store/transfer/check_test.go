package transfer_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/storetest"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

// sound are rows in which nothing is missing.
func sound() []storetest.Step {
	ref := ledger.Ref{Rule: "cart", Customer: "c1", N: 1}
	var steps []storetest.Step
	for _, do := range []func(tx ledger.Tx) error{
		func(tx ledger.Tx) error { return tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1"}}) },
		func(tx ledger.Tx) error { return tx.Join("u-1", "c1") },
		func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "v1"})
		},
		func(tx ledger.Tx) error {
			return tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: "cart", Hash: "v1"})
		},
		func(tx ledger.Tx) error {
			_, _, err := tx.AddOutreach(ledger.Outreach{Ref: ref, Key: "k", Version: "v1", Status: ledger.Open, Position: []byte("{}")})
			return err
		},
		func(tx ledger.Tx) error { return tx.SavePart(ledger.Part{Ref: ref, Step: "s", Channel: customer.SMS}) },
		func(tx ledger.Tx) error {
			_, err := tx.Append(customer.Event{MessageID: "m1", Customer: "c1", Name: "seen", At: noon})
			return err
		},
	} {
		steps = append(steps, storetest.Step{Name: "sound", Do: do})
	}
	return steps
}

// harm runs commands on a place's tables.
func harm(t *testing.T, p store.Place, commands ...string) {
	t.Helper()
	driver, url := "sqlite", "file:"+strings.NewReplacer("#", "%23", "?", "%3f", " ", "%20").Replace(p.File())
	if p.OnServer() {
		driver, url = "pgx", string(p)+"&search_path=outreach"
		if !strings.Contains(string(p), "?") {
			url = string(p) + "?search_path=outreach"
		}
	}
	db, err := sql.Open(driver, url)
	require.NoError(t, err)
	for _, command := range commands {
		_, err := db.ExecContext(context.Background(), command)
		require.NoError(t, err, command)
	}
	require.NoError(t, db.Close())
}

func check(t *testing.T, p store.Place) transfer.Finding {
	t.Helper()
	found, err := transfer.Check(t.Context(), p, transfer.CheckOptions{Position: func(position []byte) error {
		if string(position) != "{}" {
			return errors.New("not readable")
		}
		return nil
	}})
	require.NoError(t, err)
	return found
}

// TestCheck holds that a sound store has no problems, and that each kind of harm
// is one, with its number of rows and one of them.
func TestCheck(t *testing.T) {
	t.Parallel()
	const ref = "cart/c1/1"
	common := map[string]struct{ command, what, example string }{
		"message":  {"DELETE FROM outreaches", "messages without their outreach", ref},
		"version":  {"UPDATE outreaches SET version = 'v2'", "outreaches under way whose version of the rule is not there", ref + " by v2"},
		"active":   {"UPDATE active SET hash = 'v3'", "rules or texts in force that are not there", "rule cart v3"},
		"identity": {"UPDATE identities SET customer = 'c2'", "outside ids of customers who are not there", "c2"},
		"nobody":   {"DELETE FROM identities", "customers without an outside id", "c1"},
		"moved":    {"INSERT INTO moved (rule, customer, n, to_customer, to_n) VALUES ('cart', 'c3', 1, 'c4', 1)", "outreaches that were moved to where there is none", "cart/c3/1"},
		"total":    {"UPDATE totals SET count = 7 WHERE name = 'events'", "the total of events is 7, and there are 1 events", ""},
		"customer": {"UPDATE outreaches SET customer = 'c5'", "outreaches under way whose customer is not there", "cart/c5/1"},
	}
	for kind, place := range map[string]func(*testing.T) store.Place{"SQLite": inFile, "PostgreSQL": onServer} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			fill(t, p, sound())
			found := check(t, p)
			require.Empty(t, found.Problems)
			require.Equal(t, noon, found.Oldest)
			require.Equal(t, found.Form.Have, found.Form.Want)
			for name, c := range common {
				if p.OnServer() { // it is the same question there: all that does not stand in another's way, at once
					if !slices.Contains([]string{"active", "moved", "total"}, name) {
						continue
					}
				} else {
					p = place(t)
					fill(t, p, sound())
				}
				harm(t, p, c.command)
				requireProblem(t, check(t, p), name, c.what, c.example)
			}
			if !p.OnServer() {
				p = place(t)
				fill(t, p, sound())
			}
			unreadable := "UPDATE outreaches SET position = CAST('x' AS BLOB)"
			if p.OnServer() {
				unreadable = "UPDATE outreaches SET position = 'x'"
			}
			harm(t, p, unreadable)
			requireProblem(t, check(t, p), "position", "outreaches under way whose place in their rule is not readable", ref)
			if p.OnServer() {
				harm(t, p, "DELETE FROM event_ids")
				requireProblem(t, check(t, p), "ids", "events whose id is not kept beside them", "seen")
				requireProblem(t, check(t, p), "number of ids", "the number of ids of events is 0, and there are 1 events", "")
			}
		})
	}
}

func requireProblem(t *testing.T, found transfer.Finding, name, what, example string) {
	t.Helper()
	for _, p := range found.Problems {
		if p.What == what {
			require.Equal(t, example, p.Example, name)
			require.EqualValues(t, 1, min(p.Count, 1), name)
			require.NotEmpty(t, p.Mend, name)
			return
		}
	}
	require.Empty(t, what, "%s: %+v", name, found.Problems)
}

// TestCheckOfAStoreInUse holds that a check lets others write, and that they do
// not change what it finds.
func TestCheckOfAStoreInUse(t *testing.T) {
	t.Parallel()
	for _, p := range []store.Place{inFile(t), onServer(t)} {
		fill(t, p, sound())
		s := open(t, p)
		done := make(chan error)
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			var err error
			for i := 0; err == nil && ctx.Err() == nil; i++ {
				err = s.Write(context.WithoutCancel(ctx), ledger.IntakeLane, func(tx ledger.Tx) error {
					_, err := tx.Append(customer.Event{MessageID: rowName(i), Customer: "c1", Name: "seen", At: noon})
					return err
				})
			}
			done <- err
		}()
		for range 5 {
			require.Empty(t, check(t, p).Problems)
		}
		stop()
		require.NoError(t, <-done)
	}
}

func rowName(i int) string { return "n" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) }

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	_, err := transfer.Check(t.Context(), inFile(t), transfer.CheckOptions{})
	require.ErrorContains(t, err, "is not there")
	for _, p := range []store.Place{inFile(t), onServer(t)} {
		fill(t, p)
		harm(t, p, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
		_, err = transfer.Check(t.Context(), p, transfer.CheckOptions{})
		require.ErrorContains(t, err, "bring them up first: outreach store migrate")
		harm(t, p, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, '1')")
		_, err = transfer.Check(t.Context(), p, transfer.CheckOptions{})
		require.ErrorContains(t, err, "newer version of this program")
	}
}
