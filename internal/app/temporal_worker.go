package app

import (
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/outreach-engine/outreach/workflows"
)

// What one process takes on at once. What is beyond that waits in Temporal,
// which hands out urgent work first: so the bounds are not much above what a
// process can do within a second.
const (
	// tasksAtOnce bounds workflow tasks: those that wait for a provider, and room
	// for the others.
	tasksAtOnce = 250
	// localsAtOnce bounds local activities: one a workflow task at most.
	localsAtOnce = 200
	// ordinaryAtOnce bounds activities that go on after a local one failed.
	ordinaryAtOnce = 50
)

// newWorker makes the worker of one process. An idle one keeps three polls open
// and asks about once a minute with each; under load there are more.
func newWorker(c client.Client, fatal func(error)) worker.Worker {
	return worker.New(c, workflows.TaskQueue, worker.Options{
		WorkerStopTimeout:                       10 * time.Second,
		MaxConcurrentWorkflowTaskExecutionSize:  tasksAtOnce,
		MaxConcurrentLocalActivityExecutionSize: localsAtOnce,
		MaxConcurrentActivityExecutionSize:      ordinaryAtOnce,
		WorkflowTaskPollerBehavior:              pollers(2, 16),
		ActivityTaskPollerBehavior:              pollers(1, 4),
		OnFatalError:                            fatal,
	})
}

// pollers begin at the least, and are as many as the server's backlog asks for.
func pollers(least, most int) worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: least, MinimumNumberOfPollers: least, MaximumNumberOfPollers: most,
	})
}
