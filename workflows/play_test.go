package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

// stage stands in for the engine: it answers from a list, and keeps what it was
// asked. Its methods have the names of the engine's activities.
type stage struct {
	env *testsuite.TestWorkflowEnvironment

	mu     sync.Mutex
	calls  []string // local or ordinary, and the activity's name
	asked  []activities.Question
	timers []time.Duration
	next   func(call int, q activities.Question) (activities.Answer, error)
	worked func(call int) (activities.Worked, error)
}

func newStage(t *testing.T) *stage {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &stage{env: suite.NewTestWorkflowEnvironment()}
	s.env.RegisterWorkflowWithOptions(workflows.Outreach, workflow.RegisterOptions{Name: workflows.OutreachType})
	s.env.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchType})
	s.env.RegisterActivity(&acts{s})
	s.env.SetTestTimeout(20 * time.Second)
	s.env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { s.timers = append(s.timers, d) })
	t.Cleanup(func() { require.True(t, s.env.IsWorkflowCompleted()) })
	return s
}

// acts are the stage's activities.
type acts struct{ stage *stage }

func (a *acts) Advance(ctx context.Context, q activities.Question) (activities.Answer, error) {
	return a.stage.answer(ctx, "advance", q)
}

func (a *acts) Deliver(ctx context.Context, q activities.Question) (activities.Answer, error) {
	return a.stage.answer(ctx, "deliver", q)
}

func (a *acts) Work(ctx context.Context, _ string) (activities.Worked, error) {
	n := a.stage.called(ctx, "work")
	return a.stage.worked(n)
}

func (s *stage) called(ctx context.Context, name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !activity.GetInfo(ctx).IsLocalActivity {
		name = "ordinary " + name
	}
	s.calls = append(s.calls, name)
	return len(s.calls)
}

func (s *stage) answer(ctx context.Context, name string, q activities.Question) (activities.Answer, error) {
	n := s.called(ctx, name)
	s.mu.Lock()
	s.asked = append(s.asked, q)
	s.mu.Unlock()
	return s.next(n, q)
}

// answers gives them one after another, each under its question's number.
func (s *stage) answers(list ...activities.Answer) {
	s.next = func(call int, q activities.Question) (activities.Answer, error) {
		if call > len(list) {
			return activities.Answer{}, errors.New("nobody expected this question")
		}
		answer := list[call-1]
		answer.Seq = q.Seq
		return answer, nil
	}
}

func (s *stage) outreach(first activities.Answer) {
	s.env.ExecuteWorkflow(workflows.OutreachType, activities.Start{Ref: ref, Version: "v1", Topic: "service", First: first})
}

var (
	ref  = ledger.Ref{Rule: "rule", Customer: "c1", N: 1}
	done = activities.Answer{Done: true, Why: "completed"}
)

const key = "rule.c1.1.hello.sms"
