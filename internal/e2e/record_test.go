package e2e_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/outreach-engine/outreach/workflows"
)

var histories = flag.Bool("histories", false, "record the histories that workflows replays")

const historiesDir = "../../workflows/testdata/histories"

// TestRecordHistories records one history of each way that the loops can go,
// for the replay test of workflows. Recorded ones stay as they are: a new way
// gets a new name.
func TestRecordHistories(t *testing.T) {
	if !*histories {
		t.Skip("histories are recorded with -histories only")
	}
	h := newHouse(t, map[string]string{"at-once": atOnce, "after-a-while": afterAWhile, "answered-or-not": answeredOrNot, "for-long": forLong})
	const who = "recorded-person-1"
	h.happen(who, "signed_up", nil)
	h.eventually(func() bool { return h.all(who, 3) }, "they run")
	h.happen(who, "answered", nil) // a hint for one, the stop of another
	h.eventually(func() bool { return h.left(who) == 0 }, "all end")
	const other = "recorded-person-2"
	h.happen(other, "signed_up", nil)
	h.happen(other, "order_placed", nil)
	h.eventually(func() bool { return h.left(other) == 0 && h.all(other, 3) }, "all end")
	for _, user := range []string{who, other} {
		for _, o := range h.outreaches(user) {
			h.eventually(func() bool { return h.closed(o.Ref) }, "its workflow ends")
			h.record(o.Ref.String(), o.Rule+"-"+string(o.Reason))
		}
	}
	h.record(workflows.WatchID("answered-or-not"), "watch")
}

func (h *house) all(user string, n int) bool { return len(h.outreaches(user)) >= n }

// left counts a customer's outreaches that have not ended.
func (h *house) left(user string) (n int) {
	for _, o := range h.outreaches(user) {
		if o.Ended.IsZero() {
			n++
		}
	}
	return n
}

// record writes a workflow's history, unless there is one of that name.
func (h *house) record(id, name string) {
	h.t.Helper()
	path := filepath.Join(historiesDir, name+".json")
	if _, err := os.Stat(path); err == nil {
		return
	}
	iter := h.running.Client.GetWorkflowHistory(h.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var history historypb.History
	for iter.HasNext() {
		event, err := iter.Next()
		require.NoError(h.t, err)
		history.Events = append(history.Events, event)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(&history)
	require.NoError(h.t, err)
	require.NoError(h.t, os.MkdirAll(historiesDir, 0o750))
	require.NoError(h.t, os.WriteFile(path, anonymised(h.t, text), 0o600))
}

// anonymised leaves out the names of machines and processes.
func anonymised(t testing.TB, text []byte) []byte {
	t.Helper()
	var history any
	require.NoError(t, json.Unmarshal(text, &history))
	scrub(history)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	require.NoError(t, encoder.Encode(history))
	return out.Bytes()
}

func scrub(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			scrub(item)
		}
	case map[string]any:
		delete(v, "identity")
		if v["kind"] == "TASK_QUEUE_KIND_STICKY" {
			v["name"] = "sticky"
		}
		for _, item := range v {
			scrub(item)
		}
	}
}
