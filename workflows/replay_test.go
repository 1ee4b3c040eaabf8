package workflows_test

import (
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/workflows"
)

// TestHistoriesReplay replays what earlier versions recorded: an open outreach
// must go on under this one. New branches get histories of their own with
//
//	go test ./internal/e2e -run TestRecordHistories -histories
func TestHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(workflows.Outreach, workflow.RegisterOptions{Name: workflows.OutreachType})
			replayer.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchType})
			quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(quiet, file))
		})
	}
}

// TestHistoriesHoldNoPersonalData looks for what the recorded customer has:
// their outside id and phone number (I8).
func TestHistoriesHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		plain := payload.ReplaceAllFunc(text, func(quoted []byte) []byte {
			decoded, err := base64.StdEncoding.DecodeString(string(payload.FindSubmatch(quoted)[1]))
			require.NoError(t, err)
			return decoded
		})
		require.Contains(t, string(plain), "json/plain", "payloads can be read")
		for _, secret := range []string{"12125550", "recorded-person"} {
			require.NotContains(t, string(plain), secret, file)
		}
	}
}

var payload = regexp.MustCompile(`"(?:data|encoding)": "([^"]*)"`)
