package policy

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Place is where a customer is, as far as that is known. Its slices are shared
// and never to be changed.
type Place struct {
	Country string           // ISO 3166-1 alpha-2; "" not known
	Regions []string         // ISO 3166-2 without the country: those that it may be; nil: not known
	Zone    *time.Location   // the clock that the customer probably reads
	Also    []*time.Location // other clocks that they may read; nil: Zone is certain
	How     Clue             // where the zone is from
}

// Clue names where a zone is from.
type Clue = sendtime.Clue

// Where zones are from: the customer's word, their phone number, their
// address, and the policy when none of these tells any.
const (
	BySaid    = sendtime.BySaid
	ByPhone   = sendtime.ByPhone
	ByAddress = sendtime.ByAddress
	ByPolicy  = Clue("policy")
)

// PlaceOf gives where a customer is. The zone is the one that they gave, else
// their phone number's when it has one clock, else their address's when that
// has one. When phone and address leave several possible, or contradict each
// other, Zone is the likelier and Also has the others; the policy's zone is
// likelier than the rest. When nothing tells any, it is the policy's, which is
// taken at its word. The country is the address's, else the phone's, else the
// policy's.
func (p *Policy) PlaceOf(zones *sendtime.Zones, c *customer.Profile) Place {
	w := zones.Where(sendtime.Clues{Zone: c.Zone, Phone: c.Phone, Country: c.Country, Region: c.Region, Home: p.Country})
	place := Place{Country: w.Country, Regions: w.Regions, How: w.How}
	if len(w.Zones) == 0 {
		place.Zone, place.How = p.zone(zones), ByPolicy
		return place
	}
	i := 0
	if len(w.Zones) > 1 && !w.Settled {
		i = max(0, w.Index(zones, p.zone(zones)))
	}
	place.Zone, place.Also = w.Zones[i], w.But(i)
	return place
}

func (p *Policy) zone(zones *sendtime.Zones) *time.Location {
	if zone, err := zones.Load(p.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// ZoneOf gives the clock of PlaceOf alone.
func (p *Policy) ZoneOf(zones *sendtime.Zones, c *customer.Profile) *time.Location {
	return p.PlaceOf(zones, c).Zone
}
