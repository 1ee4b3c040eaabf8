package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

func TestNamesOfOutreaches(t *testing.T) {
	t.Parallel()
	ref := ledger.Ref{Rule: "usage-limit", Customer: "c7q2", N: 12}
	for _, name := range []string{ref.Name(), ref.String()} {
		read, err := ledger.ParseRef(name)
		require.NoError(t, err)
		require.Equal(t, ref, read)
	}
	for _, bad := range []string{"", "usage-limit", "a/b", "a/b/0", "a/b/x", "/b/1", "a//1", "a/b/1/2"} {
		_, err := ledger.ParseRef(bad)
		require.ErrorContains(t, err, "is not <rule>/<customer>/<n>", bad)
	}
}
