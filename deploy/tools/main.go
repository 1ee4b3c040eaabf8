// Package tools is a program: it checks the files of deploy/ with the parts of
// other programs that will read them: Helm's engine and linter, Kubernetes' own
// schemas, Compose's loader, the builder's Dockerfile parser, Caddy's adapter.
// It decides whether those files say what they should; it refuses to know a
// cluster, a registry or a Docker daemon. It is a module of its own, so that the
// product depends on none of this.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
)

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Helm tells of each link that it follows
	root := "../.."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := run(context.Background(), root, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check is one part of deploy/ that is looked at. It gives a line that says
// what was looked at.
type check struct {
	name string
	do   func(ctx context.Context, root string) (string, error)
}

func checks() []check {
	return []check{
		{"Dockerfile", checkDockerfile},
		{"image", checkImage},
		{"compose", checkCompose},
		{"gateway", checkGateway},
		{"chart", checkChart},
	}
}

// errSkipped is what a check gives that could not be made here.
var errSkipped = errors.New("not checked")

// run makes every check of the repository at root and gives all that is wrong.
func run(ctx context.Context, root string, out io.Writer) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	var all []error
	for _, c := range checks() {
		said, err := c.do(ctx, root)
		switch {
		case errors.Is(err, errSkipped):
			said = err.Error()
		case err != nil:
			all = append(all, fmt.Errorf("deploy: %s:\n%w", c.name, err))
			continue
		}
		if _, err := fmt.Fprintf(out, "deploy: %-10s  %s\n", c.name, said); err != nil {
			return err
		}
	}
	return errors.Join(all...)
}
