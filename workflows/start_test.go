package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

// sleeper is a Temporal whose every workflow runs, and that has some ended.
type sleeper struct {
	client.Client
	ended   bool
	signals []string
}

func (s *sleeper) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if !options.WorkflowExecutionErrorWhenAlreadyStarted {
		return nil, nil
	}
	return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "")
}

func (s *sleeper) SignalWorkflow(_ context.Context, id, _, signal string, _ any) error {
	if s.ended {
		return serviceerror.NewNotFound("it is gone")
	}
	s.signals = append(s.signals, id+" "+signal)
	return nil
}

// TestAStartWakesAWorkflowThatRuns: an outreach that is started again has a row
// that went on, and its workflow may sleep for as long as it was told before.
func TestAStartWakesAWorkflowThatRuns(t *testing.T) {
	t.Parallel()
	temporal := &sleeper{}
	starter := workflows.Starter{Client: temporal}
	start := activities.Start{Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 2}}
	require.NoError(t, starter.Start(t.Context(), start))
	require.Equal(t, []string{"outreach/cart/c1/2 hint"}, temporal.signals)
	temporal.ended = true
	require.NoError(t, starter.Start(t.Context(), start), "it ended meanwhile: its row says what is left")
}
