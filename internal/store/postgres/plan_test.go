package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// fill puts so many rows into the long tables that to read one of them whole
// costs more than to look a few rows up.
const fill = `
	INSERT INTO customers (id, profile) SELECT 'c' || i, '{}' FROM generate_series(1, 5000) AS i;
	INSERT INTO identities SELECT 'app-' || i, 'c' || i FROM generate_series(1, 5000) AS i;
	INSERT INTO outreaches (rule, customer, n, about, key, version, topic, priority, at, recorded, match, trigger_id, status, reason,
			ended, seq, next_at, wakes_on, lease, sent, goal_at)
		SELECT 'rule-' || i % 20, 'c' || i, 1, '', 'k', 'v', 't', i % 3, i, i, '', '',
			CASE WHEN i % 10 = 0 THEN 'open' WHEN i % 10 = 1 THEN 'matched' ELSE 'ended' END, '', 0, 0, i,
			CASE WHEN i % 100 = 0 THEN '["paid"]' ELSE '' END, 0, 1, 0
		FROM generate_series(1, 20000) AS i;
	INSERT INTO decisions (customer, at, rule, n, kind, step, channel, template, planned, reason, note)
		SELECT 'c' || i % 5000, i, 'rule-' || i % 20, 1, 'plan', '', '', '', 0, '', '' FROM generate_series(1, 20000) AS i;
	INSERT INTO parts (rule, customer, n, step, channel, topic, template, priority, planned, status, reason, attempt, lease, retry_at, address,
			provider, provider_id, code, sent, updated, deadline, value, item, digest, carrier, print, turn, beside)
		SELECT 'rule-' || i % 20, 'c' || i, 1, 's', 'sms', 't', 'm', 0, i,
			CASE WHEN i % 500 = 0 THEN 'sending' WHEN i % 500 = 1 THEN 'ambiguous' WHEN i % 10 = 2 THEN 'planned' ELSE 'delivered' END, '', 1, i, i,
			'+1555' || i, 'twilio', 'SM' || i, '', i, i, 0, 0, 0, '', '', '', 0, 0
		FROM generate_series(1, 20000) AS i;
	INSERT INTO hints (rule, customer, n, at) SELECT 'rule-' || i % 20, 'c' || i, 1, i FROM generate_series(1, 5000) AS i;
	INSERT INTO dues SELECT 'c' || i, 'rule-' || i % 20, '', i FROM generate_series(1, 20000) AS i;
	INSERT INTO shares SELECT 'c' || i, 'team', 'team-' || i % 1000 FROM generate_series(1, 20000) AS i;
	INSERT INTO news (message_id, customer, name, at, received, via, properties, trait, value, told)
		SELECT 'm' || i, '', 'price', i, i, '', '', 'team', 'team-1', '' FROM generate_series(1, 5000) AS i;
	INSERT INTO moved SELECT 'rule-' || i % 20, 'gone-' || i, 1, 'c' || i, 1 FROM generate_series(1, 20000) AS i;
	INSERT INTO evidence (at, customer, act, how, topic, channel, address, message, template, text, source)
		SELECT i, 'c' || i % 5000, '', '', '', 'sms', '+1555' || i, '', '', '', '' FROM generate_series(1, 20000) AS i;
	INSERT INTO rejections (at, source, reason) SELECT i, '', '' FROM generate_series(1, 5000) AS i;
	INSERT INTO suppressions SELECT 'sms', '+1555' || i, '', i FROM generate_series(1, 20000) AS i;
	INSERT INTO event_ids SELECT decode(md5('m' || i), 'hex'), i FROM generate_series(1, 20000) AS i;
	CREATE TABLE events_1970_01 PARTITION OF events FOR VALUES FROM (0) TO (2678400000000);
	CREATE TABLE events_1970_02 PARTITION OF events FOR VALUES FROM (2678400000000) TO (5097600000000);
	INSERT INTO events SELECT 'c' || i % 5000, 'seen', i * CAST(200000000 AS BIGINT), 'm' || i, i, '', '' FROM generate_series(1, 20000) AS i;
	ANALYZE`

// Plans that read or sort much, and may, by a piece of the statement. (Hints and news are
// no long tables: they are queues that are emptied.)
var dear = []string{
	"GROUP BY",                           // counts of everything, for people and the metrics
	"SELECT count(*) FROM",               // likewise
	"SET status = 'matched'",             // Restart changes all
	"WHERE status = 'open' AND wakes_on", // as many as wait for a word
}

// TestPlans holds that no statement of a long table reads the whole of it, and
// that those who want the first few of many do not sort the many. Plans are
// those for any values: what a connection that lasts goes by.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := alone(t)
	c, err := pgx.ConnectConfig(t.Context(), s.config)
	require.NoError(t, err)
	_, err = c.PgConn().Exec(t.Context(), fill).ReadAll()
	require.NoError(t, err)
	require.NoError(t, c.Close(context.Background()))
	undone(t, s, askEverything)
	undone(t, s, func(x *tx) error {
		_ = x.c.Later("SET LOCAL enable_seqscan = on") // what the server would choose
		return checkPlans(t, x.c)
	})
}

// TestPlansOfANewCompany holds the same of plans that are made while the tables
// are empty, and kept for some time while they grow.
func TestPlansOfANewCompany(t *testing.T) {
	t.Parallel()
	s := alone(t)
	undone(t, s, askEverything)
	undone(t, s, func(x *tx) error { return checkPlans(t, x.c) })
}

// alone opens a store whose writes all go by one connection.
func alone(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), pgtest.Database(t), Options{Writers: 1, Readers: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// undone runs a write of which nothing is kept.
func undone(t *testing.T, s *Store, fn func(x *tx) error) {
	t.Helper()
	done := errors.New("everything was asked")
	require.Equal(t, done, s.Write(t.Context(), ledger.IntakeLane, func(x ledger.Tx) error {
		if err := fn(x.(*tx)); err != nil {
			return err
		}
		return done
	}))
}

type prepared struct {
	name, text string
	values     int64
}

func checkPlans(t *testing.T, c *conn) error {
	scan := func(r *sqltx.Row) prepared { return prepared{r.Text(), r.Text(), r.Int64()} }
	list, err := sqltx.All(c, scan, "SELECT name, statement, CAST(coalesce(array_length(parameter_types, 1), 0) AS BIGINT) FROM pg_prepared_statements")
	if err != nil {
		return err
	}
	_ = c.Later("SET LOCAL plan_cache_mode = force_generic_plan")
	checked := 0
	for _, p := range list {
		verb, _, _ := strings.Cut(p.text, " ")
		if !strings.Contains("SELECT INSERT UPDATE DELETE WITH", verb) {
			continue
		}
		execute := fmt.Sprintf("EXPLAIN EXECUTE %q", p.name)
		if p.values > 0 {
			execute += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", int(p.values)), ", ") + ")"
		}
		plan, err := sqltx.All(c, sqltx.Text, execute)
		if err != nil {
			return err
		}
		checked++
		checkPlan(t, p.text, plan)
	}
	if checked < 60 {
		t.Errorf("only %d statements were looked at", checked)
	}
	return nil
}

var (
	sweep = regexp.MustCompile(`Seq Scan on (customers|identities|outreaches|decisions|parts|dues|shares|moved|evidence|suppressions|event\w*)\b`)
	sort  = regexp.MustCompile(`^ *(->  )?Sort `)
)

func checkPlan(t *testing.T, text string, plan []string) {
	for _, piece := range dear {
		if strings.Contains(text, piece) {
			return
		}
	}
	for _, line := range plan {
		if sweep.MatchString(line) {
			t.Errorf("%s\nreads too much:\n%s", text, strings.Join(plan, "\n"))
		}
		if strings.Contains(text, "rowid LIMIT") && sort.MatchString(line) {
			t.Errorf("%s\nsorts too much:\n%s", text, strings.Join(plan, "\n"))
		}
	}
}

// askEverything has every statement prepared that takes rows from long tables.
func askEverything(x *tx) error {
	now := time.Unix(1000, 0)
	return errors.Join(askCustomers(x, now), askOutreaches(x, now), askWork(x, now), x.Merge("c7", "c8"), askAtOnce(x.c))
}

// askAtOnce has the statements prepared that do the work of many.
func askAtOnce(c *conn) error {
	for _, b := range bulks {
		args := make([]any, len(b.kinds))
		for i, kind := range b.kinds {
			args[i] = map[rune]any{'t': []string{}, 'i': []int64{}, 'b': [][]byte{}}[kind]
		}
		if err := c.Later(b.sql, args...); err != nil {
			return err
		}
	}
	return errors.Join(c.send(), c.Query(sqltx.UpdateState+" AND false", nil, []byte{1}, int64(1)))
}

func askCustomers(tx ledger.Tx, now time.Time) error {
	err1 := tx.Expect(ledger.Need{Externals: []string{"app-1", "app-2"}, Messages: []string{"m1"}})
	_, _, err2 := tx.Resolve("app-3")
	_, _, err3 := tx.Customer("c4")
	err4 := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c4"}})
	_, err5 := tx.CustomersAfter("c1", 5)
	_, _, err6 := tx.Suppressed(customer.SMS, "+15551")
	_, err7 := tx.Evidence("c1", 7, 5)
	_, err8 := tx.Evidence("", 7, 5)
	_, err9 := tx.EvidenceAt(customer.SMS, "+15551")
	err10 := tx.Share("c1", map[string]string{"shop": "north"})
	_, err11 := tx.Sharing("team", "team-1", "c1", 5)
	_, err12 := tx.Append(customer.Event{MessageID: "m1x", Customer: "c1", Name: "seen", At: now})
	_, err13 := tx.Events(ledger.EventQuery{Customer: "c1"})
	_, err14 := tx.Events(ledger.EventQuery{Customer: "c1", Names: []string{"seen"}, From: now, To: now, Limit: 5, Newest: true})
	_, err15 := tx.CountCustomers()
	_, err16 := tx.Latest("c1")
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14, err15, err16,
		tx.Join("app-1", "c9"), tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: "+15551"}), tx.Unsuppress(customer.SMS, "+15551"),
		tx.Testify(customer.Evidence{Customer: "c1"}))
}

func askOutreaches(tx ledger.Tx, now time.Time) error {
	ref := ledger.Ref{Rule: "rule-1", Customer: "c1", N: 1}
	o := ledger.Outreach{Ref: ref, Key: "k2", Status: ledger.Matched}
	_, _, err1 := tx.AddOutreach(o)
	_, _, err2 := tx.Outreach(ref)
	_, err3 := tx.OpenOutreaches("c1")
	_, _, err4 := tx.LastSent("rule-1", "c1", "")
	_, err5 := tx.OutreachesOf("c1", 5)
	_, err6 := tx.AwaitingGoal("c1", "rule-1", now)
	_, err7 := tx.Decisions("c1", 5)
	_, _, err8 := tx.Part(ref, "s", customer.SMS)
	_, err9 := tx.PartsOf(ref)
	_, err10 := tx.Slots("c1", now)
	_, err11 := tx.PartsBy(ledger.Unknown, 5)
	_, _, err12 := tx.PartOf("twilio", "SM1")
	_, _, err13 := tx.LastTo(customer.SMS, "+15551")
	_, err14 := tx.Asking(now, 5)
	_, err15 := tx.Moved(ref)
	_, err16 := tx.CountReasons(ledger.Rejected)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14, err15, err16,
		tx.SaveOutreach(ledger.Outreach{Ref: ref, Key: "k", Status: ledger.Open}), tx.SavePart(ledger.Part{Ref: ref, Step: "s", Channel: customer.SMS}), tx.Decide(ledger.Decision{Ref: ref}))
}

func askWork(tx ledger.Tx, now time.Time) error {
	_, err1 := tx.Claim("rule-1", now, now.Add(time.Minute), 5)
	_, err2 := tx.Overdue("rule-1", now, 5)
	_, err3 := tx.NotEnded("rule-1", 5)
	_, err4 := tx.Running("rule-1", ledger.Ref{}, 5)
	_, err5 := tx.Waiting("paid", 5)
	_, err6 := tx.Hints("rule-1", 5)
	_, err7 := tx.Dues("rule-1", now, 5)
	_, err8 := tx.RulesWithWork(now, now)
	_, err9 := tx.Backlog(now, now)
	_, err10 := tx.News(5)
	_, err11 := tx.Tallies()
	_, _, err12 := tx.Rejections(5)
	_, err13 := tx.Late(now, now, 5)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13,
		tx.Hint(ledger.Ref{Rule: "rule-1", Customer: "c1", N: 1}, now), tx.DropHints([]int64{1}),
		tx.SetDue(ledger.Due{Rule: "rule-1", Customer: "c1", At: now}), tx.DropDue("rule-1", "c1", ""),
		tx.SaveNews(ledger.News{ID: 1}), tx.DropNews(1))
}
