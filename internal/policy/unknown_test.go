package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
)

func TestWhenUnknown(t *testing.T) {
	t.Parallel()
	const topics = "topics: {tips: {consent: asked}, urgent: {consent: assumed, urgent: yes}}\n"
	const hold, again = policy.HoldUnknown, policy.SendAgain
	type ask struct {
		channel customer.Channel
		topic   customer.Topic
	}
	for name, c := range map[string]struct {
		text string
		want map[ask]policy.Resolution
	}{
		"nothing said": {"", map[ask]policy.Resolution{
			{customer.Push, "tips"}: again, {customer.SMS, "tips"}: hold, {customer.Email, "urgent"}: hold, {customer.Webhook, ""}: hold,
		}},
		"a word for a channel": {"unknown: {push: hold, sms: again}\n", map[ask]policy.Resolution{
			{customer.Push, "tips"}: hold, {customer.SMS, "tips"}: again, {customer.SMS, "urgent"}: again, {customer.Email, "tips"}: hold,
		}},
		"a word for a topic": {"unknown: {email: {tips: hold, urgent: again}, push: {tips: hold}}\n", map[ask]policy.Resolution{
			{customer.Email, "tips"}: hold, {customer.Email, "urgent"}: again, {customer.Push, "tips"}: hold, {customer.Push, "urgent"}: again,
		}},
		"topics that come later in the file": {"unknown: {sms: {tips: again}}\n", map[ask]policy.Resolution{{customer.SMS, "tips"}: again, {customer.SMS, "urgent"}: hold}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, problems := read(c.text + topics)
			require.Empty(t, problems)
			got := map[ask]policy.Resolution{}
			for a := range c.want {
				got[a] = p.WhenUnknown(a.channel, a.topic)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestHowLongToAsk(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"zone: UTC\n":         time.Hour,
		"unknown: {}\n":       time.Hour,
		"unknown: {ask: 10s}": 10 * time.Second,
		"unknown: {ask: 90s}": 90 * time.Second,
		"unknown: {ask: 7d}":  7 * 24 * time.Hour,
		"unknown: {ask: 1w}":  7 * 24 * time.Hour,
	} {
		p, problems := read(text)
		require.Empty(t, problems, text)
		require.Equal(t, want, p.Unknown.Ask, text)
	}
}

func TestFaultsOfUnknown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"unknown: hold\n":                 {`policy.yaml:1:10: unknown: "hold": is a single value where keys with values are due; write key: value, one a line`},
		"unknown: {emial: hold}\n":        {`policy.yaml:1:11: unknown.emial: "emial": is neither ask nor a channel; did you mean email?`},
		"unknown: {fax: hold}\n":          {`policy.yaml:1:11: unknown.fax: "fax": is neither ask nor a channel; known: ask, push, sms, email`},
		"unknown: {sms: agian}\n":         {`policy.yaml:1:16: unknown.sms: "agian": is not known here; write hold or again`},
		"unknown: {sms: [hold, again]}\n": {`policy.yaml:1:16: unknown.sms: is a list where a single value is due; give one value, without [ ] and without a dash`},
		"unknown: {sms: {ofers: hold, urgent: no}}\n": {
			`policy.yaml:1:17: unknown.sms.ofers: "ofers": is not a topic of this policy; did you mean offers?`,
			`policy.yaml:1:38: unknown.sms.urgent: "no": is not known here; write hold or again`},
		"unknown: {sms:, ask: 1h}\n": {`policy.yaml:1:15: unknown.sms: has no value; write one after the colon, or leave the key out`},
		"unknown: {ask: 5s}\n":       {`policy.yaml:1:16: unknown.ask: "5s": is no time to ask for; write a time from 10s to 7d, such as 1h`},
		"unknown: {ask: 8d}\n":       {`policy.yaml:1:16: unknown.ask: "8d": is no time to ask for; write a time from 10s to 7d, such as 1h`},
		"unknown: {ask: 1m}\n":       {`policy.yaml:1:16: unknown.ask: "1m": has two readings, write 1min or 1 months`},
		"unknown: {ask: [1h]}\n":     {`policy.yaml:1:16: unknown.ask: is a list where a single value is due; give one value, without [ ] and without a dash`},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p, got := read(text)
			require.Equal(t, want, got)
			require.Equal(t, time.Hour, p.Unknown.Ask)
		})
	}
}
