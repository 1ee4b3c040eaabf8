package inbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func TestSentencesOfWebhooksAndTasks(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]ledger.Decision{
		"Called the webhook coupon":                                  {Kind: ledger.KindSend, Channel: customer.Webhook, Template: "coupon"},
		"Handed over the task for care":                              {Kind: ledger.KindSend, Channel: customer.Handoff, Template: "care"},
		"Not answered yet, the webhook coupon: the provider is down": {Kind: ledger.KindDefer, Channel: customer.Webhook, Template: "coupon", Reason: customer.Unavailable},
		"Not handed over, the task for care: the provider refused it for good": {
			Kind: ledger.KindDrop, Channel: customer.Handoff, Template: "care", Reason: customer.Rejected},
	} {
		require.Equal(t, want, sentence(d, func(time.Time) string { return "" }))
	}
	done := customer.Event{Name: customer.HandoffDone, Properties: map[string]customer.Value{"result": customer.Text("reached")}}
	require.Equal(t, "A team did its task: reached", eventWords(done))
	require.Equal(t, "A team did its task", eventWords(customer.Event{Name: customer.HandoffDone}))
	require.True(t, ofTeam("a.c1.1.handoff-2.then-1.handoff"))
	require.False(t, ofTeam("a.c1.1.hello.sms"))
	require.False(t, ofTeam("x"))
}
