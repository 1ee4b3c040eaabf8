package backtest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWorkersChangeNothing: the same past gives the same bytes, whoever plays
// it.
func TestWorkersChangeNothing(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), moment(t, "2026-05-01 00:00"), company(t, 400)...)
	o.Samples = 3
	one, two := o, o
	one.Workers, two.Workers = 1, 2
	first := lines(t, one)
	require.Equal(t, first, lines(t, two))
	require.Equal(t, first, lines(t, two))
	require.NotEmpty(t, first)
	a, b := play(t, one), play(t, two)
	require.Equal(t, a, b)
	require.NoError(t, a.Text(os.Stdout))
}
