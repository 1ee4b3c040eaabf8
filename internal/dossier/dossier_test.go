package dossier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

const hello = `
description: Say hello.
owner: care@example.com
topic: service
about: order_id
when: {event: order_placed}
goal: {event: order_returned, within: 10d}
steps: [{send: hello, at: now}]
`

// office is a desk over a store of its own, with the rule hello in force and
// one customer, anna.
type office struct {
	t     *testing.T
	store ledger.Store
	desk  dossier.Desk
	now   time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	store := sqlitetest.Open(t, sqlite.Options{})
	o := &office{t: t, store: store, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	o.desk = dossier.Desk{Library: library.New(store), Zones: sendtime.NewZones()}
	_, err := o.desk.Library.Load(t.Context(), bundle.Files{
		Rules: map[string][]byte{
			"data.yaml":  []byte("events: {order_placed: {order_id: id}, order_returned: {order_id: id}}"),
			"hello.yaml": []byte(hello),
		},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello")},
	}, o.now)
	require.NoError(t, err)
	o.write(func(tx ledger.Tx) error {
		d := o.desk.Begin(tx, "anna", o.now)
		d.Profile.Phone, d.Profile.Zone = "+4915112345678", "Europe/Berlin"
		d.Change()
		return d.Save()
	})
	return o
}

func (o *office) write(fn func(ledger.Tx) error) {
	o.t.Helper()
	require.NoError(o.t, o.store.Write(context.Background(), ledger.GateLane, fn))
}

// open lets fn work on anna's file, and saves it.
func (o *office) open(fn func(ledger.Tx, *dossier.Dossier) error) {
	o.t.Helper()
	o.write(func(tx ledger.Tx) error {
		d, ok, err := o.desk.Open(tx, "anna")
		require.NoError(o.t, err)
		require.True(o.t, ok)
		if err := fn(tx, d); err != nil {
			return err
		}
		return d.Save()
	})
}

// enter enters the reason of an order.
func (o *office) enter(order string, at time.Time) (work bool) {
	o.t.Helper()
	o.open(func(_ ledger.Tx, d *dossier.Dossier) (err error) {
		m, ok := d.Set.Matcher("hello")
		require.True(o.t, ok)
		work, err = d.Enter(m, rule.Reason{At: at, About: order, Key: "m-" + order, Trigger: "m-" + order}, o.now)
		return err
	})
	return work
}

// story gives the decisions on anna as kind and reason.
func (o *office) story() (lines []string) {
	o.t.Helper()
	require.NoError(o.t, o.store.Read(context.Background(), func(tx ledger.Tx) error {
		decisions, err := tx.Decisions("anna", 100)
		for _, d := range decisions {
			lines = append(lines, string(d.Kind)+" "+string(d.Reason))
		}
		return err
	}))
	return lines
}

func TestAFileIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.open(func(_ ledger.Tx, d *dossier.Dossier) error {
		require.Equal(t, "Europe/Berlin", d.Zone.String())
		require.Equal(t, customer.ID("anna"), d.Profile.ID)
		d.Profile.Zone = "Asia/Tokyo"
		d.Change()
		require.Equal(t, "Asia/Tokyo", d.Zone.String(), "the zone follows at once")
		return nil
	})
	o.open(func(_ ledger.Tx, d *dossier.Dossier) error {
		require.Equal(t, "Asia/Tokyo", d.Zone.String())
		d.Profile.Zone = "Asia/Seoul" // nobody says that it changed
		return nil
	})
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		require.Equal(t, "Asia/Tokyo", d.Zone.String())
		_, ok, err := o.desk.Open(tx, "nobody")
		require.False(t, ok)
		return err
	})
}

func TestSuppressionIsReadAnewAfterAChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		reach := func() []bool {
			return []bool{d.Suppressed(customer.SMS), d.Subject().Reach(customer.SMS), d.Suppressed(customer.Email), d.Subject().Reach(customer.Email)}
		}
		require.Equal(t, []bool{false, true, false, false}, reach())
		require.NoError(t, tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: "+4915112345678", Reason: "stop_reply", At: o.now}))
		d.Change()
		require.Equal(t, []bool{true, false, false, false}, reach())
		return nil
	})
}

func TestAReasonIsEnteredOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.True(t, o.enter("A", o.now))
	require.False(t, o.enter("A", o.now), "seen before")
	require.True(t, o.enter("B", o.now), "another order")
	require.False(t, o.enter("C", o.now.AddDate(0, 0, -3)), "too old")
	require.Equal(t, []string{"match ", "enter ", "match ", "enter ", "match ", "drop not_fresh"}, o.story())
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		require.True(t, d.State.Running)
		require.Equal(t, o.now.AddDate(0, 0, 10), d.State.Goals["hello"].UTC())
		list, err := tx.OutreachesOf("anna", 10)
		require.Len(t, list, 3)
		for _, outreach := range list {
			require.Equal(t, outreach.About == "C", outreach.Status == ledger.Ended)
			require.Equal(t, o.now, outreach.Recorded)
		}
		return err
	})
}

func TestStopEndsARulesOpenOutreaches(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enter("A", o.now)
	o.enter("B", o.now)
	var running ledger.Outreach
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error { // A's workflow runs, and its message is planned
		list, err := tx.OpenOutreaches("anna")
		require.NoError(t, err)
		running = list[0]
		running.Status = ledger.Open
		out, facts, err := d.Step(running, o.now)
		require.NoError(t, err)
		require.True(t, out.Due)
		require.Equal(t, o.now, facts.Now)
		return tx.SaveOutreach(out.Outreach)
	})
	o.write(func(tx ledger.Tx) error {
		n, err := o.desk.Stop(tx, "other", "anna", o.now)
		require.Zero(t, n)
		require.NoError(t, err)
		n, err = o.desk.Stop(tx, "hello", "nobody", o.now)
		require.Zero(t, n)
		require.NoError(t, err)
		n, err = o.desk.Stop(tx, "hello", "anna", o.now)
		require.Equal(t, 2, n)
		require.NoError(t, err)
		hints, err := tx.Hints("hello", 10)
		require.Len(t, hints, 1, "only a running workflow is told")
		require.Equal(t, running.Ref, hints[0].Ref)
		parts, err2 := tx.PartsOf(running.Ref)
		require.Len(t, parts, 1)
		require.Equal(t, []any{ledger.Withdrawn, customer.StoppedByUs}, []any{parts[0].Status, parts[0].Reason})
		require.NoError(t, err2)
		return err
	})
	require.Equal(t, []string{"plan ", "drop stopped_by_operator", "end stopped_by_operator", "end stopped_by_operator"}, o.story()[4:])
}

func TestFactsHoldEverythingThatAStepDependsOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enter("A", o.now)
	morning := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC) // midnight in Berlin
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		for i, at := range []time.Time{morning.Add(-time.Second), morning, o.now.Add(time.Hour)} {
			_, err := tx.Append(customer.Event{MessageID: string(rune('a' + i)), Customer: "anna", Name: "order_returned", At: at, ReceivedAt: at})
			require.NoError(t, err)
		}
		require.NoError(t, tx.SetHold(ledger.Hold{Kind: ledger.HoldAll, At: o.now}))
		other := ledger.Ref{Rule: "other", Customer: "anna", N: 1}
		for step, p := range map[string]ledger.Part{
			"gone":   {Status: ledger.Accepted, Planned: o.now.Add(-time.Hour), Sent: o.now.Add(-time.Hour)},
			"old":    {Status: ledger.Accepted, Planned: o.now.AddDate(0, 0, -9), Sent: o.now.AddDate(0, 0, -9)},
			"late":   {Status: ledger.Sending, Planned: o.now.AddDate(0, 0, -9), Sent: o.now},
			"failed": {Status: ledger.Rejected, Planned: o.now},
		} {
			p.Ref, p.Step, p.Channel = other, step, customer.SMS
			require.NoError(t, tx.SavePart(p))
		}
		list, err := tx.OpenOutreaches("anna")
		require.NoError(t, err)
		m, err := d.Matcher(list[0])
		require.NoError(t, err)
		f, err := d.Facts(m, list[0], o.now)
		require.NoError(t, err)
		var events, slots []string
		for _, e := range f.Events {
			events = append(events, e.MessageID)
		}
		for _, p := range f.Slots {
			slots = append(slots, p.Step)
		}
		require.Equal(t, []string{"b", "c"}, events, "of today on the customer's clock")
		require.ElementsMatch(t, []string{"gone", "late"}, slots)
		require.Len(t, f.Holds, 1)
		require.Empty(t, f.Parts)
		return nil
	})
}

func TestADrawerKeepsFilesOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.Drawer = dossier.NewDrawer()
	var first *dossier.Dossier
	o.open(func(_ ledger.Tx, d *dossier.Dossier) error {
		first = d
		d.Profile.Zone = "Asia/Tokyo"
		d.Change()
		return nil
	})
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		require.Same(t, first, d)
		require.Equal(t, "Asia/Tokyo", d.Zone.String())
		require.False(t, d.Suppressed(customer.SMS))
		return tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: d.Profile.Phone, At: o.now})
	})
	o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
		require.True(t, d.Suppressed(customer.SMS), "what was looked up is not kept")
		again, _, err := o.desk.Open(tx, "anna")
		require.Same(t, d, again)
		o.desk.Drawer.Drop("anna")
		return err
	})
	o.open(func(_ ledger.Tx, d *dossier.Dossier) error {
		require.NotSame(t, first, d)
		require.Equal(t, "Asia/Tokyo", d.Zone.String(), "it was saved")
		return nil
	})
}

// TestASetIsWrittenOnceAndTold lets a rule's set change the profile, in the
// transaction of the step, and leaves one piece of news about it.
func TestASetIsWrittenOnceAndTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.desk.Library.Load(t.Context(), bundle.Files{
		Rules: map[string][]byte{
			"data.yaml":  []byte("traits: {vip: [yes, no], hailed: time}\nevents: {order_placed: {order_id: id}, order_returned: {order_id: id}}"),
			"hello.yaml": []byte(strings.Replace(hello, "steps: [", "steps: [{set: {vip: yes}}, {set: {hailed: now}}, ", 1)),
		},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello")},
	}, o.now)
	require.NoError(t, err)
	o.enter("A", o.now)
	for range 2 {
		o.open(func(tx ledger.Tx, d *dossier.Dossier) error {
			list, err := tx.OpenOutreaches("anna")
			require.NoError(t, err)
			out, _, err := d.Step(list[0], o.now)
			require.NoError(t, err)
			require.Equal(t, "yes", d.Profile.Traits["vip"].String())
			return tx.SaveOutreach(out.Outreach)
		})
	}
	require.NoError(t, o.store.Read(t.Context(), func(tx ledger.Tx) error {
		record, _, err := tx.Customer("anna")
		require.NoError(t, err)
		require.Equal(t, map[string]customer.Value{"vip": customer.Text("yes"), "hailed": customer.Text("2026-11-23T12:00:00Z")}, record.Profile.Traits)
		news, err := tx.News(10)
		require.NoError(t, err)
		require.Len(t, news, 1)
		require.Equal(t, ledger.News{ID: news[0].ID, Event: customer.Event{
			MessageID: "set.outreach/hello/anna/1.set-2", Customer: "anna", Name: customer.Identified, At: o.now, ReceivedAt: o.now, Via: customer.ViaUs,
		}}, news[0])
		return err
	}))
}
