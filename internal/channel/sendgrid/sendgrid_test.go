package sendgrid_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/customer"
)

const secret = "SG.key.that-nobody-may-see"

var message = channel.Message{
	Key:      "send-1",
	Customer: "c1",
	Channel:  customer.Email,
	To:       "ada@example.com",
	Topic:    "service",
	Template: "parcel-late",
	Locale:   "en",
	Content: channel.Content{
		Subject:   "Ada, your parcel is late",
		Preheader: "5 < 6 days",
		HTML:      `<html><body class="x"><p>Sorry.</p></body></html>`,
		Text:      "Sorry.",
	},
}

func config(baseURL string) sendgrid.Config {
	return sendgrid.Config{
		APIKey:      secret,
		FromName:    "Parcels",
		FromAddress: "news@example.com",
		BaseURL:     baseURL,
	}
}

func sender(t testing.TB, c sendgrid.Config) channel.Sender {
	s, err := sendgrid.New(c)
	require.NoError(t, err)
	return s
}

func accept(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Message-Id", "sg-1")
	w.WriteHeader(http.StatusAccepted)
}

func read(_ *http.Request, body []byte) channeltest.Seen {
	var mail struct {
		Personalizations []struct {
			To         []struct{ Email string }
			CustomArgs map[string]string `json:"custom_args"`
		}
		Content []struct{ Type, Value string }
	}
	if json.Unmarshal(body, &mail) != nil || len(mail.Personalizations) != 1 || len(mail.Content) == 0 {
		return channeltest.Seen{}
	}
	p := mail.Personalizations[0]
	return channeltest.Seen{Key: p.CustomArgs[sendgrid.KeyArg], To: p.To[0].Email, Text: mail.Content[0].Value}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fields := func(names ...string) string {
		var errs []string
		for _, n := range names {
			errs = append(errs, fmt.Sprintf(`{"message": "{to} does not contain a valid address.", "field": %q, "help": null}`, n))
		}
		return `{"errors": [` + strings.Join(errs, ", ") + `]}`
	}
	refusal := func(name string, kind channel.Kind, names ...string) channeltest.Answer {
		return channeltest.Answer{Name: name, Status: 400, Body: fields(names...), Want: channeltest.Want{Kind: kind, Code: "400"}}
	}
	const to = "personalizations.0.to.0.email"
	date := map[string]string{"Date": "Sun, 01 Nov 2026 10:00:00 GMT"}
	reset := fmt.Sprint(time.Date(2026, 11, 1, 10, 0, 42, 0, time.UTC).Unix())
	channeltest.Run(t, channeltest.HTTP{
		Message: message,
		Secrets: []string{secret},
		New:     func(t testing.TB, baseURL string) channel.Sender { return sender(t, config(baseURL)) },
		Read:    read,
		Accept:  accept,
		Answers: []channeltest.Answer{
			{Name: "202", Status: 202, Header: map[string]string{"X-Message-Id": "sg-1"}},
			{Name: "202 with a broken body", Status: 202, Header: map[string]string{"Content-Length": "99"}},
			refusal("bad to", channel.BadAddress, to),
			refusal("bad to, plain field", channel.BadAddress, "personalizations.0.to"),
			refusal("bad to and content", channel.Rejected, to, "content.0.value"),
			refusal("bad from", channel.Misconfigured, "from.email"),
			refusal("bad to and from", channel.Misconfigured, to, "from"),
			refusal("bad answers", channel.Misconfigured, "reply_to.email"),
			refusal("bad group", channel.Misconfigured, "asm.group_id"),
			refusal("bad pool", channel.Misconfigured, "ip_pool_name"),
			refusal("bad headers", channel.Misconfigured, "headers.List-Unsubscribe"),
			refusal("bad subject", channel.Rejected, "subject"),
			refusal("a field like from", channel.Rejected, "fromage"),
			refusal("no field", channel.Rejected, ""),
			{
				Name: "429 with reset", Status: 429,
				Header: map[string]string{"Date": date["Date"], "X-Ratelimit-Reset": reset},
				Want:   channeltest.Want{Kind: channel.Throttled, Code: "429", RetryAfter: 42 * time.Second},
			},
			{
				Name: "429 with both", Status: 429,
				Header: map[string]string{"Date": date["Date"], "X-Ratelimit-Reset": reset, "Retry-After": "3"},
				Want:   channeltest.Want{Kind: channel.Throttled, Code: "429", RetryAfter: 3 * time.Second},
			},
			{Name: "401", Status: 401, Body: fields(""), Want: channeltest.Want{Kind: channel.Misconfigured, Code: "401"}},
			{Name: "403", Status: 403, Body: fields("from"), Want: channeltest.Want{Kind: channel.Misconfigured, Code: "403"}},
			{Name: "403 for the address is the account's", Status: 403, Body: fields(to), Want: channeltest.Want{Kind: channel.Misconfigured, Code: "403"}},
			{Name: "413 in JSON", Status: 413, Body: fields(""), Want: channeltest.Want{Kind: channel.Rejected, Code: "413"}},
			{Name: "400 of another shape", Status: 400, Body: `{"errors": ["{to}"]}`, Want: channeltest.Want{Kind: channel.Rejected, Code: "400"}},
		},
	}.Case())
}

type request struct{ path, authorization, body string }

// capture sends to a server that keeps the request and answers by status.
func capture(t *testing.T, c sendgrid.Config, m channel.Message, status int) (request, error) {
	t.Helper()
	var got request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = request{r.URL.Path, r.Header.Get("Authorization"), string(body)}
		w.WriteHeader(status)
	}))
	defer server.Close()
	c.BaseURL = server.URL
	_, err := sender(t, c).Send(t.Context(), m)
	return got, err
}

func TestResidency(t *testing.T) {
	t.Parallel()
	for residency, host := range map[sendgrid.Residency]string{
		"":              "api.sendgrid.com",
		sendgrid.Global: "api.sendgrid.com",
		sendgrid.EU:     "api.eu.sendgrid.com",
	} {
		c := config("")
		c.Residency = residency
		var got string
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.URL.String()
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody}, nil
		})
		receipt, err := sender(t, c).Send(t.Context(), message)
		require.NoError(t, err)
		require.Empty(t, receipt, "a 202 without X-Message-Id is accepted all the same")
		require.Equal(t, "https://"+host+"/v3/mail/send", got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*sendgrid.Config)
		want  string
	}{
		"nothing":   {func(c *sendgrid.Config) { *c = sendgrid.Config{} }, "sendgrid: api_key: missing; set it\nfrom_address: missing; set it"},
		"odd key":   {func(c *sendgrid.Config) { c.APIKey += "\n" }, "sendgrid: api_key: has spaces or other characters that no such value has; copy it again"},
		"from":      {func(c *sendgrid.Config) { c.FromAddress = "news" }, `sendgrid: from_address: "news" is not a bare email address; write it like news@example.com`},
		"residency": {func(c *sendgrid.Config) { c.Residency = "mars" }, `sendgrid: residency: "mars" is unknown; write eu or global`},
		"answers":   {func(c *sendgrid.Config) { c.ReplyTo = "<" }, `sendgrid: reply_to: "<" is not an address; write Name <address>`},
		"leave by":  {func(c *sendgrid.Config) { c.UnsubscribeMailto = "A <a@example.com>" }, `sendgrid: unsubscribe_mailto: "A <a@example.com>" is not a bare email address; write it like leave@example.com`},
		"pool":      {func(c *sendgrid.Config) { c.IPPool = "x" }, `sendgrid: ip_pool: "x" has not 2 to 64 letters; copy its name from SendGrid`},
		"tracking":  {func(c *sendgrid.Config) { c.Tracking.Clicks = "yes" }, `sendgrid: tracking: clicks: "yes" is unknown; write on or off`},
		"freshness": {func(c *sendgrid.Config) { c.Freshness = -time.Second }, `sendgrid: freshness: -1s is less than nothing; write a time such as 5m`},
		"groups": {
			func(c *sendgrid.Config) { c.Groups = map[customer.Topic]int{"a": 0, "b": 2, "c": 2} },
			"sendgrid: groups: a=0 is no group; copy its number from SendGrid\ngroups: b and c have the same group 2; give each topic its own",
		},
		"two":  {func(c *sendgrid.Config) { c.FromAddress, c.Residency = "x", "y" }, "sendgrid: from_address: \"x\" is not a bare email address; write it like news@example.com\nresidency: \"y\" is unknown; write eu or global"},
		"base": {func(c *sendgrid.Config) { c.BaseURL = "://" }, "sendgrid: base url: not a url; write it like https://api.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config("")
			tc.spoil(&c)
			_, err := sendgrid.New(c)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config("")
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "sendgrid", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v", c, c, c, c, c, &c) + logged.String()
	require.NotContains(t, printed, secret)
	require.Contains(t, printed, "key redacted")
}
