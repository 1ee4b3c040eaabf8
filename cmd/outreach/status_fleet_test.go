package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestStatusListsTheProcessesThatLive leaves out those that have said nothing
// of late.
func TestStatusListsTheProcessesThatLive(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		return errors.Join(
			tx.Beat(ledger.Process{ID: "AAAAAABB", Role: "intake", Version: "v1.2.0", Host: "node-1", Started: monday.Add(-time.Hour), Beat: monday.Add(-4 * time.Second)}),
			tx.Beat(ledger.Process{ID: "b", Role: "worker", Version: "v1.3.0", Host: "node-2", Started: monday.Add(-time.Minute), Beat: monday}),
			tx.Beat(ledger.Process{ID: "c", Role: "worker", Version: "v1.2.0", Host: "node-3", Started: monday.Add(-time.Hour), Beat: monday.Add(-time.Minute)}))
	})
	text := s.call("status")
	require.Regexp(t, `PROCESS +VERSION +HOST +ID +SINCE +HEARD OF\n-*\s*intake +v1\.2\.0 +node-1 +AAAAAA +.*13:00 UTC +4 seconds ago\nworker +v1\.3\.0 +node-2 +b +.*13:59 UTC +0 seconds ago`, text)
	require.NotContains(t, text, "node-3")
	require.Contains(t, s.call("status", "--json"), `"id": "AAAAAABB",
      "role": "intake"`)
}

// TestExplainTakesWhatTheLogShows asks about one outreach and one message by the
// names that log lines have, also when its customer was merged into another.
func TestExplainTakesWhatTheLogShows(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		at := monday.Add(-time.Hour)
		record := func(id customer.ID) ledger.Record {
			return ledger.Record{Profile: customer.Profile{ID: id, External: "u-" + string(id), Since: at}}
		}
		o := ledger.Outreach{Ref: ledger.Ref{Rule: "welcome", Customer: "c1"}, Key: "k", Status: ledger.Ended, Reason: customer.Completed, At: at, Recorded: at, Ended: at}
		_, _, err := tx.AddOutreach(o)
		return errors.Join(err, tx.SaveCustomer(record("c1")), tx.SaveCustomer(record("c2")), tx.Merge("c1", "c2"))
	})
	want := s.call("explain", "c2", "--rule", "welcome")
	require.Contains(t, want, "welcome")
	for _, name := range []string{"welcome/c1/1", "outreach/welcome/c1/1", "welcome.c1.1.hello.sms", "welcome/c2/1"} {
		require.Equal(t, want, s.call("explain", name), name)
	}
}
