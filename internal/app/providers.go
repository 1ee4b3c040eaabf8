package app

import (
	"fmt"
	"maps"
	"net/mail"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/channel/hook"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
)

// senders builds who carries each channel's messages.
func (o Options) senders(box *inbox.Box) (map[customer.Channel]channel.Sender, error) {
	webhooks, err := hook.New(hook.Config{Secret: o.WebhookSecret})
	if err != nil {
		return nil, fmt.Errorf("OUTREACH_WEBHOOK_SECRET: %w", err)
	}
	senders := map[customer.Channel]channel.Sender{customer.Webhook: webhooks}
	if o.Senders != nil {
		maps.Copy(senders, o.Senders)
		return senders, nil
	}
	for _, c := range []struct {
		channel customer.Channel
		flag    string
		choice  string
		other   string
		build   func() (channel.Sender, error)
	}{
		{customer.SMS, "--sms", o.SMS, twilio.Name, o.twilio},
		{customer.Email, "--email", o.Email, sendgrid.Name, o.sendgrid},
		{customer.Push, "--push", o.Push, fcm.Name, o.fcm},
	} {
		switch c.choice {
		case "inbox":
			senders[c.channel] = box
		case c.other:
			sender, err := c.build()
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", c.flag, c.choice, err)
			}
			senders[c.channel] = sender
		default:
			return nil, fmt.Errorf("%s: %q carries no such messages; write inbox or %s", c.flag, c.choice, c.other)
		}
	}
	return senders, nil
}

// warnOfUnsigned says once, at the start, that rules call webhooks which could
// not tell the engine's calls from others'.
func (o Options) warnOfUnsigned(set *library.Set) {
	if o.WebhookSecret != "" {
		return
	}
	var calling []string
	for _, m := range set.Matchers() {
		calls := false
		m.EachStep(func(s *rule.Step) {
			calls = calls || s.Webhook != nil || s.Handoff != nil && set.Policy.Teams[s.Handoff.Team].Webhook != ""
		})
		if calls {
			calling = append(calling, m.Name)
		}
	}
	if len(calling) > 0 {
		o.Logger.Warn("calls of webhooks are not signed; set OUTREACH_WEBHOOK_SECRET, so that the other side can tell them from others", "rules", calling)
	}
}

func (o Options) twilio() (channel.Sender, error) {
	return twilio.New(twilio.Config{
		AccountSID: o.TwilioAccountSID, APIKeySID: o.TwilioAPIKeySID, APIKeySecret: o.TwilioAPIKeySecret,
		AuthToken: o.TwilioAuthToken, From: o.TwilioFrom, MessagingServiceSID: o.TwilioMessagingService, BaseURL: o.TwilioBaseURL,
	})
}

func (o Options) sendgrid() (channel.Sender, error) {
	from, err := mail.ParseAddress(o.SendGridFrom)
	if err != nil {
		return nil, fmt.Errorf("--sendgrid-from %q: write Name <address>", o.SendGridFrom)
	}
	return sendgrid.New(sendgrid.Config{
		APIKey: o.SendGridAPIKey, FromName: from.Name, FromAddress: from.Address,
		Residency: sendgrid.Residency(o.SendGridResidency), BaseURL: o.SendGridBaseURL,
	})
}

func (o Options) fcm() (channel.Sender, error) {
	return fcm.New(fcm.Config{ServiceAccount: []byte(o.FCMServiceAccount), BaseURL: o.FCMBaseURL})
}
