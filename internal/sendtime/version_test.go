package sendtime_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// clockOf makes a zone whose clock follows a rule of POSIX ("EST5EDT,M3.2.0,M11.1.0") for ever: a file of
// RFC 8536 without a transition, that has the rule as its footer.
func clockOf(t testing.TB, name, rule string) *time.Location {
	t.Helper()
	local := append(binary.BigEndian.AppendUint32(nil, 0), 0, 0, 'X', 'X', 'X', 0) // UTC, until the rule is asked
	header := append([]byte("TZif2"), make([]byte, 15)...)
	for _, count := range []uint32{0, 0, 0, 0, 1, 4} {
		header = binary.BigEndian.AppendUint32(header, count)
	}
	block := append(header, local...)
	file := append(append(append([]byte{}, block...), block...), "\n"+rule+"\n"...)
	zone, err := time.LoadLocationFromTZData(name, file)
	require.NoError(t, err)
	return zone
}

// release is one version of the zone data, by rules of POSIX.
type release map[string]string

func (r release) zones(t testing.TB) *sendtime.Zones {
	t.Helper()
	return sendtime.ZonesFrom([]string{"America/New_York", "Europe/Berlin"}, func(name string) (*time.Location, error) {
		if r[name] == "" {
			return nil, errors.New("the file is missing")
		}
		return clockOf(t, name, r[name]), nil
	})
}

const (
	newYork = "EST5EDT,M3.2.0,M11.1.0"
	berlin  = "CET-1CEST,M3.5.0,M10.5.0/3"
)

func TestZones_Version(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-23T10:00:00Z")
	known := release{"America/New_York": newYork, "Europe/Berlin": berlin}.zones(t).Version(now)
	require.Regexp(t, "^[0-9a-f]{16}$", known)
	for name, c := range map[string]struct {
		data release
		at   string
		same bool
	}{
		"the same data":                       {data: release{"America/New_York": newYork, "Europe/Berlin": berlin}, at: "2026-11-23T10:00:00Z", same: true},
		"the same data, on New Year's Day":    {data: release{"America/New_York": newYork, "Europe/Berlin": berlin}, at: "2026-01-01T00:00:00Z", same: true},
		"and on New Year's Eve":               {data: release{"America/New_York": newYork, "Europe/Berlin": berlin}, at: "2026-12-31T23:59:59Z", same: true},
		"a year later it looks farther":       {data: release{"America/New_York": newYork, "Europe/Berlin": berlin}, at: "2027-01-01T00:00:00Z"},
		"other letters are no other clock":    {data: release{"America/New_York": strings.ReplaceAll(newYork, "E", "A"), "Europe/Berlin": berlin}, at: "2026-11-23T10:00:00Z", same: true},
		"summer time for ever":                {data: release{"America/New_York": "EDT4", "Europe/Berlin": berlin}, at: "2026-11-23T10:00:00Z"},
		"the clocks change a week later":      {data: release{"America/New_York": "EST5EDT,M3.3.0,M11.1.0", "Europe/Berlin": berlin}, at: "2026-11-23T10:00:00Z"},
		"the clocks change an hour later":     {data: release{"America/New_York": newYork, "Europe/Berlin": "CET-1CEST,M3.5.0/3,M10.5.0/3"}, at: "2026-11-23T10:00:00Z"},
		"a zone's data is missing":            {data: release{"America/New_York": newYork}, at: "2026-11-23T10:00:00Z"},
		"two zones have changed their clocks": {data: release{"America/New_York": berlin, "Europe/Berlin": newYork}, at: "2026-11-23T10:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.same, c.data.zones(t).Version(at(t, c.at)) == known)
		})
	}
}

func TestZones_Version_ofTheRealData(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-23T10:00:00Z")
	require.Equal(t, sendtime.NewZones().Version(now), sendtime.NewZones().Version(now.Add(24*time.Hour)))
}

// Some machines have zone files that end in a rule instead of years in advance: the last day of a leap year is
// a day like others.
func TestNext_lastDayOfALeapYearByARule(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{newYork, berlin, "AEST-10AEDT,M10.1.0,M4.1.0/3"} {
		where := clockOf(t, "Somewhere", rule)
		for hour := range 48 {
			now := at(t, "2028-12-30T18:00:00Z").Add(time.Duration(hour) * time.Hour)
			for _, text := range []string{"daily 09:00", "daily 09:00-12:00"} {
				got := sendtime.Next(sendtime.Request{Now: now, Zone: where, When: when(t, text), Spread: half})
				wall := got.At.In(where)
				require.True(t, got.OK)
				require.Less(t, got.At.Sub(now), 24*time.Hour)
				require.True(t, wall.Hour() >= 9 && wall.Hour() < 12, "%s: %s", text, wall)
			}
		}
	}
}

// A country keeps summer time for ever, and data of before and after are asked the same.
func TestNext_underTwoVersionsOfTheData(t *testing.T) {
	t.Parallel()
	before, after := clockOf(t, "America/New_York", newYork), clockOf(t, "America/New_York", "EDT4")
	request := sendtime.Request{Now: at(t, "2026-10-30T16:00:00Z"), When: when(t, "Mon 09:00"), Quiet: when(t, "daily 21:00-08:00")}

	request.Zone = before
	require.Equal(t, "2026-11-02T09:00:00-05:00", reads(sendtime.Next(request).At, before))
	require.Equal(t, at(t, "2026-11-02T14:00:00Z"), sendtime.Next(request).At)
	request.Zone = after
	require.Equal(t, "2026-11-02T09:00:00-04:00", reads(sendtime.Next(request).At, after))
	require.Equal(t, at(t, "2026-11-02T13:00:00Z"), sendtime.Next(request).At)

	// Who planned by the old data and asks again by the new at that instant has missed the point by an hour:
	// that is why a new Version asks for another look.
	request.Now = at(t, "2026-11-02T14:00:00Z")
	require.Equal(t, "2026-11-09T09:00:00-04:00", reads(sendtime.Next(request).At, after))
}
