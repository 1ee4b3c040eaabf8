package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

// TestUrgentOutreachesGoBeforeManyOthers leaves five hundred outreaches of one
// rule in Temporal's queue, and twenty urgent ones behind them. A worker that
// takes ten at a time is handed the urgent ones first. It runs alone: a start
// of five hundred workflows is work for the server, too.
func TestUrgentOutreachesGoBeforeManyOthers(t *testing.T) {
	const many, few = 500, 20
	server, err := devserver.Start(t.Context(), devserver.Options{SearchAttributes: workflows.SearchAttributes()})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	c, err := client.Dial(client.Options{HostPort: server.Addr(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	starter := workflows.Starter{Client: c, Store: "a store", Fair: true}
	start := func(rule string, place, n int) {
		for i := range n {
			require.NoError(t, starter.Start(t.Context(), activities.Start{
				Ref: ledger.Ref{Rule: rule, Customer: customer.ID(fmt.Sprint("c", i)), N: 1}, Version: "v1", Topic: "service", Priority: place,
				First: activities.Answer{Deliver: "a message"},
			}))
		}
	}
	start("bulk", activities.LastPlace, many)
	start("alarm", activities.FirstPlace, few)

	asked := &order{}
	w := worker.New(c, workflows.TaskQueue, worker.Options{MaxConcurrentWorkflowTaskExecutionSize: 10})
	w.RegisterWorkflowWithOptions(workflows.Outreach, workflow.RegisterOptions{Name: workflows.OutreachType})
	w.RegisterActivity(asked)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	require.Eventually(t, func() bool { return count(asked.rules(), "alarm") == few }, time.Minute, 20*time.Millisecond)
	rules := asked.rules()
	last := len(rules) - slices.Index(reversed(rules), "alarm")
	t.Logf("the last of %d urgent outreaches was number %d", few, last)
	require.Less(t, last, many/5)
}

func count(list []string, wanted string) (n int) {
	for _, item := range list {
		if item == wanted {
			n++
		}
	}
	return n
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// order keeps the rules of outreaches in the order in which they asked.
type order struct {
	mu   sync.Mutex
	seen []string
}

func (o *order) Deliver(_ context.Context, q activities.Question) (activities.Answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = append(o.seen, q.Ref.Rule)
	return activities.Answer{Seq: q.Seq, Done: true}, nil
}

func (o *order) rules() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seen)
}
