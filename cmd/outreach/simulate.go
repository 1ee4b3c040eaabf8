package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

// simulateFlags say what to play, and what to say of it.
type simulateFlags struct {
	rules, templates string
	files            pastFiles
	store            string
	from, to         string
	only             []string
	unconfirmed      []string
	format, out      string
	workers          int
}

// samplesShown is how many messages of each template and channel a page shows.
const samplesShown = 3

// gcPercent lets a backtest use more memory and less time than Go's default of
// 100: it makes much that lives no longer than one customer's play.
const gcPercent = 400

func simulateCommand(now func() time.Time) *cobra.Command {
	f := simulateFlags{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play past events through the rules, and say what would have gone out.",
		Long: `Play past events through the rules in virtual time, with the decisions of the running engine, and say what
would have gone out. Nothing is sent, and nothing is kept. The past stands in files, read as outreach import reads
them, or in a store, which is only read. docs/simulate.md says what is counted and how.

Each --map is for the files before it that have none yet; one before all files is for all. All rules of the folder
are played, since they share the caps; --rule says which of them are reported.

It ends with 0 when the past was played, 1 when that broke off, 2 when it was called wrongly or a file or its map
cannot be read, and 3 when the rules hold problems.`,
		Example: `  outreach simulate --customers customers.csv --map customers.yaml --events events.csv --map events.yaml
  outreach simulate --customers customers.csv --events events.csv --map both.yaml --format html --out report.html
  outreach simulate --from-store --from 2026-10-01 --rule usage-limit`,
		Args: cobra.MaximumNArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.rules, "rules", "rules", "folder of rules")
	flags.StringVar(&f.templates, "templates", "", "folder of templates (default: templates beside the rules)")
	flags.Var(pastFlag{&f.files, string(importer.Customers)}, "customers", "file of customers, CSV or NDJSON; may be given again")
	flags.Var(pastFlag{&f.files, string(importer.Events)}, "events", "file of events, CSV or NDJSON; may be given again")
	flags.Var(pastFlag{&f.files, mapFlag}, "map", "file that says which column means what (docs/import.md)")
	flags.StringVar(&f.store, "from-store", "", "play the events of an engine's store instead of files")
	flags.Lookup("from-store").NoOptDefVal = defaultStore()
	flags.StringVar(&f.from, "from", "", "report from this day, or instant, on (default: the first event)")
	flags.StringVar(&f.to, "to", "", "play to the end of this day, or to this instant (default: the last event)")
	flags.StringSliceVar(&f.only, "rule", nil, "report this rule alone; may be given again")
	flags.StringSliceVar(&f.unconfirmed, "unconfirmed", nil, "no word comes back of messages by this channel: fallback_after runs out; may be given again")
	flags.StringVar(&f.format, "format", "text", "text, json (one decision a line) or html (one page)")
	flags.StringVar(&f.out, "out", "", "write to this file (default: standard output)")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "customers played at once (default: as many as there are processors)")
	flags.Lookup("workers").DefValue = "0" // not shown: it is the machine's
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			if !cmd.Flags().Changed("from-store") || f.store != defaultStore() {
				return usageError(fmt.Errorf("%q: stands alone; write a flag before it, see outreach simulate --help", args[0]))
			}
			f.store = args[0]
		}
		return f.run(cmd, now)
	}
	return cmd
}

// run checks everything that can be checked before any work, and plays.
func (f *simulateFlags) run(cmd *cobra.Command, now func() time.Time) error {
	if err := f.check(); err != nil {
		return usageError(err)
	}
	b, err := soundRules(f.rules, f.templates, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	options, err := f.options(b)
	if err != nil {
		return usageError(err)
	}
	if f.store != "" {
		place := &place{path: f.store, now: now}
		if _, err := os.Stat(f.store); err != nil {
			return usageError(fmt.Errorf("--from-store: %w; name the engine's file", err))
		}
		return place.use(cmd, func(ctx context.Context, o *office) error {
			options.Past = &backtest.Kept{Store: o.store, Name: filepath.Base(f.store)}
			err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
				options.Known, err = library.Insight(tx)
				return err
			})
			if err != nil {
				return err
			}
			return f.write(ctx, cmd, options)
		})
	}
	past := &backtest.Files{
		List: f.files.list, Policy: b.Policy, Zones: options.Zones, EventName: b.Dictionary.EventName, Topics: b.Policy.TopicNames(),
		Dictionary: b.Dictionary, Now: now(),
	}
	if err := past.Check(warner(cmd.ErrOrStderr())); err != nil {
		return usageError(said(err, cmd.ErrOrStderr()))
	}
	options.Past = past
	return f.write(cmd.Context(), cmd, options)
}

// soundRules reads rules and templates; what is wrong with them goes to
// stderr.
func soundRules(rules, templates string, stderr io.Writer) (*bundle.Bundle, error) {
	if templates == "" {
		templates = beside(rules)
	}
	files, err := bundle.ReadDir(rules, templates)
	if err != nil {
		return nil, usageError(err)
	}
	b, list := bundle.Check(files)
	var problems source.Problems
	problems.Add(list...)
	if problems.Err() == nil {
		return b, nil
	}
	for _, p := range list {
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return nil, err
		}
	}
	return nil, &exitError{code: exitInvalid, err: errors.New("rules: hold problems; mend them, outreach check lists them too")}
}

// said writes the problems of a map, and gives the error that is left to say.
func said(err error, stderr io.Writer) error {
	invalid, ok := errors.AsType[*source.InvalidError](err)
	if !ok {
		return err
	}
	for _, p := range invalid.Problems {
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return err
		}
	}
	return fmt.Errorf("nothing was played: the map holds %s", counted(invalid.Errors(), "problem"))
}

// warner says on stderr what is odd in a map and stops nothing.
func warner(stderr io.Writer) func(source.Problem) {
	return func(p source.Problem) {
		_, _ = fmt.Fprintln(stderr, p) // whoever reads no warnings is not kept from the work
	}
}

func (f *simulateFlags) check() error {
	if !slices.Contains([]string{"text", "json", "html"}, f.format) {
		return fmt.Errorf("--format: %q is none; give text, json or html", f.format)
	}
	if f.workers < 1 {
		return fmt.Errorf("--workers: %d is less than 1", f.workers)
	}
	if f.store != "" {
		if len(f.files.list) > 0 || f.files.common != "" {
			return errors.New("give either files or --from-store")
		}
		return nil
	}
	return f.files.complete()
}

// options reads what the flags say of time and rules.
func (f *simulateFlags) options(b *bundle.Bundle) (backtest.Options, error) {
	o := backtest.Options{Bundle: b, Zones: sendtime.NewZones(), Rules: f.only, Workers: f.workers}
	var known []string
	for _, r := range b.Rules {
		known = append(known, r.Name)
	}
	for _, name := range f.only {
		if !slices.Contains(known, name) {
			return o, hinted(fmt.Sprintf("--rule: %q is not known", name), source.DidYouMean(name, known))
		}
	}
	for _, name := range f.unconfirmed {
		if !slices.Contains(customer.Channels(), customer.Channel(name)) {
			return o, hinted(fmt.Sprintf("--unconfirmed: %q is no channel", name), "write push, sms or email")
		}
		o.Unconfirmed = append(o.Unconfirmed, customer.Channel(name))
	}
	zone := b.Policy.ZoneOf(o.Zones, &customer.Profile{})
	var err error
	if o.From, err = instantOf("--from", f.from, zone, 0); err != nil {
		return o, err
	}
	if o.To, err = instantOf("--to", f.to, zone, 1); err != nil {
		return o, err
	}
	if !o.From.IsZero() && !o.To.IsZero() && o.From.After(o.To) {
		return o, fmt.Errorf("--from: %s is after --to %s; swap them", f.from, f.to)
	}
	if f.format == "html" {
		o.Samples = samplesShown
	}
	return o, nil
}

// instantOf reads RFC 3339, or a day on the company's clock: its first instant,
// or its last with later 1.
func instantOf(flag, text string, zone *time.Location, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q is no day; write 2026-03-31, or an instant as in RFC 3339", flag, text)
	}
	return customer.StartOfDay(day.Year(), day.Month(), day.Day()+later, zone).Add(time.Duration(-later) * time.Microsecond), nil
}

// write plays and writes the report.
func (f *simulateFlags) write(ctx context.Context, cmd *cobra.Command, o backtest.Options) error {
	out, err := openOut(f.out, cmd.OutOrStdout())
	if err != nil {
		return usageError(err)
	}
	defer out.drop()
	if f.format == "json" {
		o.Lines = out
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	bars := &bars{out: cmd.ErrOrStderr()}
	o.Progress = bars.move
	report, err := backtest.Run(ctx, o)
	bars.end()
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted; nothing was kept")
	case err != nil:
		return said(err, cmd.ErrOrStderr())
	}
	switch f.format {
	case "html":
		err = report.HTML(out)
	case "text":
		err = report.Text(out)
	default:
		err = printRefused(cmd.ErrOrStderr(), report)
	}
	if err != nil {
		return err
	}
	if err := out.keep(); err != nil || f.out == "" {
		return err
	}
	sent := 0
	for _, r := range report.Rules {
		sent += r.Sent()
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s to %s of %s\n", f.out, wording.Count(int64(sent), "message"),
		wording.Number(float64(report.Messaged)), wording.Count(int64(report.Customers), "customer"))
	return err
}

// printRefused says what was refused where the report itself does not.
func printRefused(stderr io.Writer, r *backtest.Report) error {
	for _, s := range r.Sources {
		if s.Refused+s.Fields == 0 {
			continue
		}
		if _, err := io.WriteString(stderr, s.String()); err != nil {
			return err
		}
	}
	return nil
}
