package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// storeCommands are what operators do with a store as a whole.
func storeCommands(now func() time.Time) *cobra.Command {
	return group(&cobra.Command{Use: "store", Short: "Bring a store's tables up, check them, and move a company to another store."},
		storeMigrateCommand(now), storeCheckCommand(now), storeCopyCommand(now), storeReopenCommand(now))
}

func storeMigrateCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables to the newest form that this program knows.",
		Long: "Bring the tables to the newest form that this program knows, and say from which to which. Engines do the same when\n" +
			"they start; whoever wants it done before them runs this, with the new program, while those of the old one go on.",
		Args: cobra.NoArgs,
	}
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := store.Place(place.path)
		form, err := transfer.FormOf(cmd.Context(), p)
		if err != nil {
			return err
		}
		if form.Have == form.Want {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: the tables are of form %d, the newest: nothing to do\n", transfer.Name(p), form.Have)
			return err
		}
		opened, err := p.Open(cmd.Context(), nil)
		if err != nil {
			return err
		}
		if err := opened.Close(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: the tables were brought from form %d to form %d\n", transfer.Name(p), form.Have, form.Want)
		return err
	}
	return cmd
}

func storeCheckCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look whether what the store holds fits together.",
		Long: "Look whether what the store holds fits together: every message's outreach is there, every open outreach's customer\n" +
			"and version of its rule, what is in force, outside ids and their customers, the numbers that are kept beside the\n" +
			"rows, and the file itself where it is one. It reads everything, of one moment, changes nothing, and lets the engine\n" +
			"work meanwhile. It ends with 1 when something does not fit, and says what to do about it.",
		Args: cobra.NoArgs,
	}
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		found, err := transfer.Check(cmd.Context(), store.Place(place.path), transfer.CheckOptions{Position: readPosition})
		if err != nil {
			return err
		}
		if *asJSON {
			err = printJSON(cmd.OutOrStdout(), found)
		} else {
			err = printFinding(cmd.OutOrStdout(), found)
		}
		if err == nil && len(found.Problems) > 0 {
			return &exitError{code: exitProblems}
		}
		return err
	}
	return cmd
}

func readPosition(position []byte) error {
	var p journey.Position
	return json.Unmarshal(position, &p)
}

func printFinding(out io.Writer, found transfer.Finding) error {
	oldest := "none"
	if !found.Oldest.IsZero() {
		oldest = utc(found.Oldest)
	}
	head := [][]string{{"store", found.Store}, {"form", fmt.Sprintf("%d, the newest", found.Form.Have)}, {"oldest event", oldest}}
	if found.MovedTo != "" {
		head = slices.Insert(head, 0, []string{"moved", "to " + found.MovedTo + ": work with that one"})
	}
	if err := errors.Join(printTable(out, 2, head), printCounts(out, found.Tables)); err != nil {
		return err
	}
	for _, p := range found.Problems {
		line := fmt.Sprintf("\nPROBLEM  %s: %s", p.What, wording.Count(p.Count, "row"))
		if p.Example != "" {
			line += ", such as " + p.Example
		}
		if _, err := fmt.Fprintf(out, "%s\n         %s\n", line, p.Mend); err != nil {
			return err
		}
	}
	if len(found.Problems) > 0 {
		return nil
	}
	_, err := fmt.Fprintln(out, "\nEverything fits together.")
	return err
}

// printCounts lists the tables that hold anything.
func printCounts(out io.Writer, counts []transfer.Count) error {
	rows, all := [][]string{{"TABLE", "ROWS"}}, int64(0)
	for _, c := range counts {
		if c.Rows > 0 {
			rows = append(rows, []string{c.Table, wording.Number(float64(c.Rows))})
			all += c.Rows
		}
	}
	rows = append(rows, []string{"all", wording.Number(float64(all))})
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, 1, rows)
}

func storeCopyCommand(now func() time.Time) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Move a company to another store: from the file to PostgreSQL, or back.",
		Long: "Copy everything from one store to another, of either kind: open outreaches, messages, holds, hints, the log, rules in\n" +
			"force and their versions. Stop all engines first: it refuses a store on which one works. The target must hold nothing;\n" +
			"it is read back and compared before it is kept, so it holds all or nothing. Afterwards start the engines with the new\n" +
			"--store and the same Temporal: open outreaches go on where they were. The old store stays as it was, but no engine\n" +
			"starts on it any more, and no command changes it (outreach store reopen). A password may stand in PGPASSWORD or\n" +
			"~/.pgpass instead of the URL.",
		Example: "  outreach store copy --from .outreach/outreach.db --to postgres://outreach@db.example.com/outreach",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&from, "from", "", "store to copy: a SQLite file, or postgres://user:password@host:port/database")
	cmd.Flags().StringVar(&to, "to", "", "store that takes it, and holds nothing yet: a SQLite file, or postgres://...")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if from == "" || to == "" {
			return usageError(errors.New("--from and --to: name both stores; see outreach store copy --help"))
		}
		return copyStore(cmd, store.Place(from), store.Place(to), now)
	}
	return cmd
}

func copyStore(cmd *cobra.Command, from, to store.Place, now func() time.Time) error {
	began := now()
	shown := newBar(cmd.ErrOrStderr(), "copying", progress.UnitsDefault)
	counts, err := transfer.Copy(cmd.Context(), from, to, transfer.Options{Now: began, Progress: shown.move})
	shown.end()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if _, err := fmt.Fprintf(out, "%s holds all that %s does: each row was read back and is the same.\n", transfer.Name(to), transfer.Name(from)); err != nil {
		return err
	}
	if err := printCounts(out, counts); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nIt took %.1f s. Start the engines with the new --store and the same Temporal. "+
		"No engine starts on the old one any more, and no command changes it.\n",
		now().Sub(began).Seconds())
	return err
}

func storeReopenCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reopen",
		Short: "Let engines work again on a store that was copied to another.",
		Long: "Let engines work again on a store that outreach store copy has closed. Only for when no engine ever worked on the\n" +
			"copy: what one did there is not known here, and messages that went out would go out again.",
		Args: cobra.NoArgs,
	}
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := store.Place(place.path)
		to, err := transfer.Reopen(cmd.Context(), p)
		if err != nil {
			return err
		}
		said := "it was not moved: nothing to do"
		if to != "" {
			said = "engines may work on it again. Throw away the copy at " + to + ", and start none there"
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", transfer.Name(p), said)
		return err
	}
	return cmd
}
