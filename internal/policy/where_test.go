package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// told is a place, in words.
type told struct {
	Country string
	Regions []string
	Zone    string
	Also    []string
	How     policy.Clue
}

func placeOf(p *policy.Policy, zones *sendtime.Zones, c customer.Profile) told {
	place := p.PlaceOf(zones, &c)
	t := told{Country: place.Country, Regions: place.Regions, Zone: place.Zone.String(), How: place.How}
	for _, zone := range place.Also {
		t.Also = append(t.Also, zone.String())
	}
	return t
}

func TestPlaceOf(t *testing.T) {
	t.Parallel()
	const (
		newYork, chicago, denver, losAngeles = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
		phoenix, honolulu, anchorage         = "America/Phoenix", "Pacific/Honolulu", "America/Anchorage"
	)
	p := readAll(t, gatePolicy)
	zones := sendtime.NewZones()
	for name, c := range map[string]struct {
		who  customer.Profile
		want told
	}{
		"their own zone, whatever else is known": {customer.Profile{Zone: "Asia/Kathmandu", Phone: "+4930901820"},
			told{"DE", nil, "Asia/Kathmandu", nil, policy.BySaid}},
		"a zone narrows the regions": {customer.Profile{Zone: honolulu, Country: "US"},
			told{"US", []string{"HI"}, honolulu, nil, policy.BySaid}},
		"a zone that the area code is not in: they moved": {customer.Profile{Zone: honolulu, Phone: "+12125550100"},
			told{"US", []string{"HI"}, honolulu, nil, policy.BySaid}},
		"a country with one clock by its phone": {customer.Profile{Phone: "+4930901820"},
			told{"DE", nil, "Europe/Berlin", nil, policy.ByPhone}},
		"an area code":                 {customer.Profile{Phone: "+13055550100"}, told{"US", []string{"FL"}, newYork, nil, policy.ByPhone}},
		"an area code with two clocks": {customer.Profile{Phone: "+18505550100"}, told{"US", []string{"FL"}, newYork, []string{chicago}, policy.ByPhone}},
		"an area code of two provinces": {customer.Profile{Phone: "+19025550100"},
			told{"CA", []string{"NS", "PE"}, "America/Halifax", nil, policy.ByPhone}},
		"phone and address settle it together": {customer.Profile{Phone: "+18005550100", Country: "US", Region: "CA"},
			told{"US", []string{"CA"}, losAngeles, nil, policy.ByAddress}},
		"a state with two clocks, narrowed by the phone": {customer.Profile{Phone: "+19155550100", Country: "US", Region: "TX"},
			told{"US", []string{"TX"}, denver, nil, policy.ByPhone}},
		"a state with two clocks": {customer.Profile{Country: "US", Region: "TX"},
			told{"US", []string{"TX"}, chicago, []string{denver}, policy.ByAddress}},
		"they moved and kept the number": {customer.Profile{Phone: "+12125550100", Country: "US", Region: "CA"},
			told{"US", []string{"CA"}, newYork, []string{losAngeles}, policy.ByPhone}},
		"abroad with a mobile from home": {customer.Profile{Phone: "+61412345678", Country: "DE"},
			told{"DE", nil, "Europe/Berlin", []string{"Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Australia/Darwin"}, policy.ByAddress}},
		"toll-free tells no clock": {customer.Profile{Phone: "+18005550100"}, told{"US", nil, newYork, nil, policy.ByPolicy}},
		"a nationwide mobile": {customer.Profile{Phone: "+351912345678"},
			told{"PT", nil, "Europe/Lisbon", []string{"Atlantic/Azores"}, policy.ByPhone}},
		"a nationwide mobile, narrowed by the address": {customer.Profile{Phone: "+79161234567", Country: "RU", Region: "SA"},
			told{"RU", []string{"SA"}, "Asia/Yakutsk", []string{"Asia/Vladivostok", "Asia/Sakhalin"}, policy.ByPhone}},
		"a country with several clocks": {customer.Profile{Country: "US"},
			told{"US", nil, newYork, []string{chicago, losAngeles, denver, phoenix, honolulu, anchorage}, policy.ByAddress}},
		"a state in the policy's country":                  {customer.Profile{Region: "AK"}, told{"US", []string{"AK"}, anchorage, nil, policy.ByAddress}},
		"a region that the country does not have":          {customer.Profile{Country: "FR", Region: "IDF"}, told{"FR", []string{"IDF"}, "Europe/Paris", nil, policy.ByAddress}},
		"a state that does not exist is none":              {customer.Profile{Country: "US", Region: "XX", Phone: "+13055550100"}, told{"US", []string{"FL"}, newYork, nil, policy.ByPhone}},
		"a satellite phone tells nothing":                  {customer.Profile{Phone: "+8816123456789"}, told{"US", nil, newYork, nil, policy.ByPolicy}},
		"nothing known":                                    {customer.Profile{}, told{"US", nil, newYork, nil, policy.ByPolicy}},
		"a name that is no more known is as good as none":  {customer.Profile{Zone: "Mars/Olympus"}, told{"US", nil, newYork, nil, policy.ByPolicy}},
		"a country that is nobody's is as good as unknown": {customer.Profile{Country: "ZZ"}, told{"ZZ", nil, newYork, nil, policy.ByPolicy}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, placeOf(p, zones, c.who))
			require.Equal(t, c.want, placeOf(p, zones, c.who), "asked again")
		})
	}
}

func TestPolicyZoneIsLikelierThanOthers(t *testing.T) {
	t.Parallel()
	p := readAll(t, "zone: America/Boise\ncountry: US\n")
	zones := sendtime.NewZones()
	require.Equal(t, told{"US", []string{"TX"}, "America/Denver", []string{"America/Chicago"}, policy.ByAddress},
		placeOf(p, zones, customer.Profile{Region: "TX"}), "Boise's clock is Denver's")
	p.Zone = "Nowhere/Land"
	require.Equal(t, time.UTC, p.ZoneOf(zones, &customer.Profile{}))
}

func TestWhereACustomerIsCertainCostsNothing(t *testing.T) {
	p := readAll(t, gatePolicy)
	zones := sendtime.NewZones()
	for _, c := range customers() {
		p.PlaceOf(zones, &c)
		place := p.PlaceOf(zones, &c)
		require.Zero(t, testing.AllocsPerRun(100, func() { p.PlaceOf(zones, &c) }))
		facts := policy.Facts{Now: time.Unix(1_795_000_000, 0), Place: place}
		require.Zero(t, testing.AllocsPerRun(100, func() { p.Request(customer.SMS, "offers", facts) }))
	}
}

func customers() map[string]customer.Profile {
	return map[string]customer.Profile{
		"said":       {Zone: "America/New_York", Country: "US", Region: "NY", Phone: "+12125550100"},
		"said, area": {Zone: "America/New_York", Phone: "+12125550100"},
		"area code":  {Phone: "+13055550100"},
		"phone":      {Phone: "+4915112345678"},
		"policy":     {},
		"uncertain":  {Country: "US"},
	}
}

func BenchmarkPlaceOf(b *testing.B) {
	p, _ := read(gatePolicy)
	zones := sendtime.NewZones()
	for name, c := range customers() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.PlaceOf(zones, &c)
			}
		})
	}
}
