package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// BenchmarkExplain runs the whole command - it opens the store, finds the
// customer, and writes - with a million customers in the store, each time for
// another one. The budget is 200 ms.
func BenchmarkExplain(b *testing.B) {
	const customers = 1_000_000
	path := filepath.Join(b.TempDir(), "outreach.db")
	r := func(out *bytes.Buffer) rim {
		return rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: out, stderr: out}
	}
	var out bytes.Buffer
	require.Zero(b, run(b.Context(), []string{"rules", "load", "../../rules", "--templates", "../../templates", "--store", path}, r(&out)), &out)
	began := time.Now()
	crowd(b, path, customers)
	b.Logf("%d customers written in %s", customers, time.Since(began).Round(time.Second))
	var times []time.Duration
	for b.Loop() {
		who := fmt.Sprint("user-", (len(times)*7919*10+10)%customers)
		out.Reset()
		began := time.Now()
		require.Zero(b, run(b.Context(), []string{"explain", who, "--store", path}, r(&out)), &out)
		times = append(times, time.Since(began))
		require.Contains(b, out.String(), "welcome: matched once: ended Mon 23 Nov 09:00: all steps are done\n")
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms/median")
	b.ReportMetric(float64(times[len(times)-1].Microseconds())/1000, "ms/worst")
}

// crowd writes customers, each with an event, every tenth with an outreach and
// its story, and says that every rule's history was read.
func crowd(b *testing.B, path string, customers int) {
	b.Helper()
	store, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	rules := library.New(store)
	_, err = rules.Follow(context.Background())
	require.NoError(b, err)
	welcome, ok := rules.Current().Matcher("welcome")
	require.True(b, ok)
	const batch = 5000
	for first := 0; first < customers; first += batch {
		require.NoError(b, store.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for i := first; i < first+batch; i++ {
				if err := member(tx, i, welcome.Version); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	require.NoError(b, store.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		active, err := tx.Active()
		if err != nil {
			return err
		}
		for _, a := range active {
			a.Warm = true
			if err := tx.Activate(a); err != nil {
				return err
			}
		}
		return library.Bump(tx)
	}))
}

// member writes one customer of a crowd.
func member(tx ledger.Tx, i int, version string) error {
	id := customer.ID(fmt.Sprintf("c%08d", i))
	profile := customer.Profile{
		ID: id, External: fmt.Sprint("user-", i), Zone: "America/New_York", Phone: "+12125550100", Since: monday,
		Traits: map[string]customer.Value{"plan": customer.Text("surf"), "plan_mb": customer.Number(15000), "billing_day": customer.Number(15)},
	}
	state := (&behaviour.State{LastAct: monday}).Encode()
	event := customer.Event{MessageID: fmt.Sprint("m-", i), Customer: id, Name: "signed_up", At: monday, ReceivedAt: monday}
	if err := tx.Join(profile.External, id); err != nil {
		return err
	}
	if err := tx.SaveCustomer(ledger.Record{Profile: profile, State: state}); err != nil {
		return err
	}
	if _, err := tx.Append(event); err != nil || i%10 != 0 {
		return err
	}
	ref := ledger.Ref{Rule: "welcome", Customer: id, N: 1}
	o := ledger.Outreach{
		Ref: ref, Key: event.MessageID, Trigger: event.MessageID, Version: version, Topic: "service", At: monday, Recorded: monday,
		Status: ledger.Ended, Reason: customer.Completed, Ended: monday, Sent: 1,
	}
	if _, _, err := tx.AddOutreach(o); err != nil {
		return err
	}
	part := ledger.Part{
		Ref: ref, Step: "welcome", Channel: customer.SMS, Topic: "service", Template: "welcome", Planned: monday,
		Status: ledger.Accepted, Provider: "twilio", Sent: monday, Updated: monday,
	}
	if err := tx.SavePart(part); err != nil {
		return err
	}
	line := func(kind ledger.Kind) ledger.Decision {
		return ledger.Decision{Ref: ref, At: monday, Kind: kind, Step: part.Step, Channel: part.Channel, Template: part.Template, Planned: monday}
	}
	return tx.Decide(
		ledger.Decision{Ref: ref, At: monday, Kind: ledger.KindMatch}, ledger.Decision{Ref: ref, At: monday, Kind: ledger.KindEnter},
		line(ledger.KindPlan), line(ledger.KindSend), ledger.Decision{Ref: ref, At: monday, Kind: ledger.KindEnd, Reason: customer.Completed},
	)
}
