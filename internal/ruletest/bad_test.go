package ruletest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/source"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBadFiles holds what is said of files with one fault each, read as tests
// of usage-limit: testdata/bad and its messages.txt.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	env := company(t)
	names, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), 60)
	var b strings.Builder
	for _, name := range names {
		var ps source.Problems
		ruletest.Read("usage-limit"+ruletest.Ending, []byte(file(t, name)), env, &ps)
		require.Error(t, ps.Err(), name)
		b.WriteString("# " + filepath.Base(name) + "\n")
		for _, line := range problems(&ps) {
			b.WriteString(line + "\n")
		}
	}
	const golden = "testdata/bad/messages.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o600))
	}
	require.Equal(t, file(t, golden), b.String())
}

// TestEachFaultIsToldOnce: one fault, one message.
func TestEachFaultIsToldOnce(t *testing.T) {
	t.Parallel()
	var faults, messages int
	for line := range strings.Lines(file(t, "testdata/bad/messages.txt")) {
		if strings.HasPrefix(line, "# ") {
			faults++
			continue
		}
		messages++
	}
	require.Equal(t, faults, messages)
}

func TestAFileOfNoRule(t *testing.T) {
	t.Parallel()
	env := company(t)
	env.Files = []string{"data", "policy", "usage-limit", "welcome"}
	var ps source.Problems
	ruletest.Read("rules/usage-limt"+ruletest.Ending, []byte("start: 2026-11-23 09:00\ntests:\n  - name: a\n    expect: []\n"), env, &ps)
	require.Equal(t, []string{"rules/usage-limt.test.yaml:1:1: tests the rule usage-limt, and there is no usage-limt.yaml beside it; did you mean usage-limit?"},
		problems(&ps))

	ps = source.Problems{}
	ruletest.Read("rules/ghost"+ruletest.Ending, []byte("start: 2026-11-23 09:00\nwith_rules: [data]\ntests:\n  - name: a\n    expect: []\n"), env, &ps)
	require.Equal(t, []string{
		"rules/ghost.test.yaml:1:1: tests the rule ghost, and there is no ghost.yaml beside it; known: usage-limit, welcome",
		`rules/ghost.test.yaml:2:14: with_rules[0]: "data": is not a rule; known: usage-limit, welcome`,
	}, problems(&ps))
}

// FuzzRead: no panic, and every problem says where it is.
func FuzzRead(f *testing.F) {
	env := company(f)
	names, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(f, err)
	for _, name := range append(names, "testdata/company/rules/usage-limit.test.yaml") {
		f.Add(file(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		suite := ruletest.Read("usage-limit"+ruletest.Ending, []byte(text), env, &ps)
		require.NotNil(t, suite)
		for _, p := range ps.List() {
			require.NotEmpty(t, p.File)
			require.NotEmpty(t, p.Message)
			if !strings.HasPrefix(p.Message, "is ") { // of the file as a whole: is empty, is not UTF-8, is larger
				require.Positive(t, p.Line, p.String())
				require.Positive(t, p.Column, p.String())
			}
		}
	})
}
