package sendtime

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePlacesAreSound(t *testing.T) {
	t.Parallel()
	zones := NewZones()
	a := zones.atlas()
	require.Greater(t, len(a.clocks), 400)
	for place, names := range a.clocks {
		require.NotEmpty(t, names, place)
		require.Len(t, zones.differing(names), len(names), "%s: each zone exists, and each clock differs", place)
		country, _, isRegion := strings.Cut(place, "-")
		if isRegion && place != "US-PR" && place != "US-VI" && place != "US-GU" && place != "US-MP" && place != "US-AS" {
			all := zones.differing(a.clocks[country])
			require.Len(t, zones.shared(zones.differing(names), all), len(names), "%s: the country has each of its clocks", place)
		}
	}
	for country, regions := range a.regions {
		var found []string
		for _, zone := range a.clocks[country] {
			for _, region := range regions {
				if zones.has(zones.differing(a.clocks[placeOf(country, region)]), zones.loaded[zone]) {
					found = append(found, zone)
					break
				}
			}
		}
		require.Equal(t, a.clocks[country], found, "%s: each clock belongs to a region", country)
	}
	require.Greater(t, len(a.areas), 350)
	for code, told := range a.areas {
		require.Len(t, code, 3)
		require.NotEmpty(t, told.zones, code)
		for _, place := range told.places {
			here := zones.differing(a.clocks[place])
			require.NotEmpty(t, here, "%s: %s", code, place)
			require.NotEmpty(t, zones.shared(here, zones.differing(told.zones)), "%s: %s", code, place)
		}
	}
}

func TestEveryAreaCodeStandsOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for words := range lines(areaList) {
		for _, word := range words {
			if word[0] >= '0' && word[0] <= '9' {
				require.False(t, seen[word], word)
				seen[word] = true
			}
		}
	}
}

func TestStateOfZIP(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"00501": "NY", "02108": "MA", "05501": "MA", "05601": "VT", "20001": "DC", "20101": "VA", "33101": "FL", "33101-1234": "FL",
		"73301": "TX", "79901": "TX", "88510": "TX", "87101": "NM", "94016": "CA", "96801": "HI", "99501": "AK", "00601": "PR", "00802": "VI",
		"34001": "", "09001": "", "96910": "", "3310": "", "331011": "", "33101-": "", "ABCDE": "", "": "",
	} {
		state, ok := StateOfZIP(code)
		require.Equal(t, want, state, code)
		require.Equal(t, want != "", ok, code)
	}
}

func TestSameClock(t *testing.T) {
	t.Parallel()
	zones := NewZones()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Europe/Berlin", "Europe/Vienna", true},
		{"Asia/Almaty", "Asia/Aqtobe", true},
		{"America/New_York", "America/Detroit", true},
		{"Europe/London", "Africa/Abidjan", false}, // alike in winter only
		{"America/Phoenix", "America/Denver", false},
		{"Europe/Dublin", "Europe/London", true}, // whichever of the two is called summer time
	} {
		a, err := zones.Load(c.a)
		require.NoError(t, err)
		b, err := zones.Load(c.b)
		require.NoError(t, err)
		require.Equal(t, c.same, zones.SameClock(a, b), c.a+" "+c.b)
	}
}

func FuzzWhere(f *testing.F) {
	f.Add("Europe/Berlin", "+18505550123", "US", "FL", "US")
	f.Add("", "+1850", "", "-", "")
	f.Add("Local", "+1", "US-FL", "", "XX")
	zones := NewZones()
	f.Fuzz(func(t *testing.T, zone, phone, country, region, home string) {
		c := Clues{Zone: zone, Phone: phone, Country: country, Region: region, Home: home}
		w := zones.Where(c)
		require.Equal(t, w.How == "", len(w.Zones) == 0)
		require.Len(t, zones.differing(namesOf(w)), len(w.Zones))
		for i := range w.Zones {
			require.Len(t, w.But(i), len(w.Zones)-1)
			require.NotContains(t, w.But(i), w.Zones[i])
		}
		require.Equal(t, w, zones.find(c), "whatever is left out tells nothing")
	})
}

func namesOf(w *Whereabouts) (names []string) {
	for _, zone := range w.Zones {
		names = append(names, zone.String())
	}
	return names
}
