package bundle_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// TestTheReasonsOfTheDocs holds the page's last table to the closed list.
func TestTheReasonsOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| reason | what it means |\n|---|---|\n")
	require.True(t, found)
	var rows strings.Builder
	for _, r := range customer.Reasons() {
		rows.WriteString("| `" + string(r) + "` | " + wording.Reason(r) + " |\n")
	}
	require.Equal(t, rows.String(), table)
}
