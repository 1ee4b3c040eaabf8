package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/webpush"
)

// TestWebpushKeys: what the command writes is what the sender takes.
func TestWebpushKeys(t *testing.T) {
	t.Parallel()
	var out, trouble strings.Builder
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &out, stderr: &trouble}
	require.Equal(t, 0, run(t.Context(), []string{"webpush-keys"}, r), trouble.String())
	require.Empty(t, trouble.String())

	values := map[string]string{}
	for line := range strings.Lines(out.String()) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		require.True(t, ok, line)
		values[name] = value
	}
	require.Len(t, values, 2)
	_, err := webpush.New(webpush.Config{
		PublicKey: values["OUTREACH_WEBPUSH_PUBLIC_KEY"], PrivateKey: values["OUTREACH_WEBPUSH_PRIVATE_KEY"],
		Subject: "mailto:push@example.com",
	})
	require.NoError(t, err)
}
