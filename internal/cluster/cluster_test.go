//go:build unix

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

var update = flag.Bool("update", false, "write the expected texts anew")

// expect compares with a file of testdata.
func expect(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	config := temporalConfig{
		file: "/data/temporal/config.yaml", dynamic: "/data/a \"quoted\" folder/dynamic.yaml", postgres: "127.0.0.1:15432", shards: 4,
		ports: map[string]ports{"frontend": {17233, 16933}, "history": {17234, 16934}, "matching": {17235, 16935}, "worker": {17239, 16939}},
	}
	expect(t, "config.yaml", config.text())
	var read struct {
		DynamicConfigClient struct{ Filepath string } `yaml:"dynamicConfigClient"`
		Services            map[string]any
	}
	require.NoError(t, yaml.Unmarshal([]byte(config.text()), &read))
	require.Equal(t, config.dynamic, read.DynamicConfigClient.Filepath)
	require.Len(t, read.Services, len(services()))
	require.Equal(t, "127.0.0.1:17233", config.address("frontend"))

	var dynamic map[string][]struct{ Value any }
	require.NoError(t, yaml.Unmarshal([]byte(dynamicText), &dynamic))
	require.Equal(t, map[string][]struct{ Value any }{
		"frontend.namespaceRPS.visibility":           {{100}},
		"matching.enableFairness":                    {{true}},
		"frontend.enableCancelWorkerPollsOnShutdown": {{true}},
		"frontend.enableServerVersionCheck":          {{false}},
	}, dynamic)
}

// newCluster makes one whose programs are shell scripts.
func newCluster(t *testing.T, scripts map[string]string) *cluster {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700)) //nolint:gosec // it is a program
	}
	c := &cluster{Options: Options{Folder: filepath.Join(folder, "cluster"), Bin: folder, Out: io.Discard}}
	c.ctx, c.cancel = context.WithCancelCause(t.Context())
	require.NoError(t, c.makeFolder())
	return c
}

func TestStopEndsTheLastFirst(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"server": `trap "echo $1 >>$2; exit 0" TERM
echo up
while :; do sleep 0.01; done`})
	list := filepath.Join(t.TempDir(), "stopped")
	for _, name := range []string{"first", "second", "third"} {
		p, err := c.run(name, "server", []string{name, list}, nil)
		require.NoError(t, err)
		require.NoError(t, c.until(name, func(context.Context) error {
			if p.process.Last() != "up" {
				return errors.New("it is not up")
			}
			return nil
		}))
	}
	require.NoError(t, c.stop())
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	require.Equal(t, "third\nsecond\nfirst\n", string(text))
	for _, p := range c.programs {
		<-p.process.Ended()
	}
	require.NoError(t, c.cause(nil))
	require.EqualError(t, c.cause(context.Canceled), "it is interrupted")
}

func TestTheEndOfOneIsTheEndOfAll(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"server": "echo no disk; exit 3"})
	_, err := c.run("engine-1", "server", nil, nil)
	require.NoError(t, err)
	<-c.ctx.Done()
	require.EqualError(t, c.cause(c.ctx.Err()), "engine-1 ended by itself; its log is "+c.logFile("engine-1")+": no disk")
	require.NoError(t, c.stop())
	text, err := os.ReadFile(c.logFile("engine-1"))
	require.NoError(t, err)
	require.Equal(t, "no disk\n", string(text))
}

func TestProgramsKnowNothingOfAnotherEngine(t *testing.T) {
	t.Setenv("OUTREACH_STORE", "another")
	t.Setenv("TEMPORAL_ADDRESS", "another")
	c := newCluster(t, map[string]string{"server": `echo "$OUTREACH_STORE $TEMPORAL_ADDRESS $OUTREACH_HTTP"`})
	p, err := c.run("engine-1", "server", nil, []string{"OUTREACH_HTTP=here"})
	require.NoError(t, err)
	<-p.process.Ended()
	require.Equal(t, "here", p.process.Last())
	require.NoError(t, c.stop())
}

func TestAProgramThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	_, err := c.run("engine-1", "outreach", nil, nil)
	require.ErrorContains(t, err, "engine-1: ")
	require.ErrorContains(t, err, "make programs-cluster builds it")
	require.NoError(t, c.stop())
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	fine := Options{Engines: 2, Shards: 4}
	require.NoError(t, fine.check())
	for says, change := range map[string]func(*Options){
		"--customers: -1 is less than none":         func(o *Options) { o.Customers = -1 },
		"--engines: 0 is too few: one is the least": func(o *Options) { o.Engines = 0 },
		"--shards: 0 is too few: one is the least":  func(o *Options) { o.Shards = 0 },
		"--customers: 500001 is more than 500000":   func(o *Options) { o.Customers = maxCustomers + 1 },
	} {
		o := fine
		change(&o)
		require.ErrorContains(t, Run(t.Context(), o), says)
	}
}

func TestFreshRemovesWhatRunsWroteAndNothingElse(t *testing.T) {
	t.Parallel()
	o := Options{Folder: t.TempDir(), Fresh: true}
	for _, name := range []string{"postgres/PG_VERSION", "logs/engine-1.log", "mine/notes"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(o.Folder, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(o.Folder, name), nil, 0o600))
	}
	require.NoError(t, o.makeFolder())
	left, err := filepath.Glob(filepath.Join(o.Folder, "*", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(o.Folder, "mine", "notes")}, left)
}

func TestHouse(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "house")
	require.NoError(t, writeHouse(folder))
	require.NoError(t, writeHouse(folder), "again")
	files, err := filepath.Glob(filepath.Join(folder, "rules", "order-*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, rules)
}

// engine takes events and notes them.
type engine struct {
	mu     sync.Mutex
	events map[string]string // of users
	answer string
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Batch []struct{ Type, UserID, Event string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, call := range body.Batch {
		if call.Type == "track" {
			e.events[call.UserID] = call.Event
		}
	}
	_, _ = w.Write([]byte(e.answer))
}

func newLoad(t *testing.T, n int, answer string) (*load, []*engine) {
	t.Helper()
	l := &load{run: "run", first: 10, n: n, client: http.DefaultClient, accepted: map[string]time.Time{}}
	var engines []*engine
	for range 2 {
		e := &engine{events: map[string]string{}, answer: answer}
		server := httptest.NewServer(e)
		t.Cleanup(server.Close)
		engines, l.addresses = append(engines, e), append(l.addresses, strings.TrimPrefix(server.URL, "http://"))
	}
	return l, engines
}

func TestEverybodyComesOnce(t *testing.T) {
	t.Parallel()
	l, engines := newLoad(t, 95, `{"success": true}`)
	_, err := l.pour(t.Context())
	require.NoError(t, err)
	require.Len(t, l.accepted, 95)
	require.Equal(t, 95, len(engines[0].events)+len(engines[1].events))
	all := engines[0].events
	for id, event := range engines[1].events {
		all[id] = event
	}
	require.Equal(t, "order_3_shipped", all["run-10"])
	require.Contains(t, all, "run-104")
}

func TestALoadKeepsItsRate(t *testing.T) {
	t.Parallel()
	l, _ := newLoad(t, 60, `{"success": true}`)
	l.rate = 400
	took, err := l.pour(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 59*time.Second/400)
}

func TestALoadThatIsRefused(t *testing.T) {
	t.Parallel()
	l, _ := newLoad(t, 1000, `{"rejected": 3}`)
	_, err := l.pour(t.Context())
	require.ErrorContains(t, err, `answers 200: {"rejected": 3}`)
}

func TestDelays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := &load{accepted: map[string]time.Time{"+1": at, "+2": at.Add(time.Second), "+3": at}}
	delays, last := l.taken([]sandbox.Taken{
		{To: "+1", At: at.Add(3 * time.Second)}, {To: "another run's", At: at.Add(time.Hour)}, {To: "+2", At: at.Add(2 * time.Second)},
	})
	require.Equal(t, []time.Duration{time.Second, 3 * time.Second}, delays)
	require.Equal(t, at.Add(3*time.Second), last)
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	require.Equal(t, time.Duration(51), percentile(hundred, 50))
	require.Equal(t, time.Duration(100), percentile(hundred, 99))
	require.Equal(t, time.Duration(7), percentile([]time.Duration{7}, 99))
	require.Zero(t, percentile(nil, 50))
}

func TestFigures(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := figures{
		burst:  flow{customers: 2000, accepting: 500 * time.Millisecond, sending: 20 * time.Second, delays: make([]time.Duration, 2000)},
		steady: flow{customers: 750, asked: 50, delays: []time.Duration{120 * time.Millisecond, 250 * time.Millisecond}},
		uses: usage{
			"postgres": {processor: 9 * time.Second, memory: 264 << 20}, "engine-1": {processor: 6 * time.Second, memory: 51 << 20},
			ownName: {processor: 2 * time.Second, memory: 40 << 20},
		},
		grown: grown(map[string]int64{"temporal": 3_000_000, "idle": 7}, map[string]int64{"temporal": 13_000_000, "outreach": 8_000_000, "idle": 7}),
	}
	for i := range 4 {
		f.outreaches.add(start.Add(time.Duration(i)*time.Second), 8)
	}
	var out bytes.Buffer
	require.NoError(t, f.print(&out))
	expect(t, "figures.txt", out.String())
}

func TestUseIsAnIncrease(t *testing.T) {
	t.Parallel()
	before := usage{"engine-1": {processor: time.Second, memory: 100}}
	after := usage{"engine-1": {processor: 3 * time.Second, memory: 70}, "late": {processor: time.Second}}
	require.Equal(t, usage{"engine-1": {processor: 2 * time.Second, memory: 70}, "late": {processor: time.Second}}, after.since(before))
	require.Equal(t, 4*time.Second, usage{"postgres": {processor: 3 * time.Second}, "engine-1": {processor: time.Second}, ownName: {processor: time.Hour}}.all())
}

func TestFiguresOfACrowd(t *testing.T) {
	t.Parallel()
	each := []time.Duration{90 * time.Millisecond, 110 * time.Millisecond, 180 * time.Millisecond}
	m := million{
		cluster: &cluster{Options: Options{Crowd: 1_000_000}}, explains: each, pages: []time.Duration{2 * time.Millisecond, 3 * time.Millisecond, 40 * time.Millisecond},
		alone: 4000, cores: 1.6, beside: 1000, want: 100_000, planned: 90 * time.Second, sent: 100_000, sending: 1000 * time.Second, calmly: each[:2], urgent: each,
		idle: usage{"engine-1": {processor: time.Second}}, busy: usage{"engine-1": {processor: 500 * time.Second, memory: 51 << 20}},
	}
	var out bytes.Buffer
	require.NoError(t, m.print(&out))
	expect(t, "crowd.txt", out.String())
}

// TestAPageNamesItsCustomer holds that another page than the customer's counts
// for nothing.
func TestAPageNamesItsCustomer(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /inbox/customers/crowd-1", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>crowd-1</h1>") })
	mux.HandleFunc("GET /inbox/customers/crowd-2", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>Sorry</h1>") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m, address := million{client: server.Client()}, strings.TrimPrefix(server.URL, "http://")
	require.NoError(t, m.page(address, "crowd-1"))
	require.EqualError(t, m.page(address, "crowd-2"), "the page of crowd-2: "+address+" answers 200: <h1>Sorry</h1>")
	require.ErrorContains(t, m.page(address, "crowd-3"), "answers 404")
}
