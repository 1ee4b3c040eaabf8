package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// TestPlans holds that no statement of a long table reads the whole of it: a
// plan searches an index, or sweeps one that covers the question.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "outreach.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, askEverything))
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, func(ledger.Tx) error { return checkPlans(t, s.writer.c) }))
}

// askEverything has every statement prepared that takes rows from long tables.
func askEverything(t ledger.Tx) error {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	ref := ledger.Ref{Rule: "cart", Customer: "c1", N: 1}
	o := ledger.Outreach{Ref: ref, Key: "k", Status: ledger.Matched}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	note(t.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1"}}))
	note(t.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c2"}}))
	_, _, err := t.AddOutreach(o)
	note(err)
	note(t.SaveOutreach(o))
	_, _, err = t.Outreach(ref)
	note(err)
	_, err = t.OpenOutreaches("c1")
	note(err)
	_, _, err = t.LastSent("cart", "c1", "")
	note(err)
	_, err = t.OutreachesOf("c1", 5)
	note(err)
	_, err = t.AwaitingGoal("c1", "cart", now)
	note(err)
	_, err = t.Decisions("c1", 5)
	note(err)
	_, _, err = t.Part(ref, "s", customer.SMS)
	note(err)
	_, err = t.PartsOf(ref)
	note(err)
	_, err = t.Slots("c1", now)
	note(err)
	_, err = t.PartsBy(ledger.Unknown, 5)
	note(err)
	_, err = t.CountParts()
	note(err)
	note(askReports(t, now))
	_, err = t.CountReasons(ledger.Rejected)
	note(err)
	_, err = t.CountCustomers()
	note(err)
	_, _, err = t.Customer("c9")
	note(err)
	_, _, err = t.Resolve("app-1")
	note(err)
	return errors.Join(append(errs, askWork(t, now))...)
}

func askReports(t ledger.Tx, now time.Time) error {
	_, _, err1 := t.PartOf("twilio", "SM1")
	_, _, err2 := t.LastTo(customer.SMS, "+15550100")
	_, err3 := t.Asking(now, 5)
	_, err4 := t.Moved(ledger.Ref{Rule: "cart", Customer: "c1", N: 1})
	_, err5 := t.Evidence("c1", 7, 5)
	_, err6 := t.Evidence("", 7, 5)
	_, err7 := t.EvidenceAt(customer.SMS, "+15550100")
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, t.Testify(customer.Evidence{Customer: "c1"}))
}

// TestReportsUseTheirIndexes holds that a provider's word finds its message,
// and the watch the attempts that it asks for, by the indexes made for them and
// with nothing to sort but what they give.
func TestReportsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "outreach.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, askEverything))
	wanted := map[string][]string{ // by a piece of the statement: its whole plan
		"FROM parts\n\t\tWHERE provider_id =": {
			"SEARCH parts USING INDEX parts_by_provider_id (provider_id=?)", "USE TEMP B-TREE FOR ORDER BY",
		},
		"FROM parts\n\t\tWHERE address =": {"SEARCH parts USING INDEX parts_by_address (address=?)"},
		"status = 'ambiguous'": {
			"MERGE (UNION ALL)",
			"LEFT", "SEARCH parts USING INDEX parts_sending (lease<?)", "USE TEMP B-TREE FOR LAST 5 TERMS OF ORDER BY",
			"RIGHT", "SEARCH parts USING INDEX parts_ambiguous (retry_at<?)", "USE TEMP B-TREE FOR LAST 5 TERMS OF ORDER BY",
		},
		"FROM evidence WHERE customer =": {"SEARCH evidence USING INDEX evidence_by_customer (customer=? AND id>?)"},
		"FROM evidence WHERE id >":       {"SEARCH evidence USING INTEGER PRIMARY KEY (rowid>?)"},
		"SELECT to_customer":             {"SEARCH moved USING PRIMARY KEY (rule=? AND customer=? AND n=?)"},
		"UPDATE moved":                   {"SEARCH moved USING INDEX moved_by_target (to_customer=?)"},
		"INSERT INTO outreaches": {
			"SCALAR SUBQUERY 3", "CO-ROUTINE given", "COMPOUND QUERY", "LEFT-MOST SUBQUERY",
			"SEARCH outreaches USING COVERING INDEX sqlite_autoindex_outreaches_1 (rule=? AND customer=?)",
			"UNION ALL", "SEARCH moved USING PRIMARY KEY (rule=? AND customer=?)", "SEARCH given",
		},
	}
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, func(ledger.Tx) error {
		for piece, plan := range wanted {
			require.Equal(t, plan, planOf(t, s.writer.c, piece), piece)
		}
		return nil
	}))
}

// planOf gives the plan of the only statement that has a piece.
func planOf(t *testing.T, c *conn, piece string) []string {
	t.Helper()
	var found []string
	for sql := range c.stmts {
		if strings.Contains(sql, piece) && !strings.HasPrefix(sql, "EXPLAIN") {
			found = append(found, sql)
		}
	}
	require.Len(t, found, 1, piece)
	plan, err := sqltx.All(c, planLine, "EXPLAIN QUERY PLAN "+found[0], make([]any, 40)...)
	require.NoError(t, err)
	return plan
}

func planLine(r *sqltx.Row) string { r.Skip(3); return r.Text() }

func askWork(t ledger.Tx, now time.Time) error {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	for _, q := range []ledger.EventQuery{
		{Customer: "c1"}, {Customer: "c1", Names: []string{"a", "b"}, From: now, To: now},
		{Customer: "c1", Names: []string{"a"}, From: now, Limit: 1, Newest: true},
	} {
		_, err := t.Events(q)
		note(err)
	}
	_, err := t.Latest("c1")
	note(err)
	_, err = t.Append(customer.Event{MessageID: "m1", Customer: "c1", Name: "a"})
	note(err)
	_, err = t.CustomersAfter("c1", 5)
	note(err)
	_, err = t.Claim("cart", now, now, 5)
	note(err)
	_, err = t.Overdue("cart", now, 5)
	note(err)
	_, err = t.Late(now, now, 5)
	note(err)
	_, err = t.NotEnded("cart", 5)
	note(err)
	_, err = t.Running("cart", ledger.Ref{Customer: "c1", N: 2}, 5)
	note(err)
	_, err = t.Waiting("$resume", 5)
	note(err)
	_, err = t.Restart()
	note(err)
	_, err = t.Hints("cart", 5)
	note(err)
	note(t.DropHints([]int64{1}))
	_, err = t.Dues("cart", now, 5)
	note(err)
	note(t.DropDue("cart", "c1", ""))
	_, err = t.RulesWithWork(now, now)
	note(err)
	_, err = t.Backlog(now, now)
	note(err)
	_, err = t.Tallies()
	note(err)
	note(t.Share("c1", map[string]string{"team": "red"}))
	note(t.Share("c1", map[string]string{"shop": "north"}))
	_, err = t.Sharing("shop", "north", "", 5)
	note(err)
	_, err = t.News(5)
	note(err)
	note(t.SaveNews(ledger.News{ID: 1}))
	note(t.DropNews(1))
	_, err = t.Documents(ledger.RuleDocument, "cart")
	note(err)
	note(t.Merge("c1", "c2"))
	return errors.Join(errs...)
}

func checkPlans(t *testing.T, c *conn) error {
	var texts []string
	for sql := range c.stmts {
		texts = append(texts, sql)
	}
	checked := 0
	for _, sql := range texts {
		if verb, _, _ := strings.Cut(sql, " "); verb == "PRAGMA" || verb == "BEGIN" || verb == "COMMIT" {
			continue
		}
		plan, err := sqltx.All(c, planLine, "EXPLAIN QUERY PLAN "+sql, make([]any, 40)...)
		if err != nil {
			return err
		}
		checked++
		for _, line := range plan {
			if sweeps(line) || sorts(sql, line) {
				t.Errorf("%s\nreads too much: %s", sql, line)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d statements were looked at", checked)
	}
	return nil
}

// sweeps reports whether a line of a plan reads the whole of a long table.
func sweeps(line string) bool {
	for _, table := range []string{"customers", "events", "outreaches", "decisions", "parts", "hints", "dues", "identities", "shares", "moved", "evidence"} {
		if strings.HasPrefix(line, "SCAN "+table) && !strings.Contains(line, "INDEX") {
			return true
		}
	}
	return false
}

// sorts reports whether a line sorts all that waits to give the first few.
// Those that end their order with the row number are to follow an index.
func sorts(sql, line string) bool {
	return strings.Contains(sql, "rowid LIMIT") && strings.Contains(line, "TEMP B-TREE")
}
