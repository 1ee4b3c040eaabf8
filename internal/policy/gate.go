package policy

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Ask is one message that wants to go out.
type Ask struct {
	Claim
	Topic customer.Topic
}

// Facts are what the gate looks at, all of one instant and one customer.
type Facts struct {
	Now        time.Time
	Zone       *time.Location // the customer's
	Profile    *customer.Profile
	Suppressed func(customer.Channel) bool // whether their address on a channel is
	Held       bool                        // a hold covers the message
	Claims     []Claim                     // the customer's others, of all rules
	Country    string                      // theirs as CountryOf gives it; "": it is asked anew
}

// Answer is what the gate says.
type Answer string

// What the gate says.
const (
	Send Answer = "send"
	Wait Answer = "wait"
	Drop Answer = "drop"
)

// Verdict is the gate's answer with its one reason. Until goes with Wait; zero
// there means until something changes.
type Verdict struct {
	Answer Answer
	Reason customer.Reason
	Until  time.Time
}

// Decide says whether a message may go out now. It never says send against
// consent, suppression, a hold, a cap, the law's hours, or - unless the topic
// is urgent - the house's quiet hours.
func (p *Policy) Decide(a Ask, f Facts) Verdict {
	switch {
	case !p.Consents(f.Profile, a.Topic):
		return Verdict{Answer: Drop, Reason: customer.NoConsent}
	case f.Profile.Address(a.Channel) == "":
		return Verdict{Answer: Drop, Reason: customer.NoAddress}
	case f.Suppressed(a.Channel):
		return Verdict{Answer: Drop, Reason: customer.Suppressed}
	case f.Held:
		return Verdict{Answer: Wait, Reason: customer.Paused}
	}
	if free := p.Free(a.Claim, f.Now, f.Claims, f.Zone); !free.OK {
		return Verdict{Answer: Wait, Reason: customer.Capped, Until: free.Until}
	}
	return p.openNow(a, f)
}

func (p *Policy) openNow(a Ask, f Facts) Verdict {
	request := p.Request(a.Channel, a.Topic, f)
	open := sendtime.Next(request)
	if open.OK && !open.At.After(f.Now) {
		return Verdict{Answer: Send}
	}
	v := Verdict{Answer: Wait, Reason: customer.LegalHours, Until: open.At}
	request.Quiet = sendtime.When{}
	if by := sendtime.Next(request); by.OK && !by.At.After(f.Now) {
		v.Reason = customer.QuietHours
	}
	if !open.OK {
		v.Answer, v.Reason = Drop, customer.NoAllowedTime
	}
	return v
}

// Consents reports whether the customer may be written to about a topic: what
// they said, else the topic's default. An unknown topic has no consent.
func (p *Policy) Consents(c *customer.Profile, topic customer.Topic) bool {
	terms, known := p.Topics[topic]
	if said, ok := c.Consents[topic]; ok {
		return said.Given && known
	}
	return terms.Assumed
}

// Urgent reports whether a topic passes quiet hours.
func (p *Policy) Urgent(topic customer.Topic) bool { return p.Topics[topic].Urgent }

// Request gives the question for the calendar that holds quiet hours, law and
// holidays for a message of a topic on a channel, from f.Now on.
func (p *Policy) Request(channel customer.Channel, topic customer.Topic, f Facts) sendtime.Request {
	country := f.Country
	if country == "" {
		country = p.country(f.Profile, sendtime.CountryOfPhone)
	}
	r := sendtime.Request{Now: f.Now, Zone: f.Zone}
	if !p.Urgent(topic) {
		r.Quiet = p.Quiet
		r.Holiday = p.holiday(country)
	}
	if law, ok := p.law(country, f.Profile.Region, channel, topic); ok {
		r.Legal = []sendtime.When{law.Hours}
		if law.Holidays {
			r.Holiday = p.holiday(country)
		}
	}
	return r
}

func (p *Policy) holiday(country string) func(int, time.Month, int) bool {
	h, ok := p.Holidays[country]
	if !ok {
		return nil
	}
	return h.Closed
}

// CountryOf gives the customer's country: their own, else their phone's, else
// the policy's.
func (p *Policy) CountryOf(zones *sendtime.Zones, c *customer.Profile) string {
	return p.country(c, zones.CountryOfPhone)
}

func (p *Policy) country(c *customer.Profile, ofPhone func(string) (string, bool)) string {
	if c.Country != "" {
		return c.Country
	}
	if country, ok := ofPhone(c.Phone); ok {
		return country
	}
	return p.Country
}

// ZoneOf gives the customer's zone: their own, else their phone's when it has
// exactly one, else the policy's.
func (p *Policy) ZoneOf(zones *sendtime.Zones, c *customer.Profile) *time.Location {
	names := [...]string{c.Zone, "", p.Zone}
	if c.Zone == "" && c.Phone != "" {
		names[1], _ = zones.ZoneOfPhone(c.Phone)
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if zone, err := zones.Load(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// law gives the most particular law for a message.
func (p *Policy) law(country, region string, channel customer.Channel, topic customer.Topic) (Legal, bool) {
	best, bestRank := Legal{}, -1
	for _, l := range p.Legal {
		fits := (l.Country == "" || l.Country == country) && (l.Region == "" || l.Region == region) &&
			(len(l.Channels) == 0 || slices.Contains(l.Channels, channel)) &&
			(len(l.Topics) == 0 || slices.Contains(l.Topics, topic))
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
