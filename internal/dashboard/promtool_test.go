package dashboard_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// promtool finds Prometheus's own checker, which the Makefile fetches.
func promtool(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	program, err := filepath.Abs("../../.cache/prometheus/usr/bin/promtool")
	require.NoError(t, err)
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("promtool"); err != nil {
			t.Skip("promtool is not there; make promtool fetches it")
		}
	}
	return func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		return string(out), err
	}
}

func TestPromtoolTakesTheConfiguration(t *testing.T) {
	t.Parallel()
	out, err := promtool(t)("check", "config", "--lint-fatal", "../../deploy/prometheus/prometheus.yml")
	require.NoError(t, err, out)
	out, err = promtool(t)("check", "rules", "--lint-fatal", alertFile)
	require.NoError(t, err, out)
}

func TestPromtoolPlaysTheAlerts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	tool := promtool(t)
	files, err := filepath.Glob(filepath.Join(testDir, "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			out, err := tool("test", "rules", name)
			require.NoError(t, err, out)
		})
	}
}

// TestPromtoolReadsEveryExpression hands the dashboard's and the runbooks'
// expressions over as rules.
func TestPromtoolReadsEveryExpression(t *testing.T) {
	t.Parallel()
	tool := promtool(t)
	out, err := check(t, tool, map[string]string{"a wrong one": "sum(rate(outreach_sends_total))"})
	require.Error(t, err, out) // it tells
	out, err = check(t, tool, expressions(t))
	require.NoError(t, err, out)
}

func check(t *testing.T, tool func(...string) (string, error), list map[string]string) (string, error) {
	t.Helper()
	type recording struct {
		Record string
		Expr   string
		Labels map[string]string
	}
	var all []recording
	for where, expr := range list {
		all = append(all, recording{"asked:by:somebody", expr, map[string]string{"where": where}})
	}
	slices.SortFunc(all, func(a, b recording) int { return strings.Compare(a.Labels["where"], b.Labels["where"]) })
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "asked", "rules": all}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return tool("check", "rules", file)
}
