package line_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

func TestCollapseName(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"send-1":                  "send-1",
		strings.Repeat("a_", 16):  strings.Repeat("a_", 16),
		"outreach/c1/7 part 2":    "1gBU0a-IqCy5MQyRWYme2_gqyY5B3C0l",
		"1gBU0a-IqCy5MQyRWYme2_g": "1gBU0a-IqCy5MQyRWYme2_g",
	} {
		require.Equal(t, want, line.CollapseName(key), key)
	}
}

// TestCollapseNameLaw: every name is what RFC 8030 takes as a Topic, and two
// keys never share one.
func TestCollapseNameLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.String().Draw(rt, "key"), rapid.String().Draw(rt, "other key")
		require.Regexp(rt, `^[A-Za-z0-9_-]{1,32}$`, line.CollapseName(a))
		require.Equal(rt, a == b, line.CollapseName(a) == line.CollapseName(b))
	})
}
