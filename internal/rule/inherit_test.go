package rule_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInherits: a version that has the same reasons and looks at nothing
// further needs no history but what was read for the one before.
func TestInherits(t *testing.T) {
	t.Parallel()
	const bought = "when: {event: bought}"
	for name, c := range map[string]struct {
		before, after string
		want          bool
	}{
		"nothing else":        {bought, bought, true},
		"another topic":       {bought, bought + "\npriority: 80", true},
		"a smaller audience":  {bought, bought + "\naudience: plan == 'surf'", true},
		"a goal":              {bought, bought + "\ngoal: {event: opened, within: 14 days}", true},
		"a wider freshness":   {bought, bought + "\nfresh: 7d", false},
		"another event":       {bought, "when: {event: opened}", false},
		"another condition":   {bought, "when: {event: bought, where: total > 5}", false},
		"counted from now on": {bought, bought + "\naudience: count(bought, 30d) > 2", false},
		"not counted now":     {bought + "\naudience: count(bought, 30d) > 2", bought, true},
		"counted longer":      {bought + "\naudience: count(bought, 30d) > 2", bought + "\naudience: count(bought, 60d) > 2", false},
		"counted as before":   {bought + "\naudience: count(bought, 30d) > 2", bought + "\naudience: count(bought, 30d) > 3", true},
		"a longer silence":    {"when: {silent: {event: bought, for: 90d}}", "when: {silent: {event: bought, for: 91d}}", false},
	} {
		require.Equal(t, c.want, matcherOf(t, c.after).Inherits(matcherOf(t, c.before)), name)
	}
}
