package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// The customers of the pages about doubts and consent.
const (
	anna = customer.ID("cannaaaaaaaaaaaaa")
	ben  = customer.ID("cbennnnnnnnnnnnnn")
)

// inDoubt puts three messages in doubt: one that its provider is asked for, and
// two that nobody can say anything of. One customer has replied STOP.
func inDoubt(tx ledger.Tx) error {
	versions := map[string]string{}
	active, err := tx.Active()
	for _, a := range active {
		versions[a.Name] = a.Hash
		a.Warm = true // as though an engine had read the history
		err = errors.Join(err, tx.Activate(a))
	}
	for id, p := range map[customer.ID]customer.Profile{
		anna: {ID: anna, External: "u-1001", Phone: "+12125550101", Email: "anna@example.com", Zone: "America/New_York"},
		ben:  {ID: ben, External: "u-1002", Phone: "+12125550102", Email: "ben@example.com", Zone: "America/New_York"},
	} {
		err = errors.Join(err, tx.SaveCustomer(ledger.Record{Profile: p}), tx.Join(p.External, id))
	}
	stop := customer.Evidence{
		At: monday.Add(-48 * time.Hour), Customer: ben, Act: customer.AddressBlocked, How: customer.BySMS, Channel: customer.SMS,
		Address: "+12125550102", Message: "usage-limit." + string(ben) + ".1.usage-warning.sms", Template: "usage-warning", Text: "Stop, please", Source: "sms-1",
	}
	err = errors.Join(err, tx.Testify(stop), tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: stop.Address, Reason: customer.StopReply, At: stop.At}))
	for _, one := range []struct {
		who        customer.ID
		rule, step string
		by         customer.Channel
		status     ledger.PartStatus
		provider   string
		ago        time.Duration
		next, note string
	}{
		{anna, "usage-limit", "usage-warning", customer.SMS, ledger.Ambiguous, "twilio", 20 * time.Minute, "usage-warning", "the call took longer than 30s"},
		{anna, "welcome", "welcome", customer.Email, ledger.Unknown, "smtp", 26 * time.Hour, "", "nobody can say whether it went out: held, as policy.yaml says"},
		{ben, "usage-limit", "usage-warning", customer.SMS, ledger.Unknown, "twilio", 3 * time.Hour, "wait-2", "nobody can say whether it went out: held, as policy.yaml says"},
	} {
		at := monday.Add(-one.ago)
		o := ledger.Outreach{
			Ref: ledger.Ref{Rule: one.rule, Customer: one.who, N: 1}, Key: one.rule, Version: versions[one.rule], Topic: "service",
			Status: ledger.Open, At: at, Recorded: at, Position: []byte(`{"step":"` + one.next + `","began":"` + at.Format(time.RFC3339) + `"}`), NextAt: monday.Add(time.Hour),
		}
		part := ledger.Part{
			Ref: o.Ref, Step: one.step, Channel: one.by, Topic: "service", Template: one.step, Status: one.status, Reason: customer.Unknown,
			Attempt: 1, Provider: one.provider, Planned: at, Sent: at, Updated: at, Address: "+12125550101",
		}
		kind := ledger.KindDrop
		if one.status == ledger.Ambiguous {
			part.Lease, part.RetryAt, kind = at, monday.Add(time.Minute), ledger.KindDefer
		}
		if one.next == "" {
			o.Status, o.Reason, o.Ended = ledger.Ended, customer.Completed, at
		}
		_, _, added := tx.AddOutreach(o)
		err = errors.Join(err, added, tx.SavePart(part), tx.Decide(ledger.Decision{
			Ref: o.Ref, At: at, Kind: kind, Step: one.step, Channel: one.by, Template: one.step, Reason: customer.Unknown, Note: one.note,
		}))
	}
	return err
}

// doubtfulFolder is where the pages begin: the company with messages in doubt.
func doubtfulFolder(env *testscript.Env) error {
	env.Setenv("NOW", monday.Format(time.RFC3339))
	if err := os.CopyFS(env.WorkDir, os.DirFS("testdata/company")); err != nil {
		return err
	}
	path := filepath.Join(env.WorkDir, "outreach.db")
	env.Setenv("OUTREACH_STORE", path)
	ctx := context.Background()
	quiet := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	if code := run(ctx, []string{"rules", "load", filepath.Join(env.WorkDir, "rules"), "--store", path}, quiet); code != 0 {
		return errors.New("the rules do not load")
	}
	store, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	return errors.Join(store.Write(ctx, ledger.IntakeLane, inDoubt), store.Close())
}

// TestThePagesOfDoubtAndConsent does what docs/unknown.md and docs/consent.md
// tell an operator to do.
func TestThePagesOfDoubtAndConsent(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	require.Greater(t, follow(t, "../../docs/unknown.md", doubtfulFolder), 5)
	require.Greater(t, follow(t, "../../docs/consent.md", doubtfulFolder), 2)
}

// wrong runs a command that has to end with a code and gives its complaint.
func (s *seeded) wrong(code int, args ...string) string {
	s.t.Helper()
	var out, trouble bytes.Buffer
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &out, stderr: &trouble}
	require.Equal(s.t, code, run(s.t.Context(), append(args, "--store", s.path), r), out.String())
	return trouble.String()
}

func TestUnknownRefusesWhatIsNotMeant(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	for want, args := range map[string][]string{
		"give one of --sent, --not-sent and --again":                  {"k", "--sent", "--again"},
		"say what became of them: --sent, --not-sent or --again":      {"--all"},
		"name messages by their keys, or give --all":                  {"--sent"},
		"--rule and --channel: go with --all, or with the list alone": {"k", "--sent", "--rule", "welcome"},
		"--provider-id: goes with --sent and one key":                 {"k", "--not-sent", "--provider-id", "SM1"},
		"--by: is empty; say who says so":                             {"k", "--sent", "--by", ""},
	} {
		require.Contains(t, s.wrong(2, append([]string{"unknown"}, args...)...), want)
	}
	require.Contains(t, s.wrong(1, "unknown", "k", "--sent"), `send key: "k" is not <rule>.<customer>.<n>.<step>.<channel>`)
}

// TestUnknownAsJSON holds the shape that scripts read.
func TestUnknownAsJSON(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.call("unknown", "--json", "--rule", "usage-limit", "--channel", "sms")), &list))
	require.Len(t, list, 2)
	require.Equal(t, map[string]any{
		"key": "usage-limit." + string(anna) + ".1.usage-warning.sms", "status": "ambiguous", "rule": "usage-limit", "customer": "u-1001",
		"customer_id": string(anna), "channel": "sms", "topic": "service", "template": "usage-warning", "provider": "twilio", "attempt": 1.0,
		"since": "2026-11-23T13:40:00Z", "asked_until": "2026-11-23T14:40:00Z", "then": "hold", "known": "the call took longer than 30s",
	}, list[0])
	require.Equal(t, []any{"unknown", nil}, []any{list[1]["status"], list[1]["asked_until"]})
}

// TestUnknownSettlesAllButThoseThatDoNotAllowIt: one that has ended stops no
// other, and is named.
func TestUnknownSettlesAllButThoseThatDoNotAllowIt(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	trouble := s.wrong(1, "unknown", "--all", "--again", "--yes", "--by", "ada")
	require.Equal(t, "outreach: message welcome."+string(anna)+".1.welcome.email: its outreach has ended (completed), and does not begin again; "+
		"settle it with --sent or --not-sent\n", trouble)
	require.NoError(t, s.store.Read(t.Context(), func(tx ledger.Tx) error {
		counts, err := tx.CountParts()
		require.Equal(t, map[ledger.PartStatus]int64{ledger.Withdrawn: 2, ledger.Unknown: 1}, counts)
		hints, err2 := tx.Hints("usage-limit", 0)
		require.NotEmpty(t, hints, "a running engine goes on with them")
		return errors.Join(err, err2)
	}))
	require.Equal(t, "no message is in doubt\n", s.call("unknown", "--rule", "usage-limit"))
	require.Equal(t, "no message is in doubt\n", s.call("unknown", "--all", "--sent", "--yes", "--channel", "push"))
}

func TestStatusOfDoubtsAndProviders(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		return errors.Join(inDoubt(tx),
			tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", At: monday.Add(-time.Hour), By: "twilio", Note: "the account is suspended"}),
			tx.SavePace(ledger.Pace{Scope: "smtp", Until: monday.Add(time.Minute), Note: "greylisted"}),
			tx.SavePace(ledger.Pace{Scope: "email", Until: monday}),
			tx.SavePart(ledger.Part{Ref: ledger.Ref{Rule: "x", Customer: ben, N: 1}, Step: "x", Channel: customer.Email, Status: ledger.Failed}))
	})
	out := s.call("status")
	require.Contains(t, out, "messages   1 being asked for, 1 not delivered, 2 unknown\n")
	require.Contains(t, out, "\nsms: held by twilio since 2026-11-23 13:00 UTC: the account is suspended; when it is mended: outreach resume --channel sms\n")
	require.Regexp(t, `(?m)^WAITS  UNTIL                 WHY\nsmtp   2026-11-23 14:01 UTC  greylisted\n\n`, out)
	require.Contains(t, out, "\n1 message being asked for, the oldest since 2026-11-23 13:40 UTC\n"+
		"2 messages unknown, the oldest since 2026-11-22 12:00 UTC; outreach unknown lists and settles them\n")
	require.Contains(t, s.call("status", "--json"), `"ambiguous_since": "2026-11-23T13:40:00Z"`)
}
