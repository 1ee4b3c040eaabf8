package app

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"regexp"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/tracing"
	"github.com/outreach-engine/outreach/internal/witness"
)

// NewLogger gives the log that the settings ask for. Lines name what they are
// about by the ids that outreach explain takes, and hold no personal data.
func (e Eyes) NewLogger(to io.Writer) (*slog.Logger, error) {
	var level slog.Level
	switch e.LogLevel {
	case "debug", "info", "warn", "error":
		if err := level.UnmarshalText([]byte(e.LogLevel)); err != nil {
			return nil, fmt.Errorf("--log-level: %w", err)
		}
	default:
		return nil, fmt.Errorf("--log-level: %q is none of debug, info, warn and error", e.LogLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch e.Log {
	case "text":
		return slog.New(slog.NewTextHandler(to, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return nil, fmt.Errorf("--log: %q is neither text nor json", e.Log)
}

// chronicle writes what one write did to the log, at level debug: what came in,
// what it matched, and every line that was decided.
func (o Options) chronicle(d *witness.Deeds) {
	ctx := context.Background()
	if !o.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, e := range d.Events {
		o.Logger.Debug("event", append(tracing.About(e.MessageID, ledger.Ref{}), "customer", string(e.Customer), "via", string(e.Via))...)
	}
	for _, m := range d.Matches {
		o.Logger.Debug("match", append(tracing.About(m.Trigger, m.Ref), "outreach", m.Name(), "rule", m.Rule, "customer", string(m.Customer),
			"reason", string(m.Reason))...)
	}
	for _, line := range d.Lines {
		attributes := []any{"outreach", line.Name(), "rule", line.Rule, "customer", string(line.Customer)}
		if line.Step != "" && line.Channel != "" {
			part := ledger.Part{Ref: line.Ref, Step: line.Step, Channel: line.Channel}
			attributes = append(attributes, "message", part.Key(), "step", line.Step, "channel", string(line.Channel))
		}
		if !line.Planned.IsZero() {
			attributes = append(attributes, "planned", line.Planned.Format(time.RFC3339))
		}
		o.Logger.Debug(string(line.Kind), append(attributes, "reason", string(line.Reason))...)
	}
}

// openTracer gives the tracer that the settings ask for; nil for none.
func (o Options) openTracer(ctx context.Context) (*tracing.Tracer, error) {
	if o.Trace == "" {
		return nil, nil
	}
	return tracing.Open(ctx, tracing.Options{Endpoint: o.Trace, Share: o.TraceShare, Role: o.Role, Version: Version(), Logger: o.Logger})
}

// closeTracer hands over what is left to tell, if somebody takes it soon.
func (o Options) closeTracer() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := o.tracer.Close(ctx); err != nil {
		o.Logger.Warn("the last traces were not handed over", "error", err)
	}
}

// address is an IP address with its port, as servers name whom they talk to.
var address = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:%.]+\]):\d+`)

// strangersLog writes what a HTTP server complains of to the log, without whom it
// complains of.
type strangersLog struct{ logger *slog.Logger }

func (s strangersLog) Write(line []byte) (int, error) {
	s.logger.Warn("http: " + address.ReplaceAllString(string(line[:max(len(line)-1, 0)]), "somebody"))
	return len(line), nil
}

// serverLog gives a HTTP server its log.
func (o Options) serverLog() *log.Logger { return log.New(strangersLog{o.Logger}, "", 0) }
