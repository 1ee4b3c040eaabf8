package activities_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
)

// callTally counts calls as a meter does.
type callTally struct {
	mu    sync.Mutex
	calls []string
	took  time.Duration
}

func (m *callTally) Call(provider, kind string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, provider+" "+kind)
	m.took += took
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	for kind, says := range map[string]error{"taken": nil, "rejected": no(channel.Rejected, 0), "ambiguous": no(channel.Ambiguous, 0)} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, greetings(openPolicy, "Hello"))
			m := &callTally{}
			d.engine.Meter = m
			q := d.start("anna")
			d.provider.answer = func(int, channel.Message) error { return says }
			d.deliver(q)
			require.NoError(t, d.engine.Wait(t.Context()))
			require.Equal(t, []string{"provider " + kind}, m.calls)
			require.Positive(t, m.took)
		})
	}
}
