package lint_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
	"github.com/outreach-engine/outreach/internal/source"
)

var (
	yamlBlock = regexp.MustCompile("(?s)```yaml\n(# rules/[a-z.]+\n.*?)```")
	section   = regexp.MustCompile("(?s)\n### ([a-z-]+)\n(.*?)```diff\n(.*?)```")
	fileLine  = regexp.MustCompile(`^# (rules|templates)/(\S+)$`)
	sent      = regexp.MustCompile(`(?:send|attach): ([a-z-]+)`)
)

// put adds the files of a text to others. Each opens with its name.
func put(files bundle.Files, text string) {
	var folder, name string
	for _, line := range strings.SplitAfter(text, "\n") {
		if m := fileLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			folder, name = m[1], m[2]
			delete(files.Rules, name)
			continue
		}
		if line == "" {
			continue
		}
		to := map[string]map[string][]byte{"rules": files.Rules, "templates": files.Templates}[folder]
		to[name] = append(to[name], line...)
	}
}

// side gives a diff's text before ('-') or after ('+') the change.
func side(diff string, sign byte) string {
	var text strings.Builder
	for _, line := range strings.SplitAfter(diff, "\n") {
		if line != "" && (line[0] == ' ' || line[0] == sign) {
			text.WriteString(line[1:])
		}
	}
	return text.String()
}

// look gives the codes of an example, whose templates are there unless it
// brings them itself.
func look(t *testing.T, base []string, text string, tests bool) (codes []string, problems []source.Problem) {
	t.Helper()
	files := bundle.Files{Rules: map[string][]byte{}, Templates: map[string][]byte{}}
	for _, b := range base {
		put(files, b)
	}
	put(files, text)
	for _, m := range sent.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, "templates/"+m[1]+"/") {
			files.Templates[m[1]+"/sms.txt"] = []byte("Hello.\n")
			files.Templates[m[1]+"/push.txt"] = []byte("---\ntitle: Hello\n---\nHello.\n")
			files.Templates[m[1]+"/email.html"] = []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello.</p>\n")
		}
	}
	in := lint.Input{Files: files}
	in.Bundle, in.Found = bundle.Check(files)
	if strings.Contains(text, "\nrates:") {
		in.Customers = 50_000
	}
	if tests {
		in.Tested = func(rule string) bool { return len(files.Rules[rule+".test.yaml"]) > 0 }
	}
	problems = lint.Look(in)
	for _, p := range problems {
		require.Equal(t, source.Warning, p.Severity, p.String())
		codes = append(codes, p.Code)
	}
	return codes, problems
}

// TestTheChecksOfTheDocs holds that docs/checks.md has every code, each with
// an example that gives this warning and no other, and no more once mended.
func TestTheChecksOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/checks.md")
	require.NoError(t, err)
	var base, documented []string
	for _, m := range yamlBlock.FindAllStringSubmatch(string(page), -1) {
		base = append(base, m[1])
	}
	require.Len(t, base, 2)
	for _, m := range section.FindAllStringSubmatch(string(page), -1) {
		code, diff := m[1], m[3]
		documented = append(documented, code)
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			got, problems := look(t, base, side(diff, '-'), code == "untested")
			require.Equal(t, []string{code}, got, problems)
			if code == "past-until" { // the one that the page opens with
				require.Contains(t, string(page), "\n"+problems[0].String()+"\n")
			}
			got, problems = look(t, base, side(diff, '+'), code == "untested")
			require.Empty(t, got, problems)
		})
	}
	slices.Sort(documented)
	require.Equal(t, lint.Codes(), documented)
}
