package sandbox

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/stretchr/testify/require"
	"github.com/twilio/twilio-go/client"
)

// genuine verifies a Twilio callback as its own library does.
func genuine(t *testing.T, a Account, c called) (form url.Values, ok bool) {
	t.Helper()
	form, err := url.ParseQuery(string(c.body))
	require.NoError(t, err)
	params := map[string]string{}
	for name := range form {
		params[name] = form.Get(name)
	}
	validator := client.NewRequestValidator(a.TwilioAuthToken)
	return form, validator.Validate(c.url, params, c.header.Get("X-Twilio-Signature"))
}

func TestTwilioCallsBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reports Reports
		want    []string // in the order of their names
		last    string   // "" does not matter
	}{
		"as usual": {Reports{}, []string{"delivered", "queued", "sent"}, "delivered"},
		"doubled":  {Reports{Doubled: 1}, []string{"delivered", "delivered", "queued", "sent"}, "delivered"},
		"swapped":  {Reports{Swapped: 1}, []string{"delivered", "queued", "sent"}, "sent"},
		"forged":   {Reports{Lost: 1, Forged: 1}, []string{"forged undelivered"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, calls := listen(t)
			s, address := open(t, public)
			s.config.Reports = tc.reports
			_, err := send(t, lanes()[0].sender(t, s.Account(), address, public), lanes()[0].message("rule.c1.1.first.sms"))
			require.NoError(t, err)
			var got []string
			for range tc.want {
				c := await(t, calls)
				require.Equal(t, public+"/callbacks/twilio?k=rule.c1.1.first.sms", c.url)
				form, ok := genuine(t, s.Account(), c)
				require.Equal(t, s.Book().Taken()[0].Name, form.Get("MessageSid"))
				word := form.Get("MessageStatus")
				if !ok {
					word = "forged " + word
				}
				got = append(got, word)
			}
			if tc.last != "" {
				require.Equal(t, tc.last, got[len(got)-1])
			}
			require.Equal(t, tc.want, slices.Sorted(slices.Values(got)))
		})
	}
}

// signed reports whether SendGrid's own library finds a callback to be genuine.
func signed(t *testing.T, a Account, c called) bool {
	t.Helper()
	key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(a.SendGridPublic)
	require.NoError(t, err)
	ok, err := eventwebhook.VerifySignature(key, c.body, c.header.Get(eventwebhook.VerificationHTTPHeader), c.header.Get(eventwebhook.TimestampHTTPHeader))
	require.NoError(t, err)
	return ok
}

func TestSendGridCallsBack(t *testing.T) {
	t.Parallel()
	public, calls := listen(t)
	s, address := open(t, public)
	s.config.Reports = Reports{Doubled: 1}
	lane := lanes()[1]
	receipt, err := send(t, lane.sender(t, s.Account(), address, public), lane.message("rule.c1.1.first.email"))
	require.NoError(t, err)
	ids := map[string]int{}
	for n := 0; n < 3; {
		c := await(t, calls)
		require.True(t, signed(t, s.Account(), c))
		require.Equal(t, public+"/callbacks/sendgrid", c.url)
		var events []map[string]any
		require.NoError(t, json.Unmarshal(c.body, &events))
		for _, e := range events {
			require.Equal(t, []any{"rule.c1.1.first.email", "ada@example.com"}, []any{e["send_key"], e["email"]})
			ids[e["sg_event_id"].(string)]++
			n++
		}
	}
	require.Equal(t, map[string]int{receipt.ProviderID + "-processed": 1, receipt.ProviderID + "-delivered": 2}, ids)
}

func TestSendGridCallsAgainWhatWasRefused(t *testing.T) {
	t.Parallel()
	public, calls := listen(t, 503)
	s, address := open(t, public)
	lane := lanes()[1]
	_, err := send(t, lane.sender(t, s.Account(), address, public), lane.message("rule.c1.1.first.email"))
	require.NoError(t, err)
	first := await(t, calls)
	for again := await(t, calls); string(again.body) != string(first.body); {
		again = await(t, calls)
	}
	eventually(t, func() bool { return s.Book().Counts().Callbacks > 0 }, "it is counted")
}

// TestForgedEventsAreNotSendGrids has somebody else say that a mail bounced.
func TestForgedEventsAreNotSendGrids(t *testing.T) {
	t.Parallel()
	public, calls := listen(t, 403)
	s, address := open(t, public)
	s.config.Reports = Reports{Lost: 1, Forged: 1}
	lane := lanes()[1]
	_, err := send(t, lane.sender(t, s.Account(), address, public), lane.message("rule.c1.1.first.email"))
	require.NoError(t, err)
	c := await(t, calls)
	require.False(t, signed(t, s.Account(), c))
	require.Contains(t, string(c.body), `"event":"bounce"`)
	eventually(t, func() bool { return s.Book().Counts().Forged == 1 }, "it is counted")
	require.Zero(t, s.Book().Counts().Believed)
}

func TestAForgedCallbackThatIsBelievedIsCounted(t *testing.T) {
	t.Parallel()
	public, _ := listen(t)
	s, address := open(t, public)
	s.config.Reports = Reports{Lost: 1, Forged: 1}
	_, err := send(t, lanes()[0].sender(t, s.Account(), address, public), lanes()[0].message("rule.c1.1.first.sms"))
	require.NoError(t, err)
	eventually(t, func() bool { return s.Book().Counts().Believed == 1 }, "it is counted")
	counts := s.Book().Counts()
	require.Equal(t, []int{1, 1, 0}, []int{counts.Lost, counts.Forged, counts.Callbacks})
}
