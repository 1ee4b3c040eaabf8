package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
)

// dockerfile is where the image is described; the repository is its context.
const dockerfile = "deploy/Dockerfile"

// checkDockerfile gives what the builder and its linter have against the
// Dockerfile, and holds the image to be small and locked.
func checkDockerfile(ctx context.Context, root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, dockerfile))
	if err != nil {
		return "", err
	}
	if err := lintDockerfile(ctx, text); err != nil {
		return "", err
	}
	stages, err := stagesOf(text)
	if err != nil {
		return "", err
	}
	if err := lawsOfImage(stages); err != nil {
		return "", err
	}
	return fmt.Sprintf("no warning of the builder's linter, %d stages, the last from scratch", len(stages)), nil
}

// lintDockerfile runs the linter of the builder.
func lintDockerfile(ctx context.Context, text []byte) error {
	source := llb.NewSourceMap(nil, dockerfile, "Dockerfile", text)
	source.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(ctx, text, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{BuildArgs: map[string]string{}}, MetaResolver: plainImages{}, SourceMap: source,
	})
	if err != nil {
		return err
	}
	var all []error
	for _, w := range results.Warnings {
		line := int32(0)
		if ranges := w.Location.GetRanges(); len(ranges) > 0 {
			line = ranges[0].GetStart().GetLine()
		}
		all = append(all, fmt.Errorf("%s:%d: %s: %s", dockerfile, line, w.RuleName, w.Detail))
	}
	if results.Error != nil {
		all = append(all, errors.New(results.Error.Message))
	}
	return errors.Join(all...)
}

// plainImages stand in for a registry: every base image is there and says
// nothing of itself.
type plainImages struct{}

func (plainImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers"}}`)
	return ref, digest.FromBytes(config), config, nil
}

func stagesOf(text []byte) ([]instructions.Stage, error) {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	return stages, err
}

// find gives the instructions of one kind.
func find[T instructions.Command](stage instructions.Stage) (found []T) {
	for _, c := range stage.Commands {
		if one, ok := c.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// lawsOfImage: nothing but what is needed, nobody but a number, and a way to
// ask how it is.
func lawsOfImage(stages []instructions.Stage) error {
	var all []error
	last := stages[len(stages)-1]
	for _, c := range find[*instructions.CopyCommand](last) {
		if c.From != "" && !slices.ContainsFunc(stages, func(s instructions.Stage) bool { return s.Name == c.From }) {
			all = append(all, fmt.Errorf("COPY %v: copies from %s, which is no stage", c.SourcePaths, c.From))
		}
	}
	if last.BaseName != "scratch" {
		all = append(all, fmt.Errorf("the image is made from %s and not from scratch", last.BaseName))
	}
	users := find[*instructions.UserCommand](last)
	if len(users) != 1 || users[0].User != "65532:65532" {
		all = append(all, errors.New("the image runs as somebody else than 65532:65532"))
	}
	health := find[*instructions.HealthCheckCommand](last)
	if len(health) != 1 || len(health[0].Health.Test) < 3 || health[0].Health.Test[2] != "health" {
		all = append(all, errors.New("the image's health is not asked by outreach health"))
	}
	var labels []string
	for _, l := range find[*instructions.LabelCommand](last) {
		for _, pair := range l.Labels {
			labels = append(labels, strings.Trim(pair.Key, `"`))
		}
	}
	for _, needed := range []string{"title", "description", "source", "version", "revision", "licenses"} {
		if !slices.Contains(labels, "org.opencontainers.image."+needed) {
			all = append(all, fmt.Errorf("the label org.opencontainers.image.%s is missing", needed))
		}
	}
	return errors.Join(all...)
}
