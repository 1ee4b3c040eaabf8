package workflows

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func TestDetailsSayWhereAnOutreachStands(t *testing.T) {
	t.Parallel()
	start := activities.Start{Ref: ledger.Ref{Rule: "usage-limit", Customer: "c1", N: 3}, Version: "ab12"}
	require.Equal(t, `| | |
|---|---|
| rule | usage-limit (version ab12) |
| customer | c1 |
| match | 3 |
| waiting | until Monday / or a hint |
| message | usage-limit.c1.3.hello.sms |
`, details(start, activities.Answer{Why: "until Monday | or a hint", Deliver: "usage-limit.c1.3.hello.sms"}))
	require.Contains(t, details(start, activities.Answer{Done: true, Why: "completed"}), "| ended | completed |\n")
}

func TestClipKeepsWholeLetters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", clip("short", 5))
	for n := range 12 {
		cut := clip("größer, größer", n)
		require.LessOrEqual(t, len(cut), n)
		require.True(t, utf8.ValidString(cut))
		require.True(t, strings.HasPrefix("größer, größer", cut))
	}
}

func TestSearchAttributesHaveTheirKind(t *testing.T) {
	t.Parallel()
	require.Len(t, SearchAttributes(), 4)
}
