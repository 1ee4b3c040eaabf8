// Command outreach-drill proves that each message goes out once: it runs the
// engine against providers that misbehave, kills it again and again, and counts
// what customers got. docs/drill.md says how to read what it prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/outreach-engine/outreach/internal/drill"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run drills and gives the exit code: 0 all went out once, 1 something is lost,
// duplicated or stuck, or the drill failed, 2 wrong use.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == drill.WorkerArg {
		return worker(ctx, stderr)
	}
	o := drill.Options{Out: stderr}
	flags := pflag.NewFlagSet("outreach-drill", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.Messages, "messages", 10_000, "messages that customers are to get")
	flags.IntVar(&o.Kills, "kills", 200, "how often a process is killed")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "what decides what goes wrong; the same seed goes wrong alike")
	flags.Float64Var(&o.Trouble, "trouble", 0.12, "share of the providers' calls that go wrong")
	flags.DurationVar(&o.Gap, "gap", 2*time.Second, "the longest between two kills while everything serves")
	flags.DurationVar(&o.Call, "call-timeout", 3*time.Second, "how long the engine waits for a provider")
	flags.DurationVar(&o.LateIf, "late", 30*time.Second, "a message is late when it is accepted so long after it could be")
	flags.DurationVar(&o.Drain, "drain", 5*time.Minute, "how long what is under way is waited for at the end")
	flags.BoolVar(&o.Naive, "naive", false, "drill the design that sends, then records, and tries again, in place of the engine")
	flags.StringVar(&o.Dir, "dir", "", "folder for everything that is written (default: one that is removed when all went well)")
	flags.StringVar(&o.Bin, "bin", "bin", "folder of the programs outreach and outreach-dev")
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil || flags.NArg() > 0:
		fmt.Fprintf(stderr, "outreach-drill: %v; --help lists the flags\n", errors.Join(err, extra(flags.Args())))
		return 2
	}
	green, err := play(ctx, o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "outreach-drill:", err)
	}
	if err != nil || !green {
		return 1
	}
	return 0
}

// worker is the process of the other design that a drill starts.
func worker(ctx context.Context, stderr io.Writer) int {
	if err := drill.ServeWorker(ctx); err != nil {
		fmt.Fprintln(stderr, "outreach-drill:", err)
		return 1
	}
	return 0
}

func extra(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%q is not a flag", args[0])
}

// play drills in a folder that stays when something went wrong.
func play(ctx context.Context, o drill.Options, stdout io.Writer) (green bool, err error) {
	own := o.Dir == ""
	if own {
		if o.Dir, err = os.MkdirTemp("", "outreach-drill-"); err != nil {
			return false, err
		}
	}
	if o.Bin, err = filepath.Abs(o.Bin); err != nil {
		return false, err
	}
	report, err := drill.Run(ctx, o)
	if err == nil {
		err = report.Print(stdout)
	}
	green = err == nil && report.Green()
	switch {
	case green && own:
		err = os.RemoveAll(o.Dir)
	case !green:
		fmt.Fprintf(o.Out, "outreach-drill: what was written stays in %s\n", o.Dir)
	}
	return green, err
}
