package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

// importFlags say how a file is to be read.
type importFlags struct {
	mapFile string
	shift   bool
}

func importCommand(now func() time.Time, kind importer.Kind) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   string(kind) + " FILE",
		Short: "Take " + string(kind) + " from a CSV or NDJSON file.",
		Long: "Take " + string(kind) + " from a CSV or NDJSON file, through a map that says which column means what; docs/import.md\n" +
			"describes maps. Rows that cannot be read are refused alone, with their line. An import may be stopped and run\n" +
			"again: what was taken counts as a duplicate.",
		Example: "  outreach import " + string(kind) + " " + string(kind) + ".csv --map " + string(kind) + ".yaml",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&f.mapFile, "map", "", "file of the map (required)")
	cmd.Flags().BoolVar(&f.shift, "shift-to-now", false, "move all times so that the newest is now")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.mapFile == "" {
			return usageError(errors.New("--map: is missing; name the file that says which column means what (docs/import.md)"))
		}
		return place.make(cmd, func(ctx context.Context, o *office) error {
			return o.importFile(ctx, importer.Options{Kind: kind, Path: args[0], Map: f.mapFile, ShiftToNow: f.shift}, cmd.ErrOrStderr())
		})
	}
	return cmd
}

// importFile takes a file as a running engine would and says what became of
// its rows.
func (o *office) importFile(ctx context.Context, options importer.Options, stderr io.Writer) error {
	if _, err := o.library.Follow(ctx); err != nil {
		return err
	}
	observer := &observe.Observer{Store: o.store, Desk: o.desk, Now: o.now}
	options.Taker, options.Keeper, options.Now = observer, observer, o.instant()
	options.Zones, options.EventName, options.Topics = zones{o}, o.eventName, o.library.Current().Topics()
	if current := o.library.Current(); len(current.Active) > 0 {
		options.Dictionary, options.Warn = current.Dictionary, warner(stderr)
	}
	b := newBar(stderr, filepath.Base(options.Path), progress.UnitsBytes)
	options.Progress = b.move
	report, err := importer.Run(ctx, options)
	b.end()
	if invalid, ok := errors.AsType[*source.InvalidError](err); ok {
		for _, p := range invalid.Problems {
			if _, err := fmt.Fprintln(stderr, p); err != nil {
				return err
			}
		}
		return fmt.Errorf("nothing was imported: the map holds %s", counted(invalid.Errors(), "problem"))
	}
	if err != nil && report.Taken+report.Duplicates == 0 {
		return err
	}
	if printed := printReport(o.out, report); printed != nil {
		return errors.Join(err, printed)
	}
	if err != nil {
		return fmt.Errorf("%w; run the command again to go on from there", err)
	}
	return nil
}

// eventName gives the name that data.yaml declares for an event, else the
// outside name as rules would write it.
func (o *office) eventName(outside string) string {
	if declared := o.library.Current().Dictionary.EventName(outside); declared != outside {
		return declared
	}
	return observe.Name(outside)
}

// zones knows the customers' zones out of the store.
type zones struct{ *office }

// ZoneOf implements importer.ZoneLookup.
func (z zones) ZoneOf(ctx context.Context, external string) (zone string, err error) {
	err = z.store.Read(ctx, func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(external)
		if err != nil || !ok {
			return err
		}
		record, ok, err := tx.Customer(id)
		if err == nil && ok {
			zone = z.zone(record.Profile).String()
		}
		return err
	})
	return zone, err
}

// zone gives a customer's zone: their own, else the policy's.
func (o *office) zone(p customer.Profile) *time.Location {
	return o.library.Current().Policy.ZoneOf(o.desk.Zones, &p)
}

func printReport(out io.Writer, r importer.Report) error {
	number := func(n int) string { return wording.Number(float64(n)) }
	rows := [][]string{
		{"rows", number(r.Rows)}, {"taken", number(r.Taken)}, {"duplicates", number(r.Duplicates)},
		{"too late to count", number(r.TooLate)}, {"skipped", number(r.Skipped)}, {"refused", number(r.Refused)},
	}
	if r.Fields > 0 {
		rows = append(rows, []string{"fields refused", number(r.Fields)})
	}
	if err := printTable(out, 1, rows); err != nil {
		return err
	}
	if !r.Oldest.IsZero() {
		text := "times " + utc(r.Oldest) + " to " + utc(r.Newest)
		if r.Shift != 0 {
			text += ", moved to end " + utc(r.Newest.Add(r.Shift))
		}
		if _, err := fmt.Fprintln(out, text); err != nil {
			return err
		}
	}
	if len(r.Trouble) > 1 {
		if _, err := fmt.Fprintln(out, "refused, in the order of the file:"); err != nil {
			return err
		}
	}
	for _, trouble := range r.Trouble {
		if _, err := fmt.Fprintln(out, trouble); err != nil {
			return err
		}
	}
	if more := r.Refused + r.Fields - len(r.Trouble); more > 0 {
		_, err := fmt.Fprintf(out, "and %s more; outreach rejected lists them all, newest first\n", number(more))
		return err
	}
	return nil
}
