package devserver

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
)

const queue = "greetings"

var colour = temporal.NewSearchAttributeKeyKeyword("Colour")

func TestServesWorkflowsAndWebUI(t *testing.T) {
	t.Parallel()
	said := &sayings{}
	s := startServer(t, Options{
		UIAddr:           ":0",
		Namespace:        "garden",
		Retention:        48 * time.Hour,
		SearchAttributes: map[string]enumspb.IndexedValueType{"Colour": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
		Logger:           slog.New(slog.NewTextHandler(said, nil)),
	})
	require.Empty(t, said.all(), "a start has nothing to warn of")
	eager := &eagerness{}
	c := dial(t, s, "garden", grpc.WithUnaryInterceptor(eager.watch))
	startWorker(t, c)

	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "hello", TaskQueue: queue, EnableEagerStart: true,
		TypedSearchAttributes: temporal.NewSearchAttributes(colour.ValueSet("green")),
	}, "greet", "Ada")
	require.NoError(t, err)
	var greeting string
	require.NoError(t, run.Get(t.Context(), &greeting))
	require.Equal(t, "hello Ada", greeting)
	require.True(t, eager.workflow.Load(), "the workflow task came with the answer to the start")
	require.True(t, eager.activity.Load(), "the activity task came with the answer to the workflow task")
	requireListed(t, c, `Colour = 'green'`, "hello")

	retention, _ := describeNamespace(t, c, "garden")
	require.Equal(t, 48*time.Hour, retention)
	require.Contains(t, get(t, s.UIURL()+"/namespaces/garden/workflows"), "<html")
	require.Contains(t, get(t, s.UIURL()+"/api/v1/namespaces/garden/workflows/hello"), "WORKFLOW_EXECUTION_STATUS_COMPLETED")
}

func TestFileSurvivesRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts four servers and waits for a timer; run without -short")
	}
	t.Parallel()
	keyword := enumspb.INDEXED_VALUE_TYPE_KEYWORD
	o := Options{
		File:             filepath.Join(t.TempDir(), "odd name %41?#.db"),
		SearchAttributes: map[string]enumspb.IndexedValueType{"Colour": keyword},
	}

	s := startServer(t, o)
	c := dial(t, s, "default")
	w := startWorker(t, c)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "sleeper", TaskQueue: queue,
		TypedSearchAttributes: temporal.NewSearchAttributes(colour.ValueSet("blue")),
	}, "nap", 1500*time.Millisecond)
	require.NoError(t, err)
	requireAsleep(t, c, "sleeper")
	requireListed(t, c, `Colour = 'blue'`, "sleeper")
	_, id := describeNamespace(t, c, "default")
	w.Stop()
	c.Close()
	s.Stop()
	require.FileExists(t, o.File)

	o.SearchAttributes = map[string]enumspb.IndexedValueType{"Colour": keyword, "Anchor": keyword}
	o.Retention = 72 * time.Hour
	s = startServer(t, o)
	c = dial(t, s, "default")
	w = startWorker(t, c)
	require.NoError(t, c.GetWorkflow(t.Context(), "sleeper", "").Get(t.Context(), nil))
	requireListed(t, c, `Colour = 'blue'`, "sleeper")
	retention, same := describeNamespace(t, c, "default")
	require.Equal(t, 72*time.Hour, retention)
	require.Equal(t, id, same, "the file is the one it was")
	attributes, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	require.NoError(t, err)
	require.Equal(t, o.SearchAttributes, attributes.CustomAttributes)
	w.Stop()
	c.Close()
	s.Stop()

	o.SearchAttributes = map[string]enumspb.IndexedValueType{"Colour": enumspb.INDEXED_VALUE_TYPE_INT}
	_, err = Start(t.Context(), o)
	require.ErrorContains(t, err, "search attribute Colour: it is a Keyword here, not a Int: give the new one another name")

	for _, end := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.Remove(o.File+end))
	}
	s = startServer(t, o)
	c = dial(t, s, "default")
	_, other := describeNamespace(t, c, "default")
	require.NotEqual(t, id, other, "a file made anew is told by its namespace's id")
	_, err = c.DescribeWorkflowExecution(t.Context(), "sleeper", "")
	require.ErrorContains(t, err, "not found")
	c.Close()
}

func TestSeveralServersInOneProcess(t *testing.T) {
	t.Parallel()
	servers := make([]*Server, 3)
	var wg sync.WaitGroup
	for i := range servers {
		wg.Go(func() { servers[i], _ = Start(t.Context(), Options{}) })
	}
	wg.Wait()
	for _, s := range servers {
		require.NotNil(t, s)
		t.Cleanup(s.Stop)
		require.Empty(t, s.UIURL())
	}
	for i, s := range servers {
		c := dial(t, s, "default")
		startWorker(t, c)
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "only-once", TaskQueue: queue}, "nap", time.Hour)
		require.NoError(t, err, "server %d is a world of its own", i)
	}

	began := time.Now()
	for _, s := range servers {
		wg.Go(s.Stop)
		wg.Go(s.Stop)
	}
	wg.Wait()
	require.Less(t, time.Since(began), stopTimeout, "pollers do not hold it up")
	for _, s := range servers {
		l, err := net.Listen("tcp", s.Addr())
		require.NoError(t, err, "the port is free again")
		require.NoError(t, l.Close())
	}
}

func TestTakenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	taken := l.Addr().String()
	for name, o := range map[string]Options{"frontend": {Addr: taken}, "web ui": {UIAddr: taken}} {
		_, err := Start(t.Context(), o)
		var inUse *AddrInUseError
		require.ErrorAs(t, err, &inUse, name)
		require.Equal(t, &AddrInUseError{Addr: taken}, inUse, name)
		require.EqualError(t, err, "start temporal server: address "+taken+
			" is taken: stop the program that listens there, or choose another port (0 picks a free one)", name)
	}
}

// A port that is lost after it was picked makes the server want to end the process.
func TestLostPortIsAnError(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	p, err := reserve(o)
	require.NoError(t, err)
	p.release()
	l, err := net.Listen("tcp", p.frontendAddr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	db, err := openDatabase(t.Context(), o)
	require.NoError(t, err)

	s := &Server{log: &logger{to: o.Logger}}
	require.ErrorIs(t, s.launch(Options{}, p, db), syscall.EADDRINUSE)
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, bytes.Repeat([]byte("no database "), 100), 0o600))
	ints := map[string]enumspb.IndexedValueType{}
	for _, name := range []string{"A", "B", "C", "D"} {
		ints[name] = enumspb.INDEXED_VALUE_TYPE_INT
	}
	for name, tc := range map[string]struct {
		options Options
		wants   string
	}{
		"no port":            {Options{Addr: "127.0.0.1"}, `address "127.0.0.1" is not host:port: write it like 127.0.0.1:7233`},
		"not our address":    {Options{Addr: "192.0.2.1:0"}, `address "192.0.2.1:0" is not one to listen on, choose another: `},
		"missing folder":     {Options{File: folder + "/none/x.db"}, "folder " + folder + "/none is missing: make it or choose another file"},
		"folder":             {Options{File: folder}, "database file " + folder + ": it is a folder: choose another file"},
		"other file":         {Options{File: text}, "it is no usable database of a temporal server, choose another file: "},
		"negative retention": {Options{Retention: -time.Hour}, "retention -1h0m0s is negative: give one above zero"},
		"too many":           {Options{SearchAttributes: ints}, "namespace default: search attribute D: no room for one more Int: declare fewer"},
	} {
		_, err := Start(t.Context(), tc.options)
		require.ErrorContains(t, err, tc.wants, name)
	}
}

func startServer(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func dial(t *testing.T, s *Server, namespace string, options ...grpc.DialOption) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: s.Addr(), Namespace: namespace,
		Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{DialOptions: options},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func startWorker(t *testing.T, c client.Client) worker.Worker {
	t.Helper()
	// A new worker need not wait long for the one whose cache the workflow was in.
	w := worker.New(c, queue, worker.Options{StickyScheduleToStartTimeout: 100 * time.Millisecond})
	w.RegisterWorkflowWithOptions(greet, workflow.RegisterOptions{Name: "greet"})
	w.RegisterWorkflowWithOptions(nap, workflow.RegisterOptions{Name: "nap"})
	w.RegisterActivityWithOptions(sayHello, activity.RegisterOptions{Name: "sayHello"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return w
}

func greet(ctx workflow.Context, name string) (greeting string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second})
	return greeting, workflow.ExecuteActivity(ctx, "sayHello", name).Get(ctx, &greeting)
}

func sayHello(_ context.Context, name string) (string, error) { return "hello " + name, nil }

func nap(ctx workflow.Context, d time.Duration) error { return workflow.Sleep(ctx, d) }

// eagerness notes which tasks came without a poll.
type eagerness struct{ workflow, activity atomic.Bool }

func (e *eagerness) watch(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	switch r := reply.(type) {
	case *workflowservice.StartWorkflowExecutionResponse:
		e.workflow.Store(r.GetEagerWorkflowTask() != nil)
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		e.activity.CompareAndSwap(false, len(r.GetActivityTasks()) > 0)
	}
	return err
}

// sayings is a log that many goroutines write.
type sayings struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sayings) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sayings) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func describeNamespace(t *testing.T, c client.Client, name string) (retention time.Duration, id string) {
	t.Helper()
	r, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: name})
	require.NoError(t, err)
	return r.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), r.GetNamespaceInfo().GetId()
}

// requireListed waits until a query finds exactly the workflow id: visibility lags a little.
func requireListed(t *testing.T, c client.Client, query, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		r, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		return err == nil && len(r.Executions) == 1 && r.Executions[0].Execution.WorkflowId == id
	}, 5*time.Second, 10*time.Millisecond, query)
}

// requireAsleep waits until a nap has set its timer: a worker that stops in the middle of a task leaves it to time out.
func requireAsleep(t *testing.T, c client.Client, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		events := c.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if err != nil || e.GetTimerStartedEventAttributes() != nil {
				return err == nil
			}
		}
		return false
	}, 5*time.Second, 10*time.Millisecond)
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusOK, r.StatusCode, url)
	return string(body)
}
