package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
)

const allRates = `rates:
  sms: 20 per second
  sms/US: 5 per second
  push: 9 per second
  twilio: 50 per second
  twilio/+15550100100: 1 per second
  twilio/MG0123456789abcdef0123456789abcdef: 40 per second
  "twilio/Megaphone": 6 per minute
  sendgrid/Megaphone <hello@Example.com>: 2 per second
  smtp: 3 per second
  webhook: 4 per second
  fcm: 7 per second
  webpush: 8 per second
`

func TestRatesFor(t *testing.T) {
	t.Parallel()
	p, problems := read(allRates)
	require.Empty(t, problems)
	sms, us, twilio := policy.Rate{Scope: "sms", PerSecond: 20}, policy.Rate{Scope: "sms/US", PerSecond: 5}, policy.Rate{Scope: "twilio", PerSecond: 50}
	hello := policy.Rate{Scope: "sendgrid/hello@example.com", PerSecond: 2}
	for name, c := range map[string]struct {
		channel                   customer.Channel
		provider, sender, country string
		want                      []policy.Rate
	}{
		"all four":             {customer.SMS, "twilio", "+15550100100", "US", []policy.Rate{sms, us, twilio, {"twilio/+15550100100", 1}}},
		"a pool of senders":    {customer.SMS, "twilio", "MG0123456789abcdef0123456789abcdef", "DE", []policy.Rate{sms, twilio, {"twilio/MG0123456789abcdef0123456789abcdef", 40}}},
		"a name":               {customer.SMS, "twilio", "Megaphone", "", []policy.Rate{sms, twilio, {"twilio/Megaphone", 0.1}}},
		"the provider's own":   {customer.SMS, "twilio", "", "US", []policy.Rate{sms, us, twilio}},
		"another provider":     {customer.SMS, "inbox", "+15550100100", "US", []policy.Rate{sms, us}},
		"no country for email": {customer.Email, "smtp", "hello@example.com", "US", []policy.Rate{{"smtp", 3}}},
		"by the address":       {customer.Email, "sendgrid", "hello@example.com", "", []policy.Rate{hello}},
		"whatever the name":    {customer.Email, "sendgrid", "Larkline <Hello@example.com>", "", []policy.Rate{hello}},
		"somebody else":        {customer.Email, "sendgrid", "bye@example.com", "", nil},
		"push":                 {customer.Push, "fcm", "", "", []policy.Rate{{"push", 9}, {"fcm", 7}}},
		"a browser":            {customer.Push, "webpush", "", "", []policy.Rate{{"push", 9}, {"webpush", 8}}},
		"no channel of ours":   {customer.Webhook, "webhook", "", "", []policy.Rate{{"webhook", 4}}},
		"nothing":              {customer.Handoff, "", "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, p.RatesFor(c.channel, c.provider, c.sender, c.country))
		})
	}
	require.Empty(t, policy.Default().RatesFor(customer.SMS, "twilio", "+15550100100", "US"))
}

func TestFaultsOfRates(t *testing.T) {
	t.Parallel()
	const known = "known: twilio, sendgrid, smtp, fcm, webpush, webhook, push, sms, email"
	for text, want := range map[string][]string{
		"rates: {fax: 1 per second}\n":                     {`policy.yaml:1:9: rates.fax: "fax": is neither a channel nor a provider; ` + known},
		"rates: {twillio: 1 per second}\n":                 {`policy.yaml:1:9: rates.twillio: "twillio": is neither a channel nor a provider; did you mean twilio?`},
		"rates: {fax/US: 1 per second}\n":                  {`policy.yaml:1:9: rates.fax/US: "fax/US": is neither a channel nor a provider; ` + known},
		"rates: {sms/us: 1 per second}\n":                  {`policy.yaml:1:13: rates.sms/us: "sms/us": does not end in the code of a country; write sms/US`},
		"rates: {sms/UK: 1 per second}\n":                  {`policy.yaml:1:13: rates.sms/UK: "sms/UK": does not end in the code of a country; write sms/GB`},
		"rates: {'sms/XX': 1 per second}\n":                {`policy.yaml:1:14: rates.sms/XX: "sms/XX": does not end in the code of a country; write the two letters of ISO 3166, such as sms/US`},
		"rates: {sms/: 1 per second}\n":                    {`policy.yaml:1:13: rates.sms/: "sms/": does not end in the code of a country; write the two letters of ISO 3166, such as sms/US`},
		"rates: {email/US: 1 per second}\n":                {`policy.yaml:1:9: rates.email/US: "email/US": has no country; write email alone; only the numbers of sms tell a country`},
		"rates: {twilio/Megaphone Mobile: 1 per second}\n": {`policy.yaml:1:16: rates.twilio/Megaphone Mobile: "twilio/Megaphone Mobile": does not end in a sender of SMS; write it as under senders, such as "twilio/+15550100100"`},
		"rates: {twilio/: 1 per second}\n":                 {`policy.yaml:1:16: rates.twilio/: "twilio/": does not end in a sender of SMS; write it as under senders, such as "twilio/+15550100100"`},
		"rates: {smtp/hello: 1 per second}\n":              {`policy.yaml:1:14: rates.smtp/hello: "smtp/hello": does not end in an email address; write it as under senders, such as "smtp/hello@example.com"`},
		"rates: {fcm/app: 1 per second}\n":                 {`policy.yaml:1:13: rates.fcm/app: "fcm/app": names a sender, and fcm has none; write fcm alone`},
		"rates: {sms/US: soon}\n":                          {`policy.yaml:1:17: rates.sms/US: "soon": is not a rate; write a number and second, minute or hour, such as 10 per second`},
		"rates: {twilio: 0 per second}\n":                  {`policy.yaml:1:17: rates.twilio: "0 per second": is not a rate that can be kept; give a number above 0 and up to 1000000`},
		"rates:\n  smtp/a@example.com: 1 per second\n  smtp/A <a@example.com>: 2 per second\n": {
			`policy.yaml:3:3: rates.smtp/A <a@example.com>: "smtp/A <a@example.com>": is the same sender as one above; keep one of them`},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p, got := read(text)
			require.Equal(t, want, got)
			require.Empty(t, p.Rates)
		})
	}
}
