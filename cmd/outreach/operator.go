package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

// operatorCommands are what operators ask and order. They work on the store
// alone, whether the engine runs or not.
func operatorCommands(now func() time.Time) []*cobra.Command {
	rules := group(&cobra.Command{Use: "rules", Short: "Put rules in force, and show those that are or were."},
		rulesLoadCommand(now), rulesListCommand(now), rulesShowCommand(now), rulesVersionsCommand(now))
	imports := group(&cobra.Command{Use: "import", Short: "Take customers or events from a CSV or NDJSON file."},
		importCommand(now, importer.Customers), importCommand(now, importer.Events))
	data := group(&cobra.Command{Use: "data", Short: "See what was received, and declare it."}, learnCommand(now))
	return []*cobra.Command{
		statusCommand(now), explainCommand(now), pauseCommand(now), resumeCommand(now), stopCommand(now),
		unknownCommand(now), suppressCommand(now), evidenceCommand(now),
		rules, migrateCommand(now), rejectedCommand(now), imports, data, simulateCommand(now), storeCommands(now), webpushKeysCommand(), versionCommand(),
	}
}

// place is where a command finds the store.
type place struct {
	path string
	now  func() time.Time
}

// storeFlag adds --store to a command.
func storeFlag(cmd *cobra.Command, now func() time.Time) *place {
	options := app.Defaults()
	p := &place{now: now}
	for _, s := range options.Settings() {
		if s.Value != &options.Store {
			continue
		}
		cmd.Flags().StringVar(&p.path, s.Flag, options.Store, s.Help+" ("+s.Env+")")
		s.Value = &p.path
		cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed(s.Flag) {
				return nil
			}
			if err := s.Read(os.LookupEnv, os.ReadFile); err != nil {
				return usageError(err)
			}
			return nil
		}
	}
	return p
}

// office is what a command works with while the store is open.
type office struct {
	place
	store   ledger.Store
	library *library.Library
	desk    dossier.Desk
	out     io.Writer
}

// work is what a command does with an open store.
type work func(context.Context, *office) error

// use opens a store that is there, to read it. Of one that was moved it says so
// first.
func (p *place) use(cmd *cobra.Command, fn work) error {
	return p.there(cmd, func(ctx context.Context, o *office) error {
		err := transfer.Free(ctx, o.store)
		if moved, ok := errors.AsType[*transfer.MovedError](err); ok {
			_, err = fmt.Fprintln(cmd.ErrOrStderr(), "outreach:", moved)
		}
		if err != nil {
			return err
		}
		return fn(ctx, o)
	})
}

// useRules opens a store that is there, to read it, and reads the rules in force.
func (p *place) useRules(cmd *cobra.Command, fn work) error { return p.use(cmd, withRules(fn)) }

// change opens a store that is there, to change it. It refuses one that was
// moved: nobody works on it any more.
func (p *place) change(cmd *cobra.Command, fn work) error { return p.there(cmd, onFree(fn)) }

// changeRules opens a store that is there, to change it, and reads the rules in
// force.
func (p *place) changeRules(cmd *cobra.Command, fn work) error { return p.change(cmd, withRules(fn)) }

// make opens a store to change it, and makes it where there is none.
func (p *place) make(cmd *cobra.Command, fn work) error { return p.open(cmd, onFree(fn)) }

// withRules reads the rules in force before the work.
func withRules(fn work) work {
	return func(ctx context.Context, o *office) error {
		if _, err := o.library.Follow(ctx); err != nil {
			return err
		}
		return fn(ctx, o)
	}
}

// onFree does the work unless the store was moved.
func onFree(fn work) work {
	return func(ctx context.Context, o *office) error {
		if err := transfer.Free(ctx, o.store); err != nil {
			return err
		}
		return fn(ctx, o)
	}
}

// there opens a store that is there.
func (p *place) there(cmd *cobra.Command, fn work) error {
	if err := store.Place(p.path).There(cmd.Context()); err != nil {
		return err
	}
	return p.open(cmd, fn)
}

func (p *place) open(cmd *cobra.Command, fn work) (err error) {
	opened, err := store.Place(p.path).Open(cmd.Context(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	rules := library.New(opened)
	return fn(cmd.Context(), &office{
		place: *p, store: opened, library: rules, out: cmd.OutOrStdout(),
		desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()},
	})
}

// instant gives the time as the store keeps it.
func (p *place) instant() time.Time { return p.now().UTC().Truncate(time.Microsecond) }

// printJSON writes one indented document.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// jsonFlag adds --json to a command.
func jsonFlag(cmd *cobra.Command) *bool { return cmd.Flags().Bool("json", false, "write JSON") }

// utc writes an instant that belongs to no customer.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
