package workflows_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/workflows"
)

// recorded gives the text of each recorded history by its name: of every
// version since there are any, v0.1/at-once and so on. Those without a version
// are from before the first one.
func recorded(t *testing.T) map[string][]byte {
	t.Helper()
	const root = "testdata/histories"
	all := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		name, packed := strings.CutSuffix(path, ".gz")
		if packed {
			unpacked, err := gzip.NewReader(bytes.NewReader(text))
			require.NoError(t, err)
			text, err = io.ReadAll(unpacked)
			require.NoError(t, err)
		}
		name, err = filepath.Rel(root, strings.TrimSuffix(name, ".json"))
		all[filepath.ToSlash(name)] = text
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// replay runs a history through an outreach's loop and a watch's.
func replay(t *testing.T, text []byte, outreach, watch any) error {
	t.Helper()
	history, err := client.HistoryFromJSON(bytes.NewReader(text), client.HistoryJSONOptions{})
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(outreach, workflow.RegisterOptions{Name: workflows.OutreachType})
	replayer.RegisterWorkflowWithOptions(watch, workflow.RegisterOptions{Name: workflows.WatchType})
	return replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history)
}

// TestHistoriesReplay replays what earlier versions recorded: an open outreach
// must go on under this one. The histories of a version are recorded with make
// histories, and stay as they are for good.
func TestHistoriesReplay(t *testing.T) {
	t.Parallel()
	for name, text := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, replay(t, text, workflows.Outreach, workflows.Watch))
		})
	}
}

// TestOtherLoopsDoNotReplay holds the replay to account: loops that differ from
// these in what breaks open workflows are caught by each history. One that
// begins with a wait is caught by a loop that does not wait, the others by one
// that sleeps first.
func TestOtherLoopsDoNotReplay(t *testing.T) {
	t.Parallel()
	for name, text := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if begins(t, text) == enumspb.EVENT_TYPE_TIMER_STARTED {
				require.Error(t, replay(t, text, neverWaits, workflows.Watch))
				return
			}
			require.Error(t, replay(t, text, sleepsFirst, watchesLater))
		})
	}
}

// TestAnotherActivityDoesNotReplay asks with the other activity: the histories
// that went on with an ordinary one catch it.
func TestAnotherActivityDoesNotReplay(t *testing.T) {
	t.Parallel()
	caught := 0
	for name, text := range recorded(t) {
		if strings.HasPrefix(filepath.Base(name), "ordinary") {
			require.Error(t, replay(t, text, asksOtherwise, workflows.Watch), name)
			caught++
		}
	}
	require.Positive(t, caught)
}

func sleepsFirst(ctx workflow.Context, start activities.Start) error {
	if err := workflow.Sleep(ctx, time.Minute); err != nil {
		return err
	}
	return workflows.Outreach(ctx, start)
}

func watchesLater(ctx workflow.Context, rule string) error {
	if err := workflow.Sleep(ctx, time.Minute); err != nil {
		return err
	}
	return workflows.Watch(ctx, rule)
}

func neverWaits(ctx workflow.Context, start activities.Start) error {
	start.First.Sleep = 0
	return workflows.Outreach(ctx, start)
}

func asksOtherwise(ctx workflow.Context, start activities.Start) error {
	if start.First.Deliver == "" {
		start.First.Deliver = key
	} else {
		start.First.Deliver = ""
	}
	return workflows.Outreach(ctx, start)
}

// begins gives the first thing that a workflow of a history did.
func begins(t *testing.T, text []byte) enumspb.EventType {
	t.Helper()
	history, err := client.HistoryFromJSON(bytes.NewReader(text), client.HistoryJSONOptions{})
	require.NoError(t, err)
	answered := false
	for _, event := range history.GetEvents() {
		if answered {
			return event.GetEventType()
		}
		answered = event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	}
	return enumspb.EVENT_TYPE_UNSPECIFIED
}

// TestEveryWayHasAHistory replays all histories under Go's coverage: a way that
// the loops can go and that none of them went is named. Its shape is to be added
// to internal/e2e/record_test.go, and recorded with make histories.
func TestEveryWayHasAHistory(t *testing.T) {
	t.Parallel()
	profile := filepath.Join(t.TempDir(), "profile")
	test := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestHistoriesReplay$", "-coverpkg", ".", "-coverprofile", profile, ".")
	out, err := test.CombinedOutput()
	require.NoError(t, err, string(out))
	text, err := os.ReadFile(profile)
	require.NoError(t, err)
	var missed []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "/workflows.go:") && strings.HasSuffix(strings.TrimSpace(line), " 0") {
			missed = append(missed, strings.TrimSpace(line))
		}
	}
	require.Empty(t, missed, "file:from line.column,to line.column statements times")
	require.Contains(t, string(text), "/workflows.go:")
}

// TestHistoriesHoldNoPersonalData looks for what the recorded customer has:
// their outside id and phone number (I8).
func TestHistoriesHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	for name, text := range recorded(t) {
		plain := payload.ReplaceAllFunc(text, func(quoted []byte) []byte {
			decoded, err := base64.StdEncoding.DecodeString(string(payload.FindSubmatch(quoted)[1]))
			require.NoError(t, err)
			return decoded
		})
		require.Contains(t, string(plain), "json/plain", "payloads can be read")
		for _, secret := range []string{"12125550", "recorded-person"} {
			require.NotContains(t, string(plain), secret, name)
		}
	}
}

var payload = regexp.MustCompile(`"(?:data|encoding)": "([^"]*)"`)
