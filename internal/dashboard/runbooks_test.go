package dashboard_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const runbookDir = "../../docs/runbooks"

// The headings of a runbook, in order.
var headings = []string{"What customers notice", "Look closer", "Likely causes", "What to do", "Over when"}

var (
	heading = regexp.MustCompile(`(?m)^## (.*)$`)
	promql  = regexp.MustCompile("(?s)```promql\n(.*?)```")
)

// pages gives the runbooks by name; README, the index, is none.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(runbookDir, "*.md"))
	require.NoError(t, err)
	list := map[string]string{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if name == "README" {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		list[name] = string(text)
	}
	return list
}

// queries gives the expressions of the runbooks, a line each.
func queries(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for name, page := range pages(t) {
		for _, block := range promql.FindAllStringSubmatch(page, -1) {
			for line := range strings.Lines(block[1]) {
				list["the runbook "+name+": "+strings.TrimSpace(line)] = strings.TrimSpace(line)
			}
		}
	}
	require.NotEmpty(t, list)
	return list
}

func TestEveryAlertHasItsRunbook(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(filepath.Join(runbookDir, "README.md"))
	require.NoError(t, err)
	all := pages(t)
	for _, a := range alerts(t) {
		page := all[a.page()]
		require.NotEmpty(t, page, "%s has no runbook %s", a.Alert, a.page())
		delete(all, a.page())
		require.True(t, strings.HasPrefix(page, "# "+a.Alert+"\n"), "%s opens with the name of its alert", a.page())
		require.Contains(t, page, "Severity: "+a.Labels["severity"], a.page())
		require.Contains(t, string(index), "["+a.Alert+"]("+a.page()+".md)", "the index names each runbook")
		require.LessOrEqual(t, strings.Count(page, "\n"), 70, "%s is short", a.page())
	}
	require.Empty(t, all, "runbooks without an alert")
}

func TestRunbooksHaveOneForm(t *testing.T) {
	t.Parallel()
	for name, page := range pages(t) {
		var found []string
		for _, m := range heading.FindAllStringSubmatch(page, -1) {
			found = append(found, m[1])
		}
		require.Equal(t, headings, found, name)
		_, closer, _ := strings.Cut(page, "## "+headings[1]+"\n")
		closer, after, _ := strings.Cut(closer, "## ")
		require.True(t, slices.ContainsFunc([]string{"```sh\n", "```promql\n"}, func(fence string) bool {
			return strings.Contains(closer, fence)
		}), "%s: how to look closer is something to type", name)
		require.Contains(t, after, "\n1. ", "%s: causes stand in their order", name)
	}
}
