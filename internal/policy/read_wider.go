package policy

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// widerLaws warns of laws of regions that leave hours open which their
// country's closes: the region's alone holds, so that they are open there.
func (r *reader) widerLaws() {
	for i, law := range r.policy.Legal {
		if law.Region == "" {
			continue
		}
		for _, other := range r.policy.hiddenBy(law) {
			if !wider(law.Hours, other.Hours) {
				continue
			}
			r.legalHours[i].Warn("wider-law",
				"leaves more open than the hours of "+other.Country+" ("+other.Hours.String()+"), and of the two these alone hold in "+law.Country+"-"+law.Region,
				"write the hours that both leave open, unless the law of "+law.Region+" goes before its country's")
			break
		}
	}
}

// hiddenBy gives the laws of a country that would hold in a region, if the
// region's did not, in the order of the policy.
func (p *Policy) hiddenBy(law Legal) (hidden []Legal) {
	channels, topics := law.Channels, law.Topics
	if len(channels) == 0 {
		channels = customer.Channels()
	}
	if len(topics) == 0 {
		topics = p.topics()
	}
	for _, other := range p.Legal {
		if other.Country != law.Country || other.Region != "" {
			continue
		}
		hides := slices.ContainsFunc(channels, func(c customer.Channel) bool {
			return slices.ContainsFunc(topics, func(t customer.Topic) bool {
				r := reach{law.Country, c, t}
				elsewhere, _ := p.bestLaw(r, "")
				here, _ := p.bestLaw(r, law.Region)
				return elsewhere.sameReach(other) && here.sameReach(law)
			})
		})
		if hides {
			hidden = append(hidden, other)
		}
	}
	return hidden
}

func (p *Policy) topics() []customer.Topic {
	var topics []customer.Topic
	for _, name := range p.TopicNames() {
		topics = append(topics, customer.Topic(name))
	}
	return topics
}

// wider reports whether there is a moment that some hours leave open and
// others do not.
func wider(hours, others sendtime.When) bool {
	return others.String() != sendtime.When{}.String() && meets(hours, others, sendtime.When{})
}
