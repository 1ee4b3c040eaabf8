package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/drill/naive"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

// design is what is drilled: the engine, or the one that it is compared with.
type design struct {
	workers []*process
	submit  func(ctx context.Context, batch []person) error // an error means: try again
	left    func(ctx context.Context) (int, error)          // what is under way
	// fates gives what it says of everybody's messages, and of whom it is not
	// done with.
	fates func(ctx context.Context, list []person) ([]fate, map[string]bool, error)
	close func()
}

// engineDesign is the product.
func engineDesign(p places, box *sandbox.Sandbox, o Options) (design, error) {
	d := design{
		submit: track(p.engine), close: func() {},
		left: func(ctx context.Context) (int, error) { return look(ctx, p.store) },
		fates: func(ctx context.Context, list []person) ([]fate, map[string]bool, error) {
			return engineFates(ctx, p.store, list)
		},
	}
	for _, s := range p.seats {
		made, err := p.engineProcess(box.Account(), o, s)
		if err != nil {
			return d, err
		}
		d.workers = append(d.workers, made)
	}
	return d, nil
}

// WorkerEnv is the environment variable that holds a worker's configuration;
// WorkerArg is the argument that makes the drill's own program that worker.
const (
	WorkerEnv = "OUTREACH_DRILL_WORKER"
	WorkerArg = "naive-worker"
)

// ServeWorker runs the other design's worker, as told by the environment.
func ServeWorker(ctx context.Context) error {
	var c naive.Config
	if err := json.Unmarshal([]byte(os.Getenv(WorkerEnv)), &c); err != nil {
		return fmt.Errorf("%s: %w; only a drill starts this", WorkerEnv, err)
	}
	return naive.Serve(ctx, c)
}

// naiveDesign sends, then records, and tries again.
func naiveDesign(p places, box *sandbox.Sandbox, o Options) (design, error) {
	a := box.Account()
	account, err := a.FCMKeyFile(p.sandbox + "/token")
	if err != nil {
		return design{}, err
	}
	config, err := json.Marshal(naive.Config{
		HTTP: p.engine, Temporal: p.temporal, Records: filepath.Join(p.dir, "naive.db"), Call: o.Call, Sandbox: p.sandbox,
		TwilioSID: a.TwilioSID, TwilioAuthToken: a.TwilioAuthToken, SendGridKey: a.SendGridKey, FCMKeyFile: account,
	})
	if err != nil {
		return design{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return design{}, err
	}
	dialed, err := client.NewLazyClient(client.Options{HostPort: p.temporal, Logger: naive.Quiet()})
	if err != nil {
		return design{}, err
	}
	n := crowd{dialed, p, o}
	return design{
		workers: []*process{{name: "naive", program: program, args: []string{WorkerArg}, env: []string{WorkerEnv + "=" + string(config)}, ready: answers("http://" + p.engine + "/health")}},
		submit:  n.submit, fates: n.fates, close: dialed.Close,
		left: func(ctx context.Context) (int, error) {
			open, err := n.open(ctx)
			return len(open), err
		},
	}, nil
}

// crowd is the other design's workflows.
type crowd struct {
	client  client.Client
	places  places
	options Options
}

// submit starts a workflow for each; one that was started is there.
func (c crowd) submit(ctx context.Context, batch []person) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, p := range batch {
		_, err := c.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: p.ID, TaskQueue: naive.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		}, naive.WorkflowType, planOf(p, c.options.Call))
		if _, there := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); err != nil && !there {
			return err
		}
	}
	return nil
}

func planOf(p person, call time.Duration) naive.Plan {
	plan := naive.Plan{Pause: pauseSeconds * time.Second, Call: call}
	for _, s := range p.Steps {
		var step naive.Step
		for _, a := range s.To {
			key := ledger.Part{Ref: ledger.Ref{Rule: p.Rule, Customer: customer.ID(p.ID), N: 1}, Step: s.Name, Channel: a.Channel}.Key()
			step = append(step, naive.Errand{Key: key, Channel: a.Channel, To: a.To})
		}
		plan.Steps = append(plan.Steps, step)
	}
	return plan
}

// open gives whose workflow runs.
func (c crowd) open(ctx context.Context) (map[string]bool, error) {
	open := map[string]bool{}
	var next []byte
	for {
		list, err := c.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'", NextPageToken: next})
		if err != nil {
			return nil, err
		}
		for _, w := range list.GetExecutions() {
			open[w.GetExecution().GetWorkflowId()] = true
		}
		if next = list.GetNextPageToken(); len(next) == 0 {
			return open, nil
		}
	}
}

// fates reads the records. Temporal must be running.
func (c crowd) fates(ctx context.Context, list []person) (fates []fate, open map[string]bool, err error) {
	if open, err = c.open(ctx); err != nil {
		return nil, nil, err
	}
	records, err := naive.OpenRecords(ctx, filepath.Join(c.places.dir, "naive.db"))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	all, err := records.All(ctx)
	for _, p := range list {
		for _, s := range planOf(p, 0).Steps {
			for _, e := range s {
				ref, step, _, _ := ledger.ParseKey(e.Key) // as planOf wrote it
				f := fate{Customer: string(ref.Customer), Rule: ref.Rule, Step: step, Channel: e.Channel, Status: ledger.Accepted}
				switch all[e.Key] {
				case naive.Sent:
				case naive.Refused:
					f.Status, f.Reason = ledger.Rejected, customer.BadAddress
				default:
					continue
				}
				fates = append(fates, f)
			}
		}
	}
	return fates, open, err
}
