package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	authToken = "12345"
	publicURL = "https://outreach.example.com/callbacks/twilio?k=send-1"
)

// sign is Twilio's signature, written after
// https://www.twilio.com/docs/usage/webhooks/webhooks-security.
func sign(publicURL string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(publicURL))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func callback(publicURL, signature string, form url.Values) channel.Callback {
	return channel.Callback{
		URL: publicURL, Body: []byte(form.Encode()), At: noon,
		Header: func(name string) string { return map[string]string{"X-Twilio-Signature": signature}[name] },
	}
}

func signed(form url.Values) channel.Callback {
	return callback(publicURL, sign(publicURL, form), form)
}

func reporter(t testing.TB, change func(*twilio.Config)) channel.Reporter {
	c := config("")
	c.AuthToken = authToken
	if change != nil {
		change(&c)
	}
	s, err := twilio.New(c)
	require.NoError(t, err)
	return s
}

// status is a status callback, with fields changed; "" takes one out.
func status(pairs ...string) url.Values {
	form := url.Values{
		"AccountSid": {"AC" + hex32}, "MessageSid": {"SM" + hex32}, "SmsSid": {"SM" + hex32}, "ApiVersion": {"2010-04-01"},
		"MessageStatus": {"sent"}, "SmsStatus": {"sent"}, "To": {message.To}, "From": {"+15005550001"}, "Novelty": {"x"},
	}
	return changed(form, pairs)
}

// inbound is a message of the customer's.
func inbound(pairs ...string) url.Values {
	form := url.Values{
		"AccountSid": {"AC" + hex32}, "MessageSid": {"SM" + hex32}, "SmsStatus": {"received"}, "NumMedia": {"0"},
		"From": {message.To}, "To": {"+15005550001"}, "Body": {"Stop it"}, "FromCountry": {"US"},
	}
	return changed(form, pairs)
}

func changed(form url.Values, pairs []string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

// report is what comes of a status callback, as far as all have it in common.
func report(kind channel.ReportKind, status string) channel.Report {
	return channel.Report{
		ID: "twilio:SM" + hex32 + ":" + status, Kind: kind, Channel: customer.SMS, Key: "send-1",
		ProviderID: "SM" + hex32, Address: message.To, At: noon,
	}
}

func failed(kind channel.ReportKind, status, code, detail string) []channel.Report {
	r := report(kind, status)
	r.Code, r.Detail = code, detail
	return []channel.Report{r}
}

func TestStatusCallbacks(t *testing.T) {
	t.Parallel()
	one := func(kind channel.ReportKind, status string) []channel.Report {
		return []channel.Report{report(kind, status)}
	}
	at := func(done time.Time) []channel.Report {
		r := report(channel.ReportDelivered, "delivered")
		r.At = done
		return []channel.Report{r}
	}
	for name, tc := range map[string]struct {
		form url.Values
		want []channel.Report
	}{
		"accepted":       {status("MessageStatus", "accepted"), one(channel.ReportTaken, "accepted")},
		"queued":         {status("MessageStatus", "queued"), one(channel.ReportTaken, "queued")},
		"sending":        {status("MessageStatus", "sending"), one(channel.ReportTaken, "sending")},
		"sent":           {status(), one(channel.ReportTaken, "sent")},
		"sent, old name": {status("MessageSid", ""), one(channel.ReportTaken, "sent")},
		"delivered":      {status("MessageStatus", "delivered"), one(channel.ReportDelivered, "delivered")},
		"read": {status("MessageStatus", "read", "To", "whatsapp:"+message.To), []channel.Report{
			report(channel.ReportDelivered, "read"), func() channel.Report {
				r := report(channel.ReportOpened, "read")
				r.ID += ":opened"
				return r
			}(),
		}},
		"over RCS":             {status("To", "rcs:"+message.To), one(channel.ReportTaken, "sent")},
		"to come":              {status("MessageStatus", "pondered"), nil},
		"half delivered":       {status("MessageStatus", "partially_delivered"), nil},
		"done at":              {status("MessageStatus", "delivered", "RawDlrDoneDate", "2611231158"), at(noon.Add(-2 * time.Minute))},
		"done in another zone": {status("MessageStatus", "delivered", "RawDlrDoneDate", "2611230658"), at(noon)},
		"done tomorrow":        {status("MessageStatus", "delivered", "RawDlrDoneDate", "2611240658"), at(noon)},
		"done at all":          {status("MessageStatus", "delivered", "RawDlrDoneDate", "soon"), at(noon)},

		"unknown handset": {status("MessageStatus", "undelivered", "ErrorCode", "30005"), failed(channel.ReportBounced, "undelivered", "30005", "the handset is unknown")},
		"landline":        {status("MessageStatus", "undelivered", "ErrorCode", "30006"), failed(channel.ReportBounced, "undelivered", "30006", "the number is a landline or its carrier cannot be reached")},
		"not valid":       {status("MessageStatus", "failed", "ErrorCode", "21211"), failed(channel.ReportBounced, "failed", "21211", "the number is not valid")},
		"no SMS":          {status("MessageStatus", "failed", "ErrorCode", "21614"), failed(channel.ReportBounced, "failed", "21614", "the number cannot receive SMS")},
		"not on WhatsApp": {status("MessageStatus", "failed", "ErrorCode", "63003"), failed(channel.ReportBounced, "failed", "63003", "the number is not on WhatsApp")},
		"said stop":       {status("MessageStatus", "failed", "ErrorCode", "21610"), failed(channel.ReportBlocked, "failed", "21610", "the customer replied STOP to this sender")},
		"switched off":    {status("MessageStatus", "undelivered", "ErrorCode", "30003"), failed(channel.ReportFailed, "undelivered", "30003", "the handset cannot be reached")},
		"filtered":        {status("MessageStatus", "undelivered", "ErrorCode", "30007"), failed(channel.ReportFailed, "undelivered", "30007", "the carrier filters the message")},
		"no reason":       {status("MessageStatus", "undelivered", "ErrorCode", "30008"), failed(channel.ReportFailed, "undelivered", "30008", "the carrier gave no reason")},
		"suspended":       {status("MessageStatus", "failed", "ErrorCode", "30002"), failed(channel.ReportFailed, "failed", "30002", "the account is suspended")},
		"too late":        {status("MessageStatus", "failed", "ErrorCode", "30036"), failed(channel.ReportFailed, "failed", "30036", "the message waited longer than its life")},
		"a new code":      {status("MessageStatus", "failed", "ErrorCode", "99999"), failed(channel.ReportFailed, "failed", "99999", "")},
		"no code":         {status("MessageStatus", "canceled"), failed(channel.ReportFailed, "canceled", "canceled", "")},
		"no number":       {status("MessageStatus", "failed", "ErrorCode", message.To), failed(channel.ReportFailed, "failed", "failed", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reporter(t, nil)
			got, err := s.Reports(signed(tc.form))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			mediaType, body := s.Reply(got)
			require.Empty(t, mediaType+body)
		})
	}
}

func TestInboundMessages(t *testing.T) {
	t.Parallel()
	reply := func(text, code string) []channel.Report {
		return []channel.Report{{
			ID: "twilio:SM" + hex32, Kind: channel.ReportReplied, Channel: customer.SMS, ProviderID: "SM" + hex32,
			Address: message.To, At: noon, Text: text, Code: code,
		}}
	}
	for name, tc := range map[string]struct {
		form url.Values
		want []channel.Report
	}{
		"text":             {inbound(), reply("Stop it", "")},
		"over WhatsApp":    {inbound("From", "whatsapp:"+message.To), reply("Stop it", "")},
		"opted out":        {inbound("OptOutType", "STOP"), reply("Stop it", "STOP")},
		"opted in":         {inbound("OptOutType", "START"), reply("Stop it", "START")},
		"asks":             {inbound("OptOutType", "HELP"), reply("Stop it", "HELP")},
		"a new word of it": {inbound("OptOutType", "PAUSE "+message.To), reply("Stop it", "")},
		"a picture":        {url.Values{"AccountSid": {"AC" + hex32}, "MessageSid": {"SM" + hex32}, "From": {message.To}, "Body": {""}}, reply("", "")},
		"something else":   {inbound("Body", ""), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reporter(t, nil)
			got, err := s.Reports(signed(tc.form))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			mediaType, body := s.Reply(got)
			if tc.want == nil {
				require.Empty(t, mediaType+body)
				return
			}
			require.Equal(t, []string{"text/xml", "<Response/>"}, []string{mediaType, body})
		})
	}
}

// TestSignature takes the example of Twilio's own page, which is of a phone
// call: believed, and then no message.
func TestSignature(t *testing.T) {
	t.Parallel()
	const at, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	require.Equal(t, signature, sign(at, form))
	_, err := reporter(t, nil).Reports(callback(at, signature, form))
	require.EqualError(t, err, "twilio: callback: not a form of a message; have Twilio call with HTTP POST")
	require.NotErrorIs(t, err, channel.ErrForged)
	form.Set("Digits", "1235")
	_, err = reporter(t, nil).Reports(callback(at, signature, form))
	require.ErrorIs(t, err, channel.ErrForged)
}

func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	good := sign(publicURL, status())
	twice := status()
	twice["MessageStatus"] = []string{"failed", "sent"}
	other := status("AccountSid", "AC"+strings.Repeat("9", 32))
	for name, c := range map[string]channel.Callback{
		"no signature":    callback(publicURL, "", status()),
		"another's":       callback(publicURL, good[:len(good)-4]+"AAA=", status()),
		"another key":     callback(strings.Replace(publicURL, "send-1", "send-2", 1), good, status()),
		"another host":    callback(strings.Replace(publicURL, "outreach.", "evil.", 1), good, status()),
		"without its key": callback(strings.TrimSuffix(publicURL, "?k=send-1"), good, status()),
		"another status":  callback(publicURL, good, status("MessageStatus", "failed")),
		"a field more":    callback(publicURL, good, status("ErrorCode", "21610")),
		"a field less":    callback(publicURL, good, status("Novelty", "")),
		"a value before":  callback(publicURL, good, twice),
		"another account": callback(publicURL, sign(publicURL, other), other),
		"no url":          callback("https://outreach.example.com/%zz", good, status()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reporter(t, nil).Reports(c)
			require.ErrorIs(t, err, channel.ErrForged)
			require.Nil(t, got)
		})
	}
	_, err := reporter(t, nil).Reports(callback(strings.Replace(publicURL, ".com/", ".com:443/", 1), good, status()))
	require.NoError(t, err, "Twilio signs with or without the port")
}

func TestUnreadableCallbacks(t *testing.T) {
	t.Parallel()
	s := reporter(t, nil)
	torn := signed(status())
	torn.Body = []byte("Body=%zz" + message.To)
	for name, c := range map[string]channel.Callback{
		"no form":        torn,
		"no account":     signed(status("AccountSid", "")),
		"no message":     signed(status("MessageSid", "", "SmsSid", "")),
		"an odd message": signed(status("MessageSid", "SM1:2\n")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Reports(c)
			require.EqualError(t, err, "twilio: callback: not a form of a message; have Twilio call with HTTP POST")
			require.NotErrorIs(t, err, channel.ErrForged)
		})
	}
}

// TestCallbacksNeedTheAuthToken: an API key signs nothing.
func TestCallbacksNeedTheAuthToken(t *testing.T) {
	t.Parallel()
	s := reporter(t, func(c *twilio.Config) { c.AuthToken = "" })
	_, err := s.Reports(signed(status()))
	require.EqualError(t, err, "twilio: auth_token: missing; set the auth token beside the API key, since callbacks are signed with it")
	require.NotErrorIs(t, err, channel.ErrForged)
	alone := reporter(t, func(c *twilio.Config) { c.APIKeySID, c.APIKeySecret = "", "" })
	got, err := alone.Reports(signed(status()))
	require.NoError(t, err)
	require.Equal(t, []channel.Report{report(channel.ReportTaken, "sent")}, got)
}

// FuzzReports: whatever a form and a query hold, signed or not, a report has
// its name, kind and time, and no error repeats what came.
func FuzzReports(f *testing.F) {
	f.Add(status("MessageStatus", "read").Encode(), "k=send-1", true)
	f.Add(status("MessageStatus", "failed", "ErrorCode", "21610").Encode(), "", true)
	f.Add(inbound("OptOutType", "STOP").Encode(), "k=%00&k=2", true)
	f.Add("Body=%zz;", "bodySHA256=x", false)
	s := reporter(f, nil)
	f.Fuzz(func(t *testing.T, body, query string, isSigned bool) {
		at := "https://outreach.example.com/callbacks/twilio?" + query
		form, _ := url.ParseQuery(body)
		signature := "none"
		if isSigned {
			signature = sign(at, form)
		}
		c := callback(at, signature, nil)
		c.Body = []byte(body)
		reports, err := s.Reports(c)
		if err != nil {
			require.Nil(t, reports)
			require.NotContains(t, err.Error(), authToken)
			return
		}
		require.True(t, isSigned, "an unsigned callback was believed")
		ids := map[string]bool{}
		for _, r := range reports {
			require.True(t, strings.HasPrefix(r.ID, "twilio:"+r.ProviderID), r.ID)
			require.NotEmpty(t, r.ProviderID)
			require.NotEmpty(t, r.Kind)
			require.False(t, r.At.IsZero() || r.At.After(noon))
			require.Equal(t, customer.SMS, r.Channel)
			require.LessOrEqual(t, len(r.Code), 12)
			require.False(t, ids[r.ID], "one name for two reports")
			ids[r.ID] = true
		}
		s.Reply(reports)
	})
}
