package bundle_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

var (
	yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	blockFile = regexp.MustCompile(`^# rules/([a-z0-9.-]+)\.yaml\n`)
)

// pageOfRules gives docs/rules.md, and its examples by their file's name less
// its ending. Every block of YAML on the page is an example of a file.
func pageOfRules(t *testing.T) (page string, examples map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	examples = map[string]string{}
	for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
		opening := blockFile.FindStringSubmatch(block[1])
		require.NotNil(t, opening, "a block opens with the name of its file, such as # rules/welcome.yaml:\n%s", block[1])
		require.NotContains(t, examples, opening[1], "two blocks are of one file")
		examples[opening[1]] = block[1]
	}
	return string(text), examples
}

// TestTheRulesOfTheDocs checks each rule of docs/rules.md beside the data and
// the policy of the same page. Its templates are not looked at.
func TestTheRulesOfTheDocs(t *testing.T) {
	t.Parallel()
	_, examples := pageOfRules(t)
	data, policyText := examples["data"], examples["policy"]
	require.NotEmpty(t, data)
	require.NotEmpty(t, policyText)
	delete(examples, "data")
	delete(examples, "policy")
	require.NotEmpty(t, examples, "the page shows rules")
	for name, text := range examples {
		var ps source.Problems
		b := bundle.ReadOne(name, []byte(text), []byte(data), []byte(policyText), &ps)
		require.Empty(t, lines(ps.List()))
		require.Equal(t, []string{name}, names(b))
	}
}

// TestTheReasonsOfTheDocs holds the page's last table to the closed list.
func TestTheReasonsOfTheDocs(t *testing.T) {
	t.Parallel()
	page, _ := pageOfRules(t)
	_, table, found := strings.Cut(page, "| reason | what it means |\n|---|---|\n")
	require.True(t, found)
	var rows strings.Builder
	for _, r := range customer.Reasons() {
		rows.WriteString("| `" + string(r) + "` | " + wording.Reason(r) + " |\n")
	}
	require.Equal(t, rows.String(), table)
}
