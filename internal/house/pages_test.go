package house_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	code         = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	makeTarget   = regexp.MustCompile(`\bmake ([a-z]+(?:-[a-z]+)*)\b`)
	ourCommand   = regexp.MustCompile("(?m)(?:^|`|bin/)outreach ([a-z]+(?:-[a-z]+)*(?: [a-z]+)?)\\b")
	targetLine   = regexp.MustCompile(`(?m)^([a-z]+(?:-[a-z]+)*):`)
	link         = regexp.MustCompile(`\]\(([^) ]+)\)`)
	decisionName = regexp.MustCompile(`^docs/decisions/(\d{4})-[a-z0-9-]+\.md$`)
)

// spoken gives the distinct first groups of a pattern in a page's code.
func spoken(page string, pattern *regexp.Regexp) []string {
	var words []string
	for _, span := range code.FindAllString(page, -1) {
		for _, found := range pattern.FindAllStringSubmatch(span, -1) {
			words = append(words, found[1])
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func TestMakeTargetsOfThePages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	var targets []string
	for _, found := range targetLine.FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, found[1])
	}
	all := repository(t)
	require.Subset(t, spoken(all.pages["README.md"], makeTarget), []string{"run", "test"}, "README.md names the two commands that one needs")
	for name, page := range all.pages {
		require.Subset(t, targets, spoken(page, makeTarget), "make targets in %s", name)
	}
}

// TestCommandsOfThePages asks the program itself whether it knows what the
// pages tell people to type.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	all := repository(t)
	ask := outreach(t)
	known := commands(ask())
	for name, page := range all.pages {
		for _, words := range spoken(page, ourCommand) {
			first, second, _ := strings.Cut(words, " ")
			require.Contains(t, known, first, "outreach %s in %s", words, name)
			if parts := commands(ask(first)); len(parts) > 0 && second != "" {
				require.Contains(t, parts, second, "outreach %s in %s", words, name)
			}
		}
	}
}

// outreach builds the product and gives what it says when a command is asked
// for help.
func outreach(t *testing.T) func(command ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "outreach")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/outreach")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return func(command ...string) string {
		out, err := exec.CommandContext(t.Context(), program, append(command, "--help")...).Output()
		require.NoError(t, err)
		return string(out)
	}
}

// commands reads the names of commands out of a help text.
func commands(help string) []string {
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); len(words) > 0 {
			names = append(names, words[0])
		}
	}
	return names
}

// TestTheRuleOfTheReadme holds the example to the rule that it names.
func TestTheRuleOfTheReadme(t *testing.T) {
	t.Parallel()
	_, after, found := strings.Cut(repository(t).pages["README.md"], "```yaml\n# ")
	require.True(t, found)
	name, after, _ := strings.Cut(after, "\n")
	example, _, _ := strings.Cut(after, "```")
	text, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(name)))
	require.NoError(t, err)
	rule := string(text)
	for strings.HasPrefix(rule, "#") {
		_, rule, _ = strings.Cut(rule, "\n")
	}
	require.Equal(t, rule, example, "the example of README.md is %s without its opening comment", name)
}

// TestLinksOfThePagesLeadSomewhere follows links to files, and to headings of
// pages.
func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for name, page := range all.pages {
		for _, found := range link.FindAllStringSubmatch(page, -1) {
			file, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(file, ":") {
				continue // another site
			}
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			_, err := os.Stat(path.Join("../..", target))
			require.NoError(t, err, "%s links to %s", name, found[1])
			if anchor != "" {
				require.Contains(t, anchors(all.pages[target]), anchor, "%s links to %s", name, found[1])
			}
		}
	}
}

var (
	fenced      = regexp.MustCompile("(?s)```.*?```")
	headingLine = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unlinked    = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors gives what links to a page's headings are called.
func anchors(page string) []string {
	var list []string
	for _, m := range headingLine.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		text := unlinked.ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(text, " ", "-"))
	}
	return list
}

// TestDecisions holds the form of docs/decisions: numbered without a gap, half
// a page each, with context, choice and price.
func TestDecisions(t *testing.T) {
	t.Parallel()
	all := repository(t)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all.pages)) {
		if path.Dir(name) == "docs/decisions" {
			names = append(names, name)
		}
	}
	require.NotEmpty(t, names)
	for i, name := range names {
		number := fmt.Sprintf("%04d", i+1)
		require.Regexp(t, decisionName, name)
		require.Equal(t, number, decisionName.FindStringSubmatch(name)[1])
		page := all.pages[name]
		require.True(t, strings.HasPrefix(page, "# "+number+" "), "%s opens with its number and title", name)
		require.LessOrEqual(t, strings.Count(page, "\n"), 40, "%s is half a page", name)
		for _, part := range []string{"**Context.**", "**Choice.**", "**Price.**"} {
			require.Equal(t, 1, strings.Count(page, part), "%s: %s", name, part)
		}
	}
}
