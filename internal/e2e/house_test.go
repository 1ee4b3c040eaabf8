package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/workflows"
)

// house is a whole engine on an embedded Temporal server, with a provider that
// the test can see.
type house struct {
	t        testing.TB
	dir      string
	store    string // its place; "": a file in dir
	clock    activities.Clock
	temporal *devserver.Server
	running  app.Running
	stop     func()
	provider *provider
	sender   channel.Sender // in the place of provider; nil: that
	logged   *logged
	events   int
}

// provider keeps what it was handed.
type provider struct {
	mu    sync.Mutex
	sent  []channel.Message
	delay time.Duration
}

func (p *provider) Name() string { return "visible" }

func (p *provider) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	<-time.After(delay)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return channel.Receipt{Delivered: true}, nil
}

func (p *provider) keys() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := make([]string, len(p.sent))
	for i, m := range p.sent {
		keys[i] = m.Key
	}
	return keys
}

const data = `
traits: {plan: text}
events:
  signed_up: {}
  order_placed: {order_id: id}
  order_cancelled: {order_id: id}
  answered: {}
`

const housePolicy = `
zone: America/New_York
channels: [sms, email, push]
topics: {service: {consent: assumed}, urgent: {consent: assumed, urgent: yes}}
`

// at writes the files of a rules and a templates folder.
func (h *house) write(rules map[string]string) {
	h.t.Helper()
	files := map[string]string{"rules/data.yaml": data, "rules/policy.yaml": housePolicy, "templates/hello/sms.txt": "Hello", "templates/second/sms.txt": "Still there?"}
	for name, text := range rules {
		files["rules/"+name+".yaml"] = "description: A rule.\nowner: a@example.com\n" + text
	}
	for name, text := range files {
		h.overwrite(name, text)
	}
}

// overwrite writes one file of those folders.
func (h *house) overwrite(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(h.t, os.WriteFile(path, []byte(text), 0o600))
}

// newHouse starts everything with some rules.
func newHouse(t testing.TB, rules map[string]string) *house {
	t.Helper()
	return newHouseAt(t, activities.RealTime(), rules)
}

// newHouseAt is newHouse with an engine clock.
func newHouseAt(t testing.TB, clock activities.Clock, rules map[string]string) *house {
	t.Helper()
	return newHouseOn(t, "", clock, rules)
}

// newHouseOn is newHouseAt on a store.
func newHouseOn(t testing.TB, store string, clock activities.Clock, rules map[string]string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), store: store, provider: &provider{}, logged: &logged{}, clock: clock}
	h.write(rules)
	h.startTemporal()
	h.start()
	return h
}

func (h *house) startTemporal() {
	h.t.Helper()
	server, err := devserver.Start(h.t.Context(), devserver.Options{
		Addr: "127.0.0.1:0", File: filepath.Join(h.dir, "temporal.db"), SearchAttributes: workflows.SearchAttributes(),
	})
	require.NoError(h.t, err)
	h.temporal = server
	h.t.Cleanup(server.Stop)
}

// start runs the engine; stop ends it as Ctrl-C does.
func (h *house) start() {
	h.t.Helper()
	options := app.Defaults()
	options.Admin = "127.0.0.1:0"
	options.HTTP, options.TemporalAddress = "127.0.0.1:0", h.temporal.Addr()
	options.Store, options.Rules = cmp.Or(h.store, filepath.Join(h.dir, "outreach.db")), filepath.Join(h.dir, "rules")
	sender := h.sender
	if sender == nil {
		sender = h.provider
	}
	options.Senders = map[customer.Channel]channel.Sender{customer.SMS: sender, customer.Email: sender, customer.Push: sender}
	options.Clock, options.Patience, options.WatchFiles = h.clock, "1s", true
	options.LearnEvery = 0 // what is known of everybody would come at instants of the machine's
	options.Logger = slog.New(slog.NewTextHandler(io.MultiWriter(h.t.Output(), h.logged), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ready := make(chan app.Running, 1)
	options.Ready = func(r app.Running) { ready <- r }
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx, options); close(done) }()
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(h.t, <-done)
		})
	}
	h.t.Cleanup(h.stop)
	select {
	case h.running = <-ready:
	case err := <-done:
		require.NoError(h.t, err)
		h.t.Fatal("the engine stopped before it was ready")
	}
}

// logged keeps what the engine logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// happen takes an event of a customer who has a phone.
func (h *house) happen(user, name string, properties map[string]customer.Value) {
	h.t.Helper()
	h.events++
	phone := "+12125550100"
	out, err := h.running.Observer.Take(h.t.Context(), []observe.Incoming{{
		User: user, Change: observe.Change{Phone: &phone},
		Event: customer.Event{MessageID: fmt.Sprint("m", h.events), Name: name, At: h.clock.Now(), Properties: properties},
	}})
	require.NoError(h.t, err)
	require.Equal(h.t, observe.Taken, out[0].Status)
}

// eventually waits until a condition holds.
func (h *house) eventually(condition func() bool, what string) {
	h.t.Helper()
	require.Eventually(h.t, condition, 30*time.Second, 20*time.Millisecond, what)
}

// patiently is eventually for what many customers take.
func (h *house) patiently(condition func() bool, what string) {
	h.t.Helper()
	require.Eventually(h.t, condition, time.Minute, 50*time.Millisecond, what)
}

// outreaches gives a customer's outreaches, newest first.
func (h *house) outreaches(user string) (list []ledger.Outreach) {
	h.t.Helper()
	require.NoError(h.t, h.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(user)
		if err != nil || !ok {
			return err
		}
		list, err = tx.OutreachesOf(id, 100)
		return err
	}))
	return list
}

// ended reports whether a customer's newest outreach has ended, and why.
func (h *house) ended(user string) string {
	list := h.outreaches(user)
	if len(list) == 0 || list[0].Status != ledger.Ended {
		return ""
	}
	return string(list[0].Reason)
}

// history gives the events of an outreach's workflow.
func (h *house) history(ref ledger.Ref) (events []*historypb.HistoryEvent) {
	h.t.Helper()
	iter := h.running.Client.GetWorkflowHistory(h.t.Context(), ref.String(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		require.NoError(h.t, err)
		events = append(events, e)
	}
	return events
}

// closed reports whether an outreach's workflow is over.
func (h *house) closed(ref ledger.Ref) bool {
	d, err := h.running.Client.DescribeWorkflowExecution(context.Background(), ref.String(), "")
	return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

func (h *house) post(path, body string) *http.Response {
	h.t.Helper()
	response, err := http.Post("http://"+h.running.Addr+path, "application/json", strings.NewReader(body))
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}
