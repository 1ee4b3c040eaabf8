// Package naive is the design that a drill sets beside the engine, as one
// writes it at first: a workflow for each customer, and an activity that sends,
// then records that it did, and is tried again when anything goes wrong. It
// uses the engine's own senders, looks into its records before it sends, and
// decides nothing about messages of which it cannot know.
package naive

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Names on the Temporal server.
const (
	TaskQueue    = "naive"
	WorkflowType = "Reach"
	activityType = "Deliver"
	refusedType  = "refused" // of the error that is not tried again
)

// Plan is what one customer is to get.
type Plan struct {
	Steps []Step
	Pause time.Duration // between two of them
	Call  time.Duration // how long a provider is waited for
}

// Step is one message: by the first of the errands that a provider takes.
type Step []Errand

// Errand is one message to one address.
type Errand struct {
	Key     string
	Channel customer.Channel
	To      string
}

// Reach goes through the steps of a plan.
func Reach(ctx workflow.Context, plan Plan) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: plan.Call + 2*time.Second, // so that a dead worker is noticed
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Second,
			NonRetryableErrorTypes: []string{refusedType},
		},
	})
	for i, step := range plan.Steps {
		if i > 0 {
			if err := workflow.Sleep(ctx, plan.Pause); err != nil {
				return err
			}
		}
		for _, errand := range step {
			if workflow.ExecuteActivity(ctx, activityType, errand).Get(ctx, nil) == nil {
				break // else it was refused: the next address
			}
		}
	}
	return nil
}
