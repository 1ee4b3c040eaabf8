package app

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// collected takes traces by OTLP/HTTP, as a collector does.
type collected struct {
	mu    sync.Mutex
	spans []*tracepb.Span
	text  bytes.Buffer // everything that came, as text
}

func (c *collected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.WriteString(request.String())
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// of gives a trace's spans by name.
func (c *collected) of(trace string) map[string]*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[string]*tracepb.Span{}
	for _, s := range c.spans {
		if hex.EncodeToString(s.GetTraceId()) == trace {
			found[s.GetName()] = s
		}
	}
	return found
}

func saying(s *tracepb.Span) map[string]string {
	found := map[string]string{}
	for _, a := range s.GetAttributes() {
		found[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return found
}

// traced gives a company whose traces a collector takes.
func traced(t *testing.T, share string) (*world, *collected) {
	t.Helper()
	c := &collected{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	w := newWorld(t, quietLog())
	w.options.Trace, w.options.TraceShare = server.URL, share
	var err error
	w.options.tracer, err = w.options.openTracer(t.Context())
	require.NoError(t, err)
	t.Cleanup(w.options.closeTracer)
	w.build()
	_, err = w.running.Library.Follow(t.Context())
	require.NoError(t, err)
	return w, c
}

// TestOneTraceFromTheEventToTheReport follows one event through all that it set
// off.
func TestOneTraceFromTheEventToTheReport(t *testing.T) {
	t.Parallel()
	w, c := traced(t, "1")
	email := "ana@example.com"
	w.take(observe.Incoming{User: "ana", Change: observe.Change{Email: &email, Consents: map[customer.Topic]bool{"service": true}},
		Event: customer.Event{MessageID: "m0", Name: customer.Identified, At: w.now}})
	w.take(observe.Incoming{User: "ana", Event: customer.Event{MessageID: "m1", Name: "signed_up", At: w.now, Via: customer.ViaWeb}})
	w.calls = 5 // the provider takes it
	w.work()
	w.pass(24 * 3600e9)
	var key string
	require.NoError(t, w.raw.Read(t.Context(), func(tx ledger.Tx) error {
		parts, err := tx.PartsBy(ledger.Accepted, 0)
		for _, p := range parts {
			key = p.Key()
		}
		return err
	}))
	if key == "" {
		require.NoError(t, w.raw.Read(t.Context(), func(tx ledger.Tx) error {
			parts, err := tx.PartsBy(ledger.Delivered, 0)
			require.NotEmpty(t, parts)
			return err
		}))
	}
	w.options.closeTracer()
	id := tracing.ID("m1", ledger.Ref{}).String()
	spans := c.of(id)
	for _, name := range []string{"event", "match", "start", "deliver", "provider call"} {
		require.Contains(t, spans, name)
	}
	event, deliver, call := spans["event"], spans["deliver"], spans["provider call"]
	require.Empty(t, event.GetParentSpanId())
	require.Equal(t, "web", saying(event)["via"])
	for _, name := range []string{"match", "start", "deliver"} {
		require.Equal(t, event.GetSpanId(), spans[name].GetParentSpanId(), name)
		require.Regexp(t, `^welcome/c[a-z0-9]+/1$`, saying(spans[name])["outreach"])
	}
	require.Equal(t, deliver.GetSpanId(), call.GetParentSpanId())
	require.Equal(t, "send", saying(deliver)["outcome"], "what the gate said")
	require.Equal(t, map[string]string{
		"rule": "welcome", "outreach": saying(deliver)["outreach"], "step": saying(deliver)["step"], "channel": saying(deliver)["channel"],
		"provider": saying(deliver)["provider"], "outcome": saying(call)["outcome"],
	}, saying(call))
	require.Contains(t, []string{"taken", "delivered"}, saying(call)["outcome"])
	for _, s := range spans {
		require.GreaterOrEqual(t, s.GetEndTimeUnixNano(), s.GetStartTimeUnixNano())
	}
}

// TestTracesOfACompanyNameNobody looks through all that a collector got of a
// company, reports of its providers among it.
func TestTracesOfACompanyNameNobody(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	w, c := traced(t, "1")
	private := w.company(40, 1)
	var accepted []ledger.Part
	require.NoError(t, w.raw.Read(t.Context(), func(tx ledger.Tx) (err error) {
		accepted, err = tx.PartsBy(ledger.Accepted, 0)
		return err
	}))
	require.NotEmpty(t, accepted)
	for i, p := range accepted {
		report := observe.Report{Provider: p.Provider}
		report.ID, report.Kind, report.Key, report.Address, report.Detail = fmt.Sprint("r", i), "delivered", p.Key(), p.Address, "to "+p.Address
		w.take(observe.Incoming{Report: &report})
	}
	w.options.closeTracer()
	text := c.text.String()
	for _, name := range []string{"event", "match", "start", "advance", "deliver", "provider call", "report"} {
		require.Contains(t, text, `name:"`+name+`"`)
	}
	requirePrivate(t, text, private)
}

// TestAShareOfTheTracesIsKept keeps none, and whole ones.
func TestAShareOfTheTracesIsKept(t *testing.T) {
	t.Parallel()
	for share, kept := range map[string]func(int) bool{
		"0":   func(n int) bool { return n == 0 },
		"0.5": func(n int) bool { return n > 20 && n < 80 },
	} {
		w, c := traced(t, share)
		for i := range 100 {
			w.take(observe.Incoming{User: fmt.Sprint("u", i), Event: customer.Event{MessageID: fmt.Sprint("m", i), Name: "page_viewed", At: w.now}})
		}
		w.options.closeTracer()
		require.True(t, kept(len(c.spans)), "%d of 100 at %s", len(c.spans), share)
	}
}

func TestTracesThatCannotBe(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"localhost:4318": `--trace: "localhost:4318" is no URL of a collector: write http://host:4318`,
		"ftp://host":     `--trace: "ftp://host" is no URL of a collector: write http://host:4318`,
	} {
		_, err := Options{Eyes: Eyes{Trace: endpoint, TraceShare: "1"}}.openTracer(t.Context())
		require.EqualError(t, err, want)
	}
	for _, share := range []string{"2", "-1", "half", "NaN"} {
		_, err := Options{Eyes: Eyes{Trace: "http://127.0.0.1:4318", TraceShare: share}}.openTracer(t.Context())
		require.EqualError(t, err, fmt.Sprintf("--trace-share: %q is no number from 0 to 1", share))
	}
	none, err := Options{}.openTracer(t.Context())
	require.NoError(t, err)
	require.Nil(t, none)
}
