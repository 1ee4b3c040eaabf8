package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/workflows"
)

func TestOutreachWaitsAndDelivers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.answers(activities.Answer{Sleep: 2 * time.Hour}, activities.Answer{Deliver: key}, done)
	s.outreach(activities.Answer{Seq: 4, Sleep: time.Hour, Deliver: key})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"deliver", "advance", "deliver"}, s.calls)
	require.Equal(t, []activities.Question{{Ref: ref, Seq: 5, Deliver: key}, {Ref: ref, Seq: 6}, {Ref: ref, Seq: 7, Deliver: key}}, s.asked)
	require.Equal(t, []time.Duration{time.Hour, 2 * time.Hour}, s.timers)
}

func TestOutreachThatIsDoneAsksNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.answers()
	s.outreach(activities.Answer{Seq: 1, Done: true})
	require.NoError(t, s.env.GetWorkflowError())
	require.Empty(t, s.calls)
}

// TestAHintDuringAWaitLooksAgain has several hints before the message is due:
// they count as one, and the message is looked at before it is delivered.
func TestAHintDuringAWaitLooksAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.answers(activities.Answer{Sleep: 30 * time.Minute, Deliver: key}, done)
	began := s.env.Now()
	s.env.RegisterDelayedCallback(func() {
		for range 3 {
			s.env.SignalWorkflowSkippingWorkflowTask(workflows.HintSignal, nil)
		}
		s.env.SignalWorkflow(workflows.HintSignal, nil)
	}, 10*time.Minute)
	s.outreach(activities.Answer{Seq: 1, Sleep: time.Hour, Deliver: key})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []activities.Question{{Ref: ref, Seq: 2}, {Ref: ref, Seq: 3, Deliver: key}}, s.asked)
	require.Equal(t, []time.Duration{time.Hour, 30 * time.Minute}, s.timers)
	require.Equal(t, 40*time.Minute, s.env.Now().Sub(began), "the first wait ended with the hint")
}

// TestAHintDuringAnAnswerIsNotLost sends the hint while the store is asked.
func TestAHintDuringAnAnswerIsNotLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.next = func(call int, q activities.Question) (activities.Answer, error) {
		switch call {
		case 1:
			s.env.SignalWorkflow(workflows.HintSignal, nil)
			return activities.Answer{Seq: q.Seq, Sleep: 24 * time.Hour, Deliver: key}, nil
		default:
			return activities.Answer{Seq: q.Seq, Done: true}, nil
		}
	}
	began := s.env.Now()
	s.outreach(activities.Answer{Seq: 1})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []activities.Question{{Ref: ref, Seq: 2}, {Ref: ref, Seq: 3}}, s.asked)
	require.Less(t, s.env.Now().Sub(began), time.Hour)
}

// TestAHintBeforeADeliveryLooksAgain sends the hint while the answer is that a
// message is due: the facts are looked at once more before it goes out.
func TestAHintBeforeADeliveryLooksAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.next = func(call int, q activities.Question) (activities.Answer, error) {
		if call == 1 {
			s.env.SignalWorkflow(workflows.HintSignal, nil)
		}
		return activities.Answer{Seq: q.Seq, Deliver: key, Done: call == 3}, nil
	}
	s.outreach(activities.Answer{Seq: 1})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []activities.Question{{Ref: ref, Seq: 2}, {Ref: ref, Seq: 3}, {Ref: ref, Seq: 4, Deliver: key}}, s.asked)
}

// TestAFailedTryGoesOnAsAnOrdinaryActivity asks the same question until there
// is an answer: the first time here, then through the server.
func TestAFailedTryGoesOnAsAnOrdinaryActivity(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.next = func(call int, q activities.Question) (activities.Answer, error) {
		if call < 4 {
			return activities.Answer{}, errors.New("the store is locked")
		}
		return activities.Answer{Seq: q.Seq, Done: true}, nil
	}
	s.outreach(activities.Answer{Seq: 1, Deliver: key})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"deliver", "ordinary deliver", "ordinary deliver", "ordinary deliver"}, s.calls)
	for _, q := range s.asked {
		require.Equal(t, activities.Question{Ref: ref, Seq: 2, Deliver: key}, q)
	}
}

func TestOutreachStopsWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.answers()
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Minute)
	s.outreach(activities.Answer{Seq: 1, Sleep: time.Hour})
	require.True(t, temporal.IsCanceledError(s.env.GetWorkflowError()))
	require.Empty(t, s.calls)
}

// TestALongOutreachContinuesAsNew begins a new history when the server asks for
// it; a hint that nobody has followed goes along.
func TestALongOutreachContinuesAsNew(t *testing.T) {
	t.Parallel()
	answer := activities.Answer{Seq: 2, Sleep: time.Hour, Deliver: key, Why: "a message waits"}
	for name, c := range map[string]struct {
		hint bool
		want activities.Answer
	}{
		"waiting": {false, answer},
		"hinted":  {true, activities.Answer{Seq: 2, Why: "a message waits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.env.SetContinueAsNewSuggested(true)
			s.next = func(int, activities.Question) (activities.Answer, error) {
				if c.hint {
					s.env.SignalWorkflow(workflows.HintSignal, nil)
				}
				return answer, nil
			}
			s.outreach(activities.Answer{Seq: 1})
			var again *workflow.ContinueAsNewError
			require.ErrorAs(t, s.env.GetWorkflowError(), &again)
			require.Equal(t, workflows.OutreachType, again.WorkflowType.Name)
			var start activities.Start
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &start))
			require.Equal(t, activities.Start{Ref: ref, Version: "v1", Topic: "service", First: c.want}, start)
		})
	}
}

func TestTheLastAnswerEndsALongOutreach(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.env.SetContinueAsNewSuggested(true)
	s.answers(done)
	s.outreach(activities.Answer{Seq: 1})
	require.NoError(t, s.env.GetWorkflowError())
}
