package policy

import (
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// reach is whom a law may concern: those of one country, by one channel, about
// one topic. The country "" stands for all that no law names.
type reach struct {
	country string
	channel customer.Channel
	topic   customer.Topic
}

// open is what holds for a message.
type open struct {
	hours  []sendtime.When // all of them hold; shared, never to be changed
	listed bool            // the country's holidays are closed
	public bool            // its public holidays are
}

// laws are what holds within a reach.
type laws struct {
	elsewhere open            // in regions without a line of their own
	regions   map[string]open // by region
	anywhere  open            // wherever in the country: every one of these
}

// days reports whether a local calendar day is closed.
type days func(year int, month time.Month, day int) bool

// shut are the closed days of a country: those that are listed, and these with
// the public ones. nil: none.
type shut struct{ listed, public days }

func (p *Policy) shut(country string) shut {
	var s shut
	list, ok := p.Holidays[country]
	if ok {
		s.listed, s.public = list.Closed, list.Closed
	}
	if set := publicSet(country); set != nil {
		both := Holidays{days: maps.Clone(list.days)}
		if both.days == nil {
			both.days = map[day]struct{}{}
		}
		both.addPublic(set)
		s.public = both.Closed
	}
	return s
}

// settle makes ready what Request asks for.
func (p *Policy) settle() {
	p.laws = map[reach]*laws{}
	same := map[string]sendtime.When{}
	for i, l := range p.Legal {
		text := l.Hours.String()
		if _, known := same[text]; !known {
			same[text] = l.Hours
		}
		p.Legal[i].Hours = same[text]
	}
	p.closed = map[string]shut{}
	countries := append([]string{""}, slices.Collect(maps.Keys(p.Holidays))...)
	for _, l := range p.Legal {
		countries = append(countries, l.Country)
	}
	for _, country := range countries {
		p.closed[country] = p.shut(country)
	}
	for _, country := range countries {
		for _, channel := range customer.Channels() {
			for topic := range p.Topics {
				r := reach{country, channel, topic}
				p.laws[r] = p.within(r)
			}
		}
	}
}

// law gives what holds for a message to somebody: the law of their region. When
// that is one of several, every one of these laws holds; when it is not known,
// those of all regions of the country do.
func (p *Policy) law(place Place, channel customer.Channel, topic customer.Topic) open {
	if len(p.Legal) == 0 {
		return open{}
	}
	within, known := p.laws[reach{place.Country, channel, topic}]
	if !known {
		within, known = p.laws[reach{"", channel, topic}]
	}
	if !known {
		within = p.within(reach{place.Country, channel, topic})
	}
	switch len(place.Regions) {
	case 0:
		return within.anywhere
	case 1:
		return within.of(place.Regions[0])
	}
	return within.amid(place.Regions)
}

func (l *laws) of(region string) open {
	if o, ok := l.regions[region]; ok {
		return o
	}
	return l.elsewhere
}

// amid gives what holds in several regions at once.
func (l *laws) amid(regions []string) open {
	var all open
	for _, region := range regions {
		all = all.and(l.of(region))
	}
	return all
}

// and joins what holds in two places. The same hours count once, if settle has
// made them the same.
func (o open) and(other open) open {
	hours := slices.Clip(o.hours)
	for _, when := range other.hours {
		if !slices.Contains(hours, when) {
			hours = append(hours, when)
		}
	}
	return open{hours: hours, listed: o.listed || other.listed, public: o.public || other.public}
}

// within finds the most particular law of each region.
func (p *Policy) within(r reach) *laws {
	found := &laws{elsewhere: p.best(r, ""), regions: map[string]open{}}
	found.anywhere = found.elsewhere
	for _, l := range p.Legal {
		if l.Region == "" || l.Country != r.country {
			continue
		}
		found.regions[l.Region] = p.best(r, l.Region)
		found.anywhere = found.anywhere.and(found.regions[l.Region])
	}
	return found
}

// best gives what the most particular law of one region leaves open.
func (p *Policy) best(r reach, region string) open {
	best, ok := p.bestLaw(r, region)
	if !ok {
		return open{}
	}
	return open{hours: []sendtime.When{best.Hours}, listed: best.Holidays == Listed, public: best.Holidays == Public}
}

// bestLaw gives the most particular law of one region; ok is false when there
// is none.
func (p *Policy) bestLaw(r reach, region string) (best Legal, ok bool) {
	bestRank := -1
	for _, l := range p.Legal {
		fits := (l.Country == "" || l.Country == r.country) && (l.Region == "" || l.Region == region) &&
			(len(l.Channels) == 0 || slices.Contains(l.Channels, r.channel)) &&
			(len(l.Topics) == 0 || slices.Contains(l.Topics, r.topic))
		if rank := l.rank(); fits && rank > bestRank {
			best, bestRank = l, rank
		}
	}
	return best, bestRank >= 0
}

// rank orders laws from the general to the particular: place first, then
// topic, then channel.
func (l Legal) rank() int {
	rank := 0
	for i, given := range []bool{len(l.Channels) > 0, len(l.Topics) > 0, l.Country != "", l.Region != ""} {
		if given {
			rank += 1 << i
		}
	}
	return rank
}
