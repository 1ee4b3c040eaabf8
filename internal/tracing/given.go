package tracing

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// names are the ids that a span is given; a zero span is drawn.
type names struct {
	trace trace.TraceID
	span  trace.SpanID
}

// given gives spans the ids that their context names.
type given struct{}

// NewIDs implements sdktrace.IDGenerator, for roots.
func (g given) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	n, _ := ctx.Value(names{}).(names)
	return n.trace, g.NewSpanID(ctx, n.trace)
}

// NewSpanID implements sdktrace.IDGenerator, for all others.
func (given) NewSpanID(ctx context.Context, _ trace.TraceID) (id trace.SpanID) {
	if n, _ := ctx.Value(names{}).(names); n.span.IsValid() {
		return n.span
	}
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return id
}

// sayEvery bounds how often the log says that traces are lost.
const sayEvery = time.Minute

// courier hands spans over, and says in the log when that does not work.
type courier struct {
	sdktrace.SpanExporter
	logger *slog.Logger

	mu   sync.Mutex
	said time.Time
	lost int
}

// ExportSpans implements sdktrace.SpanExporter. Its errors are told here and to
// nobody else.
func (c *courier) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost += len(spans)
	if now := time.Now(); now.Sub(c.said) >= sayEvery {
		c.logger.Warn("traces not handed over, and dropped; is the collector of --trace there?", "spans", c.lost, "error", err)
		c.said, c.lost = now, 0
	}
	return nil
}
