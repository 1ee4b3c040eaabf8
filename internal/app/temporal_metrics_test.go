package app

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/metrics"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

// TestTheFiguresOfTemporalsSDKStandBesideOurs counts as the SDK does.
func TestTheFiguresOfTemporalsSDKStandBesideOurs(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{Store: memory.New(), Now: time.Now, Machine: time.Now})
	handler, err := temporalFigures(m)
	require.NoError(t, err)
	handler.WithTags(map[string]string{"operation": "PollWorkflowTaskQueue"}).Counter("temporal_long_request").Inc(3)
	handler.WithTags(map[string]string{"workflow_type": "Outreach"}).Timer("temporal_workflow_task_execution_latency").Record(30 * time.Millisecond)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Contains(t, answer.Body.String(), "temporal_long_request{operation=\"PollWorkflowTaskQueue\"} 3\n")
	require.Contains(t, answer.Body.String(), "temporal_workflow_task_execution_latency_seconds_count{workflow_type=\"Outreach\"} 1\n")
	require.Contains(t, answer.Body.String(), "temporal_workflow_task_execution_latency_seconds_bucket{workflow_type=\"Outreach\",le=\"0.05\"} 1\n")
	require.Contains(t, answer.Body.String(), "outreach_rules 0\n")
}
