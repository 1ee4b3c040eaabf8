package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/workflows"
)

// onlyTemporal is what --only takes: the server without engine and company.
const onlyTemporal = "temporal"

// alone reports whether only the Temporal server runs.
func (s settings) alone() bool { return s.only == onlyTemporal }

// serve starts the embedded Temporal server on its own file.
func (s settings) serve(ctx context.Context, logger *slog.Logger) (*devserver.Server, error) {
	server, err := devserver.Start(ctx, devserver.Options{
		Addr: s.temporal, UIAddr: s.ui, File: filepath.Join(s.data, "temporal.db"),
		SearchAttributes: workflows.SearchAttributes(), Logger: logger,
	})
	if err != nil {
		return nil, s.explain(err)
	}
	return server, nil
}

// wait says what runs and leaves the server to others until ctx ends.
func (s settings) wait(ctx context.Context, stdout io.Writer, server *devserver.Server) {
	lines := []string{
		"Temporal runs alone at " + server.Addr() + ". Start an engine on it:",
		"  outreach serve --temporal-address " + server.Addr(),
	}
	if server.UIURL() != "" {
		lines = append(lines, "  Web UI      "+server.UIURL())
	}
	lines = append(lines, "  data        "+filepath.Join(s.data, "temporal.db"), "Ctrl-C stops; the next start goes on where this one stopped.")
	fmt.Fprintln(stdout, strings.Join(lines, "\n"))
	<-ctx.Done()
	fmt.Fprintln(stdout, "outreach-dev: stopped; the next start goes on from here")
}

// places are the addresses that are taken.
func (s settings) places() []place {
	list := []place{{"--http", s.http}, {"--ui", s.ui}, {"--temporal", s.temporal}}
	if !s.alone() {
		if s.admin != "off" {
			list = append(list, place{"--admin", s.admin})
		}
		return list
	}
	if s.ui == "" {
		return list[2:]
	}
	return list[1:]
}

// place is an address and the flag that gives it.
type place struct{ flag, address string }
