package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/source"
)

func checkCommand() *cobra.Command {
	var templates string
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check rules, data, policy and templates, and say how to mend what is wrong",
		Long: `Check reads every rule in DIR (rules, unless you name another folder), the data.yaml
and policy.yaml beside them, and the templates. Each problem is one line: the
place, the text, what is wrong and how to mend it. Warnings do not fail.`,
		Example:       "  outreach check\n  outreach check rules --templates templates",
		Args:          cobra.MaximumNArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "rules"
			if len(args) > 0 {
				dir = args[0]
			}
			if templates == "" {
				templates = beside(dir)
			}
			return check(dir, templates, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&templates, "templates", "", "the folder of the templates (default: templates beside DIR)")
	return cmd
}

// beside gives the templates folder that stands beside a rules folder.
func beside(dir string) string { return filepath.Join(filepath.Dir(filepath.Clean(dir)), "templates") }

// check reads both folders, writes their problems to stderr, and the count to
// stdout when there is none worse than a warning.
func check(dir, templates string, stdout, stderr io.Writer) error {
	files, err := bundle.ReadDir(dir, templates)
	if err != nil {
		return &exitError{code: exitTrouble, err: err}
	}
	b, list := bundle.Check(files)
	var problems source.Problems
	problems.Add(list...)
	preview.CheckSamples(b, &problems)
	list = problems.List()
	for _, p := range list {
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return &exitError{code: exitTrouble, err: err}
		}
	}
	if problems.Err() != nil {
		return &exitError{code: exitProblems}
	}
	verdict := "fine"
	if len(list) > 0 {
		verdict += ", with " + counted(len(list), "warning")
	}
	_, err = fmt.Fprintf(stdout, "%s, %s: %s\n", counted(len(b.Rules), "rule"), counted(len(b.Templates.Names()), "template"), verdict)
	return err
}

// counted gives 1 rule, 2 rules.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
