package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

const notThere = "is not a phone number of the customer's country, write + and the country's calling code first, or give country with it"

func TestANumberAsDialled(t *testing.T) {
	t.Parallel()
	const german = "+4915112345678"
	for name, c := range map[string]struct {
		traits  string
		profile customer.Profile
		home    string
		phone   string // "": refused
		reason  string
	}{
		"in the profile's country":      {`{"phone": "0151 12345678"}`, customer.Profile{Country: "DE"}, "US", german, ""},
		"with brackets":                 {`{"phone": "(0151) 123-456/78"}`, customer.Profile{Country: "DE"}, "US", german, ""},
		"as a number":                   {`{"phone": 15112345678}`, customer.Profile{Country: "DE"}, "US", german, ""},
		"with 00 and its country":       {`{"phone": "0033 6 12 34 56 78"}`, customer.Profile{Country: "DE"}, "US", "+33612345678", ""},
		"in the country of the old one": {`{"phone": "0151 12345678"}`, customer.Profile{Phone: "+493012345678"}, "US", german, ""},
		"in the policy's country":       {`{"phone": "0151 12345678"}`, customer.Profile{}, "DE", german, ""},
		"the profile goes first":        {`{"phone": "(212) 555-0123"}`, customer.Profile{Country: "US"}, "DE", "+12125550123", ""},
		"its country is forgotten":      {`{"phone": "(212) 555-0123", "country": ""}`, customer.Profile{Country: "DE"}, "US", "+12125550123", ""},
		"no country anywhere":           {`{"phone": "0151 12345678"}`, customer.Profile{}, "", "", "is not an international number, write + and the country's calling code first, or give country with it"},
		"too long there":                {`{"phone": "0151 12345678"}`, customer.Profile{Country: "US"}, "DE", "", notThere},
		"given out to nobody there":     {`{"phone": "030 123 4567"}`, customer.Profile{}, "US", "", notThere},
		"too short there":               {`{"phone": "1234"}`, customer.Profile{}, "US", "", notThere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change, refused := observe.ReadTraits(traits(t, c.traits), sendtime.NewZones())
			require.Empty(t, refused)
			require.NotNil(t, change.Dialled)
			require.Nil(t, change.Phone)
			require.False(t, change.IsZero())
			refused = change.Dial(&c.profile, c.home)
			require.Nil(t, change.Dialled)
			if c.phone == "" {
				require.Equal(t, []observe.Refusal{{Field: "phone", Reason: c.reason}}, refused)
				require.Nil(t, change.Phone)
				return
			}
			require.Empty(t, refused)
			require.Equal(t, &c.phone, change.Phone)
			require.Empty(t, change.Dial(&c.profile, c.home), "there is nothing left to read")
		})
	}
}

// TestANumberOfACountryThatCannotBeRead is refused at once: it is most likely
// none of the country that the profile has.
func TestANumberOfACountryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"phone": "0151 12345678", "country": "Germany"}`, `{"phone": "0151 12345678", "address": {"country": "Germany"}}`,
	} {
		change, refused := observe.ReadTraits(traits(t, text), sendtime.NewZones())
		require.Nil(t, change.Phone)
		require.Nil(t, change.Dialled)
		require.Equal(t, "phone: is not an international number, write + and the country's calling code first, or give country with it",
			refused[len(refused)-1].String())
	}
}

func TestANumberIsReadWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	identify := func(text string) observe.Outcome {
		change, refused := observe.ReadTraits(traits(t, text), sendtime.NewZones())
		require.Empty(t, refused)
		return w.take(observe.Incoming{User: "anna", Event: w.event("", customer.Identified), Change: change})[0]
	}
	taken := observe.Outcome{Status: observe.Taken}
	refused := observe.Outcome{Status: observe.Taken, Refusals: []observe.Refusal{{Field: "phone",
		Reason: "is not an international number, write + and the country's calling code first, or give country with it"}}}
	require.Equal(t, refused, identify(`{"phone": "0151 12345678", "plan": "surf"}`), "nothing tells a country")
	require.Empty(t, w.profile("anna").Phone)
	require.Equal(t, customer.Text("surf"), w.profile("anna").Traits["plan"], "the rest is taken")
	require.Equal(t, taken, identify(`{"country": "DE"}`))
	require.Equal(t, taken, identify(`{"phone": "0151 12345678"}`))
	require.Equal(t, "+4915112345678", w.profile("anna").Phone)
	refused.Refusals[0].Reason = notThere
	require.Equal(t, refused, identify(`{"phone": "0151"}`))
	require.Equal(t, "+4915112345678", w.profile("anna").Phone, "what is refused changes nothing")
}
