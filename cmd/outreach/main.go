// Command outreach is the product: it checks rules, runs the engine and
// answers operators' questions. It does not link the embedded Temporal server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/flagerr"
	"github.com/outreach-engine/outreach/internal/source"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], rim{now: time.Now, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// rim is what the program takes from the machine.
type rim struct {
	now            func() time.Time
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run runs the program and gives its exit code: 0 fine, 1 failed, 2 wrong use.
func run(ctx context.Context, args []string, r rim) int {
	root := rootCommand(r.now)
	root.SetArgs(args)
	root.SetIn(r.stdin)
	root.SetOut(r.stdout)
	root.SetErr(r.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := 1
	if exit, ok := errors.AsType[*exitError](err); ok {
		code = exit.code
		err = exit.err
	}
	if err != nil {
		fmt.Fprintln(r.stderr, "outreach:", err)
	}
	return code
}

func rootCommand(now func() time.Time) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "outreach",
		Short: "Reaches out to customers at the right time, once, and stops when the reason is gone.",

		SilenceUsage:  true,
		SilenceErrors: true,
	})
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(flagerr.Explain(err)) })
	root.AddCommand(checkCommand(), testCommand(now), previewCommand(now), schemaCommand(), diffCommand(now), serveCommand(), healthCommand())
	root.AddCommand(operatorCommands(now)...)
	markArgs(root)
	return root
}

// group makes a command one that only holds others.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.Args = noSuchCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(children...)
	return cmd
}

// noSuchCommand refuses what a group does not hold.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return hinted(fmt.Sprintf("%q is not a command of %s", args[0], cmd.CommandPath()), source.DidYouMean(args[0], known))
}

// hinted gives an error that ends with a hint, where there is one.
func hinted(text, hint string) error {
	return errors.New(strings.TrimSuffix(text+"; "+hint, "; "))
}

// markArgs makes too few or too many arguments an error of use, everywhere.
func markArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				if missing := firstArgument(cmd); missing != "" && len(args) == 0 {
					err = errors.New("name " + missing)
				}
				return usageError(fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		markArgs(child)
	}
}

// firstArgument says in words what a command needs first, "" when it needs
// nothing or its usage does not tell.
func firstArgument(cmd *cobra.Command) string {
	for _, word := range strings.Fields(cmd.Use)[1:] {
		switch word {
		case "TEMPLATE", "CUSTOMER", "RULE", "FILE":
			return "a " + strings.ToLower(word)
		case "CHANNEL":
			return "a channel and an address"
		case "NEW_DIR":
			return "the folder of the new rules"
		}
	}
	return ""
}

// usageError marks an error of how the program was called.
func usageError(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitTrouble, err: err}
}
