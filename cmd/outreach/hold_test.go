package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func (s *seeded) holds() (list []ledger.Hold) {
	s.t.Helper()
	require.NoError(s.t, s.store.Write(s.t.Context(), ledger.GateLane, func(tx ledger.Tx) (err error) {
		list, err = tx.Holds()
		return err
	}))
	return list
}

func (s *seeded) rechecks() (all map[string]ledger.Ref) {
	s.t.Helper()
	require.NoError(s.t, s.store.Read(s.t.Context(), func(tx ledger.Tx) (err error) {
		all, err = tx.Rechecks()
		return err
	}))
	return all
}

func TestResumeHasAllLookAgainWhoWaitForAHold(t *testing.T) {
	t.Parallel()
	const many = 2007
	s := seed(t, func(tx ledger.Tx) error {
		for n := range many {
			if _, _, err := tx.AddOutreach(held("usage-limit", n)); err != nil {
				return err
			}
		}
		planned, ended := held("welcome", many), held("gone-silent", many+1)
		planned.Reason, ended.Status = "", ledger.Ended
		for _, o := range []ledger.Outreach{held("welcome", many+2), planned, ended} {
			if _, _, err := tx.AddOutreach(o); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, "everything is paused\n0 planned messages held\n", s.call("pause", "--all"))
	require.Equal(t, "channel sms is paused\n0 planned messages held\n", s.call("pause", "--channel", "sms"))
	require.Equal(t, "rule welcome is paused\n0 planned messages held\n", s.call("pause", "--rule", "welcome"))
	require.Equal(t, "rule welcome goes on: what it held is planned anew\n1 outreach that waited for a hold is looking again\n"+
		"still paused: everything, channel sms\n", s.call("resume", "--rule", "welcome", "--then", "shift"))
	require.Equal(t, map[string]ledger.Ref{"welcome": {Rule: "welcome"}}, s.rechecks(), "no other rule is concerned")
	require.Equal(t, "everything goes on: what was to go meanwhile is dropped\n2,008 outreaches that waited for a hold are looking again\n"+
		"still paused: channel sms\n", s.call("resume", "--all", "--then", "drop"))
	require.Equal(t, map[string]ledger.Ref{"welcome": {Rule: "welcome"}, "usage-limit": {Rule: "usage-limit"}}, s.rechecks())
}

func TestAHoldIsSeenByAStoreThatWasOpenBefore(t *testing.T) {
	t.Parallel()
	s := seed(t, func(ledger.Tx) error { return nil })
	s.call("pause", "--template", "welcome", "--note", "typo")
	hold := ledger.Hold{Kind: ledger.HoldTemplate, Name: "welcome", At: monday, By: "operator", Note: "typo"}
	require.Equal(t, []ledger.Hold{hold}, s.holds())
	require.Contains(t, s.call("pause", "--template", "welcome"), "was paused already")
	require.Equal(t, []ledger.Hold{hold}, s.holds(), "without a note, what is there stays")
	s.call("pause", "--template", "welcome", "--note", "wrong price")
	hold.Note = "wrong price"
	require.Equal(t, []ledger.Hold{hold}, s.holds())
	s.call("resume", "--template", "welcome")
	hold.Lifted, hold.Then = monday, ledger.ResumeSend
	require.Equal(t, []ledger.Hold{hold}, s.holds(), "it is remembered as lifted")
	require.NotContains(t, s.call("status"), "HOLD")
	require.Contains(t, s.call("resume", "--template", "welcome"), "template welcome was not paused\n")
	require.Contains(t, s.call("pause", "--template", "welcome"), "template welcome is paused\n", "it can be held again")
}

// TestHoldsNeedNoSoundRules holds that a hold can be set and lifted when the
// rules in the store do not read.
func TestHoldsNeedNoSoundRules(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		broken := ledger.Document{Kind: ledger.PolicyDocument, Hash: "broken", Body: []byte("quiet: [")}
		if err := tx.SaveDocument(broken); err != nil {
			return err
		}
		return tx.Activate(ledger.Active{Kind: ledger.PolicyDocument, Hash: "broken", At: monday, Warm: true})
	})
	require.Equal(t, "rule welcome is paused\n0 planned messages held\n", s.call("pause", "--rule", "welcome"))
	require.Contains(t, s.call("status"), "rule welcome")
	require.Equal(t, "rule welcome goes on: what it held goes at the next allowed time\n0 outreaches that waited for a hold are looking again\n",
		s.call("resume", "--rule", "welcome"))
	require.Contains(t, s.call("rules", "load", "testdata/company/rules"), "also changed  policy")
}

// waits gives the planned message of a customer.
func waits(rule string, channel customer.Channel, n, minute int) ledger.Part {
	return ledger.Part{
		Ref: ledger.Ref{Rule: rule, Customer: customer.ID(fmt.Sprintf("c%02d", n)), N: 1}, Step: "s", Channel: channel,
		Template: rule + "-text", Status: ledger.Planned, Planned: monday.Add(time.Duration(minute) * time.Minute),
	}
}

// TestPauseListsWhomItHolds: counts, the first few, and all of them in a file.
func TestPauseListsWhomItHolds(t *testing.T) {
	t.Parallel()
	s := seed(t, func(tx ledger.Tx) error {
		for n := range 12 {
			record := ledger.Record{Profile: customer.Profile{ID: customer.ID(fmt.Sprintf("c%02d", n)), External: fmt.Sprintf("u,%d", n)}}
			if err := tx.SaveCustomer(record); err != nil {
				return err
			}
			if err := tx.SavePart(waits("welcome", customer.SMS, n, n)); err != nil {
				return err
			}
		}
		task := waits("welcome", customer.Handoff, 1, 3)
		task.Step = "task"
		for _, p := range []ledger.Part{waits("welcome", customer.Email, 99, -5), waits("usage-limit", customer.SMS, 1, 1), task} {
			if err := tx.SavePart(p); err != nil {
				return err
			}
		}
		return nil
	})
	out := s.call("pause", "--rule", "welcome")
	require.Contains(t, out, "rule welcome is paused\n13 planned messages held\n\n"+
		"RULE     CHANNEL  TEMPLATE      HELD\nwelcome  email    welcome-text     1\nwelcome  sms      welcome-text    12\n\n"+
		"CUSTOMER")
	require.Regexp(t, `(?m)^c99 +welcome +welcome-text by email +2026-11-23 13:55 UTC\nu,0 +welcome +welcome-text by SMS +2026-11-23 14:00 UTC$`, out)
	require.True(t, strings.HasSuffix(out, "\nand 3 more; --list FILE.csv writes all of them\n"), out)
	require.Regexp(t, `(?m)^rule welcome +2026-11-23 14:00 UTC +13 messages +operator$`, s.call("status"))

	path := filepath.Join(t.TempDir(), "held.csv")
	require.Contains(t, s.call("pause", "--rule", "welcome", "--list", path), "was paused already")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, s.call("pause", "--rule", "welcome", "--list", "-"), string(kept), "standard output has the rows alone")
	rows, err := csv.NewReader(strings.NewReader(string(kept))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 14)
	require.Equal(t, [][]string{
		{"customer", "rule", "template", "channel", "planned"},
		{"c99", "welcome", "welcome-text", "email", "2026-11-23T13:55:00Z"},
		{"u,0", "welcome", "welcome-text", "sms", "2026-11-23T14:00:00Z"},
	}, rows[:3])
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

// TestAPauseStandsWhenItsListCannotBeWritten holds that what is urgent comes
// first.
func TestAPauseStandsWhenItsListCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := seed(t, func(ledger.Tx) error { return nil })
	var trouble strings.Builder
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &strings.Builder{}, stderr: &trouble}
	path := filepath.Join(t.TempDir(), "gone", "held.csv")
	require.Equal(t, 1, run(t.Context(), []string{"pause", "--all", "--list", path, "--store", s.path}, r))
	require.Contains(t, trouble.String(), "the pause is set: run the command again with another file")
	require.Len(t, s.holds(), 1)
}

// TestResumeTakesTheTimeThatItNeeds: as long as the pause lasted, up to an hour,
// or as long as the channel's rate takes.
func TestResumeTakesTheTimeThatItNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paused time.Duration
		held   int
		want   time.Duration
	}{
		"short":      {10 * time.Minute, 3, 10 * time.Minute},
		"long":       {30 * time.Hour, 3, time.Hour},
		"many":       {10 * time.Minute, 60, 15 * time.Minute},
		"set late":   {-time.Minute, 3, 45 * time.Second},
		"of no time": {0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := seed(t, func(tx ledger.Tx) error {
				for n := range c.held {
					if err := tx.SavePart(waits("welcome", customer.SMS, n, -1)); err != nil {
						return err
					}
				}
				return tx.SetHold(ledger.Hold{Kind: ledger.HoldAll, At: monday.Add(-c.paused)})
			})
			folder := t.TempDir()
			require.NoError(t, os.CopyFS(folder, os.DirFS("testdata/company")))
			file := filepath.Join(folder, "rules", "policy.yaml")
			policy, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, append(policy, "\nrates: {sms: 4 per minute}\n"...), 0o600))
			s.call("rules", "load", filepath.Join(folder, "rules"))
			s.call("resume", "--all")
			require.Equal(t, c.want, s.holds()[0].Over)
		})
	}
}
