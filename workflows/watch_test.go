package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/workflows"
)

func (s *stage) watch() { s.env.ExecuteWorkflow(workflows.WatchType, "rule") }

// TestWatchWorksUntilNothingIsLeft works piece by piece at once, then sleeps an
// hour at a time.
func TestWatchWorksUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.worked = func(call int) (activities.Worked, error) { return activities.Worked{More: call < 3}, nil }
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 90*time.Minute)
	s.watch()
	require.True(t, temporal.IsCanceledError(s.env.GetWorkflowError()))
	require.Equal(t, []string{"work", "work", "work", "work"}, s.calls)
	require.Equal(t, []time.Duration{time.Hour, time.Hour}, s.timers)
}

func TestWatchIsWoken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.worked = func(int) (activities.Worked, error) { return activities.Worked{}, nil }
	s.env.RegisterDelayedCallback(func() {
		for range 4 {
			s.env.SignalWorkflowSkippingWorkflowTask(workflows.WakeSignal, nil)
		}
		s.env.SignalWorkflow(workflows.WakeSignal, nil)
	}, time.Minute)
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 2*time.Minute)
	s.watch()
	require.Equal(t, []string{"work", "work"}, s.calls, "five wakes at once are one")
}

// TestAWakeDuringWorkIsNotLost wakes the watch while it looks at the store.
func TestAWakeDuringWorkIsNotLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.worked = func(call int) (activities.Worked, error) {
		if call == 1 {
			s.env.SignalWorkflow(workflows.WakeSignal, nil)
		}
		return activities.Worked{}, nil
	}
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Minute)
	s.watch()
	require.Equal(t, []string{"work", "work"}, s.calls)
}

func TestWatchTriesAgainAfterTrouble(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.worked = func(call int) (activities.Worked, error) {
		if call < 3 {
			return activities.Worked{}, errors.New("the store is locked")
		}
		return activities.Worked{}, nil
	}
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Minute)
	s.watch()
	require.Equal(t, []string{"work", "work", "work"}, s.calls)
	require.Equal(t, []time.Duration{10 * time.Second, 10 * time.Second, time.Hour}, s.timers)
}

func TestWatchContinuesAsNew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.worked = func(int) (activities.Worked, error) { return activities.Worked{More: true}, nil }
	s.watch()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	require.Equal(t, workflows.WatchType, again.WorkflowType.Name)
	require.Len(t, s.calls, 500)
}
