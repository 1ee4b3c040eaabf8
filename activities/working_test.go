package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// midway is a bench that does something while a hint is delivered.
type midway struct {
	*bench
	do func()
}

func (m midway) Hint(ctx context.Context, ref ledger.Ref) (bool, error) {
	m.do()
	return m.bench.Hint(ctx, ref)
}

// TestWorkThatIsFoundMeanwhileIsDone: whoever finds work of a rule while a piece
// of it is under way need not wake the watch, since another piece follows.
func TestWorkThatIsFoundMeanwhileIsDone(t *testing.T) {
	t.Parallel()
	for _, found := range []bool{false, true} {
		b, _ := waiters(t, 1)
		b.engine.Starter = midway{b, func() {
			require.False(t, b.engine.Finds("greeting"))
			if found {
				require.True(t, b.engine.Finds("later"))
			}
		}}
		for ref := range b.waiting {
			require.NoError(t, b.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.Hint(ref, b.now) }))
		}
		require.False(t, b.engine.Finds("later"), "nothing is under way")
		require.Equal(t, found, b.page("later"))
		require.False(t, b.page("later"))
		require.False(t, b.engine.Finds("later"))
	}
}
