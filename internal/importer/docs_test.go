package importer_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/importer"
)

// TestTheMapsOfTheDocs imports a row through each whole map of docs/import.md.
func TestTheMapsOfTheDocs(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/import.md")
	require.NoError(t, err)
	for title, c := range map[string]struct {
		kind importer.Kind
		file string
	}{
		"# customers.yaml\n": {importer.Customers, "user_id,first_name,state,mobile,sms_hours,likes,plan_name,churn_date\n" +
			"1,Mia,GA AL,2125550123,Mon-Fri 18:00-21:00,sms,surf,0000-00-00\n"},
		"# internet.yaml\n": {importer.Events, "id,user_id,session_date,mb_used\n9,1,2026-05-01,12.5\n"},
	} {
		_, after, found := strings.Cut(string(docs), "```yaml\n"+title)
		require.True(t, found, title)
		rules, _, _ := strings.Cut(after, "```")
		r := newRecorder()
		r.zones["1"] = "America/New_York"
		report, err := importer.Run(t.Context(), importing(t, r, c.kind, rules, "f.csv", c.file))
		require.NoError(t, err)
		require.Equal(t, 1, report.Taken)
		require.Empty(t, report.Trouble)
	}
}
