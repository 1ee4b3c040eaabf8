package ruletest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// company gives the rules of testdata/company, with which the tests play.
func company(t testing.TB) ruletest.Env {
	t.Helper()
	return envOf(t, "testdata/company/rules", "testdata/company/templates")
}

// companyWith gives the company with one more rule.
func companyWith(t testing.TB, name, text string) ruletest.Env {
	t.Helper()
	files, err := bundle.ReadDir("testdata/company/rules", "testdata/company/templates")
	require.NoError(t, err)
	files.Rules[name+".yaml"] = []byte(text)
	return envOfFiles(t, files)
}

func envOf(t testing.TB, rules, templates string) ruletest.Env {
	t.Helper()
	files, err := bundle.ReadDir(rules, templates)
	require.NoError(t, err)
	return envOfFiles(t, files)
}

func envOfFiles(t testing.TB, files bundle.Files) ruletest.Env {
	t.Helper()
	b, problems := bundle.Check(files)
	for _, p := range problems {
		require.Equal(t, source.Warning, p.Severity, p.String())
	}
	env := ruletest.Env{Bundle: b, Zones: sendtime.NewZones()}
	for name := range files.Rules {
		env.Files = append(env.Files, strings.TrimSuffix(name, ".yaml"))
	}
	return env
}

// read reads a file that has no problems.
func read(t testing.TB, env ruletest.Env, rule, text string) *ruletest.Suite {
	t.Helper()
	var ps source.Problems
	suite := ruletest.Read("rules/"+rule+ruletest.Ending, []byte(text), env, &ps)
	require.Empty(t, problems(&ps))
	return suite
}

func problems(ps *source.Problems) []string {
	var lines []string
	for _, p := range ps.List() {
		lines = append(lines, p.String())
	}
	return lines
}

// play plays a file.
func play(t testing.TB, env ruletest.Env, suite *ruletest.Suite) ruletest.Report {
	t.Helper()
	runner := ruletest.Runner{Env: env, Now: still, Workers: 2}
	reports, err := runner.Run(context.Background(), []*ruletest.Suite{suite}, nil)
	require.NoError(t, err)
	require.Len(t, reports, 1)
	for _, result := range reports[0].Results {
		require.NoError(t, result.Err, result.Case.Name)
	}
	return reports[0]
}

func still() time.Time { return time.Time{} }

// told gives the diff of a result as lines.
func told(result ruletest.Result) []string {
	var lines []string
	for _, row := range result.Diff {
		lines = append(lines, row.String())
	}
	return lines
}

func file(t testing.TB, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(name...))
	require.NoError(t, err)
	return string(text)
}
