package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
)

// waitASecond is what the bare workflows do too.
const waitASecond = `
topic: urgent
when: {event: signed_up}
again: always
steps: [{wait: 1s}, {send: hello, at: now}]
`

// cpu gives the processor time that this process has used: engine, store,
// provider and the embedded Temporal server.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// onBoth runs a benchmark on a file of SQLite and on a database of PostgreSQL,
// which waits for its disk as in production.
func onBoth(b *testing.B, run func(b *testing.B, store string)) {
	b.Run("store=sqlite", func(b *testing.B) { run(b, filepath.Join(b.TempDir(), "outreach.db")) })
	b.Run("store=postgres", func(b *testing.B) {
		server := pgtest.StartOnDisk(b)
		require.NoError(b, server.CreateDatabase(b.Context(), "bench"))
		run(b, server.URL("bench"))
	})
}

// BenchmarkOutreaches runs match -> start -> wait 1 s -> send -> done against
// bare start + timer + activity workflows, in turn on the same server. On
// PostgreSQL the server's own processor time is not in the figures.
func BenchmarkOutreaches(b *testing.B) { onBoth(b, outreaches) }

func outreaches(b *testing.B, store string) {
	const each, rounds = 300, 3
	h := newHouseOn(b, store, activities.RealTime(), map[string]string{"wait-a-second": waitASecond})
	bare := newBare(b, h)
	customers := 0
	bare.run(b, 50)
	h.run(b, 50, &customers)
	for b.Loop() {
		var ours, theirs, ourCPU, theirCPU time.Duration
		for range rounds {
			began, used := time.Now(), cpu()
			h.run(b, each, &customers)
			ours, ourCPU = ours+time.Since(began), ourCPU+cpu()-used
			began, used = time.Now(), cpu()
			bare.run(b, each)
			theirs, theirCPU = theirs+time.Since(began), theirCPU+cpu()-used
		}
		n := float64(rounds * each)
		b.ReportMetric(n/ours.Seconds(), "outreaches/s")
		b.ReportMetric(n/theirs.Seconds(), "bare/s")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "rate-ratio")
		b.ReportMetric(float64(ourCPU.Milliseconds())/n, "cpu-ms")
		b.ReportMetric(float64(theirCPU.Milliseconds())/n, "bare-cpu-ms")
		b.ReportMetric(float64(ourCPU)/float64(theirCPU), "cpu-ratio")
	}
	h.weigh(b, store, customers)
	ref := h.outreaches("user-1")[0].Ref
	b.ReportMetric(float64(len(h.history(ref))), "history-events")
}

// weigh gives what an outreach with its story, and its one message, take in
// PostgreSQL, indexes included.
func (h *house) weigh(b *testing.B, store string, outreaches int) {
	b.Helper()
	if !strings.HasPrefix(store, "postgres://") {
		return
	}
	conn, err := pgx.Connect(b.Context(), store)
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.Background()) }()
	for name, tables := range map[string]string{"B/outreach": "outreaches", "B/story": "decisions", "B/message": "parts"} {
		var n int64
		require.NoError(b, conn.QueryRow(b.Context(), "SELECT pg_total_relation_size($1::regclass)", "outreach."+tables).Scan(&n))
		b.ReportMetric(float64(n)/float64(outreaches), name)
	}
}

// run takes n matches and waits until their messages are out and their
// workflows over.
func (h *house) run(b *testing.B, n int, customers *int) {
	b.Helper()
	before := len(h.provider.keys())
	phone := "+12125550100"
	batch := make([]observe.Incoming, 0, n)
	for range n {
		*customers++
		h.events++
		batch = append(batch, observe.Incoming{User: fmt.Sprint("user-", *customers), Change: observe.Change{Phone: &phone},
			Event: customer.Event{MessageID: fmt.Sprint("m", h.events), Name: "signed_up", At: h.clock.Now()}})
	}
	_, err := h.running.Observer.Take(b.Context(), batch)
	require.NoError(b, err)
	for len(h.provider.keys()) < before+n {
		time.Sleep(10 * time.Millisecond)
	}
}

// bare runs workflows of one timer and one activity.
type bare struct {
	client client.Client
	n      int
}

func bareWorkflow(ctx workflow.Context) error {
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, bareActivity).Get(ctx, nil)
}

func bareActivity(context.Context) error { return nil }

func newBare(b *testing.B, h *house) *bare {
	b.Helper()
	w := worker.New(h.running.Client, "bare", worker.Options{})
	w.RegisterWorkflow(bareWorkflow)
	w.RegisterActivity(bareActivity)
	require.NoError(b, w.Start())
	b.Cleanup(w.Stop)
	return &bare{client: h.running.Client}
}

func (x *bare) run(b *testing.B, n int) {
	b.Helper()
	runs := make([]client.WorkflowRun, n)
	var wait sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range n {
		x.n++
		id := fmt.Sprint("bare-", x.n)
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			run, err := x.client.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "bare"}, bareWorkflow)
			if err == nil {
				runs[i] = run
			}
		})
	}
	wait.Wait()
	for _, run := range runs {
		require.NotNil(b, run)
		require.NoError(b, run.Get(b.Context(), nil))
	}
}

// BenchmarkFirst takes single events on an idle machine and gives how long it
// is from the commit to the message in the provider's hands: the outreach was
// started before that.
func BenchmarkFirst(b *testing.B) { onBoth(b, first) }

func first(b *testing.B, store string) {
	const events = 60
	h := newHouseOn(b, store, activities.RealTime(), map[string]string{"at-once": atOnce})
	h.happen("warm-up", "signed_up", nil)
	h.eventually(func() bool { return len(h.provider.keys()) == 1 }, "warm")
	for b.Loop() {
		var took []time.Duration
		for range events {
			time.Sleep(100 * time.Millisecond)
			before := len(h.provider.keys())
			h.happen(fmt.Sprint("user-", h.events), "signed_up", nil)
			began := time.Now()
			for len(h.provider.keys()) == before {
				time.Sleep(time.Millisecond)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "median-ms")
		b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "slowest-ms")
	}
}
