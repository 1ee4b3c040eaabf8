package observe_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// traits reads a JSON object as a library would send it.
func traits(t testing.TB, text string) map[string]customer.Value {
	t.Helper()
	var m map[string]customer.Value
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	return m
}

func pointer(s string) *string { return &s }

func TestReadTraits(t *testing.T) {
	t.Parallel()
	text := customer.Text
	for name, c := range map[string]struct {
		in   string
		want observe.Change
	}{
		"nothing":           {`{}`, observe.Change{}},
		"a trait":           {`{"plan": "surf", "seats": 3}`, observe.Change{Traits: map[string]customer.Value{"plan": text("surf"), "seats": customer.Number(3)}}},
		"a forgotten trait": {`{"plan": null}`, observe.Change{Traits: map[string]customer.Value{"plan": {}}}},
		"zone":              {`{"timezone": "Europe/Berlin"}`, observe.Change{Zone: pointer("Europe/Berlin")}},
		"zone before":       {`{"timezone": "Europe/Berlin", "zone": "Asia/Tokyo"}`, observe.Change{Zone: pointer("Asia/Tokyo")}},
		"said twice alike": {`{"prefers": {"sms": "Mon 20:30", "sms": "Mon 20:30"}, "consent": {"offers": "yes", "Offers": 1}}`, observe.Change{
			Preferences: &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "Mon 20:30"}},
			Consents:    map[customer.Topic]bool{"offers": true}}},
		"a ZIP code":        {`{"country": "us", "zip": "33101-1234"}`, observe.Change{Country: pointer("US"), Region: pointer("FL"), Traits: map[string]customer.Value{"zip": text("33101-1234")}}},
		"a state before it": {`{"country": "US", "zip": "33101", "state": "NY"}`, observe.Change{Country: pointer("US"), Region: pointer("NY"), Traits: map[string]customer.Value{"zip": text("33101")}}},
		"another code":      {`{"country": "DE", "zip": "33101"}`, observe.Change{Country: pointer("DE"), Traits: map[string]customer.Value{"zip": text("33101")}}},
		"a ZIP in an address": {`{"address": {"country": "US", "postalCode": "94016"}}`, observe.Change{Country: pointer("US"), Region: pointer("CA"),
			Traits: map[string]customer.Value{"address": text(`{"country": "US", "postalCode": "94016"}`)}}},
		"a forgotten zone":  {`{"zone": ""}`, observe.Change{Zone: pointer("")}},
		"country":           {`{"country": "de"}`, observe.Change{Country: pointer("DE")}},
		"state":             {`{"state": "ca"}`, observe.Change{Region: pointer("CA")}},
		"state in full":     {`{"state": "US-CA"}`, observe.Change{Region: pointer("CA")}},
		"region":            {`{"region": "CA"}`, observe.Change{Region: pointer("CA"), Traits: map[string]customer.Value{"region": text("CA")}}},
		"a region of ours":  {`{"region": "north-7"}`, observe.Change{Traits: map[string]customer.Value{"region": text("north-7")}}},
		"a numbered region": {`{"region": "7"}`, observe.Change{Traits: map[string]customer.Value{"region": text("7")}}},
		"locale":            {`{"locale": "de_AT.UTF-8"}`, observe.Change{Locale: pointer("de-AT")}},
		"email":             {`{"email": " Anna.B@Example.COM "}`, observe.Change{Email: pointer("Anna.B@example.com")}},
		"phone":             {`{"phone": "+49 151 12345678"}`, observe.Change{Phone: pointer("+4915112345678")}},
		"phone of a country": {`{"phone": "0151 12345678", "country": "DE"}`,
			observe.Change{Phone: pointer("+4915112345678"), Country: pointer("DE")}},
		"a made-up number": {`{"phone": "+12125550123"}`, observe.Change{Phone: pointer("+12125550123")}},
		"a phone as a number": {`{"phone": 15112345678, "country": "DE"}`,
			observe.Change{Phone: pointer("+4915112345678"), Country: pointer("DE")}},
		"push":          {`{"push_token": "abc"}`, observe.Change{PushToken: "abc"}},
		"device":        {`{"device_token": "abc"}`, observe.Change{PushToken: "abc"}},
		"consent list":  {`{"consent": ["offers", "tips"]}`, observe.Change{Consents: map[customer.Topic]bool{"offers": true, "tips": true}}},
		"consent text":  {`{"consent": "offers, tips"}`, observe.Change{Consents: map[customer.Topic]bool{"offers": true, "tips": true}}},
		"consent words": {`{"consent": {"offers": true, "tips": "no"}}`, observe.Change{Consents: map[customer.Topic]bool{"offers": true, "tips": false}}},
		"no consent":    {`{"consent": []}`, observe.Change{}},
		"prefers": {`{"prefers": {"sms": "Mon-Fri 18:00-21:00", "any": ["Mon 20:30", "1st 09:00"], "channel": ["sms", "email"]}}`,
			observe.Change{Preferences: &customer.Preferences{
				Channels: []customer.Channel{customer.SMS, customer.Email},
				Hours:    map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00", customer.AnyChannel: "Mon 20:30; 1st 09:00"},
			}}},
		"prefers a channel": {`{"prefers": {"channel": "push"}}`, observe.Change{Preferences: &customer.Preferences{Channels: []customer.Channel{customer.Push}}}},
		"prefers nothing":   {`{"prefers": null}`, observe.Change{Preferences: &customer.Preferences{}}},
		"address": {`{"address": {"country": "US", "state": "NY", "city": "X"}}`, observe.Change{Country: pointer("US"), Region: pointer("NY"),
			Traits: map[string]customer.Value{"address": text(`{"country": "US", "state": "NY", "city": "X"}`)}}},
		"address in words": {`{"address": {"country": "Germany", "state": "Bavaria"}}`, observe.Change{
			Traits: map[string]customer.Value{"address": text(`{"country": "Germany", "state": "Bavaria"}`)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, refused := observe.ReadTraits(traits(t, c.in), sendtime.NewZones())
			require.Empty(t, refused)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAWrongFieldIsRefusedAlone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"zone": "Europe/Berln"`:                "zone: is not an IANA name, write Europe/Berlin",
		`"timezone": "PST"`:                     "timezone: is not an IANA name, write America/Los_Angeles",
		`"zone": "EST"`:                         "zone: is not an IANA name, write America/New_York",
		`"zone": "GMT+2"`:                       "zone: is an offset rather than a place, write for example Europe/Berlin",
		`"zone": "Local"`:                       "zone: depends on the machine, write an IANA name, for example Europe/Berlin",
		`"zone": "Europe"`:                      "zone: is not an IANA name, write for example Europe/Berlin",
		`"prefers": {"sms": "Mon 19:00-19:00"}`: `prefers.sms: window "19:00-19:00" has no length, write 00:00-24:00 for the whole day`,
		`"prefers": {"sms": "cron 0 9 30 2 *"}`: "prefers.sms: names a day that none of its months has, mend the third or the fourth field",
		`"prefers": {"sms": ["Mon 10:00-12:00", "never on Monday"]}`:      `prefers.sms: says when not, write the hours that suit instead, such as "Tue-Sun 09:00-21:00"; for none by sms at all, give no phone, or say no to the topics under consent`,
		`"prefers": {"email": "never"}`:                                   `prefers.email: says when not, write the hours that suit instead, such as "Tue-Sun 09:00-21:00"; for none by email at all, give no email, or say no to the topics under consent`,
		`"prefers": {"push": "never,"}`:                                   `prefers.push: says when not, write the hours that suit instead, such as "Tue-Sun 09:00-21:00"; for none by push at all, give no push_token, or say no to the topics under consent`,
		`"prefers": {"any": "not at all"}`:                                `prefers.any: says when not, write the hours that suit instead, such as "Tue-Sun 09:00-21:00"; for no messages at all, say no to the topics under consent`,
		`"prefers": {"sms": "Mon-Fri 18:00-21:00, Sat"}`:                  `prefers.sms: has no time, write Sat 09:00, or Sat 00:00-24:00 for the whole day; between several hours put a semicolon: "Mon-Fri 18:00-21:00; Sat 10:00-12:00"`,
		`"prefers": {"sms": "Mon 18:00-21:00, 09:00-10:00"}`:              `prefers.sms: has no day, write daily 09:00-10:00; between several hours put a semicolon: "Mon-Fri 18:00-21:00; Sat 10:00-12:00"`,
		`"prefers": {"channel": "never sms"}`:                             "prefers.channel: holds never, which is not a channel, write sms, email or push, and several with commas between them: sms, email",
		`"prefers": {"channel": "sms-2"}`:                                 "prefers.channel: holds what is not a channel, write sms, email or push, and several with commas between them: sms, email",
		`"prefers": {"sms": "Mon 10:00-12:00", "sms": "Tue 10:00-12:00"}`: "prefers.sms: is said twice and differently, write it once",
		`"prefers": {"channel": "sms", "channels": ["email"]}`:            "prefers.channel: is said twice and differently, write it once",
		`"consent": {"offers": "yes", "Offers": "no"}`:                    "consent.offers: is said twice, yes and no, write one of them",
		`"consent": {"offers": "no", "offers": "yes", "OFFERS": "no"}`:    "consent.offers: is said twice, yes and no, write one of them",
		`"country": "Germany"`:                                            "country: is not a country's code, write two letters as in ISO 3166: DE, US",
		`"country": "XX"`:                                                 "country: is not a country's code, write two letters as in ISO 3166: DE, US",
		`"state": "California"`:                                           "state: is not a state's code, write it as in ISO 3166-2: CA for California",
		`"locale": "German!"`:                                             "locale: is not a language tag, write it as in BCP 47: en, de-AT",
		`"email": "anna"`:                                                 "email: is not an email address, write it as name@example.com",
		`"email": "A <a@example.com>"`:                                    "email: is not an email address, write it as name@example.com",
		`"email": "a@localhost"`:                                          "email: is not an email address, write it as name@example.com",
		`"phone": "151"`:                                                  "phone: is not an international number, write + and the country's calling code first, or give country with it",
		`"phone": "+49 151"`:                                              "phone: is not a phone number that can exist, write it as in E.164: + and at most 15 digits",
		`"phone": "call me"`:                                              "phone: is not an international number, write + and the country's calling code first, or give country with it",
		`"consent": {"offers": "maybe"}`:                                  "consent.offers: is neither yes nor no, write one of them",
		`"consent": [1]`:                                                  `consent: is neither a list of topics nor topics with yes or no, write ["offers"] or {"offers": "yes"}`,
		`"consent": "{"`:                                                  `consent: is not an object of topics with yes or no, write {"offers": "yes"}`,
		`"prefers": {"sms": "Mon 25:00"}`:                                 "prefers.sms: ",
		`"prefers": {"sms": {}}`:                                          `prefers.sms: is neither a text nor a list of texts, write "Mon-Fri 18:00-21:00"`,
		`"prefers": {"fax": "Mon 20:00"}`:                                 "prefers.fax: is not known here, write sms, email, push, any or channel",
		`"prefers": {"channel": ["letters"]}`:                             "prefers.channel: holds letters, which is not a channel, write sms, email or push, and several with commas between them: sms, email",
		`"prefers": "evenings"`:                                           `prefers: is not an object, write {"sms": "Mon-Fri 18:00-21:00", "channel": "sms"}`,
		`"": "x"`:                                                         `"": has no name, give it one of letters and digits`,
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got, refused := observe.ReadTraits(traits(t, `{"plan": "surf", `+in+`}`), sendtime.NewZones())
			require.Equal(t, observe.Change{Traits: map[string]customer.Value{"plan": customer.Text("surf")}}, got)
			require.Len(t, refused, 1)
			if strings.HasSuffix(want, ": ") {
				require.Contains(t, refused[0].String(), want)
				return
			}
			require.Equal(t, want, refused[0].String())
		})
	}
}

func TestAWrongHourLeavesTheOthers(t *testing.T) {
	t.Parallel()
	got, refused := observe.ReadTraits(traits(t,
		`{"prefers": {"sms": "soon", "any": "Mon 20:30", "channel": ["fax", "sms"]}}`), sendtime.NewZones())
	require.Equal(t, observe.Change{Preferences: &customer.Preferences{
		Channels: []customer.Channel{customer.SMS},
		Hours:    map[customer.Channel]string{customer.AnyChannel: "Mon 20:30"},
	}}, got)
	require.Len(t, refused, 2)
	require.Equal(t, "prefers.channel", refused[0].Field)
	require.Equal(t, "prefers.sms", refused[1].Field)
}

func TestSeveralInOneCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]customer.Preferences{
		`"sms": "Mon-Fri 18:00-21:00, Sat 10:00-12:00"`:      {Hours: map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00; Sat 10:00-12:00"}},
		`"sms": "Mon, Wed 18:00-21:00, Sat,Sun 10:00-12:00"`: {Hours: map[customer.Channel]string{customer.SMS: "Mon,Wed 18:00-21:00; Sat,Sun 10:00-12:00"}},
		`"sms": "Mon, Wed 18:00-21:00"`:                      {Hours: map[customer.Channel]string{customer.SMS: "Mon,Wed 18:00-21:00"}},
		`"sms": "Mon 20:30; Tue 9:00-10:00, Wed 20:30"`:      {Hours: map[customer.Channel]string{customer.SMS: "Mon 20:30; Tue 09:00-10:00; Wed 20:30"}},
		`"sms": "cron 0 9 1,15 * *, Mon 20:30"`:              {Hours: map[customer.Channel]string{customer.SMS: "cron 0 9 1,15 * *; Mon 20:30"}},
		`"channel": ["email, sms", "push"]`:                  {Channels: []customer.Channel{customer.Email, customer.SMS, customer.Push}},
		`"channel": "email,sms"`:                             {Channels: []customer.Channel{customer.Email, customer.SMS}},
		`"channel": "sms email"`:                             {Channels: []customer.Channel{customer.SMS, customer.Email}},
		`"channel": "SMS | Email / push;sms"`:                {Channels: []customer.Channel{customer.SMS, customer.Email, customer.Push}},
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got, refused := observe.ReadTraits(traits(t, `{"prefers": {`+in+`}}`), sendtime.NewZones())
			require.Empty(t, refused)
			require.Equal(t, observe.Change{Preferences: &want}, got)
		})
	}
}

func TestAWrongChannelLeavesTheOthers(t *testing.T) {
	t.Parallel()
	got, refused := observe.ReadTraits(traits(t, `{"prefers": {"channel": "email, fax, not push, sms"}}`), sendtime.NewZones())
	require.Equal(t, observe.Change{Preferences: &customer.Preferences{Channels: []customer.Channel{customer.Email, customer.SMS}}}, got)
	const reason = ", which is not a channel, write sms, email or push, and several with commas between them: sms, email"
	require.Equal(t, []observe.Refusal{
		{Field: "prefers.channel", Reason: "holds fax" + reason}, {Field: "prefers.channel", Reason: "holds not" + reason},
	}, refused)
}

func TestRefusalsHoldNoAddress(t *testing.T) {
	t.Parallel()
	_, refused := observe.ReadTraits(traits(t,
		`{"zone": "anna@example.com", "email": "anna b@example.com", "phone": "+4915", "prefers": "anna b"}`), sendtime.NewZones())
	require.Len(t, refused, 4)
	for _, r := range refused {
		require.NotContains(t, r.String(), "anna")
		require.NotContains(t, r.String(), "4915")
	}
}

func TestAddDevice(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	said := observe.Change{Zone: pointer("Asia/Tokyo"), PushToken: "a"}
	said.AddDevice("Europe/Berlin", "de_DE", "b", zones)
	require.Equal(t, observe.Change{Zone: pointer("Asia/Tokyo"), PushToken: "a", DeviceLocale: "de-DE"}, said)

	var told observe.Change
	told.AddDevice("Europe/Berlin", "", "b", zones)
	require.Equal(t, observe.Change{Zone: pointer("Europe/Berlin"), PushToken: "b"}, told)

	var odd observe.Change
	odd.AddDevice("GMT+02:00", "?", "", zones)
	require.True(t, odd.IsZero())
}

func FuzzReadTraits(f *testing.F) {
	for _, s := range []string{`{"phone": "+1"}`, `{"phone": "030 123456"}`, `{"email": "ü@exämple.com"}`, `{"prefers": {"sms": "Mon 20:30"}}`, `{"consent": ["a"]}`, `{"locale": "-"}`, `{"state": "US-"}`} {
		f.Add(s)
	}
	zones := sendtime.NewZones()
	f.Fuzz(func(t *testing.T, text string) {
		var m map[string]customer.Value
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		change, refused := observe.ReadTraits(m, zones)
		for _, r := range refused {
			require.NotEmpty(t, r.Reason)
		}
		if change.Phone != nil && *change.Phone != "" {
			require.Empty(t, customer.CheckAddress(customer.SMS, *change.Phone))
		}
		if change.Email != nil && *change.Email != "" {
			require.Empty(t, customer.CheckAddress(customer.Email, *change.Email))
		}
		change.Dial(&customer.Profile{}, "DE")
		require.Nil(t, change.Dialled)
		if change.Phone != nil && *change.Phone != "" {
			require.Empty(t, customer.CheckAddress(customer.SMS, *change.Phone))
		}
	})
}

func TestName(t *testing.T) {
	t.Parallel()
	for outside, want := range map[string]string{
		"order_id": "order_id", "orderId": "order_id", "Order ID": "order_id", "OrderID": "order_id", "order-id": "order_id",
		"Order Completed": "order_completed", "HTTPServer": "http_server", "productIDs": "product_ids", "IDs": "ids",
		"  A  b ": "a_b", "__x__": "x", "plan2": "plan2", "Größe": "größe", "ÄB": "äb", "über Größe": "über_größe", "$": "", "": "", "a.b/c": "a_b_c",
		"iOS": "i_os", "SMSSent": "sms_sent",
	} {
		require.Equal(t, want, observe.Name(outside), outside)
		require.Equal(t, want, observe.Name(observe.Name(outside)), outside)
	}
}
