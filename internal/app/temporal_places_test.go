package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestStartsCarryTheirPlaces looks at what a frontend is asked for: the place
// in its queues, and the rule as the key by which they are shared.
func TestStartsCarryTheirPlaces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long-", 20)
	for name, c := range map[string]struct {
		fair        string
		rule        string
		place       int
		start, wake *commonpb.Priority
	}{
		"urgent": {"on", "alarm", activities.FirstPlace,
			&commonpb.Priority{PriorityKey: 1, FairnessKey: "alarm", FairnessWeight: 1},
			&commonpb.Priority{PriorityKey: 2, FairnessKey: "alarm", FairnessWeight: 1}},
		"last, and unfair": {"off", "tips", activities.LastPlace, &commonpb.Priority{PriorityKey: 5}, &commonpb.Priority{PriorityKey: 2}},
		"a long name": {"on", long, activities.LastPlace,
			&commonpb.Priority{PriorityKey: 5, FairnessKey: long[:64], FairnessWeight: 1},
			&commonpb.Priority{PriorityKey: 2, FairnessKey: long[:64], FairnessWeight: 1}},
		"none, from a process before": {"off", "tips", 0, nil, &commonpb.Priority{PriorityKey: 2}},
	} {
		f := whole()
		address, _ := f.serve(t, "127.0.0.1:0", nil)
		o := towards(address)
		o.TemporalFairness = c.fair
		l, err := o.linkTemporal(t.Context(), openLedger(t))
		require.NoError(t, err)
		t.Cleanup(l.client.Close)
		ref := ledger.Ref{Rule: c.rule, Customer: "c1", N: 1}
		require.NoError(t, l.starter().Start(t.Context(), activities.Start{Ref: ref, Version: "v1", Topic: "service", Priority: c.place}))
		require.NoError(t, l.starter().Wake(t.Context(), c.rule))
		require.True(t, proto.Equal(c.start, f.started[0].GetPriority()), "%s: %v", name, f.started[0].GetPriority())
		require.True(t, proto.Equal(c.wake, f.woken[0].GetPriority()), "%s: %v", name, f.woken[0].GetPriority())
		require.Equal(t, "outreach", f.started[0].GetTaskQueue().GetName())
		require.Equal(t, "outreach", f.woken[0].GetTaskQueue().GetName())
	}
}
