package activities_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/throttle"
)

// started keeps the places that starts were given, by rule.
type started struct {
	*bench
	places map[string]int
	starts map[string]int
}

func (s *started) Start(ctx context.Context, start activities.Start) error {
	s.mu.Lock()
	s.places[start.Ref.Rule] = start.Priority
	s.starts[start.Ref.Rule]++
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
	s := &started{bench: b, places: map[string]int{}, starts: map[string]int{}}
	b.engine.Starter = s
	b.identify("u1", berlin("service", "alarm"))
	b.happen("u1", "order_placed")
	b.work()
	require.Equal(t, map[string]int{
		"alarm": activities.FirstPlace, "high": 3, "upper": 3, "middle": 4, "usual": 4, "lower": 4, "low": activities.LastPlace, "bulk": activities.LastPlace,
	}, s.places)
}

// TestUrgentRulesNeedNotWaitForATurn has the bound on starts used up: a usual
// rule starts nothing now, an urgent one all.
func TestUrgentRulesNeedNotWaitForATurn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	f := alarms("")
	for name := range f.Rules {
		f.Rules[name] = []byte(strings.Replace(string(f.Rules[name]), "steps:\n", "steps:\n  - {wait: 1h}\n", 1))
	}
	b := newBench(t, "2026-11-23T15:00:00Z", f)
	s := &started{bench: b, places: map[string]int{}, starts: map[string]int{}}
	b.engine.Starter = s
	b.engine.Starts = throttle.New(0)
	require.Equal(t, 1, b.engine.Starts.Turns(t.Context(), 2))
	for i := range 10 {
		b.identify(fmt.Sprint("u", i), berlin("service", "alarm"))
	}
	for i := range 10 {
		user := fmt.Sprint("u", i)
		for _, event := range []string{"order_placed", "app_opened"} {
			_, err := b.observer.Take(t.Context(), []observe.Incoming{{
				User: user, Event: customer.Event{MessageID: user + event, Name: event, At: b.now},
			}})
			require.NoError(t, err)
		}
	}
	for _, rule := range []string{"alarm", "greeting"} {
		clear(s.starts)
		worked, err := b.engine.Work(t.Context(), rule)
		require.NoError(t, err)
		require.Equal(t, rule == "alarm", worked.More)
		require.Equal(t, map[string]map[string]int{"alarm": {"alarm": 10}, "greeting": {}}[rule], s.starts)
	}
}
