package policy

import (
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
	Place      Place // where the customer is, as PlaceOf gives it
	Profile    *customer.Profile
	Suppressed func(customer.Channel) bool // whether their address on a channel is
	Held       bool                        // a hold covers the message
	Claims     []Claim                     // the customer's others, of all rules
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
	if free := p.Free(a.Claim, f.Now, f.Claims, f.Place.Zone); !free.OK {
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
// holidays for a message of a topic on a channel, from f.Now on, wherever the
// customer may be.
func (p *Policy) Request(channel customer.Channel, topic customer.Topic, f Facts) sendtime.Request {
	r := sendtime.Request{Now: f.Now, Zone: f.Place.Zone, Also: f.Place.Also}
	if !p.Urgent(topic) {
		r.Quiet = p.Quiet
		r.Holiday = p.closedIn(f.Place.Country).listed
	}
	law := p.law(f.Place, channel, topic)
	r.Legal = law.hours
	switch {
	case law.public:
		r.Holiday = p.closedIn(f.Place.Country).public
	case law.listed:
		r.Holiday = p.closedIn(f.Place.Country).listed
	}
	return r
}

// Awake gives the hours of the week of which no minute is quiet for a topic.
func (p *Policy) Awake(topic customer.Topic) sendtime.Hours {
	if p.Urgent(topic) || p.Quiet.IsZero() {
		return sendtime.Hours{}.Not()
	}
	return sendtime.HoursOf(p.Quiet).Not()
}

// closedIn gives the closed days of a country.
func (p *Policy) closedIn(country string) shut {
	if p.closed == nil && len(p.Holidays) > 0 {
		return p.shut(country)
	}
	return p.closed[country]
}
