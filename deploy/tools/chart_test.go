package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const repository = "../.."

// TestMain also reads a word that changes with the files that the tests copy:
// the go command looks for changes in this module alone, and would take an old
// result for one of today.
func TestMain(m *testing.M) {
	_ = os.Getenv("DEPLOY_CONTENTS")
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Helm tells of each link that it follows
	os.Exit(m.Run())
}

// house copies what the checks read of the repository into a new folder, with
// one text of one file replaced.
func house(t *testing.T, file, old, with string) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"deploy/helm", "deploy/prometheus", "deploy/caddy", "deploy/postgres", "deploy/temporal", "deploy/grafana", "rules", "templates"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, dir)), 0o755))
		require.NoError(t, os.CopyFS(filepath.Join(root, dir), os.DirFS(filepath.Join(repository, dir))))
	}
	for _, name := range []string{dockerfile, "deploy/compose.yaml", "deploy/compose.tls.yaml", "deploy/compose.providers.yaml"} {
		require.NoError(t, copyFile(filepath.Join(repository, name), filepath.Join(root, name), 0o644))
	}
	path := filepath.Join(root, file)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), old, "the fault is not where the test looks for it")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), old, with, 1)), 0o644))
	return root
}

// TestFaultsOfTheChartAreFound: one fault at a time, and what is said of it.
func TestFaultsOfTheChartAreFound(t *testing.T) {
	t.Parallel()
	v, done, err := withSchemas(t.Context())
	if errors.Is(err, errSkipped) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(done)
	const templates = chartFolder + "/templates/"
	for name, c := range map[string]struct{ file, old, with, says string }{
		"a field that nobody knows": {templates + "deployment.yaml", "enableServiceLinks", "enableServiceLink", "additional properties 'enableServiceLink' not allowed"},
		"a wrong type":              {templates + "deployment.yaml", "periodSeconds: 5", `periodSeconds: "5"`, "got string, want integer"},
		"a field that is missing":   {templates + "scaling.yaml", "  scaleTargetRef: {apiVersion: apps/v1,", "  scaleTarget: {apiVersion: apps/v1,", "missing property 'scaleTargetRef'"},
		"a kind that is none":       {templates + "settings.yaml", "kind: ConfigMap", "kind: ConfigMaps", "could not find schema for ConfigMaps"},
		"a custom field":            {templates + "scaling.yaml", "pollingInterval", "pollInterval", "additional properties 'pollInterval' not allowed"},
		"a monitor's field":         {templates + "monitoring.yaml", "  endpoints:", "  endpoint:", "missing property 'endpoints'"},
		"not YAML":                  {templates + "service.yaml", "spec:", "spec", "YAML"},
		"not a template":            {templates + "service.yaml", "{{ .Values.service.port }}", "{{ .Values.service.port }", "parse error"},
		"a value of no name":        {chartFolder + "/values.yaml", "mode: split", "mode: split\nmodes: all", "additional properties 'modes' not allowed"},
		"a value of a wrong type":   {chartFolder + "/values.yaml", "callTimeoutSeconds: 30", "callTimeoutSeconds: 30s", "got string, want integer"},
		"a chart of no version":     {chartFolder + "/Chart.yaml", "version: 0.1.0", "versions: 0.1.0", "version"},

		"a path that nobody answers": {templates + "deployment.yaml", "path: /ready", "path: /readyz", "asks /readyz, which nobody answers"},
		"alive asked as ready":       {templates + "deployment.yaml", "livenessProbe:\n            httpGet: {path: /live", "livenessProbe:\n            httpGet: {path: /ready", "its liveness probe asks /ready"},
		"a port of no name":          {templates + "deployment.yaml", "path: /ready, port: admin", "path: /ready, port: health", `asks the port "health"`},
		"a wrong role":               {templates + "deployment.yaml", "value: {{ $role }}", "value: all", `OUTREACH_ROLE is "all"`},
		"a file system to write to":  {templates + "_helpers.tpl", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", `lacks "read-only"`},
		"somebody's user":            {templates + "_helpers.tpl", "runAsUser: 65532", "runAsUser: 0", `lacks "runs as nobody"`},
		"a short stop":               {templates + "deployment.yaml", "callTimeoutSeconds 35", "callTimeoutSeconds 5", "to stop and needs"},
		"a service to nobody":        {templates + "service.yaml", `(include "outreach.front" .)`, `"front"`, "selects nothing"},
		"two who say how many":       {templates + "deployment.yaml", "if not $values.autoscaling.enabled", "if true", "something scales it: true"},
		"a secret among settings":    {templates + "_helpers.tpl", "OUTREACH_LOG: json", "OUTREACH_LOG: {{ .Values.secrets.create.OUTREACH_STORE | default `json` | quote }}", "holds a secret"},
		"a hook that comes late":     {templates + "rules-job.yaml", `helm.sh/hook-weight: "-5"`, `helm.sh/hook-weight: "5"`, "which is not there yet"},
		"a job after the fact":       {templates + "rules-job.yaml", "helm.sh/hook: pre-install,pre-upgrade", "helm.sh/hook: post-install", `runs at "post-install"`},
		"tables that come late":      {templates + "rules-job.yaml", "args: [store, migrate]", "args: [rules, list]", "does not begin with outreach store migrate"},
		"a door too many":            {templates + "ingress.yaml", `"/v1/"`, `"/v1/" "/metrics"`, "lets [/callbacks/ /metrics /p/ /u/ /v1/] through"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := lookAtChart(v, house(t, c.file, c.old, c.with))
			require.ErrorContains(t, err, c.says)
		})
	}
}

// TestTheChartIsFoundWell: without a fault the same checks say nothing, and
// look at something.
func TestTheChartIsFoundWell(t *testing.T) {
	t.Parallel()
	v, done, err := withSchemas(t.Context())
	if errors.Is(err, errSkipped) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(done)
	objects, err := lookAtChart(v, house(t, dockerfile, "FROM scratch", "FROM scratch"))
	require.NoError(t, err)
	require.Greater(t, objects, 40)
}

// TestAPinThatIsNotWhatItWas: other contents than those pinned are refused.
func TestAPinThatIsNotWhatItWas(t *testing.T) {
	t.Parallel()
	other := keda
	other.sum = "h1:another"
	_, err := other.folder(t.Context())
	if errors.Is(err, errSkipped) {
		t.Skip(err)
	}
	require.ErrorContains(t, err, "and not h1:another")
}

// TestAModuleThatCannotBeFetched is skipped and says so.
func TestAModuleThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	_, err := pin{module: "example.invalid/none", version: "v1.0.0"}.folder(t.Context())
	require.ErrorIs(t, err, errSkipped)
}
