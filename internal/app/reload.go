package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/source"
)

// TemplatesBeside gives the templates folder: the one given, else templates
// beside the rules.
func TemplatesBeside(rules, templates string) string {
	if templates != "" {
		return templates
	}
	return filepath.Join(filepath.Dir(filepath.Clean(rules)), "templates")
}

// load reads the rules folder and puts it in force.
func (o Options) load(ctx context.Context, rules *library.Library) (library.Report, error) {
	files, err := bundle.ReadDir(o.Rules, TemplatesBeside(o.Rules, o.Templates))
	if err != nil {
		return library.Report{}, err
	}
	return rules.Load(ctx, files, o.Clock.Now())
}

// loadAtStart loads the rules folder, if there is one. Rules that are not
// valid leave the last good ones in force; without any the engine does not
// start.
func (o Options) loadAtStart(ctx context.Context, rules *library.Library) (library.Report, error) {
	if _, err := rules.Follow(ctx); err != nil {
		return library.Report{}, err
	}
	if o.Rules == "" {
		return library.Report{Rules: len(rules.Current().Rules)}, nil
	}
	report, err := o.load(ctx, rules)
	if err == nil {
		o.tellOfStart(report)
		return report, nil
	}
	if len(rules.Current().Rules) == 0 {
		return report, err
	}
	o.keepLastGood(ctx, rules, err)
	return library.Report{Rules: len(rules.Current().Rules), Problems: report.Problems}, nil
}

// summary gives the first problem of an edit, and how many there are.
func summary(err error) string {
	var invalid *source.InvalidError
	if !errors.As(err, &invalid) || invalid.Errors() < 2 {
		return err.Error()
	}
	for _, p := range invalid.Problems {
		if p.Severity == source.Error {
			return fmt.Sprintf("%s (and %d more)", p, invalid.Errors()-1)
		}
	}
	return err.Error()
}

// keepLastGood says loudly that an edit was not taken, and notes it for
// status.
func (o Options) keepLastGood(ctx context.Context, rules *library.Library, err error) {
	if err := rules.Refuse(ctx, summary(err), o.Clock.Now()); err != nil {
		o.Logger.Warn("refused rules not noted for status", "error", err)
	}
	var invalid *source.InvalidError
	if !errors.As(err, &invalid) {
		o.Logger.Error("rules not loaded: the last good ones stay in force", "error", err)
		return
	}
	o.Logger.Error("rules not loaded: the last good ones stay in force", "problems", invalid.Errors())
	for _, p := range invalid.Problems {
		level := slog.LevelError
		if p.Severity == source.Warning {
			level = slog.LevelWarn
		}
		o.Logger.Log(context.Background(), level, p.String())
	}
}

// reload loads the rules again when it is told to, or when a file changed,
// until ctx ends.
func (o Options) reload(ctx context.Context, rules *library.Library) {
	if o.Rules == "" {
		return
	}
	changes := o.watch(ctx)
	if o.WatchFiles { // what changed since the start, before anybody watched
		if report, err := o.load(ctx, rules); err != nil || !report.Nothing() {
			o.tell(ctx, rules, report, err)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.Reload:
		case <-changes:
		}
		report, err := o.load(ctx, rules)
		o.tell(ctx, rules, report, err)
	}
}

// tell logs what became of an edit.
func (o Options) tell(ctx context.Context, rules *library.Library, report library.Report, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		o.keepLastGood(ctx, rules, err)
	default:
		o.Logger.Info("rules loaded", "in force", report.Rules, "added", report.Added, "changed", report.Changed, "removed", report.Removed)
	}
}
