package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANameThatNobodyKnows(t *testing.T) {
	t.Parallel()
	names := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("n%02d", i))
		}
		return list
	}
	require.NoError(t, mustKnow("rule", "n01", names(2)))
	for want, known := range map[string][]string{
		`rule "weekly": is not known; there is none yet: outreach rules load puts rules and templates in force`:                   nil,
		`rule "weekly": is not known; known: n00, n01`:                                                                            names(2),
		`rule "weekly": is not known; did you mean digest-weekly?`:                                                                append(names(20), "digest-weekly"),
		`rule "weekly": is not known; known: n00, n01, n02, n03, n04, n05, n06, n07, n08, n09, n10, n11, n12, n13, n14, n15, n16`: names(17),
	} {
		require.EqualError(t, mustKnow("rule", "weekly", known), want)
	}
	require.ErrorContains(t, mustKnow("rule", "weekly", names(42)), "n39 and 2 more")
}
