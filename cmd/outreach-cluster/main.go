// Command outreach-cluster runs what a company with many machines would run on
// this one: PostgreSQL, Temporal's four services, engines, and a load for them,
// and prints what it costs. docs/cluster.md says how to read it.
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

	"github.com/outreach-engine/outreach/internal/cluster"
	"github.com/outreach-engine/outreach/internal/flagerr"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run gives the exit code: 0 all went well, 1 something did not, 2 wrong use.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := cluster.Options{Out: stdout}
	flags := pflag.NewFlagSet("outreach-cluster", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.Customers, "customers", 2000, "customers who get one message each; 0 is no load")
	flags.IntVar(&o.Crowd, "crowd", 0, "customers with thirty events each who are there from the beginning, and a thousand rules: instead of --customers, what they cost")
	flags.DurationVar(&o.Drain, "drain", 3*time.Minute, "with --crowd: for how long to look on while a tenth of them is reached")
	flags.IntVar(&o.Engines, "engines", 2, "processes of the engine")
	flags.StringVar(&o.Store, "store", "", "the engines' store: an address of PostgreSQL, or a SQLite file (default: the cluster's own PostgreSQL)")
	flags.StringVar(&o.Temporal, "temporal-address", "", "host:port of a Temporal that runs elsewhere (default: one is started)")
	flags.StringToStringVar(&o.Settings, "postgres", nil, "settings of the cluster's PostgreSQL, such as work_mem=16MB; may be given more than once")
	flags.IntVar(&o.Shards, "shards", 4, "history shards of Temporal; the first start in a folder fixes them")
	flags.BoolVar(&o.Fresh, "fresh", false, "begin with nothing: what earlier runs wrote is removed")
	flags.BoolVar(&o.Keep, "keep-running", false, "stay up after the load, until Ctrl-C")
	flags.StringVar(&o.Folder, "folder", ".outreach/cluster", "folder for everything that is written")
	flags.StringVar(&o.Bin, "bin", "bin", "folder of the programs outreach, temporal-server and temporal-sql-tool")
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "outreach-cluster: %v; --help lists the flags\n", flagerr.Explain(err))
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "outreach-cluster: %q is not a flag; --help lists them\n", flags.Arg(0))
		return 2
	}
	for _, path := range []*string{&o.Folder, &o.Bin} {
		full, err := filepath.Abs(*path)
		if err != nil {
			fmt.Fprintln(stderr, "outreach-cluster:", err)
			return 1
		}
		*path = full
	}
	if err := cluster.Run(ctx, o); err != nil {
		fmt.Fprintln(stderr, "outreach-cluster:", err)
		return 1
	}
	return 0
}
