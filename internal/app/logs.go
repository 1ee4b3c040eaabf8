package app

import (
	"fmt"
	"io"
	"log/slog"
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
