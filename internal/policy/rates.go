package policy

import (
	"net/mail"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Rate bounds how fast one process sends within a scope.
type Rate struct {
	Scope     string // "sms", "sms/US", "twilio", "twilio/+15550100100"
	PerSecond float64
}

// RatesFor gives every rate that holds for one message, the widest of each kind
// first: of its channel, of the country of its number (SMS alone), of its
// provider, and of its sender at that provider. A message waits until all of
// them let it through. Sender is as Senders has it, "" where the provider's
// configuration names it; country is ISO 3166-1 alpha-2, "" where the number
// tells none.
func (p *Policy) RatesFor(c customer.Channel, provider, sender, country string) []Rate {
	var list []Rate
	if rate, ok := p.Rates[c]; ok {
		list = append(list, Rate{string(c), rate})
	}
	for _, scope := range []string{countryScope(c, country), provider, Narrow(provider, sender)} {
		if rate, ok := p.Scopes[scope]; ok {
			list = append(list, Rate{scope, rate})
		}
	}
	return list
}

// ByCountry reports whether any rate is of a country.
func (p *Policy) ByCountry() bool {
	for scope := range p.Scopes {
		if strings.HasPrefix(scope, string(customer.SMS)+scopeMark) {
			return true
		}
	}
	return false
}

// countryScope names the numbers of a country, "" where countries do not count.
func countryScope(c customer.Channel, country string) string {
	if c != customer.SMS || country == "" {
		return ""
	}
	return string(c) + scopeMark + country
}

// Narrow names a part of a provider's scope, such as one sender, "" when there
// is none. Providers count emails by the address: the name before it does not
// matter.
func Narrow(provider, sender string) string {
	if provider == "" || sender == "" {
		return ""
	}
	if address, err := mail.ParseAddress(sender); err == nil {
		sender = strings.ToLower(address.Address)
	}
	return provider + scopeMark + sender
}

// scopeMark parts what a scope is of from what narrows it.
const scopeMark = "/"
