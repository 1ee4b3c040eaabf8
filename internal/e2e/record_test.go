package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

var histories = flag.String("histories", "", "record the histories that workflows replays, as those of this version")

const historiesDir = "../../workflows/testdata/histories"

// shape is one way that a loop can go, played by activities that answer from a
// list and do what else happens meanwhile.
type shape struct {
	first activities.Answer // of an outreach
	watch bool
	play  func(s *scene, call int) (activities.Answer, error) // call: from 1
	meet  func(s *scene)                                      // what happens from outside, once it runs; nil: nothing
	open  bool                                                // it is recorded while it runs, once it has slept
}

// scene is a shape that is played.
type scene struct {
	t      testing.TB
	client client.Client
	id     string
	local  bool // the activity under way is a local one
}

func (s *scene) hint() { s.signal(workflows.HintSignal) }
func (s *scene) wake() { s.signal(workflows.WakeSignal) }
func (s *scene) cancel() {
	require.NoError(s.t, s.client.CancelWorkflow(context.Background(), s.id, ""))
}

func (s *scene) signal(name string) {
	require.NoError(s.t, s.client.SignalWorkflow(context.Background(), s.id, "", name, nil))
}

const recordedKey = "rule.c1.1.hello.sms"

var (
	errLocked  = errors.New("the store is locked")
	ended      = activities.Answer{Done: true, Why: "completed"}
	forAnHour  = activities.Answer{Sleep: time.Hour, Deliver: recordedKey, Why: "until the evening"}
	forAMoment = activities.Answer{Sleep: 200 * time.Millisecond}
	atOnceKey  = activities.Answer{Deliver: recordedKey}
)

// tellingTime is how long an activity takes during which a workflow's task asks for more
// time, and is told of what came meanwhile.
const tellingTime = 6 * time.Second

// list answers one after another.
func list(answers ...activities.Answer) func(*scene, int) (activities.Answer, error) {
	return func(_ *scene, call int) (activities.Answer, error) { return answers[min(call, len(answers))-1], nil }
}

// shapes are all ways that the loops of this version can go. TestEveryWay of
// workflows sees to it that none is missing.
var shapes = map[string]shape{
	"at-once":                  {first: atOnceKey, play: list(ended)},
	"after-a-wait":             {first: activities.Answer{Sleep: time.Second, Deliver: recordedKey, Why: "a second"}, play: list(ended)},
	"several-steps":            {first: atOnceKey, play: list(activities.Answer{}, activities.Answer{Sleep: time.Second, Deliver: recordedKey}, ended)},
	"over-at-once":             {first: ended, play: list(ended)},
	"waiting":                  {first: forAnHour, play: list(ended), open: true},
	"hinted":                   {first: forAnHour, play: list(ended), meet: (*scene).hint},
	"hinted-and-waiting-again": {first: forAnHour, play: list(forAnHour, ended), meet: (*scene).hint, open: true},
	"hinted-before-a-message": {first: activities.Answer{}, play: func(s *scene, call int) (activities.Answer, error) {
		if call == 1 {
			s.hint()
			return atOnceKey, nil
		}
		return ended, nil
	}},
	"ordinary":          {first: atOnceKey, play: failing(1)},
	"ordinary-advance":  {first: activities.Answer{}, play: failing(1)},
	"ordinary-retried":  {first: atOnceKey, play: failing(2)},
	"cancelled-waiting": {first: forAnHour, play: list(ended), meet: (*scene).cancel},
	"cancelled-asking": {first: activities.Answer{}, play: func(s *scene, call int) (activities.Answer, error) {
		if call == 1 {
			s.cancel()
			<-time.After(tellingTime)
		}
		return forAnHour, nil
	}},
	"cancelled-ordinary": {first: atOnceKey, play: func(s *scene, call int) (activities.Answer, error) {
		if !s.local {
			s.cancel()
		}
		return activities.Answer{}, errLocked
	}},
	"watch-idle":    {watch: true, play: list(activities.Answer{}), open: true},
	"watch-woken":   {watch: true, play: list(activities.Answer{}), meet: (*scene).wake, open: true},
	"watch-pieces":  {watch: true, play: pieces(3), open: true},
	"watch-trouble": {watch: true, play: failing(1), open: true},
	"watch-woken-while-working": {watch: true, open: true, play: func(s *scene, call int) (activities.Answer, error) {
		if call == 1 {
			s.wake()
		}
		return activities.Answer{}, nil
	}},
	"watch-cancelled":            {watch: true, play: list(activities.Answer{}), meet: (*scene).cancel},
	"watch-cancelled-in-trouble": {watch: true, play: failing(1), meet: (*scene).cancel},
	"watch-cancelled-working": {watch: true, play: func(s *scene, call int) (activities.Answer, error) {
		if call == 1 {
			s.cancel()
			<-time.After(tellingTime)
		}
		return activities.Answer{}, nil
	}},
	"watch-continued": {watch: true, play: pieces(1000)},
}

// long are those that need a server for which histories are soon long.
var long = map[string]shape{
	"continued": {first: forAMoment, play: list(forAnHour)},
	"continued-with-a-hint": {first: forAMoment, play: func(s *scene, call int) (activities.Answer, error) {
		if call == 1 {
			s.hint()
			<-time.After(tellingTime)
		}
		return forAnHour, nil
	}},
}

// failing fails so many times.
func failing(n int) func(*scene, int) (activities.Answer, error) {
	return func(_ *scene, call int) (activities.Answer, error) {
		if call <= n {
			return activities.Answer{}, errLocked
		}
		return ended, nil
	}
}

// pieces has so many pieces of work; their ends say so in Done.
func pieces(n int) func(*scene, int) (activities.Answer, error) {
	return func(_ *scene, call int) (activities.Answer, error) { return activities.Answer{Done: call >= n}, nil }
}

// TestRecordHistories records one history of each shape, for the replay test of
// workflows. Those that are there stay as they are.
func TestRecordHistories(t *testing.T) {
	if *histories == "" {
		t.Skip("histories are recorded with -histories VERSION only")
	}
	for _, set := range []struct {
		shapes map[string]shape
		length int
	}{{shapes, 0}, {long, 6}} {
		server, err := devserver.Start(t.Context(), devserver.Options{SearchAttributes: workflows.SearchAttributes(), LongHistory: set.length})
		require.NoError(t, err)
		c, err := client.Dial(client.Options{HostPort: server.Addr(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
		require.NoError(t, err)
		r := &recorder{t: t, client: c, shapes: set.shapes, calls: map[string]int{}}
		w := worker.New(c, workflows.TaskQueue, worker.Options{})
		w.RegisterWorkflowWithOptions(workflows.Outreach, workflow.RegisterOptions{Name: workflows.OutreachType})
		w.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchType})
		w.RegisterActivity(&played{r})
		require.NoError(t, w.Start())
		for name := range set.shapes {
			r.record(name)
		}
		w.Stop()
		c.Close()
		server.Stop()
	}
}

// recorder plays shapes on a server.
type recorder struct {
	t      testing.TB
	client client.Client
	shapes map[string]shape

	mu    sync.Mutex
	calls map[string]int
}

// played are the engine's activities; the rule's name is the shape's.
type played struct{ r *recorder }

func (p *played) Advance(ctx context.Context, q activities.Question) (activities.Answer, error) {
	return p.r.play(ctx, q.Ref.Rule, q)
}

func (p *played) Deliver(ctx context.Context, q activities.Question) (activities.Answer, error) {
	return p.r.play(ctx, q.Ref.Rule, q)
}

func (p *played) Work(ctx context.Context, rule string) (activities.Worked, error) {
	answer, err := p.r.play(ctx, rule, activities.Question{})
	return activities.Worked{More: p.r.more(rule, answer)}, err
}

// more reports whether a watch has more to do: its shape counts pieces.
func (r *recorder) more(rule string, answer activities.Answer) bool {
	return (rule == "watch-pieces" || rule == "watch-continued") && !answer.Done
}

func (r *recorder) play(ctx context.Context, name string, q activities.Question) (activities.Answer, error) {
	info := activity.GetInfo(ctx)
	r.mu.Lock()
	r.calls[name]++
	call := r.calls[name]
	r.mu.Unlock()
	answer, err := r.shapes[name].play(&scene{t: r.t, client: r.client, id: info.WorkflowExecution.ID, local: info.IsLocalActivity}, call)
	answer.Seq = q.Seq
	return answer, err
}

// record plays a shape and keeps its history, unless there is one.
func (r *recorder) record(name string) {
	r.t.Helper()
	folder := filepath.Join(historiesDir, *histories)
	for _, ending := range []string{".json", ".json.gz"} {
		if _, err := os.Stat(filepath.Join(folder, name+ending)); err == nil {
			return
		}
	}
	s := r.shapes[name]
	starter := workflows.Starter{Client: r.client, Store: "recorded", Fair: true}
	ref := ledger.Ref{Rule: name, Customer: "c1", N: 1}
	at := &scene{t: r.t, client: r.client, id: ref.String()}
	if s.watch {
		at.id = workflows.WatchID(name)
		require.NoError(r.t, starter.Wake(r.t.Context(), name))
	} else {
		require.NoError(r.t, starter.Start(r.t.Context(), activities.Start{Ref: ref, Version: "v1", Topic: "service", First: s.first, Priority: 4}))
	}
	run := r.firstRun(at.id)
	if s.meet != nil {
		r.until(at.id, run, func(h *historypb.History) bool { return has(h, enumspb.EVENT_TYPE_TIMER_STARTED, 1) })
		s.meet(at)
	}
	timers := 1
	if s.open && s.meet != nil {
		timers = 2
	}
	history := r.until(at.id, run, func(h *historypb.History) bool {
		return s.open && has(h, enumspb.EVENT_TYPE_TIMER_STARTED, timers) || over(h)
	})
	require.NoError(r.t, os.MkdirAll(folder, 0o750))
	keep(r.t, filepath.Join(folder, name), history)
}

func (r *recorder) firstRun(id string) string {
	d, err := r.client.DescribeWorkflowExecution(r.t.Context(), id, "")
	require.NoError(r.t, err)
	return d.GetWorkflowExecutionInfo().GetFirstRunId()
}

// until reads a run's history until it is as it should be, and gives it.
func (r *recorder) until(id, run string, reached func(*historypb.History) bool) *historypb.History {
	r.t.Helper()
	history := &historypb.History{}
	require.Eventually(r.t, func() bool {
		history.Events = nil
		iter := r.client.GetWorkflowHistory(r.t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for iter.HasNext() {
			event, err := iter.Next()
			require.NoError(r.t, err)
			history.Events = append(history.Events, event)
		}
		return reached(history)
	}, time.Minute, 50*time.Millisecond, id)
	return history
}

func has(h *historypb.History, kind enumspb.EventType, n int) bool {
	for _, e := range h.GetEvents() {
		if e.GetEventType() == kind {
			n--
		}
	}
	return n <= 0
}

func over(h *historypb.History) bool {
	switch h.GetEvents()[len(h.GetEvents())-1].GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		return true
	}
	return false
}

// keep writes a history, a long one compressed.
func keep(t testing.TB, path string, history *historypb.History) {
	t.Helper()
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(history)
	require.NoError(t, err)
	text = anonymised(t, text)
	if len(text) < 64<<10 {
		require.NoError(t, os.WriteFile(path+".json", text, 0o600))
		return
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(path+".json.gz", packed.Bytes(), 0o600))
}

// anonymised leaves out the names of machines and processes.
func anonymised(t testing.TB, text []byte) []byte {
	t.Helper()
	var history any
	require.NoError(t, json.Unmarshal(text, &history))
	scrub(history)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	require.NoError(t, encoder.Encode(history))
	return out.Bytes()
}

func scrub(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			scrub(item)
		}
	case map[string]any:
		delete(v, "identity")
		if v["kind"] == "TASK_QUEUE_KIND_STICKY" {
			v["name"] = "sticky"
		}
		for _, item := range v {
			scrub(item)
		}
	}
}
