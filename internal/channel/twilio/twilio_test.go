package twilio_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	hex32   = "0123456789abcdef0123456789abcdef"
	secret  = "keySecretThatNobodyMaySee"
	created = `{"sid": "SM` + hex32 + `", "status": "queued"}`
)

var message = channel.Message{
	Key:      "send-1",
	Customer: "c1",
	Channel:  customer.SMS,
	To:       "+15005550006",
	Topic:    "service",
	Template: "parcel-late",
	Content:  channel.Content{Text: "Your parcel is late, sorry: €5 are yours."},
}

func config(baseURL string) twilio.Config {
	return twilio.Config{
		AccountSID:     "AC" + hex32,
		APIKeySID:      "SK" + hex32,
		APIKeySecret:   secret,
		From:           "+15005550001",
		StatusCallback: "https://hooks.example.com/twilio?v=1",
		BaseURL:        baseURL,
	}
}

func sender(t testing.TB, c twilio.Config) channel.Sender {
	s, err := twilio.New(c)
	require.NoError(t, err)
	return s
}

func accept(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, created)
}

func read(_ *http.Request, body []byte) channeltest.Seen {
	form, _ := url.ParseQuery(string(body))
	callback, _ := url.Parse(form.Get("StatusCallback"))
	return channeltest.Seen{
		Key:  callback.Query().Get(twilio.KeyParam),
		To:   form.Get("To"),
		Text: form.Get("Body"),
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	refusal := func(status, code int, kind channel.Kind) channeltest.Answer {
		return channeltest.Answer{
			Name:   fmt.Sprintf("code %d", code),
			Status: status,
			Body:   fmt.Sprintf(`{"code": %d, "message": "'{to}' with {text}", "more_info": "https://www.twilio.com/docs/errors/%d", "status": %d}`, code, code, status),
			Want:   channeltest.Want{Kind: kind, Code: fmt.Sprint(code)},
		}
	}
	answers := []channeltest.Answer{
		{Name: "201 created", Status: 201, Body: created},
		{Name: "201 broken", Status: 201, Body: `{"sid": "SM`, Want: channeltest.Want{Kind: channel.Ambiguous, Code: "201"}},
		{Name: "201 without sid", Status: 201, Body: `{}`, Want: channeltest.Want{Kind: channel.Ambiguous, Code: "201"}},
		{Name: "302 with a sid", Status: 302, Body: created, Want: channeltest.Want{Kind: channel.Ambiguous, Code: "302"}},
		{
			Name: "429 with code", Status: 429, Header: map[string]string{"Retry-After": "3"},
			Body: `{"code": 20429, "message": "Too Many Requests", "status": 429}`,
			Want: channeltest.Want{Kind: channel.Throttled, Code: "20429", RetryAfter: 3 * time.Second},
		},
		refusal(401, 20003, channel.Misconfigured),
		refusal(404, 20404, channel.Misconfigured),
		refusal(400, 21211, channel.BadAddress),
		refusal(400, 21217, channel.BadAddress),
		refusal(400, 21610, channel.BadAddress),
		refusal(400, 21614, channel.BadAddress),
		refusal(400, 21635, channel.BadAddress),
		refusal(400, 30005, channel.BadAddress),
		refusal(400, 30006, channel.BadAddress),
		refusal(400, 21408, channel.Rejected),
		refusal(400, 21612, channel.Rejected),
		refusal(400, 21602, channel.Rejected),
		refusal(400, 21617, channel.Rejected),
		refusal(400, 30007, channel.Rejected),
		refusal(400, 99999, channel.Rejected),
		refusal(400, 30003, channel.Unavailable),
		refusal(400, 21611, channel.Throttled),
		refusal(400, 30001, channel.Throttled),
		refusal(400, 21603, channel.Misconfigured),
		refusal(400, 21606, channel.Misconfigured),
		refusal(400, 21659, channel.Misconfigured),
		refusal(401, 20005, channel.Misconfigured),
		refusal(403, 30002, channel.Misconfigured),
		refusal(400, 21212, channel.Misconfigured),
		refusal(400, 21660, channel.Misconfigured),
		refusal(400, 21703, channel.Misconfigured),
		refusal(400, 63007, channel.Misconfigured),
		refusal(400, 63003, channel.BadAddress),
		refusal(400, 63016, channel.Rejected),
		refusal(400, 21655, channel.Rejected),
		refusal(400, 30034, channel.Misconfigured),
		refusal(500, 20500, channel.Ambiguous),
		refusal(503, 21610, channel.Ambiguous),
	}
	channeltest.Run(t, channeltest.HTTP{
		Message: message,
		Secrets: []string{secret},
		New:     func(t testing.TB, baseURL string) channel.Sender { return sender(t, config(baseURL)) },
		Read:    read,
		Accept:  accept,
		Answers: answers,
	}.Case())
}

// variants are the ways in which the sender can be set up, by name.
func variants() map[string]func(*twilio.Config, *channel.Message) {
	const service = "MG" + hex32
	return map[string]func(*twilio.Config, *channel.Message){
		"number": func(*twilio.Config, *channel.Message) {},
		"service": func(c *twilio.Config, _ *channel.Message) {
			c.From, c.MessagingServiceSID, c.StatusCallback = "", service, ""
		},
		"sender of the pool": func(c *twilio.Config, _ *channel.Message) { c.MessagingServiceSID = service },
		"the message's own": func(c *twilio.Config, m *channel.Message) {
			c.MessagingServiceSID, m.From = service, "+15005550002"
		},
		"RCS": func(c *twilio.Config, _ *channel.Message) {
			c.From, c.MessagingServiceSID, c.FallbackFrom = "", service, "+15005550003"
		},
		"WhatsApp": func(c *twilio.Config, _ *channel.Message) { c.WhatsApp = true },
		"WhatsApp content": func(c *twilio.Config, m *channel.Message) {
			c.WhatsApp, c.Contents = true, map[string]string{"parcel-late": "HX" + hex32}
			m.From = "whatsapp:+15005550004"
		},
		"validity": func(c *twilio.Config, _ *channel.Message) { c.ValidityPeriod = time.Hour },
		"life": func(c *twilio.Config, m *channel.Message) {
			c.ValidityPeriod, m.Life = time.Hour, 90500*time.Millisecond
		},
		"a short life":   func(_ *twilio.Config, m *channel.Message) { m.Life = time.Millisecond },
		"a long life":    func(_ *twilio.Config, m *channel.Message) { m.Life = 48 * time.Hour },
		"a life gone by": func(_ *twilio.Config, m *channel.Message) { m.Life = -time.Hour },
	}
}

// TestContract sends what the sender can send through Twilio's own description.
func TestContract(t *testing.T) {
	t.Parallel()
	contract := channeltest.OpenAPI(t, "min_twilio_messages.json")
	baseURL, log := channeltest.Guarded(t, contract, accept)
	for _, change := range variants() {
		c, m := config(baseURL), message
		change(&c, &m)
		receipt, err := sender(t, c).Send(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, channel.Receipt{ProviderID: "SM" + hex32}, receipt)
	}
	require.Len(t, log.All(), len(variants()))
}

// TestForms compares whole forms.
func TestForms(t *testing.T) {
	t.Parallel()
	const callback = "https://hooks.example.com/twilio?k=send-1&v=1"
	form := func(pairs ...string) url.Values {
		return changed(url.Values{
			"To": {message.To}, "From": {"+15005550001"}, "Body": {message.Content.Text}, "StatusCallback": {callback},
		}, pairs)
	}
	want := map[string]url.Values{
		"number":             form(),
		"service":            form("From", "", "StatusCallback", "", "MessagingServiceSid", "MG"+hex32),
		"sender of the pool": form("MessagingServiceSid", "MG"+hex32),
		"the message's own":  form("MessagingServiceSid", "MG"+hex32, "From", "+15005550002"),
		"RCS":                form("From", "", "MessagingServiceSid", "MG"+hex32, "FallbackFrom", "+15005550003"),
		"WhatsApp":           form("To", "whatsapp:"+message.To, "From", "whatsapp:+15005550001"),
		"WhatsApp content": form("To", "whatsapp:"+message.To, "From", "whatsapp:+15005550004", "Body", "",
			"ContentSid", "HX"+hex32, "ContentVariables", `{"1":"`+message.Content.Text+`"}`),
		"validity":       form("ValidityPeriod", "3600"),
		"life":           form("ValidityPeriod", "90"),
		"a short life":   form("ValidityPeriod", "1"),
		"a long life":    form("ValidityPeriod", "36000"),
		"a life gone by": form("ValidityPeriod", "1"),
	}
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan url.Values, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				seen <- r.PostForm
				accept(w, r)
			}))
			t.Cleanup(server.Close)
			c, m := config(server.URL), message
			change(&c, &m)
			_, err := sender(t, c).Send(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, want[name], <-seen)
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	token := config("")
	token.APIKeySID, token.APIKeySecret, token.AuthToken = "", "", "theToken"
	token.From, token.StatusCallback, token.MessagingServiceSID = "", "", "MG"+hex32
	for name, tc := range map[string]struct {
		config twilio.Config
		user   string
		form   url.Values
	}{
		"api key, from, callback": {config(""), "SK" + hex32, url.Values{
			"To": {message.To}, "Body": {message.Content.Text}, "From": {"+15005550001"},
			"StatusCallback": {"https://hooks.example.com/twilio?k=send-1&v=1"},
		}},
		"auth token, service": {token, "AC" + hex32, url.Values{
			"To": {message.To}, "Body": {message.Content.Text}, "MessagingServiceSid": {"MG" + hex32},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var path, user string
			var form url.Values
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				path, form = r.URL.Path, r.PostForm
				user, _, _ = r.BasicAuth()
				accept(w, r)
			}))
			t.Cleanup(server.Close)
			tc.config.BaseURL = server.URL + "/sandbox/"
			_, err := sender(t, tc.config).Send(t.Context(), message)
			require.NoError(t, err)
			require.Equal(t, "/sandbox/2010-04-01/Accounts/AC"+hex32+"/Messages.json", path)
			require.Equal(t, tc.user, user)
			require.Equal(t, tc.form, form)
		})
	}
}

// TestEnvironment: the client library reads these two by itself, and would
// send elsewhere, or nowhere when they hold no part of a host.
func TestEnvironment(t *testing.T) {
	for _, edge := range []string{"dublin", "no part of a host"} {
		t.Setenv("TWILIO_EDGE", edge)
		t.Setenv("TWILIO_REGION", "ie1")
		hostsReached(t)
	}
}

// hostsReached checks that the base URL alone says where messages go.
func hostsReached(t *testing.T) {
	t.Helper()
	hosts := make(chan string, 1)
	spy := roundTrip(func(r *http.Request) (*http.Response, error) {
		hosts <- r.URL.Host
		return nil, context.DeadlineExceeded
	})
	for _, base := range []string{"", "https://api.twilio.com", "http://127.0.0.1:4010"} {
		c := config(base)
		c.Transport = spy
		_, err := sender(t, c).Send(t.Context(), message)
		require.Equal(t, channel.Ambiguous, channel.KindOf(err), "a transport that does not tell leaves it open")
		want := strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://")
		if want == "" {
			want = "api.twilio.com"
		}
		require.Equal(t, want, <-hosts)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*twilio.Config)
		want  string
	}{
		"account":     {func(c *twilio.Config) { c.AccountSID = "AC1" }, "twilio: account_sid: not AC and 32 hex digits; copy it from the Twilio console"},
		"half a key":  {func(c *twilio.Config) { c.APIKeySID = "" }, "twilio: api_key_sid: not SK and 32 hex digits; create an API key in the Twilio console"},
		"odd secret":  {func(c *twilio.Config) { c.APIKeySecret = secret + "\n" }, "twilio: api_key_secret: missing or not letters and digits only; it is shown once, when the key is created"},
		"nothing":     {func(c *twilio.Config) { c.APIKeySID, c.APIKeySecret = "", "" }, "twilio: auth_token: missing or not letters and digits only; set it, or api_key_sid and api_key_secret"},
		"no sender":   {func(c *twilio.Config) { c.From = "" }, "twilio: from: missing; set it or messaging_service_sid"},
		"service":     {func(c *twilio.Config) { c.MessagingServiceSID = "MG" }, "twilio: messaging_service_sid: not MG and 32 hex digits; copy it from the Twilio console"},
		"odd token":   {func(c *twilio.Config) { c.AuthToken = secret + " " }, "twilio: auth_token: not letters and digits only; copy it from the Twilio console"},
		"fallback":    {func(c *twilio.Config) { c.FallbackFrom = "+15005550003" }, "twilio: fallback_from: no messaging service; set messaging_service_sid to one with an RCS sender"},
		"validity":    {func(c *twilio.Config) { c.ValidityPeriod = 11 * time.Hour }, "twilio: validity_period: 11h0m0s is not from 1s to 10h; Twilio keeps a message waiting that long"},
		"no validity": {func(c *twilio.Config) { c.ValidityPeriod = -time.Second }, "twilio: validity_period: -1s is not from 1s to 10h; Twilio keeps a message waiting that long"},
		"short code":  {func(c *twilio.Config) { c.WhatsApp, c.From = true, "12345" }, "twilio: from: not a number in E.164; WhatsApp has no other senders"},
		"no WhatsApp": {func(c *twilio.Config) { c.From = "whatsapp:+15005550001" }, "twilio: from: a sender of WhatsApp; set whatsapp too"},
		"two ways": {func(c *twilio.Config) {
			c.WhatsApp, c.MessagingServiceSID, c.FallbackFrom = true, "MG"+hex32, "+15005550003"
		}, "twilio: fallback_from: set together with whatsapp; it stands in for RCS only"},
		"contents":     {func(c *twilio.Config) { c.Contents = map[string]string{"a": "HX" + hex32} }, "twilio: contents: set without whatsapp; they are for WhatsApp only"},
		"odd contents": {func(c *twilio.Config) { c.WhatsApp, c.Contents = true, map[string]string{"b": "HX1", "a": ""} }, "twilio: contents: a: not HX and 32 hex digits; copy it from the Twilio console\ncontents: b: not HX and 32 hex digits; copy it from the Twilio console"},
		"callback":     {func(c *twilio.Config) { c.StatusCallback = "https://my_host.example.com/" }, "twilio: status_callback: not an http(s) url with a host free of underscores, and no fragment; Twilio refuses any other"},
		"base":         {func(c *twilio.Config) { c.BaseURL = "api.twilio.com" }, `twilio: base url: "api.twilio.com" has no http(s) scheme and host; write it like https://api.example.com`},
		"base's user":  {func(c *twilio.Config) { c.BaseURL = "https://me:pw@api.twilio.com" }, "twilio: base url: api.twilio.com: a user, query or fragment has no place here; remove it"},
		"two at once":  {func(c *twilio.Config) { c.AccountSID, c.From = "", "" }, "twilio: account_sid: not AC and 32 hex digits; copy it from the Twilio console\nfrom: missing; set it or messaging_service_sid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config("")
			tc.spoil(&c)
			_, err := twilio.New(c)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config("")
	c.AuthToken = secret
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "twilio", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v", c, c, c, c, c, &c) + logged.String()
	require.NotContains(t, printed, secret)
	require.Contains(t, printed, "auth token redacted")
}
