package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
)

// TestNoFalseAlarmOnTheShippedRules looks at the rules and templates of the
// repository, which people read as a model.
func TestNoFalseAlarmOnTheShippedRules(t *testing.T) {
	t.Parallel()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	in := lint.Input{Files: files}
	in.Bundle, in.Found = bundle.Check(files)
	require.NotEmpty(t, in.Bundle.Rules)
	require.Empty(t, lint.Look(in))
}
