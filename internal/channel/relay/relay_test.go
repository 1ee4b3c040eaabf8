package relay_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/seal"
	"github.com/outreach-engine/outreach/internal/customer"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var message = channel.Message{
	Key:      "parcels.c1.1.late.email",
	Customer: "c1",
	Channel:  customer.Email,
	To:       "ada@example.com",
	Topic:    "service",
	Template: "parcel-late",
	Locale:   "en",
	From:     "Parcels <news@example.com>",
	Content: channel.Content{
		Subject: "Ada, your parcel is late", Preheader: "5 days", HTML: "<p>Sorry.</p>", Text: "Sorry.", Link: "https://example.com/p/1",
	},
	Unsubscribe: "https://example.com/u/token",
	Life:        90 * time.Minute,
	Urgent:      true,
}

func sender(t testing.TB, c relay.Config) *relay.Sender {
	t.Helper()
	s, err := relay.New(c)
	require.NoError(t, err)
	return s
}

func config(url string) relay.Config {
	return relay.Config{URL: url + "/messages/", Secret: secret, Channels: []customer.Channel{customer.Email}}
}

func accept(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id": "m-1"}`) }

func read(_ *http.Request, body []byte) channeltest.Seen {
	var seen struct{ Key, To, Text string }
	_ = json.Unmarshal(body, &seen)
	return channeltest.Seen(seen)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	said := func(name string, status int, body string, want channeltest.Want) channeltest.Answer {
		return channeltest.Answer{Name: name, Status: status, Body: body, Want: want}
	}
	kind := func(k channel.Kind) channeltest.Want { return channeltest.Want{Kind: k} }
	c := channeltest.HTTP{
		Message: message,
		Secrets: []string{secret},
		New:     func(t testing.TB, baseURL string) channel.Sender { return sender(t, config(baseURL)) },
		Read:    read,
		Accept:  accept,
		Answers: []channeltest.Answer{
			said("taken, without a word", 204, "", channeltest.Want{}),
			said("taken, in other words", 200, "ok", channeltest.Want{}),
			said("known already", 409, `{"key": "situation-1", "id": "m-1"}`, channeltest.Want{}),
			said("another is known", 409, `{"key": "another"}`, kind(channel.Ambiguous)),
			said("a conflict", 409, "", kind(channel.Ambiguous)),
			said("bad address", 422, `{"error": "bad_address", "to": "{to}"}`, kind(channel.BadAddress)),
			said("bad address by 400", 400, `{"error": "bad_address"}`, kind(channel.BadAddress)),
			said("bad address by 500", 500, `{"error": "bad_address"}`, kind(channel.Ambiguous)),
			said("refused", 422, `{"error": "{text}"}`, kind(channel.Rejected)),
			said("forbidden", 403, "", kind(channel.Misconfigured)),
		},
	}.Case()
	c.Situations = slices.DeleteFunc(c.Situations, func(s channeltest.Situation) bool {
		return s.Name == "200 empty" || s.Name == "204" // of this webhook any 2xx is a yes
	})
	channeltest.Run(t, c)
}

// TestRequest holds what the other side is told, and that it can tell who
// speaks.
func TestRequest(t *testing.T) {
	t.Parallel()
	var path, body string
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		path, body, header = r.Method+" "+r.URL.String(), string(text), r.Header
		accept(w, r)
	}))
	t.Cleanup(server.Close)
	c := config(server.URL)
	c.URL += "?from=outreach"
	_, err := sender(t, c).Send(t.Context(), message)
	require.NoError(t, err)
	require.Equal(t, "POST /messages/?from=outreach", path)
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Equal(t, message.Key, header.Get("webhook-id"))
	key, err := seal.ReadKey(secret)
	require.NoError(t, err)
	require.NoError(t, key.Verify(header.Get, body, time.Now()))
	require.JSONEq(t, `{
		"key": "parcels.c1.1.late.email", "channel": "email", "to": "ada@example.com", "from": "Parcels <news@example.com>",
		"topic": "service", "template": "parcel-late", "locale": "en", "subject": "Ada, your parcel is late", "preheader": "5 days",
		"html": "<p>Sorry.</p>", "text": "Sorry.", "link": "https://example.com/p/1", "unsubscribe": "https://example.com/u/token",
		"urgent": true, "life_seconds": 5400
	}`, body)
	c.Channels = nil
	_, err = sender(t, c).Send(t.Context(), channel.Message{Key: "k", Channel: customer.SMS, To: "+15550100100", Content: channel.Content{Text: "Hi"}})
	require.NoError(t, err)
	require.JSONEq(t, `{"key": "k", "channel": "sms", "to": "+15550100100", "text": "Hi"}`, body)
	_, err = sender(t, c).Send(t.Context(), channel.Message{Key: "k", Channel: customer.Webhook, To: "https://example.com", Content: channel.Content{Text: "{}"}})
	require.Equal(t, channel.Misconfigured, channel.KindOf(err))
	require.True(t, sender(t, c).RepeatsSafely("ada@example.com"))
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]channel.Receipt{
		``:                               {},
		`{}`:                             {},
		`[1]`:                            {},
		`{"id": "m-1"`:                   {},
		`{"id": "m-1"}`:                  {ProviderID: "m-1"},
		`{"id": 12345678901234567890}`:   {ProviderID: "12345678901234567890"},
		`{"id": {"a": 1}}`:               {},
		`{"id": null, "delivered": 1}`:   {},
		`{"id": "m", "delivered": true}`: {ProviderID: "m", Delivered: true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, body)
		}))
		receipt, err := sender(t, config(server.URL)).Send(t.Context(), message)
		server.Close()
		require.NoError(t, err, body)
		require.Equal(t, want, receipt, body)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]relay.Config{
		"webhook: url: missing; set it\nsecret: missing; set it to whsec_ and the base64 of 24 to 64 random bytes": {},
		"webhook: url: is not encrypted; write it with https:// in front":                                          {URL: "http://example.com/a", Secret: secret},
		"webhook: url: is not a URL; write it whole, such as https://api.example.com/coupons":                      {URL: "example", Secret: secret},
		`webhook: channels: "fax" reaches no customer; write sms, email or push`:                                   {URL: "https://example.com", Secret: secret, Channels: []customer.Channel{"fax"}},
		"webhook secret: does not begin with whsec_; write whsec_ and the base64 of 24 to 64 random bytes":         {URL: "https://example.com", Secret: "x"},
	} {
		_, err := relay.New(c)
		require.EqualError(t, err, want)
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	c := relay.Config{URL: "https://example.com/in/path-token?token=query-token", Secret: secret}
	s := sender(t, c)
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "webhook", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v %v %+v %#v", c, c, c, c, c, &c, s, s, s) + logged.String()
	for _, hidden := range []string{secret, "path-token", "query-token", "MfKQ9"} {
		require.NotContains(t, printed, hidden)
	}
	require.Contains(t, printed, "webhook at example.com, secret redacted")
}
