package inbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestSentences tells decisions, those without an instant among them.
func TestSentences(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for want, d := range map[string]ledger.Decision{
		"Planned link by mail":                                                       {Kind: ledger.KindPlan, Channel: customer.Email},
		"Planned link by SMS for Tue 10:00":                                          {Kind: ledger.KindPlan, Channel: customer.SMS, Planned: at, Reason: customer.Capped},
		"Moved link by push to Tue 10:00":                                            {Kind: ledger.KindDefer, Channel: customer.Push, Planned: at, Reason: customer.Capped},
		"Put off link by push":                                                       {Kind: ledger.KindDefer, Channel: customer.Push},
		"Held link by SMS: paused by a hold":                                         {Kind: ledger.KindDefer, Channel: customer.SMS, Planned: at, Reason: customer.Paused},
		"Not sent yet, link by SMS: the customer has enough messages already":        {Kind: ledger.KindDefer, Channel: customer.SMS, Reason: customer.Capped},
		"Not sent yet, link by SMS: the provider is down":                            {Kind: ledger.KindDefer, Channel: customer.SMS, Planned: at, Reason: customer.Unavailable},
		"Link by push arrived":                                                       {Kind: ledger.KindDeliver, Channel: customer.Push},
		"Link by SMS: nobody can know whether it went out":                           {Kind: ledger.KindDrop, Channel: customer.SMS, Reason: customer.Unknown},
		"No clear answer came for link by SMS":                                       {Kind: ledger.KindDefer, Channel: customer.SMS, Planned: at, Reason: customer.Unknown},
		"Not sent, link by mail: it did not go out, as a person found":               {Kind: ledger.KindDrop, Channel: customer.Email, Reason: customer.NotSent},
		"Link by SMS did not arrive: its provider took it, and could not deliver it": {Kind: ledger.KindFail, Channel: customer.SMS, Reason: customer.Undelivered},
		"No word that link by push arrived: another channel takes its place":         {Kind: ledger.KindDefer, Channel: customer.Push, Reason: customer.Unconfirmed},
	} {
		d.Template = "link"
		require.Equal(t, want, sentence(d, func(at time.Time) string { return at.Format("Mon 15:04") }))
	}
}
