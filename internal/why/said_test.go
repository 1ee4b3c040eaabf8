package why

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

func TestWhatTheCustomerSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile customer.Profile
		want    Said
	}{
		{customer.Profile{Phone: "+12125550101", Country: "US"}, Said{}},
		{customer.Profile{Zone: "Europe/Berlin"}, Said{Text: "zone Europe/Berlin", Zone: "Europe/Berlin"}},
		{
			customer.Profile{
				Consents: map[customer.Topic]customer.Consent{"tips": {Given: true}, "offers": {}, "service": {Given: true}},
				Preferences: customer.Preferences{
					Channels: []customer.Channel{customer.Email, customer.SMS},
					Hours:    map[customer.Channel]string{customer.SMS: "Mon 20:30", customer.AnyChannel: "daily 18:00-21:00"},
				},
			},
			Said{
				Text:     "hours: any channel daily 18:00-21:00; SMS Mon 20:30; channels: email, then SMS; yes to service, tips; no to offers",
				Hours:    map[customer.Channel]string{customer.SMS: "Mon 20:30", customer.AnyChannel: "daily 18:00-21:00"},
				Channels: []customer.Channel{customer.Email, customer.SMS},
				Consents: map[customer.Topic]bool{"tips": true, "offers": false, "service": true},
			},
		},
	} {
		teller := teller{Facts: Facts{Subject: rule.Subject{Profile: &c.profile}}}
		require.Equal(t, c.want, teller.said())
	}
}

// TestADecisionWithoutAnInstant is told with what it waits for.
func TestADecisionWithoutAnInstant(t *testing.T) {
	t.Parallel()
	tell := teller{clock: clock{zone: time.UTC, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for want, d := range map[string]ledger.Decision{
		"planned link by email: rides on the next email":                        {Kind: ledger.KindPlan, Note: "rides on the next email"},
		"put off link by email: why":                                            {Kind: ledger.KindDefer, Note: "why"},
		"moved link by email to Tue 24 Nov 10:00: after the cap of 1 per day":   {Kind: ledger.KindDefer, Planned: at, Reason: customer.Capped, Note: "after the cap of 1 per day"},
		"not sent yet, link by email: the customer has enough messages already": {Kind: ledger.KindDefer, Reason: customer.Capped},
	} {
		d.Channel, d.Template = customer.Email, "link"
		require.Equal(t, want, tell.sentence(d, Case{}, Outreach{}))
	}
}
