package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

func rulesLoadCommand(now func() time.Time) *cobra.Command {
	var templates string
	cmd := &cobra.Command{
		Use:   "load [DIR]",
		Short: "Check rules and templates and put them in force, all or nothing.",
		Long: "Check the rules in DIR (rules, unless you name another folder) and the templates, and put them in force. With\n" +
			"any problem nothing changes. Running engines follow within a second. Open outreaches keep the version that\n" +
			"they began with; a rule that is new, or whose trigger changed, reads the customers' history first.",
		Example: "  outreach rules load\n  outreach rules load marketing/rules --templates marketing/templates",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&templates, "templates", "", "folder of templates (default: templates beside DIR)")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir := "rules"
		if len(args) > 0 {
			dir = args[0]
		}
		files, err := bundle.ReadDir(dir, app.TemplatesBeside(dir, templates))
		if err != nil {
			return err
		}
		return place.make(cmd, func(ctx context.Context, o *office) error { return o.load(ctx, files, cmd.ErrOrStderr()) })
	}
	return cmd
}

// load puts files in force and says what changed.
func (o *office) load(ctx context.Context, files bundle.Files, stderr io.Writer) error {
	report, err := o.library.Load(ctx, files, o.instant())
	var invalid *source.InvalidError
	if err != nil && !errors.As(err, &invalid) {
		return err
	}
	for _, p := range report.Problems {
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return err
		}
	}
	if invalid != nil {
		return fmt.Errorf("rules not loaded: %s; those in force stay as they are", counted(len(report.Problems), "problem"))
	}
	return printLoaded(o.out, report)
}

func printLoaded(out io.Writer, report library.Report) error {
	rows := [][]string{}
	add := func(what string, names []string) {
		if len(names) > 0 {
			rows = append(rows, []string{what, strings.Join(names, ", ")})
		}
	}
	add("added", report.Added)
	add("changed", report.Changed)
	add("removed", report.Removed)
	var others []string
	for _, kind := range report.Others {
		others = append(others, string(kind))
	}
	add("also changed", others)
	if report.Nothing() {
		rows = append(rows, []string{"nothing changed"})
	}
	if err := printTable(out, 2, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, counted(report.Rules, "rule")+" in force")
	return err
}

func rulesListCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the rules in force.",
		Args:  cobra.NoArgs,
	}
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			status, err := o.status(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(o.out, o.listed(status))
			}
			return o.printList(status)
		})
	}
	return cmd
}

// listedRule is one rule in force.
type listedRule struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Owner   string    `json:"owner"`
	Open    int64     `json:"open"` // outreaches of all versions that have not ended
	Warm    bool      `json:"warm"`
	Warmed  int       `json:"warmed,omitempty"`
}

// ownerOf gives who answers for a rule; a digest's is made from the policy.
func ownerOf(r *rule.Rule) string {
	if r.When.Digest != nil {
		return "made from policy.yaml"
	}
	return r.Owner
}

func (o *office) listed(v status) []listedRule {
	list := []listedRule{}
	for _, r := range v.Rules {
		if r.Version == "" {
			continue
		}
		l := listedRule{Name: r.Name, Version: r.Version, Since: r.Since, Open: r.Open + r.NotStarted, Warm: r.Warm, Warmed: r.Warmed}
		if m, ok := o.library.Current().Matcher(r.Name); ok {
			l.Owner = ownerOf(m.Rule)
		}
		list = append(list, l)
	}
	return list
}

func (o *office) printList(v status) error {
	rows := [][]string{{"RULE", "VERSION", "IN FORCE SINCE", "HISTORY", "OWNER", "OPEN"}}
	for _, l := range o.listed(v) {
		r := ruleStatus{Warm: l.Warm, Warmed: l.Warmed}
		rows = append(rows, []string{l.Name, l.Version, utc(l.Since), r.history(v.Customers), l.Owner, strconv.FormatInt(l.Open, 10)})
	}
	if len(rows) == 1 {
		_, err := fmt.Fprintln(o.out, "No rules are in force; load them with: outreach rules load")
		return err
	}
	return printTable(o.out, len(rows[0])-1, rows)
}
