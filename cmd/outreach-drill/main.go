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
	"github.com/outreach-engine/outreach/internal/flagerr"
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
	o, more := drill.Options{Out: stderr}, extras{}
	flags := pflag.NewFlagSet("outreach-drill", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.Messages, "messages", 10_000, "messages that customers are to get")
	flags.IntVar(&o.Kills, "kills", 200, "how often a process is killed")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "what decides what goes wrong; the same seed goes wrong alike")
	flags.Float64Var(&o.Trouble, "trouble", 0.12, "share of the providers' calls that go wrong")
	flags.DurationVar(&o.Gap, "gap", 3*time.Second, "the longest between two kills while everything serves")
	flags.DurationVar(&o.Call, "call-timeout", 3*time.Second, "how long the engine waits for a provider")
	flags.DurationVar(&o.Patience, "patience", 5*time.Second, "how late a workflow may be before the engine starts it again")
	flags.DurationVar(&o.LateIf, "late", 30*time.Second, "a message is late when it is accepted so long after it could be")
	flags.DurationVar(&o.Drain, "drain", 10*time.Minute, "how long what is under way is waited for at the end")
	flags.StringVar(&o.Email, "email", "sendgrid", "who carries email: sendgrid, or smtp")
	flags.StringVar(&o.Store, "store", "sqlite", "what the engine keeps everything in: sqlite, or postgres")
	flags.IntVar(&o.Engines, "engines", 1, "processes of the engine, on one store; more than one with --store postgres")
	flags.StringSliceVar(&o.Roles, "roles", nil, "their roles, in turn, such as all,intake,worker (default: each is all)")
	flags.IntVar(&o.Rate, "rate", 0, "messages a second that may go by SMS, by all processes together; 0: any number")
	flags.BoolVar(&o.Hold, "hold", false, "hold everything for a tenth of the kills, in the middle")
	flags.BoolVar(&o.Rolling, "rolling", false, "replace the engine's processes one by one under load, then kill each, and say how late messages are")
	flags.StringVar(&o.Next, "next", "", "folder of the program outreach that replaces the one of --bin, with --rolling")
	flags.BoolVar(&o.Naive, "naive", false, "drill the design that sends, then records, and tries again, in place of the engine")
	flags.BoolVar(&more.compare, "compare", false, "drill that design after the engine, and set it beside it")
	flags.StringVar(&more.report, "report", "", "file that the numbers are written to as JSON, too")
	flags.StringVar(&o.Dir, "dir", "", "folder for everything that is written (default: one that is removed when all went well)")
	flags.StringVar(&o.Bin, "bin", "bin", "folder of the programs outreach and outreach-dev")
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil || flags.NArg() > 0:
		fmt.Fprintf(stderr, "outreach-drill: %v; --help lists the flags\n", errors.Join(flagerr.Explain(err), extra(flags.Args())))
		return 2
	}
	if o.Email != "sendgrid" && (o.Naive || more.compare) {
		fmt.Fprintf(stderr, "outreach-drill: --email %s: the other design sends email by sendgrid only; leave --compare and --naive out\n", o.Email)
		return 2
	}
	green, err := play(ctx, o, more, stdout)
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

// extras are the flags that are not a drill's own.
type extras struct {
	compare bool
	report  string
}

func extra(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%q is not a flag", args[0])
}

// play drills in a folder that stays when something went wrong.
func play(ctx context.Context, o drill.Options, more extras, stdout io.Writer) (green bool, err error) {
	dir := o.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "outreach-drill-"); err != nil {
			return false, err
		}
	}
	// PostgreSQL may run as another user, who passes through.
	if err := errors.Join(os.MkdirAll(dir, 0o711), os.Chmod(dir, 0o711)); err != nil { //nolint:gosec // as it says
		return false, err
	}
	if o.Bin, err = filepath.Abs(o.Bin); err != nil {
		return false, err
	}
	if o.Rolling {
		green, err = rolls(ctx, o, dir, stdout)
		return green, errors.Join(err, clear(o, dir, green))
	}
	reports, err := runs(ctx, o, dir, more.compare)
	if err == nil {
		err = errors.Join(drill.Print(stdout, reports...), save(more.report, reports))
	}
	green = err == nil && reports[0].Green()
	return green, errors.Join(err, clear(o, dir, green))
}

// clear removes the folder when all went well, unless it was asked for.
func clear(o drill.Options, dir string, green bool) (err error) {
	switch {
	case green && o.Dir == "":
		err = os.RemoveAll(dir)
	case !green:
		_, _ = fmt.Fprintf(o.Out, "outreach-drill: what was written stays in %s\n", dir)
	}
	return err
}

// rolls replaces processes one by one.
func rolls(ctx context.Context, o drill.Options, dir string, stdout io.Writer) (bool, error) {
	o.Dir = filepath.Join(dir, "outreach")
	r, err := drill.Roll(ctx, o)
	if err != nil {
		return false, err
	}
	return r.Green(), drill.PrintRolled(stdout, r)
}

// runs drills one design, or both, each in a folder of its own.
func runs(ctx context.Context, o drill.Options, dir string, compare bool) ([]drill.Report, error) {
	o.Dir = filepath.Join(dir, "outreach")
	if o.Naive {
		o.Dir = filepath.Join(dir, "naive")
	}
	first, err := drill.Run(ctx, o)
	if err != nil || !compare || o.Naive {
		return []drill.Report{first}, err
	}
	o.Naive, o.Dir = true, filepath.Join(dir, "naive")
	second, err := drill.Run(ctx, o)
	return []drill.Report{first, second}, err
}

// save writes the reports for programs, when a file is named.
func save(path string, reports []drill.Report) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(drill.WriteJSON(file, reports...), file.Close())
}
