package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// stack is one way to put the compose files together.
type stack struct {
	files []string
	env   []string
	open  []string // services that listen to the world
}

func stacks() []stack {
	return []stack{
		{files: []string{"compose.yaml"}},
		{files: []string{"compose.yaml", "compose.tls.yaml"}, env: []string{"SITE=messages.example.com"}, open: []string{"gateway"}},
		{files: []string{"compose.yaml", "compose.providers.yaml"}, env: []string{
			"TWILIO_ACCOUNT_SID=AC1", "TWILIO_MESSAGING_SERVICE=MG1", "SENDGRID_FROM=Example <hello@example.com>",
		}},
	}
}

// checkCompose reads the files as Compose does, and holds every service to the
// house's rules.
func checkCompose(ctx context.Context, root string) (string, error) {
	var all []error
	services := 0
	for _, s := range stacks() {
		project, err := load(ctx, filepath.Join(root, "deploy"), s)
		if err != nil {
			all = append(all, named(strings.Join(s.files, " + "), err))
			continue
		}
		services += len(project.Services)
		for _, service := range project.Services {
			all = append(all, named(service.Name, errors.Join(lawsOfService(service, slices.Contains(s.open, service.Name))...)))
		}
		all = append(all, mounted(project, root)...)
	}
	return fmt.Sprintf("%d ways to put it together, %d services", len(stacks()), services), errors.Join(all...)
}

// load reads a stack with every profile on.
func load(ctx context.Context, dir string, s stack) (*types.Project, error) {
	var files []string
	for _, f := range s.files {
		files = append(files, filepath.Join(dir, f))
	}
	options, err := cli.NewProjectOptions(files, cli.WithWorkingDirectory(dir), cli.WithEnv(s.env), cli.WithProfiles([]string{"*"}))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(ctx)
}

// stopTime is how long an engine has to end, with calls of 30 s.
const stopTime = types.Duration(60 * time.Second)

func lawsOfService(s types.ServiceConfig, open bool) (wrong []error) {
	must := func(is bool, what string) {
		if !is {
			wrong = append(wrong, errors.New(what))
		}
	}
	must(s.Restart != "", "has no restart policy")
	must(s.Deploy != nil && s.Deploy.Resources.Limits != nil && s.Deploy.Resources.Limits.MemoryBytes > 0 && s.Deploy.Resources.Limits.NanoCPUs.Value() > 0,
		"has no limits")
	must(slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "may gain privileges")
	must(s.Logging != nil && s.Logging.Options["max-size"] != "", "its log grows without end")
	name, tag, _ := strings.Cut(s.Image, ":")
	must(name != "" && tag != "" && tag != "latest", "its image is not pinned: "+s.Image)
	for _, p := range s.Ports {
		must(open || p.HostIP == "127.0.0.1", "publishes "+p.Published+" beyond this machine")
	}
	for variable, value := range s.Environment {
		word := strings.ToLower(variable)
		secret := strings.Contains(word, "password") || strings.Contains(word, "secret") || strings.Contains(word, "token") || strings.HasSuffix(word, "_pwd")
		must(!secret || value != nil && strings.HasPrefix(*value, "/run/secrets/"), variable+" is a secret and does not come from a file")
	}
	if strings.HasPrefix(s.Image, "outreach:") {
		must(s.ReadOnly && s.User == "65532:65532" && slices.Equal(s.CapDrop, []string{"ALL"}), "an engine can do more than it must")
		must(s.StopGracePeriod != nil && *s.StopGracePeriod >= stopTime, "an engine is killed before it can end")
	}
	return append(wrong, healthOf(s)...)
}

// healthOf: what runs on tells how it is; what ends is waited for by its end.
func healthOf(s types.ServiceConfig) (wrong []error) {
	ends := strings.HasPrefix(s.Restart, "on-failure")
	told := s.HealthCheck != nil && !s.HealthCheck.Disable && len(s.HealthCheck.Test) > 0
	if !ends && !told && !slices.Contains([]string{"temporal-ui", "backup"}, s.Name) {
		wrong = append(wrong, errors.New("nobody can tell whether it is well"))
	}
	for other, on := range s.DependsOn {
		if on.Condition == types.ServiceConditionStarted {
			wrong = append(wrong, fmt.Errorf("waits for %s to begin only, not to be well", other))
		}
	}
	return wrong
}

// mounted: the files of this repository that are mounted are there.
func mounted(p *types.Project, root string) (wrong []error) {
	for _, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: mounts %w", s.Name, err))
			}
			if !v.ReadOnly {
				wrong = append(wrong, fmt.Errorf("%s: can write to %s", s.Name, strings.TrimPrefix(v.Source, root)))
			}
		}
	}
	return wrong
}
