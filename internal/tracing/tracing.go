// Package tracing tells, as OpenTelemetry traces, what became of an event: that
// it came in, what it matched, each look at the outreach that it began, each
// message that went to the gate and to its provider, and what its provider
// reported. It decides nothing. All of it is one trace, though it takes months
// and many processes, and nothing is kept for that: its id is made of the
// event's. No span holds anything personal.
package tracing

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Options say where traces go.
type Options struct {
	Endpoint string // URL of an OTLP/HTTP collector; without a path, /v1/traces is meant
	Share    string // of the traces that are kept, 0 to 1
	Role     string
	Version  string
	Logger   *slog.Logger
}

// Tracer tells of pieces of work. The nil Tracer tells nothing and costs
// nothing. It is safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// Open gives the tracer of a collector. Whether somebody listens there does not
// matter: what cannot be handed over is dropped, and the log says so.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	share, err := strconv.ParseFloat(o.Share, 64)
	if err != nil || !(share >= 0 && share <= 1) {
		return nil, fmt.Errorf("--trace-share: %q is no number from 0 to 1", o.Share)
	}
	target, err := url.Parse(o.Endpoint)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("--trace: %q is no URL of a collector: write http://host:4318", o.Endpoint)
	}
	if target.Path == "" || target.Path == "/" {
		target.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(target.String()))
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&courier{SpanExporter: exporter, logger: o.Logger}), sdktrace.WithIDGenerator(given{}),
		sdktrace.WithSampler(sdktrace.TraceIDRatioBased(share)),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "outreach"),
			attribute.String("service.version", o.Version), attribute.String("outreach.role", o.Role))),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/outreach-engine/outreach")}, nil
}

// Close hands over what is left.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// ID gives the id of the trace of an event, by its message id, or of an outreach
// that time began.
func ID(event string, ref ledger.Ref) trace.TraceID {
	name := "event\x00" + event
	if event == "" {
		name = "outreach\x00" + ref.String()
	}
	sum := sha256.Sum256([]byte(name))
	return trace.TraceID(sum[:16])
}

// spanID gives the id of a piece of work within its trace; "" is the root.
func spanID(of trace.TraceID, key string) trace.SpanID {
	sum := sha256.Sum256(append(of[:], key...))
	return trace.SpanID(sum[:8])
}

// Span is one piece of work that is over.
type Span struct {
	Name  string
	Event string     // message id of the event that set it off; "": time did
	Ref   ledger.Ref // of the outreach; zero: the work was the event's
	Key   string     // names it within its trace, where others are under it
	Root  bool       // all others of its trace are under it
	Under string     // the Key of what it is a part of; "": the root
	Began time.Time  // machine's clock
	Ended time.Time  // zero: now

	Step, Channel, Provider, Outcome, Via string
	Failed                                bool
}

// Tell tells of one piece of work.
func (t *Tracer) Tell(s Span) {
	if t == nil {
		return
	}
	id := ID(s.Event, s.Ref)
	ctx := context.WithValue(context.Background(), names{}, names{trace: id, span: s.id(id)})
	if !s.Root {
		ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: id, SpanID: spanID(id, s.Under), TraceFlags: trace.FlagsSampled, Remote: true,
		}))
	}
	if s.Ended.IsZero() {
		s.Ended = time.Now()
	}
	_, span := t.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Began), trace.WithAttributes(s.attributes()...))
	if s.Failed {
		span.SetStatus(codes.Error, s.Outcome)
	}
	span.End(trace.WithTimestamp(s.Ended))
}

// id gives the span's own id; the zero one is drawn.
func (s Span) id(of trace.TraceID) trace.SpanID {
	if s.Root {
		return spanID(of, "")
	}
	if s.Key != "" {
		return spanID(of, s.Key)
	}
	return trace.SpanID{}
}

// attributes say what the work was about.
func (s Span) attributes() (list []attribute.KeyValue) {
	outreach := ""
	if s.Ref.N > 0 {
		outreach = s.Ref.Name()
	}
	for _, a := range [...][2]string{
		{"rule", s.Ref.Rule}, {"outreach", outreach}, {"step", s.Step}, {"channel", s.Channel}, {"provider", s.Provider},
		{"outcome", s.Outcome}, {"via", s.Via},
	} {
		if a[1] != "" {
			list = append(list, attribute.String(a[0], a[1]))
		}
	}
	return list
}
