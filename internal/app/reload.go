package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

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
	if err == nil || len(rules.Current().Rules) == 0 {
		return report, err
	}
	o.keepLastGood(err)
	return library.Report{Rules: len(rules.Current().Rules), Problems: report.Problems}, nil
}

// keepLastGood says loudly that an edit was not taken.
func (o Options) keepLastGood(err error) {
	var invalid *source.InvalidError
	if !errors.As(err, &invalid) {
		o.Logger.Error("rules not loaded: the last good ones stay in force", "error", err)
		return
	}
	o.Logger.Error(fmt.Sprintf("rules not loaded: %d problems; the last good ones stay in force", len(invalid.Problems)))
	for _, p := range invalid.Problems {
		o.Logger.Error(p.String())
	}
}

// settled is how long files are left alone after a change before they are
// read: editors write in several steps.
const settled = 300 * time.Millisecond

// reload loads the rules again when it is told to, or when a file changed,
// until ctx ends.
func (o Options) reload(ctx context.Context, rules *library.Library) {
	if o.Rules == "" {
		return
	}
	changes, stop := o.watch()
	defer stop()
	if o.WatchFiles { // what changed since the start, before anybody watched
		if report, err := o.load(ctx, rules); err != nil || !report.Nothing() {
			o.tell(ctx, report, err)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.Reload:
		case <-changes:
			o.calm(ctx, changes)
		}
		report, err := o.load(ctx, rules)
		o.tell(ctx, report, err)
	}
}

// tell logs what became of an edit.
func (o Options) tell(ctx context.Context, report library.Report, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		o.keepLastGood(err)
	default:
		o.Logger.Info("rules loaded", "in force", report.Rules, "added", report.Added, "changed", report.Changed, "removed", report.Removed)
	}
}

// calm waits until no file has changed for a moment.
func (o Options) calm(ctx context.Context, changes <-chan fsnotify.Event) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-time.After(settled):
			return
		}
	}
}

// watch tells of changed files in the rules and templates folders; never
// without WatchFiles.
func (o Options) watch() (changes <-chan fsnotify.Event, stop func()) {
	if !o.WatchFiles {
		return nil, func() {}
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		o.Logger.Warn("rules are not watched for changes", "error", err)
		return nil, func() {}
	}
	for _, root := range []string{o.Rules, TemplatesBeside(o.Rules, o.Templates)} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				err = watcher.Add(path)
			}
			return err
		})
		if err != nil {
			o.Logger.Warn("folder is not watched for changes", "folder", root, "error", err)
		}
	}
	return watcher.Events, func() { _ = watcher.Close() }
}
