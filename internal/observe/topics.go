package observe

import (
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// CheckTopics takes what is said of topics that are not known out of a change
// and gives a refusal for each, sorted by topic. A known topic that its
// policy writes otherwise than Name does, such as product-news, is kept under
// the policy's own name. With nothing known, nothing is checked.
func (c *Change) CheckTopics(known []string) []Refusal {
	if len(known) == 0 || len(c.Consents) == 0 {
		return nil
	}
	said := make(map[customer.Topic]bool, len(c.Consents))
	var refusals []Refusal
	for _, topic := range slices.Sorted(maps.Keys(c.Consents)) {
		name, ok := Topic(string(topic), known)
		if !ok {
			refusals = append(refusals, Refusal{Field: "consent." + string(topic), Reason: strangeTopic(name, known)})
			continue
		}
		said[customer.Topic(name)] = c.Consents[topic]
	}
	c.Consents = said
	if len(said) == 0 {
		c.Consents = nil
	}
	return refusals
}

// Topic gives the one of the known topics that an outside name means.
func Topic(outside string, known []string) (topic string, ok bool) {
	if slices.Contains(known, outside) {
		return outside, true
	}
	name := Name(outside)
	if i := slices.IndexFunc(known, func(k string) bool { return Name(k) == name }); i >= 0 {
		return known[i], true
	}
	return outside, false
}

func strangeTopic(name string, known []string) string {
	return strings.TrimSuffix("is not a topic of policy.yaml; "+source.DidYouMean(name, known), "; ")
}
