package main

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestMissingArgumentsAreNamed: each command that needs one says which.
func TestMissingArgumentsAreNamed(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	collectMissing(rootCommand(time.Now), got)
	require.Equal(t, map[string]string{
		"outreach diff":             "name the folder of the new rules",
		"outreach explain":          "name a customer",
		"outreach import customers": "name a file",
		"outreach import events":    "name a file",
		"outreach migrate":          "name a rule",
		"outreach preview":          "name a template",
		"outreach rules show":       "name a rule",
		"outreach rules versions":   "name a rule",
		"outreach stop":             "name a rule",
		"outreach suppress":         "name a channel and an address",
	}, trimmed(got))
}

func collectMissing(cmd *cobra.Command, got map[string]string) {
	if cmd.Args != nil {
		if err := cmd.Args(cmd, nil); err != nil {
			got[cmd.CommandPath()] = err.Error()
		}
	}
	for _, child := range cmd.Commands() {
		collectMissing(child, got)
	}
}

// trimmed takes off where to read more, which is the same for all.
func trimmed(said map[string]string) map[string]string {
	for path, text := range said {
		said[path] = text[:max(0, len(text)-len("; see "+path+" --help"))]
	}
	return said
}
