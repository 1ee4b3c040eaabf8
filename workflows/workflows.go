// Package workflows holds the two durable loops: the watch of a rule and the
// outreach of a customer. They order and wait; what is to be done they ask of
// activities. They know no rule, no customer and no time of their own.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
)

// Names under which everything stands in Temporal. They are part of open
// histories: they never change.
const (
	TaskQueue    = "outreach"
	OutreachType = "Outreach"
	WatchType    = "Watch"
	HintSignal   = "hint"
	WakeSignal   = "wake"
)

// backstop is how long a watch sleeps at most.
const backstop = time.Hour

// piecesPerRun bounds a watch's history: about six events a piece.
const piecesPerRun = 500

// Watch works for one rule whenever it is woken, and each hour.
func Watch(ctx workflow.Context, rule string) error {
	wakes := workflow.GetSignalChannel(ctx, WakeSignal)
	ctx = workflow.WithLocalActivityOptions(ctx, localOptions("work for "+rule, time.Minute))
	var engine *activities.Engine
	for range piecesPerRun {
		drain(wakes)
		var worked activities.Worked
		err := workflow.ExecuteLocalActivity(ctx, engine.Work, rule).Get(ctx, &worked)
		switch {
		case temporal.IsCanceledError(err):
			return err
		case err != nil:
			if err := workflow.Sleep(ctx, 10*time.Second); err != nil {
				return err
			}
		case !worked.More:
			workflow.SetCurrentDetails(ctx, "idle: nothing waits")
			if err := sleepUntil(ctx, wakes, backstop, "until woken"); err != nil {
				return err
			}
		}
	}
	return workflow.NewContinueAsNewError(ctx, WatchType, rule)
}

// Outreach takes one customer through one rule: it waits as the answers say,
// and asks again. A hint makes it ask at once.
func Outreach(ctx workflow.Context, start activities.Start) error {
	hints := workflow.GetSignalChannel(ctx, HintSignal)
	answer := start.First
	for !answer.Done {
		workflow.SetCurrentDetails(ctx, details(start, answer))
		hinted, err := pause(ctx, hints, answer)
		if err != nil {
			return err
		}
		if answer, err = ask(ctx, start, answer, hinted); err != nil {
			return err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !answer.Done {
			start.First = answer
			if drain(hints) {
				start.First.Sleep, start.First.Deliver = 0, ""
			}
			return workflow.NewContinueAsNewError(ctx, OutreachType, start)
		}
	}
	workflow.SetCurrentDetails(ctx, details(start, answer))
	return nil
}

// pause waits as an answer says, and reports whether a hint ended the wait.
func pause(ctx workflow.Context, hints workflow.ReceiveChannel, answer activities.Answer) (hinted bool, err error) {
	if answer.Sleep <= 0 {
		return drain(hints), nil
	}
	timer, cancel := workflow.WithCancel(ctx)
	defer cancel()
	selector := workflow.NewSelector(ctx)
	options := workflow.TimerOptions{Summary: clip(answer.Why, maxSummary)}
	selector.AddFuture(workflow.NewTimerWithOptions(timer, answer.Sleep, options), func(f workflow.Future) { err = f.Get(ctx, nil) })
	selector.AddReceive(hints, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		hinted = true
	})
	selector.Select(ctx)
	return drain(hints) || hinted, err
}

// ask gets the next answer: by delivering what is due, else by looking again.
// The first try is a local activity; when it fails an ordinary one goes on
// until there is an answer.
func ask(ctx workflow.Context, start activities.Start, last activities.Answer, hinted bool) (activities.Answer, error) {
	var engine *activities.Engine
	question := activities.Question{Ref: start.Ref, Seq: last.Seq + 1}
	activity, summary := engine.Advance, "look at the facts"
	if last.Deliver != "" && !hinted {
		question.Deliver = last.Deliver
		activity, summary = engine.Deliver, clip(last.Deliver, maxSummary)
	}
	var answer activities.Answer
	local := workflow.WithLocalActivityOptions(ctx, localOptions(summary, localFor))
	err := workflow.ExecuteLocalActivity(local, activity, question).Get(ctx, &answer)
	if err == nil || temporal.IsCanceledError(err) {
		return answer, err
	}
	ordinary := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	err = workflow.ExecuteActivity(ordinary, activity, question).Get(ctx, &answer)
	return answer, err
}

// localFor is how long a local activity may take: longer than it waits for a
// provider.
const localFor = 8 * time.Second

func localOptions(summary string, timeout time.Duration) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: timeout, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	}
}

func sleepUntil(ctx workflow.Context, wakes workflow.ReceiveChannel, d time.Duration, summary string) error {
	_, err := pause(ctx, wakes, activities.Answer{Sleep: d, Why: summary})
	return err
}

func drain(ch workflow.ReceiveChannel) (any bool) {
	for ch.ReceiveAsync(nil) {
		any = true
	}
	return any
}
