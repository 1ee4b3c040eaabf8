package activities_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
)

// started keeps the places that starts were given, by rule.
type started struct {
	*bench
	places map[string]int
}

func (s *started) Start(ctx context.Context, start activities.Start) error {
	s.mu.Lock()
	s.places[start.Ref.Rule] = start.Priority
	s.mu.Unlock()
	return s.bench.Start(ctx, start)
}

// TestUrgentTopicsHaveTheFirstPlace starts an outreach of each kind of rule: an
// urgent one goes first whatever its priority, the others by theirs, and all
// others after the watches, which start what is urgent.
func TestUrgentTopicsHaveTheFirstPlace(t *testing.T) {
	t.Parallel()
	later := strings.Replace(greeting, "steps:\n", "steps:\n  - {wait: 1h}\n", 1)
	rules := map[string]string{"alarm": strings.Replace(later, "topic: service", "topic: alarm\npriority: 0", 1), "usual": later}
	for name, priority := range map[string]string{"high": "100", "upper": "70", "middle": "69", "lower": "30", "low": "29", "bulk": "0"} {
		rules[name] = strings.Replace(later, "topic: service", "topic: service\npriority: "+priority, 1)
	}
	f := alarms("")
	f.Rules = maps.Clone(f.Rules)
	for name, text := range files(rules).Rules {
		if name != "policy.yaml" {
			f.Rules[name] = text
		}
	}
	delete(f.Rules, "greeting.yaml")
	b := newBench(t, "2026-11-23T15:00:00Z", f)
	s := &started{bench: b, places: map[string]int{}}
	b.engine.Starter = s
	b.identify("u1", berlin("service", "alarm"))
	b.happen("u1", "order_placed")
	b.work()
	require.Equal(t, map[string]int{
		"alarm": activities.FirstPlace, "high": 3, "upper": 3, "middle": 4, "usual": 4, "lower": 4, "low": activities.LastPlace, "bulk": activities.LastPlace,
	}, s.places)
}
