package why

import (
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Said is what the customer said and is kept, each only when they said it.
type Said struct {
	Text     string                      `json:"text"`
	Zone     string                      `json:"zone,omitempty"`
	Hours    map[customer.Channel]string `json:"hours,omitempty"`    // by channel; any: by every other one
	Channels []customer.Channel          `json:"channels,omitempty"` // the one that they like most first
	Consents map[customer.Topic]bool     `json:"consents,omitempty"` // yes or no, by topic
}

// said gives what the customer said; zero when they said nothing.
func (t *teller) said() Said {
	p := t.Subject.Profile
	s := Said{Zone: p.Zone, Hours: p.Preferences.Hours, Channels: p.Preferences.Channels}
	for topic, consent := range p.Consents {
		if s.Consents == nil {
			s.Consents = map[customer.Topic]bool{}
		}
		s.Consents[topic] = consent.Given
	}
	s.Text = s.words()
	return s
}

// words says it all in one line.
func (s Said) words() string {
	var parts []string
	add := func(what string, list []string, between string) {
		if len(list) > 0 {
			parts = append(parts, what+strings.Join(list, between))
		}
	}
	if s.Zone != "" {
		add("zone ", []string{s.Zone}, "")
	}
	var hours, channels []string
	for _, c := range append([]customer.Channel{customer.AnyChannel}, customer.Channels()...) {
		if when := s.Hours[c]; when != "" {
			hours = append(hours, named(c)+" "+when)
		}
	}
	for _, c := range s.Channels {
		channels = append(channels, named(c))
	}
	add("hours: ", hours, "; ")
	add("channels: ", channels, ", then ")
	add("yes to ", s.topics(true), ", ")
	add("no to ", s.topics(false), ", ")
	return strings.Join(parts, "; ")
}

// named names a channel, or all of them.
func named(c customer.Channel) string {
	if c == customer.AnyChannel {
		return "any channel"
	}
	return wording.Channel(c)
}

// topics gives those that the customer said yes to, or no, by name.
func (s Said) topics(given bool) (list []string) {
	for _, topic := range slices.Sorted(maps.Keys(s.Consents)) {
		if s.Consents[topic] == given {
			list = append(list, string(topic))
		}
	}
	return list
}
