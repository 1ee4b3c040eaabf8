package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log/tag"
	"go.uber.org/zap/zapcore"
)

// expected reports whether a warning tells only of what is meant: each start warns that there is no HTTP port for
// Nexus, and each look at a workflow in the Web UI that it asks for long pages.
func expected(msg string) bool {
	return strings.HasPrefix(msg, "HTTP API port has not been set") || strings.HasPrefix(msg, "GetHistory page size is larger than threshold")
}

// logger hands the server's warnings and errors to a slog.Logger. Where the server asks to end the process, it ends the
// goroutine that asked instead and keeps the first reason: an embedded server must not take its host down.
type logger struct {
	to    *slog.Logger
	muted atomic.Bool
	last  atomic.Pointer[error]
}

// mute drops all that follows: what a server says while it is being stopped is no news.
func (l *logger) mute() { l.muted.Store(true) }

// reason is why the server wanted to end the process, or nil.
func (l *logger) reason() error {
	if err := l.last.Load(); err != nil {
		return *err
	}
	return nil
}

func (l *logger) Debug(string, ...tag.Tag)           {}
func (l *logger) Info(string, ...tag.Tag)            {}
func (l *logger) Warn(msg string, tags ...tag.Tag)   { l.say(slog.LevelWarn, msg, tags) }
func (l *logger) Error(msg string, tags ...tag.Tag)  { l.say(slog.LevelError, msg, tags) }
func (l *logger) DPanic(msg string, tags ...tag.Tag) { l.say(slog.LevelError, msg, tags) }
func (l *logger) Panic(msg string, tags ...tag.Tag)  { l.exit(msg, tags) }
func (l *logger) Fatal(msg string, tags ...tag.Tag)  { l.exit(msg, tags) }

func (l *logger) say(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if l.muted.Load() || expected(msg) || !l.to.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attrs[i] = slog.Any(t.Key(), t.Value())
	}
	l.to.LogAttrs(ctx, level, "temporal server: "+msg, attrs...)
}

func (l *logger) exit(msg string, tags []tag.Tag) {
	l.say(slog.LevelError, msg, tags)
	err := errors.New(msg)
	for _, t := range tags {
		if z, ok := t.(tag.ZapTag); ok && z.Field().Type == zapcore.ErrorType {
			err = fmt.Errorf("%s: %w", msg, z.Field().Interface.(error))
		}
	}
	l.last.CompareAndSwap(nil, &err)
	runtime.Goexit()
}
