package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// monday is the instant at which the tests' commands are called.
var monday = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// seeded is a store that stays open, as a running engine keeps it, with
// testdata/company in force.
type seeded struct {
	t     *testing.T
	store ledger.Store
	path  string
}

func seed(t *testing.T, fn func(ledger.Tx) error) *seeded {
	t.Helper()
	path := filepath.Join(t.TempDir(), "outreach.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	s := &seeded{t: t, store: store, path: path}
	s.call("rules", "load", "testdata/company/rules")
	require.NoError(t, store.Write(t.Context(), ledger.IntakeLane, fn))
	return s
}

// call runs a command that has to end well and gives what it wrote.
func (s *seeded) call(args ...string) string {
	s.t.Helper()
	var out, trouble bytes.Buffer
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &out, stderr: &trouble}
	require.Zero(s.t, run(s.t.Context(), append(args, "--store", s.path), r), trouble.String())
	return out.String()
}

// held gives an open outreach of a rule that waits for a hold.
func held(rule string, n int) ledger.Outreach {
	return ledger.Outreach{
		Ref: ledger.Ref{Rule: rule, Customer: customer.ID(fmt.Sprintf("c%d", n))}, Key: "k", Status: ledger.Open, At: monday,
		Reason: customer.Paused, NextAt: monday.Add(time.Hour), WakesOn: []string{journey.WakeProfile, journey.WakeResume},
	}
}

func TestStatusOfWhatNeedsAttention(t *testing.T) {
	t.Parallel()
	removed := held("old-rule", 1)
	removed.Reason, removed.Key = "", "k"
	unknown := ledger.Part{
		Ref: ledger.Ref{Rule: "welcome", Customer: "c1", N: 1}, Step: "welcome", Channel: customer.SMS, Template: "welcome",
		Status: ledger.Unknown, Updated: monday.Add(-time.Hour),
	}
	s := seed(t, func(tx ledger.Tx) error {
		for n := range shownUnknown + 1 {
			unknown.N = n + 1
			if err := tx.SavePart(unknown); err != nil {
				return err
			}
		}
		if _, _, err := tx.AddOutreach(removed); err != nil {
			return err
		}
		return tx.Count("too_late", 3)
	})
	out := s.call("status")
	require.Contains(t, out, "events     0 in the log, 3 of them too late to count\n")
	require.Contains(t, out, "messages   21 unknown\n")
	require.Regexp(t, `(?m)^old-rule +removed +read +0 +1 +0 +0$`, out)
	require.Regexp(t, `(?m)^UNKNOWN WHETHER SENT +CUSTOMER +RULE +AT$`, out)
	require.Equal(t, shownUnknown, strings.Count(out, "welcome by SMS        c1        welcome  2026-11-23 13:00 UTC\n"))
	require.True(t, strings.HasSuffix(out, "\nand 1 more\n"), out)
	require.Contains(t, s.call("pause", "--rule", "old-rule"), "rule old-rule is paused", "a rule that was removed and has open outreaches")
}

func TestStatusTellsWhyMessagesWereRejected(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		for n, reason := range []customer.Reason{customer.TemplateError, customer.BadAddress, customer.TemplateError, customer.Rejected} {
			part := ledger.Part{
				Ref: ledger.Ref{Rule: "welcome", Customer: "c1", N: n + 1}, Step: "welcome", Channel: customer.SMS,
				Status: ledger.Rejected, Reason: reason,
			}
			if err := tx.SavePart(part); err != nil {
				return err
			}
		}
		return nil
	})
	require.Contains(t, s.call("status"), "messages   2 refused by providers, 2 whose text could not be written\n")
	require.Contains(t, s.call("status", "--json"), `"template_error": 2`)
}

func TestStatusNamesWhatIsNotDeclared(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		for name, n := range map[string]int64{
			observe.UndeclaredEvent + "order_shipped": 1200, observe.UndeclaredEvent + "order_sent": 1, observe.UndeclaredTrait + "frst_name": 3,
			observe.OddValue + "plan_mb": 2, observe.UndeclaredEvent + "signed_up": 7, observe.UndeclaredTrait + "first_name": 8,
		} {
			if err := tx.Count(name, n); err != nil {
				return err
			}
		}
		return nil
	})
	require.Contains(t, s.call("status"), "\nnot declared in data.yaml: event order_shipped 1,200, event order_sent 1, trait frst_name 3\n"+
		"not of the kind or the texts that data.yaml declares: plan_mb 2\n\nRULE", "what is declared by this time is left out")
	require.Contains(t, s.call("status", "--json"), `"order_shipped": 1200`)
}

func TestStopAllEndsEverybodysOutreachesOfARule(t *testing.T) {
	t.Parallel()
	const many = 2*stopsAtOnce + 7
	var version string
	s := seed(t, func(tx ledger.Tx) error {
		active, err := tx.Active()
		require.NoError(t, err)
		for _, a := range active {
			if a.Name == "usage-limit" {
				version = a.Hash
			}
		}
		for n := range many {
			o := held("usage-limit", n/2)
			o.Key, o.Version = fmt.Sprint(n), version
			if n%3 == 0 {
				o.Status, o.Reason = ledger.Matched, ""
			}
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
		}
		_, _, err = tx.AddOutreach(held("welcome", 1))
		return err
	})
	require.Equal(t, "1,007 outreaches of rule usage-limit stopped\n", s.call("stop", "usage-limit", "--all"))
	require.Equal(t, "nothing to stop: no outreach of rule usage-limit is open\n", s.call("stop", "usage-limit", "--all"))
	require.NoError(t, s.store.Read(t.Context(), func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		require.Equal(t, []ledger.Tally{
			{Rule: "usage-limit", Status: ledger.Ended, Reason: customer.StoppedByUs, Count: many},
			{Rule: "welcome", Status: ledger.Open, Reason: customer.Paused, Count: 1},
		}, tallies)
		return err
	}))
}

// TestExplainSaysWhatIsWaitedFor goes through where outreaches may stand.
func TestExplainSaysWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	outreach := func(key string, status ledger.Status, answer string, next time.Time) ledger.Outreach {
		o := held("welcome", 1)
		o.Key, o.Version, o.Status, o.Answer, o.NextAt, o.Reason = key, "gone", status, []byte(answer), next, ""
		return o
	}
	s := seed(t, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1", Zone: "Asia/Kolkata"}}); err != nil {
			return err
		}
		sending := outreach("k2", ledger.Open, `{"why":"waiting until Mon 23 Nov 10:00 UTC: now"}`, monday.Add(time.Minute))
		past := outreach("k3", ledger.Open, `{"why":"waiting until Mon 23 Nov 10:00 UTC: now"}`, monday.Add(-time.Hour))
		past.Match = map[string]customer.Value{"order_id": customer.Text("7"), "amount": customer.Number(12.5)}
		for _, o := range []ledger.Outreach{outreach("k1", ledger.Matched, "", monday), sending, past, outreach("k4", ledger.Open, "", monday)} {
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
		}
		if err := tx.Decide(ledger.Decision{Ref: ledger.Ref{Rule: "welcome", Customer: "c1", N: 3}, At: monday, Kind: ledger.KindMatch}); err != nil {
			return err
		}
		return tx.SavePart(ledger.Part{
			Ref: ledger.Ref{Rule: "welcome", Customer: "c1", N: 2}, Step: "welcome", Channel: customer.Push, Template: "welcome", Status: ledger.Sending,
		})
	})
	require.Equal(t, `customer c1, Asia/Kolkata, where it is Mon 23 Nov 19:30
  said        zone Asia/Kolkata

welcome: not judged yet: the rule is warming, the customer's history has not been read; outreach serve reads it
  match 4     under way
  match 3     under way
              Mon 23 Nov 19:30  matched: amount 12.5, order_id 7
  match 2     under way
  match 1     not started
  next        match 4: waits for the engine
              match 3: waits until Mon 23 Nov 10:00 UTC: now; that is past: does the engine run?
              match 2: an attempt to send welcome by push is under way
              match 1: waits for the engine to start it
`, s.call("explain", "c1", "--rule", "welcome"))
	require.Contains(t, s.call("explain", "c1"), "usage-limit: not judged yet: the rule is warming, the customer's history has not been read; outreach serve reads it\n")
}

// TestExplainTellsOfWebhooksAndTasks goes through what becomes of them.
func TestExplainTellsOfWebhooksAndTasks(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1", Zone: "UTC"}}); err != nil {
			return err
		}
		o := held("welcome", 1)
		o.Status, o.Reason, o.Version, o.Answer = ledger.Open, "", "gone", []byte(`{"why":"calling the webhook coupon"}`)
		n, _, err := tx.AddOutreach(o)
		if err != nil {
			return err
		}
		ref := ledger.Ref{Rule: "welcome", Customer: "c1", N: n}
		line := func(kind ledger.Kind, c customer.Channel, template string, reason customer.Reason, note string) ledger.Decision {
			return ledger.Decision{Ref: ref, At: monday, Kind: kind, Step: "x", Channel: c, Template: template, Planned: monday, Reason: reason, Note: note}
		}
		err = tx.Decide(
			line(ledger.KindDefer, customer.Webhook, "coupon", customer.Paused, ""),
			line(ledger.KindDefer, customer.Webhook, "coupon", customer.Unavailable, "the webhook is in trouble"),
			line(ledger.KindSend, customer.Webhook, "coupon", "", ""),
			line(ledger.KindDrop, customer.Webhook, "webhook-3", customer.WebhookFailed, "the webhook refused the call"),
			line(ledger.KindSend, customer.Handoff, "care", "", ""),
			line(ledger.KindDrop, customer.Handoff, "care", customer.Rejected, ""),
		)
		if err != nil {
			return err
		}
		return tx.SavePart(ledger.Part{Ref: ref, Step: "coupon", Channel: customer.Webhook, Template: "coupon", Status: ledger.Sending})
	})
	require.Contains(t, s.call("explain", "c1", "--rule", "welcome"), `
  match 1     under way
              Mon 23 Nov 14:00  held the webhook coupon: paused by a hold
              Mon 23 Nov 14:00  not answered yet, the webhook coupon: the provider is down - the webhook is in trouble
              Mon 23 Nov 14:00  called the webhook coupon
              Mon 23 Nov 14:00  not answered, the webhook webhook-3: a webhook did not answer in time, or said no - the webhook refused the call
              Mon 23 Nov 14:00  handed over the task for care
              Mon 23 Nov 14:00  not handed over, the task for care: the provider refused it for good
  next        an attempt is under way: the webhook coupon
`)
}

func TestLocalTimesOfOtherYearsSayTheYear(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1", Zone: "Pacific/Auckland"}}); err != nil {
			return err
		}
		o := held("welcome", 1)
		o.Status, o.Reason, o.At, o.Ended = ledger.Ended, customer.Completed, monday.AddDate(-1, 0, 0), time.Date(2025, 12, 31, 11, 30, 0, 0, time.UTC)
		if _, _, err := tx.AddOutreach(o); err != nil {
			return err
		}
		return tx.Decide(ledger.Decision{Ref: ledger.Ref{Rule: "welcome", Customer: "c1", N: 1}, At: o.At, Kind: ledger.KindEnter})
	})
	require.Contains(t, s.call("explain", "c1"), "              Mon 24 Nov 2025 03:00  entered\n")
	require.Contains(t, s.call("explain", "c1"), "  match 1     ended Thu 1 Jan 00:30: all steps are done\n")
}

func TestBarShowsItsEnd(t *testing.T) {
	t.Parallel()
	require.Nil(t, newBar(&bytes.Buffer{}, "x", progress.UnitsBytes), "only a terminal gets a bar")
	var none *bar
	none.move(1, 2)
	none.end()
	var out bytes.Buffer
	b := startBar(&out, "events.csv", progress.UnitsBytes)
	b.move(50, 100)
	b.move(100, 100)
	b.end()
	require.Contains(t, out.String(), "events.csv")
	require.Contains(t, out.String(), "done!")
}

func TestShortenKeepsToOneSafeLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"a": "b"}`, shorten([]byte("{\"a\":\n  \"b\"}\n")))
	require.Equal(t, "?[31m red?", shorten([]byte("\xff[31m\x1bred\xc3")))
	long := shorten([]byte(strings.Repeat("x", shownBody-1) + "é" + "tail"))
	require.Equal(t, strings.Repeat("x", shownBody-1)+"...", long, "no letter is cut in two")
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, printTable(&out, 1, [][]string{{"NAME", "N"}, {"é", "12"}, {"longer", "3"}, {"alone"}}))
	require.Equal(t, "NAME     N\né       12\nlonger   3\nalone\n", out.String())
}

// TestEveryCommandSaysWhereItsStoreIs holds it for those that work on it.
func TestEveryCommandSaysWhereItsStoreIs(t *testing.T) {
	t.Parallel()
	root := rootCommand(time.Now)
	for _, path := range [][]string{
		{"status"}, {"explain"}, {"pause"}, {"resume"}, {"stop"}, {"rejected"}, {"rules", "load"}, {"rules", "list"}, {"import", "customers"}, {"import", "events"},
	} {
		cmd, _, err := root.Find(path)
		require.NoError(t, err)
		require.Contains(t, cmd.Flags().Lookup("store").Usage, "OUTREACH_STORE", path)
	}
}
