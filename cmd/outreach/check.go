package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/lint"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/source"
)

func checkCommand() *cobra.Command {
	var templates, store string
	var strict bool
	var customers int
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check rules, data, policy and templates, and say how to mend what is wrong",
		Long: `Check reads every rule in DIR (rules, unless you name another folder), the data.yaml
and policy.yaml beside them, and the templates. Each problem is one line: the
place, the text, what is wrong and how to mend it.

The tests beside the rules, RULE.test.yaml, are read by outreach test alone.

Warnings name what is allowed and most likely not meant: a message that can never go
out, a step that is never reached, two rules that write to the same customers at once.
They do not fail, unless you say --strict. To let one pass, write a comment with its
code and your reason above its line: # allow past-until: the texts come next week

With --customers, or --from-store, which counts them, it warns too of messages that are
due for all at once, and for which a channel's rate in policy.yaml is too slow.`,
		Example:       "  outreach check\n  outreach check rules --templates templates\n  outreach check --strict\n  outreach check --customers 50000",
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
			customers, err := countCustomers(cmd, customers, store)
			if err != nil {
				return usageError(err)
			}
			n, err := check(dir, templates, customers, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err == nil && strict && n > 0 {
				return &exitError{code: exitProblems}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&templates, "templates", "", "the folder of the templates (default: templates beside DIR)")
	cmd.Flags().BoolVar(&strict, "strict", false, "end with 1 when there are warnings")
	cmd.Flags().IntVar(&customers, "customers", 0, "how many customers there are, to warn of more messages at once than the rates let out")
	cmd.Flags().StringVar(&store, "from-store", "", "count the customers of an engine's store instead")
	cmd.Flags().Lookup("from-store").NoOptDefVal = defaultStore()
	return cmd
}

// countCustomers gives how many customers there are, as said or as a store
// holds.
func countCustomers(cmd *cobra.Command, said int, store string) (n int, err error) {
	switch {
	case said < 0:
		return 0, fmt.Errorf("--customers: %d is less than 0; say how many there are", said)
	case store == "":
		return said, nil
	case said > 0:
		return 0, errors.New("give either --customers or --from-store")
	}
	if _, err := os.Stat(store); err != nil {
		return 0, fmt.Errorf("--from-store: %w; name the engine's file", err)
	}
	err = (&place{path: store}).use(cmd, func(ctx context.Context, o *office) error {
		return o.store.Read(ctx, func(tx ledger.Tx) error {
			count, err := tx.CountCustomers()
			n = int(count)
			return err
		})
	})
	return n, err
}

// beside gives the templates folder that stands beside a rules folder.
func beside(dir string) string { return filepath.Join(filepath.Dir(filepath.Clean(dir)), "templates") }

// check reads both folders, writes their problems to stderr, and the count to
// stdout when there is none worse than a warning. It gives the number of
// warnings. Customers 0 are not known.
func check(dir, templates string, customers int, stdout, stderr io.Writer) (warnings int, err error) {
	files, err := bundle.ReadDir(dir, templates)
	if err != nil {
		return 0, &exitError{code: exitTrouble, err: err}
	}
	in := lint.Input{Files: files, Customers: customers, Tested: func(rule string) bool { return isThere(filepath.Join(dir, rule+".test.yaml")) }}
	var problems source.Problems
	in.Bundle, in.Found = bundle.Check(files)
	problems.Add(in.Found...)
	preview.CheckSamples(in.Bundle, &problems)
	in.Found = problems.List()
	list := lint.Look(in)
	for _, p := range list {
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return 0, &exitError{code: exitTrouble, err: err}
		}
	}
	if problems.Err() != nil {
		return 0, &exitError{code: exitProblems}
	}
	verdict := "fine"
	if len(list) > 0 {
		verdict += ", with " + counted(len(list), "warning")
	}
	_, err = fmt.Fprintf(stdout, "%s, %s: %s\n", counted(len(in.Bundle.Rules)-len(in.Bundle.Made), "rule"), counted(len(in.Bundle.Templates.Names()), "template"), verdict)
	return len(list), err
}

// isThere reports whether a file exists.
func isThere(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// counted gives 1 rule, 2 rules.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
