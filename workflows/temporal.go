package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// WatchID gives the id of a rule's watch.
func WatchID(rule string) string { return "watch/" + rule }

// StoreMemo is the memo of a watch that names the store it works for.
const StoreMemo = "Store"

// The search attributes, set once at an outreach's start.
var (
	ruleAttribute     = temporal.NewSearchAttributeKeyKeyword("Rule")
	versionAttribute  = temporal.NewSearchAttributeKeyKeyword("RuleVersion")
	customerAttribute = temporal.NewSearchAttributeKeyKeyword("CustomerId")
	topicAttribute    = temporal.NewSearchAttributeKeyKeyword("Topic")
)

// takenOver is how long a process may keep a workflow's task, which takes some
// milliseconds, before another is given it: what a process that died had in hand
// goes on after that.
const takenOver = 700 * time.Millisecond

// SearchAttributes are what the namespace must declare.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKeyKeyword{ruleAttribute, versionAttribute, customerAttribute, topicAttribute} {
		attributes[key.GetName()] = key.GetValueType()
	}
	return attributes
}

// Register adds the workflows and the engine's activities to a worker.
func Register(r worker.Registry, engine *activities.Engine) {
	r.RegisterWorkflowWithOptions(Watch, workflow.RegisterOptions{Name: WatchType})
	r.RegisterWorkflowWithOptions(Outreach, workflow.RegisterOptions{Name: OutreachType})
	r.RegisterActivity(engine.Work)
	r.RegisterActivity(engine.Advance)
	r.RegisterActivity(engine.Deliver)
}

// Starter starts and hints workflows by a client. A worker on the same client
// takes their first tasks eagerly.
type Starter struct {
	Client client.Client
	// Store is the store's own id. Watches carry it, so that an engine on
	// another store sees that the namespace is taken.
	Store string
	// Fair has rules share the queues fairly, where the server offers it.
	Fair bool
	// Mine decides whether an outreach's first task is this process's own; nil:
	// it always is, where the process has room.
	Mine func() bool
}

var _ activities.Starter = Starter{}

// Start begins an outreach's workflow; one that runs already is hinted: it may
// sleep by an answer that its row went beyond.
func (s Starter) Start(ctx context.Context, start activities.Start) error {
	_, err := s.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: start.Ref.String(), TaskQueue: TaskQueue, EnableEagerStart: s.Mine == nil || s.Mine(), WorkflowTaskTimeout: takenOver,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL, WorkflowExecutionErrorWhenAlreadyStarted: true,
		Priority:      s.place(start.Priority, start.Ref.Rule),
		StaticSummary: clip(start.Ref.Rule+" for "+string(start.Ref.Customer), maxSummary),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			ruleAttribute.ValueSet(start.Ref.Rule), versionAttribute.ValueSet(start.Version),
			customerAttribute.ValueSet(string(start.Ref.Customer)), topicAttribute.ValueSet(string(start.Topic)),
		),
	}, OutreachType, start)
	if _, running := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); running {
		_, err = s.Hint(ctx, start.Ref) // one that ended meanwhile is found overdue
	}
	return err
}

// maxFairnessKey bounds the key by which rules share a queue, in bytes
// (Temporal refuses more than 64).
const maxFairnessKey = 64

// place gives a workflow's place in the queues, which its activities inherit.
// Servers that know no places ignore it.
func (s Starter) place(key int, rule string) temporal.Priority {
	place := temporal.Priority{PriorityKey: key}
	if s.Fair {
		place.FairnessKey, place.FairnessWeight = clip(rule, maxFairnessKey), 1
	}
	return place
}

// Hint lets an outreach's workflow look at the store again.
func (s Starter) Hint(ctx context.Context, ref ledger.Ref) (found bool, err error) {
	err = s.Client.SignalWorkflow(ctx, ref.String(), "", HintSignal, nil)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return false, nil
	}
	return err == nil, err
}

// Wake lets a rule's watch look for work, and starts it when it is not there.
func (s Starter) Wake(ctx context.Context, rule string) error {
	_, err := s.Client.SignalWithStartWorkflow(ctx, WatchID(rule), WakeSignal, nil, client.StartWorkflowOptions{
		ID: WatchID(rule), TaskQueue: TaskQueue, WorkflowTaskTimeout: takenOver, Priority: s.place(activities.WatchPlace, rule), StaticSummary: clip("watches rule "+rule, maxSummary),
		TypedSearchAttributes: temporal.NewSearchAttributes(ruleAttribute.ValueSet(rule)),
		Memo:                  map[string]any{StoreMemo: s.Store},
	}, WatchType, rule)
	if err != nil {
		return fmt.Errorf("wake %s: %w", WatchID(rule), err)
	}
	return nil
}
