package sendtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// The numbers are the regulators' fictional ones, or the examples of the numbering plans.
func TestPhone(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	for name, c := range map[string]struct{ number, zone, country string }{
		"Germany has one zone":         {"+493012345678", "Europe/Berlin", "DE"},
		"a German mobile":              {"+4915112345678", "Europe/Berlin", "DE"},
		"New York":                     {"+12125550123", "America/New_York", "US"},
		"Los Angeles":                  {"+12135550123", "America/Los_Angeles", "US"},
		"Guernsey, though it looks UK": {"+447911123456", "Europe/Guernsey", "GG"},
		"India":                        {"+911123456789", "Asia/Kolkata", "IN"},
		"toll-free":                    {"+18005550123", "", "US"},
		"a Kazakh mobile, one clock":   {"+77011234567", "Asia/Almaty", "KZ"},
		"a British mobile":             {"+447400123456", "Europe/London", "GB"},
		"an Australian mobile":         {"+61412345678", "", "AU"},
		"a line in Sydney":             {"+61298765432", "Australia/Sydney", "AU"},
		"a Russian mobile":             {"+79161234567", "", "RU"},
		"a mobile of Acre":             {"+5568999123456", "America/Rio_Branco", "BR"},
		"Tijuana":                      {"+526641234567", "America/Tijuana", "MX"},
		"the Florida panhandle":        {"+18505550123", "", "US"},
		"Miami":                        {"+13055550123", "America/New_York", "US"},
		"Chattanooga and Sequatchie":   {"+14235550123", "", "US"},
		"a satellite phone":            {"+881612345678", "", ""},
		"too short to be valid":        {"+4930", "", ""},
		"no plus":                      {"493012345678", "", ""},
		"written for people":           {"+49 30 12345678", "", ""},
		"a second plus":                {"++493012345678", "", ""},
		"too long":                     {"+49301234567890123456", "", ""},
		"nothing":                      {"", "", ""},
		"only a plus":                  {"+", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zoneName, hasZone := zones.ZoneOfPhone(c.number)
			country, hasCountry := zones.CountryOfPhone(c.number)
			require.Equal(t, c.zone, zoneName)
			require.Equal(t, c.country, country)
			require.Equal(t, c.zone != "", hasZone)
			require.Equal(t, c.country != "", hasCountry)
			if hasZone {
				zone(t, zoneName)
			}
		})
	}
}

func FuzzPhone(f *testing.F) {
	for _, number := range []string{"+493012345678", "+18005550123", "+", "", "+0", "+999999999999999", "+1"} {
		f.Add(number)
	}
	zones := sendtime.NewZones()
	f.Fuzz(func(t *testing.T, number string) {
		if country, found := zones.CountryOfPhone(number); found {
			require.Len(t, country, 2)
		}
		if name, found := zones.ZoneOfPhone(number); found {
			_, err := zones.Load(name)
			require.NoError(t, err)
		}
	})
}
