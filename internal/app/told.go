package app

import (
	"cmp"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
)

// warnOfSilence says once for each provider that it would report, and cannot.
func (o Options) warnOfSilence(senders map[customer.Channel]channel.Sender) {
	if o.PublicURL != "" {
		return
	}
	told := map[string]bool{}
	for _, by := range customer.Channels() {
		sender := senders[by]
		if _, reports := sender.(channel.Reporter); !reports || told[sender.Name()] {
			continue
		}
		if sender.Name() == smtp.Name && o.Providers.SMTPReportSecret == "" {
			continue // whoever wants no reports misses none
		}
		told[sender.Name()] = true
		o.Logger.Warn("delivery reports and replies such as STOP do not reach the engine: set --public-url", "provider", sender.Name())
	}
}

// tellOfSenders says which configured sender the policy's goes before.
func (o Options) tellOfSenders(set *library.Set) {
	p := o.Providers
	for _, c := range []struct {
		channel          customer.Channel
		choice, provider string
		flag, from       string
	}{
		{channel: customer.SMS, choice: o.SMS, provider: twilio.Name, flag: "--twilio-from", from: p.TwilioFrom},
		{channel: customer.Email, choice: o.Email, provider: sendgrid.Name, flag: "--sendgrid-from", from: p.SendGridFrom},
		{channel: customer.Email, choice: o.Email, provider: smtp.Name, flag: "--smtp-from", from: p.SMTPFrom},
	} {
		theirs := set.Policy.Senders[c.channel]
		if c.choice == c.provider && c.from != "" && cmp.Or(theirs, c.from) != c.from {
			o.Logger.Info("policy.yaml's sender goes before the one of the flag", "channel", c.channel, "flag", c.flag)
		}
	}
}

// warnOfUnsigned says once, at the start, that rules call webhooks which could
// not tell the engine's calls from others'.
func (o Options) warnOfUnsigned(set *library.Set) {
	if o.Providers.WebhookSecret != "" {
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
