package customer_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestTimeOfAValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-23":                   "2026-11-22T23:00:00Z",
		" 2024-02-29 ":                 "2024-02-28T23:00:00Z",
		"2026-07-01":                   "2026-06-30T22:00:00Z",
		"2026-11-23T10:00:00Z":         "2026-11-23T10:00:00Z",
		"2026-11-23T10:00:00.25+02:00": "2026-11-23T08:00:00.25Z",
		"2026-11-23 10:00":             "2026-11-23T09:00:00Z",
		"2026-11-23 10:00:30":          "2026-11-23T09:00:30Z",
		"2026-11-23T10:00:30":          "2026-11-23T09:00:30Z",
		"2026-13-01":                   "",
		"2026-02-29":                   "",
		"2026-11-00":                   "",
		"2026-11-31":                   "",
		"2026/11/23":                   "",
		"20261-1-23":                   "",
		"-026-11-23":                   "",
		"tomorrow!!":                   "",
		"":                             "",
		"soon":                         "",
		"２０２６":                         "",
	} {
		at, ok := customer.Text(text).Time(zone(t, "Europe/Berlin"))
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, at.Format(time.RFC3339Nano), text)
		}
	}
	at, ok := customer.Number(1_700_000_000).Time(nil)
	require.True(t, ok)
	require.Equal(t, time.Unix(1_700_000_000, 0).UTC(), at)
	at, ok = customer.Number(1_700_000_000_000).Time(nil)
	require.True(t, ok)
	require.Equal(t, time.Unix(1_700_000_000, 0).UTC(), at)
	_, ok = customer.Number(-1).Time(nil)
	require.False(t, ok)
}

// TestADayReadsAsTimeReadsIt holds the short way of reading a day against the
// long one.
func TestADayReadsAsTimeReadsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}`),
			rapid.StringMatching(`(1999|2000|2023|2024)-(02|04|12)-(28|29|30|31)`),
			rapid.StringMatching(`[0-9-]{10}`)).Draw(t, "text")
		got, ok := customer.Text(text).Time(nil)
		want, err := time.Parse("2006-01-02", text)
		if ok != (err == nil) || ok && !got.Equal(want) {
			t.Fatalf("%q: %v %t, want %v %v", text, got, ok, want, err)
		}
	})
}

func TestADayCostsNothing(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, v := range []customer.Value{customer.Text("2026-11-23"), customer.Text("tomorrow!!")} {
		require.Zero(t, testing.AllocsPerRun(100, func() { v.Time(berlin) }), v.String())
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { customer.Text("SKU-12345").Float() }))
}

func TestStartOfDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, day, want, why string
	}{
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "clocks change later that day"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "00:00 became 01:00"},
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", "00:00 became 23:00 of the day before"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", "00:00 became 01:00"},
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "midnight came twice: 01:00 became 00:00"},
		{"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "00:00 became 01:00"},
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", "00:00 became 01:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "the day did not happen"},
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "00:01 became 23:01: the first of two midnights"},
		{"Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z", "a quarter of an hour off"},
	} {
		day, err := time.Parse("2006-01-02", c.day)
		require.NoError(t, err)
		got := customer.StartOfDay(day.Year(), day.Month(), day.Day(), zone(t, c.zone))
		require.Equal(t, c.want, got.Format(time.RFC3339), "%s %s: %s", c.zone, c.day, c.why)
	}
}

func TestValuesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Map(rapid.String(), customer.Text),
			rapid.Map(rapid.Float64Range(-1e15, 1e15), customer.Number)).Draw(t, "value")
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back customer.Value
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Fatalf("%#v became %s, %#v: %v", v, text, back, err)
		}
	})
}

func TestFloatOfAValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"12": 12, " -1.5 ": -1.5, "+3": 3, ".5": .5, "1e3": 1000, "010": 10} {
		got, ok := customer.Text(text).Float()
		require.True(t, ok, text)
		require.InDelta(t, want, got, 0, text)
	}
	for _, text := range []string{"", " ", "NaN", "Inf", "-Inf", "+infinity", "1,5", "1e999", "12 MB", "SKU-1", "-", "yes"} {
		_, ok := customer.Text(text).Float()
		require.False(t, ok, text)
	}
}
