package e2e_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

const (
	atOnce = `
topic: urgent
when: {event: signed_up}
steps: [{send: hello, at: now}]
`
	afterAWhile = `
topic: urgent
when: {event: signed_up}
stop: answered
steps: [{wait: 2s}, {send: hello, at: now}]
`
	forLong = `
topic: urgent
about: order_id
when: {event: order_placed}
stop: order_cancelled
steps: [{wait: 6h}, {send: hello, at: now}]
`
	untilAnswered = `
topic: urgent
when: {event: signed_up}
steps:
  - wait_for: answered
    within: 1d
    then: [{send: second, at: now}]
`
)

func TestAMessageAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	began := time.Now()
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return len(h.provider.keys()) == 1 }, "the message goes out")
	t.Logf("event taken -> message handed over: %v", time.Since(began).Round(time.Millisecond))
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the outreach ends")
	ref := h.outreaches("u1")[0].Ref
	require.Equal(t, []string{"at-once." + string(ref.Customer) + ".1.hello.sms"}, h.provider.keys())
	h.eventually(func() bool { return h.closed(ref) }, "the workflow ends")
	require.LessOrEqual(t, len(h.history(ref)), 8, "history events of a one-message outreach")

	described, err := h.running.Client.DescribeWorkflow(t.Context(), ref.String(), "")
	require.NoError(t, err)
	attributes := described.TypedSearchAttributes
	rule, _ := attributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("Rule"))
	require.Equal(t, "at-once", rule)
	who, _ := attributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("CustomerId"))
	require.Equal(t, string(ref.Customer), who)
}

func TestAMessageAfterAWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	h.happen("u1", "signed_up", nil)
	h.happen("u2", "signed_up", nil)
	h.happen("u2", "answered", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the outreach ends")
	require.Equal(t, "stop", h.ended("u2"))
	require.Len(t, h.provider.keys(), 1)
	ref := h.outreaches("u1")[0].Ref
	h.eventually(func() bool { return h.closed(ref) }, "the workflow ends")
	require.LessOrEqual(t, len(h.history(ref)), 14, "history events of a waited-for message")
}

func TestAHintWakesWhoWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"until-answered": untilAnswered})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return len(h.outreaches("u1")) == 1 && h.outreaches("u1")[0].Status == ledger.Open }, "it waits")
	h.happen("u1", "answered", nil)
	h.eventually(func() bool { return len(h.provider.keys()) == 1 }, "the answer sends the second message")
}

func TestEventsWithOneOrdersValueEndOnlyItsOutreach(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"for-long": forLong})
	for _, order := range []string{"A", "B"} {
		h.happen("u1", "order_placed", map[string]customer.Value{"order_id": customer.Text(order)})
	}
	open := func() (n int) {
		for _, o := range h.outreaches("u1") {
			if o.Status == ledger.Open {
				n++
			}
		}
		return n
	}
	h.eventually(func() bool { return open() == 2 }, "both wait")
	h.happen("u1", "order_cancelled", map[string]customer.Value{"order_id": customer.Text("A")})
	require.Equal(t, 1, open(), "recorded in the event's own transaction")
	for _, o := range h.outreaches("u1") {
		if o.About == "A" {
			h.eventually(func() bool { return h.closed(o.Ref) }, "A's workflow ends too")
		}
	}
}

// TestLostWorkflowsCostOnlyTime terminates a workflow by hand while it waits:
// the outreach goes on from its row.
func TestLostWorkflowsCostOnlyTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return len(h.outreaches("u1")) == 1 && h.outreaches("u1")[0].Status == ledger.Open }, "it waits")
	ref := h.outreaches("u1")[0].Ref
	h.eventually(func() bool { // its row is written before its workflow is started
		return h.running.Client.TerminateWorkflow(t.Context(), ref.String(), "", "by hand") == nil
	}, "its workflow runs")
	require.NoError(t, h.running.Client.TerminateWorkflow(t.Context(), workflows.WatchID("after-a-while"), "", "by hand"))
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "it goes on from its row")
	require.Len(t, h.provider.keys(), 1)
}

// TestALostTemporalDatabaseCostsOnlyTime deletes Temporal's file while the
// engine is down: every open outreach is started anew, none twice.
func TestALostTemporalDatabaseCostsOnlyTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile, "for-long": forLong})
	h.happen("u1", "signed_up", nil)
	h.happen("u2", "order_placed", map[string]customer.Value{"order_id": customer.Text("A")})
	h.eventually(func() bool {
		return len(h.outreaches("u2")) == 1 && h.outreaches("u2")[0].Status == ledger.Open && len(h.outreaches("u1")) == 1
	}, "they wait")
	h.stop()
	h.temporal.Stop()
	gone, err := filepath.Glob(filepath.Join(h.dir, "temporal.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, gone)
	for _, file := range gone {
		require.NoError(t, os.Remove(file))
	}
	h.startTemporal()
	h.start()
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "u1's message goes out")
	ref := h.outreaches("u2")[0].Ref
	h.eventually(func() bool {
		d, err := h.running.Client.DescribeWorkflowExecution(t.Context(), ref.String(), "")
		return err == nil && d.GetWorkflowExecutionInfo().GetCloseTime() == nil
	}, "u2's workflow waits again")
	require.Len(t, h.provider.keys(), 1)
}

// TestARestartGoesOn stops the engine and Temporal while one waits, and starts
// them again.
func TestARestartGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return len(h.outreaches("u1")) == 1 && h.outreaches("u1")[0].Status == ledger.Open }, "it waits")
	h.stop()
	h.temporal.Stop()
	h.startTemporal()
	h.start()
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "it goes on")
	require.Len(t, h.provider.keys(), 1)
}

// TestASlowProviderIsWaitedFor has a provider that takes longer than anybody
// waits: the message goes out once, and the outreach goes on.
func TestASlowProviderIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	h.provider.delay = 4 * time.Second
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the outreach ends")
	require.Len(t, h.provider.keys(), 1)
}

func TestEventsComeInByHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	response := h.post("/v1/batch", `{"batch":[
		{"type":"identify","userId":"u1","traits":{"phone":"+12125550100"}},
		{"type":"track","userId":"u1","event":"Signed Up"}]}`)
	require.Equal(t, 200, response.StatusCode)
	h.eventually(func() bool { return len(h.provider.keys()) == 1 }, "the message goes out")
}
