package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"surf", "order_placed", "order_planed", "basic"}
	for word, want := range map[string]string{
		"surf":            "surf",
		"SURF":            "surf",
		"sruf":            "surf", // swapped
		"suf":             "surf", // dropped
		"surrf":           "surf", // doubled
		"surg":            "surf", // changed
		"sr":              "",     // too short for a guess
		"smurfs":          "surf", // two letters of six
		"smurfses":        "",
		"Order Placed":    "order_placed",
		"order-placed":    "order_placed",
		"order_plaxed":    "order_placed", // as near as order_planed, and earlier
		"invoice_created": "",
		"":                "",
	} {
		near, ok := nearest(word, names)
		require.Equal(t, want, near, word)
		require.Equal(t, want != "", ok, word)
	}
}
