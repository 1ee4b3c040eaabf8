package demo_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func monday() time.Time { return time.Date(2026, time.November, 23, 14, 0, 0, 0, time.UTC) }

func TestTheSameSeedGivesTheSameCompany(t *testing.T) {
	t.Parallel()
	a, b := demo.New(7, 200), demo.New(7, 200)
	require.Equal(t, a.Identify(), b.Identify())
	require.Equal(t, a.History(monday()), b.History(monday()))
	require.Equal(t, a.Identify(), demo.New(7, 300).Identify()[:200], "more customers leave the first ones as they are")
	require.NotEqual(t, a.Identify(), demo.New(8, 200).Identify())
	require.Empty(t, demo.New(7, 0).Identify())
	require.Empty(t, demo.New(7, -1).History(monday()))
}

func TestASecondStartRepeatsNothing(t *testing.T) {
	t.Parallel()
	c := demo.New(1, 400)
	seen := map[string]bool{}
	for _, in := range append(c.Identify(), c.History(monday())...) {
		require.NotEmpty(t, in.Event.MessageID)
		require.False(t, seen[in.Event.MessageID], in.Event.MessageID)
		seen[in.Event.MessageID] = true
	}
	for _, in := range append(c.Identify(), c.History(monday().Add(time.Minute))...) {
		require.True(t, seen[in.Event.MessageID], in.Event.MessageID)
	}
}

func TestCustomersLiveAllOverTheWorld(t *testing.T) {
	t.Parallel()
	zones := map[string]int{}
	const customers = 2000
	for _, in := range demo.New(3, customers).Identify() {
		zones[*in.Change.Zone]++
	}
	require.GreaterOrEqual(t, len(zones), 20)
	require.Greater(t, zones["America/New_York"], customers/4)
	all := sendtime.NewZones()
	halves := 0
	for name := range zones {
		zone, err := all.Load(name)
		require.NoError(t, err)
		if _, offset := monday().In(zone).Zone(); offset%3600 != 0 {
			halves++
		}
	}
	require.GreaterOrEqual(t, halves, 3, "zones with half hours")
}

// fictional are the beginnings of numbers that regulators keep for fiction. The
// second says whether the numbering tables know them as valid: those of Britain
// and France leave their own ranges out.
var fictional = []struct {
	country, prefix string
	valid           bool
}{
	{"US", "+1???55501", true}, {"CA", "+1???55501", true}, {"DE", "+4917139200", true}, {"DE", "+49176040690", true},
	{"SE", "+46701740", true}, {"AU", "+61491570", true}, {"GB", "+447700900", false}, {"FR", "+3363998", false},
}

func TestPhonesBelongToNobody(t *testing.T) {
	t.Parallel()
	seen, countries := map[string]bool{}, map[string]int{}
	for _, in := range demo.New(5, 3000).Identify() {
		if in.Change.Phone == nil {
			continue
		}
		number := *in.Change.Phone
		require.False(t, seen[number], "given out twice: %s", number)
		seen[number] = true
		countries[*in.Change.Country]++
		checkPhone(t, *in.Change.Country, number)
	}
	require.Len(t, countries, 7)
}

func checkPhone(t *testing.T, country, number string) {
	t.Helper()
	parsed, err := phonenumbers.Parse(number, "")
	require.NoError(t, err)
	require.Equal(t, phonenumbers.GetCountryCodeForRegion(country), int(parsed.GetCountryCode()), number)
	require.Equal(t, phonenumbers.IS_POSSIBLE, phonenumbers.IsPossibleNumberWithReason(parsed), number)
	for _, f := range fictional {
		prefix := f.prefix
		if country == f.country && strings.HasPrefix(prefix, "+1") {
			prefix = number[:2] + number[2:5] + prefix[5:]
		}
		if country == f.country && strings.HasPrefix(number, prefix) {
			require.Equal(t, f.valid, phonenumbers.IsValidNumber(parsed), number)
			return
		}
	}
	require.Fail(t, "not a number kept for fiction", number)
}

func TestWhatCustomersSaid(t *testing.T) {
	t.Parallel()
	const customers = 2000
	hours, perChannel, order, unreachable := 0, 0, 0, 0
	for _, in := range demo.New(2, customers).Identify() {
		c := in.Change
		if c.Email == nil && c.Phone == nil && c.PushToken == "" {
			unreachable++
		}
		require.True(t, c.Email == nil || strings.HasSuffix(*c.Email, "@example.com"))
		if c.Preferences == nil {
			continue
		}
		if len(c.Preferences.Hours) > 0 {
			hours++
		}
		if _, any := c.Preferences.Hours[customer.AnyChannel]; !any && len(c.Preferences.Hours) > 0 {
			perChannel++
		}
		if len(c.Preferences.Channels) > 0 {
			order++
		}
		for _, text := range c.Preferences.Hours {
			when, err := sendtime.ParseWhen(text)
			require.NoError(t, err)
			require.True(t, when.OnlyWindows(), text)
			require.Equal(t, text, when.String(), "as the engine writes it")
		}
	}
	require.InDelta(t, 0.4*customers, hours, 0.05*customers)
	require.Greater(t, perChannel, customers/20)
	require.Greater(t, order, customers/10)
	require.InDelta(t, 0.01*customers, unreachable, 0.01*customers)
	require.Positive(t, unreachable)
}

func TestNoRealDomains(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"../../rules", "../../templates"} {
		require.NoError(t, walk(os.DirFS(folder), func(name, text string) {
			for _, link := range links.FindAllString(text, -1) {
				namespaces := []string{"http://www.w3.org", "http://json-schema.org", "http://127.0.0.1"} // names of formats, which nobody follows
				require.True(t, slices.Contains(namespaces, link) || strings.HasSuffix(link, "example.com"), "%s/%s: %s", folder, name, link)
			}
		}))
	}
}

// sums gives what each customer used, as a share of their plan.
func sums(c *demo.Company, events []observe.Incoming) map[string]float64 {
	plan, used := map[string]float64{}, map[string]float64{}
	for _, in := range c.Identify() {
		plan[in.User], _ = in.Change.Traits["plan_mb"].Float()
	}
	for _, in := range events {
		if in.Event.Name == "data_session" {
			mb, _ := in.Event.Properties["mb"].Float()
			used[in.User] += mb / plan[in.User]
		}
	}
	return used
}
