package schema

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
)

// rates gives the schema of how fast the engine sends: by channel, country,
// provider and sender.
func rates() *node {
	keys := map[string]*node{}
	for _, c := range channelChoices() {
		keys[c.name] = rate().about(c.words)
	}
	keys["sms/US"] = rate().about("By SMS to the numbers of one country: any code of ISO 3166.")
	for _, name := range policy.ProviderNames() {
		keys[name] = rate().about("All that goes by " + name + ".")
	}
	plain := append(policy.ProviderNames(), "push", "sms", "email")
	n := &node{Type: "object", Properties: keys, Additional: rate(), Names: &node{
		Pattern: `^(` + strings.Join(plain, "|") + `|sms/[A-Z]{2}|(twilio|sendgrid|smtp)/.+)$`,
		Message: "is neither a channel nor a provider: write for example sms, sms/US, twilio or twilio/+15550100100",
	}}
	n.Snippets = []snippet{{"a sender", "One sender at its provider.", map[string]any{"${1:twilio/+15550100100}": "${2:1 per second}"}}}
	return n.about("How fast the engine sends by a channel, to a country, by a provider or from one sender, so that no provider is flooded.")
}

// unknown gives the schema of what becomes of messages of which nobody can say
// whether they went out.
func (a author) unknown() *node {
	words := []choice{
		{string(policy.HoldUnknown), "It is listed for a person, and not sent again."},
		{string(policy.SendAgain), "It is sent again: the customer may get it twice."},
	}
	const message = "is not known here: write hold or again"
	keys := map[string]*node{"ask": span().usually("1h").about("How long the provider is asked what became of a message: from 10s to 7d.")}
	for _, c := range channelChoices() {
		one := &node{Enum: values(words), EnumDescriptions: descriptions(words), Message: message}
		usual := string(policy.Default().WhenUnknown(customer.Channel(c.name), ""))
		n := &node{If: &node{Type: "object"}, Then: &node{Names: a.topic(), Additional: one}, Else: one}
		keys[c.name] = n.usually(usual).offering(words...).about(c.words + " One word, or one for each topic.")
	}
	return object(keys).about("What becomes of messages of which nobody can say whether the provider took them.")
}
