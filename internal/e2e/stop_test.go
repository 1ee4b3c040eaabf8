package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// unhurried is a clocked provider whose calls take a while.
type unhurried struct {
	clocked
	takes time.Duration
}

func (p *unhurried) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	receipt, err := p.clocked.Send(ctx, m)
	<-time.After(p.takes)
	return receipt, err
}

// last gives the instant of the newest call.
func (p *clocked) last() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.MaxFunc(p.calls, time.Time.Compare)
}

const rushPolicy = `
zone: UTC
channels: [sms]
topics: {urgent: {consent: assumed, urgent: yes}}
rates: {sms: 40 per second}
`

// TestAHoldStopsUnderLoad holds everything while hundreds of messages are due
// at a provider that is called as often as its rate allows. From the commit of
// the hold to the last call that the provider sees it takes under two seconds.
// Nobody is lost: everybody gets their one message when the hold is removed.
func TestAHoldStopsUnderLoad(t *testing.T) {
	t.Parallel()
	const crowd, before = 300, 60
	h := &house{t: t, dir: t.TempDir(), logged: &logged{}, clock: activities.RealTime()}
	provider := &unhurried{takes: 200 * time.Millisecond}
	h.sender = provider
	h.write(map[string]string{"at-once": atOnce})
	h.overwrite("rules/policy.yaml", rushPolicy)
	h.startTemporal()
	h.start()
	h.rush(crowd)
	h.patiently(func() bool { return provider.count() >= before }, "many messages are out")

	h.change(func(tx ledger.Tx) error {
		return tx.SetHold(ledger.Hold{Kind: ledger.HoldAll, At: h.clock.Now(), By: "operator"})
	})
	committed := time.Now()
	h.patiently(func() bool { return len(h.heldOf("at-once")) == crowd-h.endedOf("at-once") }, "all that are left are held")
	stopped := provider.last().Sub(committed)
	out := provider.count()
	t.Logf("hold committed -> last call at the provider: %v; %d of %d messages were out", stopped.Round(time.Millisecond), out, crowd)
	require.Less(t, stopped, 2*time.Second)
	require.Less(t, out, crowd, "there was something left to hold")

	h.change(func(tx ledger.Tx) error {
		if err := tx.LiftHold(ledger.Hold{Kind: ledger.HoldAll, Lifted: h.clock.Now(), Then: ledger.ResumeSend}); err != nil {
			return err
		}
		waiting, err := tx.Waiting(journey.WakeResume, 0)
		for _, ref := range waiting {
			if err := tx.Hint(ref, h.clock.Now()); err != nil {
				return err
			}
		}
		return err
	})
	h.patiently(func() bool { return h.endedOf("at-once") == crowd }, "everybody gets their message")
	keys := slices.Clone(provider.keys)
	slices.Sort(keys)
	require.Len(t, keys, crowd)
	require.Len(t, slices.Compact(keys), crowd, "each once")
	require.LessOrEqual(t, provider.busiest(), 40, "not even after the hold")
}

// rush lets many customers sign up at once.
func (h *house) rush(n int) {
	h.t.Helper()
	batch := make([]observe.Incoming, n)
	for i := range batch {
		phone := fmt.Sprintf("+49151%08d", i)
		batch[i] = observe.Incoming{User: fmt.Sprint("rush-", i), Change: observe.Change{Phone: &phone},
			Event: customer.Event{MessageID: fmt.Sprint("rush-", i), Name: "signed_up", At: h.clock.Now()}}
	}
	_, err := h.running.Observer.Take(h.t.Context(), batch)
	require.NoError(h.t, err)
}

// heldOf gives a rule's outreaches that wait because of a hold.
func (h *house) heldOf(rule string) (list []ledger.Ref) {
	h.t.Helper()
	require.NoError(h.t, h.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		running, err := tx.Running(rule, ledger.Ref{}, 0)
		for _, o := range running {
			if o.Status == ledger.Open && o.Reason == customer.Paused {
				list = append(list, o.Ref)
			}
		}
		return err
	}))
	return list
}

// endedOf counts a rule's outreaches that are completed.
func (h *house) endedOf(rule string) (n int) {
	h.t.Helper()
	require.NoError(h.t, h.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		for _, t := range tallies {
			if t.Rule == rule && t.Reason == customer.Completed {
				n += int(t.Count)
			}
		}
		return err
	}))
	return n
}
