package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/compare"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// usualDays is how much of the past an edit is judged by.
const usualDays = 30

// anyNumber lets any number of people be messaged at once.
const anyNumber = -1

// diffFlags say what is compared, and by which past.
type diffFlags struct {
	templatesOld, templates string
	files                   pastFiles
	days, maxNew, workers   int
	list                    bool
	format                  string
}

func diffCommand(now func() time.Time) *cobra.Command {
	f := diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff [OLD_DIR] NEW_DIR",
		Short: "Say what an edit of the rules changes: in words, in people and in messages.",
		Long: `Compare two folders of rules; or one with what is in force in the engine's store, which is only read. First comes
what is said differently: rules, field by field and step by step, policy, data and templates. Then, when past events
are at hand - the files that outreach simulate takes, or the store's own - both are played over them: who would enter
that did not, who would no longer, and messages a day before and after. docs/changing-rules.md says what is counted.

Loading a rule that is new or changed begins outreaches at once for reasons that are still fresh. The command counts
the people for whom it would: at the end of the files' events, or now with a store. --max-new bounds them.

It ends with 0 when all was said, also when nothing changed; 1 when more people than --max-new would be reached at
once, or the work broke off; 2 when it was called wrongly; 3 when a folder holds problems.`,
		Example: `  outreach diff old/rules rules
  outreach diff rules --days 60 --list
  outreach diff main/rules rules --customers customers.csv --events events.csv --map both.yaml --max-new 500`,
		Args: cobra.RangeArgs(1, 2),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.templatesOld, "templates-old", "", "folder of templates (default: templates beside OLD_DIR)")
	flags.StringVar(&f.templates, "templates", "", "folder of templates (default: templates beside NEW_DIR)")
	flags.Var(pastFlag{&f.files, string(importer.Customers)}, "customers", "file of customers, CSV or NDJSON; may be given again")
	flags.Var(pastFlag{&f.files, string(importer.Events)}, "events", "file of events, CSV or NDJSON; may be given again")
	flags.Var(pastFlag{&f.files, mapFlag}, "map", "file that says which column means what (docs/import.md)")
	flags.IntVar(&f.days, "days", usualDays, "compare people and messages of so many last days; 0: play nothing")
	flags.IntVar(&f.maxNew, "max-new", anyNumber, "end with 1 when more people would be reached at once (default: any number)")
	flags.BoolVar(&f.list, "list", false, "list the outside ids of these people")
	flags.StringVar(&f.format, "format", "text", "text or json")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "customers played at once (default: as many as there are processors)")
	flags.Lookup("workers").DefValue = "0" // not shown: it is the machine's
	flags.Lookup("max-new").DefValue = "0" // not shown
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(args, cmd.Flags().Changed("store")); err != nil {
			return usageError(err)
		}
		after, err := soundRules(args[len(args)-1], f.templates, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		d := &differ{diffFlags: f, cmd: cmd, after: after, zones: sendtime.NewZones(), now: now}
		if len(args) == 2 {
			if d.before, err = soundRules(args[0], f.templatesOld, cmd.ErrOrStderr()); err != nil {
				return err
			}
			return d.run(cmd.Context())
		}
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			d.before, d.office = o.library.Current().Bundle, o
			return d.run(ctx)
		})
	}
	return cmd
}

// check refuses what does not go together.
func (f *diffFlags) check(args []string, store bool) error {
	withFiles := len(f.files.list) > 0 || f.files.common != ""
	switch {
	case !slices.Contains([]string{"text", "json"}, f.format):
		return fmt.Errorf("--format: %q is none; give text or json", f.format)
	case f.days < 0 || f.workers < 1:
		return errors.New("--days, --workers: are numbers from 0, and from 1")
	case f.maxNew < anyNumber:
		return fmt.Errorf("--max-new: %d is below 0", f.maxNew)
	case len(args) == 2 && store:
		return errors.New("give either OLD_DIR or --store")
	case len(args) == 1 && f.templatesOld != "":
		return errors.New("--templates-old: goes with OLD_DIR")
	case f.maxNew != anyNumber && (f.days == 0 || len(args) == 2 && !withFiles):
		return errors.New("--max-new: needs past events; give --customers, --events and --map, or compare with the store, and more days than 0")
	case withFiles:
		return f.files.complete()
	}
	return nil
}

// differ compares.
type differ struct {
	diffFlags
	cmd           *cobra.Command
	before, after *bundle.Bundle
	office        *office // of the store in which before is in force; nil: none
	zones         *sendtime.Zones
	now           func() time.Time
}

// difference is everything that is said of an edit.
type difference struct {
	Nothing bool               `json:"nothing,omitempty"` // there is none
	Words   compare.Difference `json:"words"`
	Past    *pastDifference    `json:"past,omitempty"`
	AtOnce  *atOnce            `json:"at_once,omitempty"`
	Running []runningRule      `json:"running,omitempty"` // rules that changed or go, and have open outreaches
}

func (d *differ) run(ctx context.Context) error {
	out := difference{Words: compare.Bundles(d.before, d.after)}
	out.Nothing = out.Words.Nothing()
	if !out.Nothing {
		if err := d.look(ctx, &out); err != nil {
			return err
		}
	}
	var err error
	if d.format == "json" {
		err = printJSON(d.cmd.OutOrStdout(), out)
	} else {
		err = out.print(d.cmd.OutOrStdout())
	}
	if err != nil || d.maxNew == anyNumber || out.AtOnce == nil || out.AtOnce.People <= d.maxNew {
		return err
	}
	return fmt.Errorf("--max-new: loading would reach %s at once, more than %d", people(out.AtOnce.People), d.maxNew)
}

// look says what the difference means for people.
func (d *differ) look(ctx context.Context, out *difference) (err error) {
	if d.office != nil {
		if out.Running, err = d.running(ctx, out.Words.Rules); err != nil {
			return err
		}
	}
	if d.days == 0 || d.office == nil && len(d.files.list) == 0 {
		return nil
	}
	out.Past, out.AtOnce, err = d.past(ctx, freshRules(out.Words.Rules, d.after))
	return err
}

// told gives the past that both are played over.
func (d *differ) told(b *bundle.Bundle) (backtest.Past, error) {
	if len(d.files.list) == 0 {
		return &backtest.Kept{Store: d.office.store, Name: d.office.path}, nil
	}
	past := &backtest.Files{
		List: d.files.list, Policy: b.Policy, Zones: d.zones, EventName: b.Dictionary.EventName, Topics: b.Policy.TopicNames(),
		Dictionary: b.Dictionary, Now: d.now(),
	}
	if err := past.Check(warner(d.cmd.ErrOrStderr())); err != nil {
		return nil, usageError(said(err, d.cmd.ErrOrStderr()))
	}
	return past, nil
}
