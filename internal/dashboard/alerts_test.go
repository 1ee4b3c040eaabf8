package dashboard_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

const (
	alertFile = "../../deploy/prometheus/alerts.yml"
	testDir   = "../../deploy/prometheus/tests"
	readAt    = "https://github.com/outreach-engine/outreach/blob/main/docs/runbooks/"
)

// rule is an alert, or a figure that is recorded.
type rule struct {
	Alert, Record, Expr, For string
	Labels, Annotations      map[string]string
}

// page gives the name of an alert's runbook: OutreachClockOff is clock-off.
func (r rule) page() string {
	name := regexp.MustCompile(`[A-Z]`).ReplaceAllString(strings.TrimPrefix(r.Alert, "Outreach"), "-$0")
	return strings.ToLower(strings.TrimPrefix(name, "-"))
}

// rules reads alerts.yml.
func rules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(alertFile)
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []rule } }
	require.NoError(t, yaml.Unmarshal(text, &file))
	var list []rule
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	return list
}

// alerts gives the rules that are alerts.
func alerts(t *testing.T) []rule {
	t.Helper()
	list := slices.DeleteFunc(rules(t), func(r rule) bool { return r.Alert == "" })
	require.NotEmpty(t, list)
	return list
}

func TestAlertsSayWhatAnOperatorNeeds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range alerts(t) {
		require.Regexp(t, `^Outreach([A-Z][a-z]+)+$`, a.Alert)
		require.False(t, seen[a.Alert], "%s stands twice", a.Alert)
		seen[a.Alert] = true
		require.Contains(t, []string{"critical", "warning"}, a.Labels["severity"], a.Alert)
		require.NotEmpty(t, a.Annotations["summary"], a.Alert)
		require.NotContains(t, a.Annotations["summary"], "$value", "%s: a summary stays the same while it fires", a.Alert)
		require.Regexp(t, `\.$`, a.Annotations["description"], a.Alert)
		require.Regexp(t, `[0-9]|\$value`, a.Annotations["description"], "%s: its description has figures", a.Alert)
		require.Equal(t, readAt+a.page()+".md", a.Annotations["runbook_url"], a.Alert)
	}
}

// unitTest is the part of promtool's test files that this test reads.
type unitTest struct {
	Tests []struct {
		Name          string
		InputSeries   []struct{ Series string } `yaml:"input_series"`
		AlertRuleTest []struct {
			Alertname string
			ExpAlerts []any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

// unitTests reads promtool's test files.
func unitTests(t *testing.T) map[string]unitTest {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testDir, "*.yml"))
	require.NoError(t, err)
	files := map[string]unitTest{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var file unitTest
		require.NoError(t, yaml.Unmarshal(text, &file), name)
		files[filepath.Base(name)] = file
	}
	return files
}

// TestEachAlertIsTriedBothWays looks into the tests of promtool: each alert
// fires in one, and stays quiet in one.
func TestEachAlertIsTriedBothWays(t *testing.T) {
	t.Parallel()
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, file := range unitTests(t) {
		for _, one := range file.Tests {
			for _, asked := range one.AlertRuleTest {
				if len(asked.ExpAlerts) > 0 {
					fires[asked.Alertname] = true
				} else {
					quiet[asked.Alertname] = true
				}
			}
		}
	}
	for _, a := range alerts(t) {
		require.True(t, fires[a.Alert], "%s: no test in which it fires", a.Alert)
		require.True(t, quiet[a.Alert], "%s: no test in which it stays quiet", a.Alert)
	}
}
