package webpush_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/webpush"
)

// TestTheWorkerOfThePage: the service worker of docs/providers/push.md uses
// every field that it is sent.
func TestTheWorkerOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/providers/push.md")
	require.NoError(t, err)
	_, worker, ok := strings.Cut(string(page), "### The worker")
	require.True(t, ok)
	worker, _, _ = strings.Cut(worker, "\n### ")
	fields := reflect.TypeFor[webpush.Payload]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		require.Contains(t, worker, "message."+name)
	}
}
