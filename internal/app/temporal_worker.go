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
	// remembered bounds the workflows that a process keeps in memory to go on with,
	// the last used: of others it reads the history again. One takes 30 to 45 kB.
	remembered = 5000
)

// missedFor is how long a task waits for the process that remembers its
// workflow, before it is anybody's: by so much a workflow is late whose process
// was killed while it slept.
const missedFor = 500 * time.Millisecond

// newWorker makes the worker of one process. An idle one keeps three polls open,
// for new workflow tasks, for those of workflows that it remembers and for
// activities, and asks once a minute with each; under load there are more.
func newWorker(c client.Client, fatal func(error)) worker.Worker {
	worker.SetStickyWorkflowCacheSize(remembered)
	return worker.New(c, workflows.TaskQueue, worker.Options{
		WorkerStopTimeout:                       10 * time.Second,
		MaxConcurrentWorkflowTaskExecutionSize:  tasksAtOnce,
		MaxConcurrentLocalActivityExecutionSize: localsAtOnce,
		MaxConcurrentActivityExecutionSize:      ordinaryAtOnce,
		WorkflowTaskPollerBehavior:              pollers(2, 16),
		ActivityTaskPollerBehavior:              pollers(1, 4),
		StickyScheduleToStartTimeout:            missedFor,
		OnFatalError:                            fatal,
	})
}

// pollers begin as so many, and are then as many as the server's backlog asks
// for, down to one.
func pollers(begin, most int) worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: begin, MinimumNumberOfPollers: 1, MaximumNumberOfPollers: most,
	})
}
