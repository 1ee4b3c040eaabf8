package webpush_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/webpush"
	"github.com/outreach-engine/outreach/internal/customer"
)

// The application server's key pair of RFC 8291, appendix A.
const (
	vapidPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	vapidPublic  = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
	pushPath     = "/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"
	endpoint     = "https://push.example.net" + pushPath
	location     = "https://push.example.net/message/qDIYHNcfAIPP_5ITvURr-d6BGt?x=1"
)

var message = channel.Message{
	Key:      "send-1",
	Customer: "c1",
	Channel:  customer.Push,
	To:       subscription(endpoint),
	Topic:    "service",
	Template: "parcel-late",
	Content:  channel.Content{Subject: "Ada, your parcel", Text: "It is late.", Link: "https://shop.example.com/p/1"},
}

func subscription(endpoint string) string {
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, browserPublic, browserAuth)
}

func config() webpush.Config {
	return webpush.Config{PublicKey: vapidPublic, PrivateKey: vapidPrivate, Subject: "mailto:push@example.com"}
}

func newSender(t testing.TB, c webpush.Config) *webpush.Sender {
	s, err := webpush.New(c)
	require.NoError(t, err)
	return s
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// leadTo gives a transport that carries requests for any host to one server.
func leadTo(t testing.TB, baseURL string) http.RoundTripper {
	base, err := url.Parse(baseURL)
	require.NoError(t, err)
	inner := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(inner.CloseIdleConnections)
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = base.Scheme, base.Host
		return inner.RoundTrip(out)
	})
}

func sender(t testing.TB, baseURL string) channel.Sender {
	c := config()
	c.Transport = leadTo(t, baseURL)
	return newSender(t, c)
}

func accept(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusCreated)
}

// read does what the browser and its service worker do.
func read(r *http.Request, body []byte) channeltest.Seen {
	text, err := decrypt(body)
	if err != nil {
		return channeltest.Seen{Text: err.Error()}
	}
	var p webpush.Payload
	_ = json.Unmarshal(text, &p)
	seen := channeltest.Seen{Key: p.SendKey, Text: p.Body}
	if r.URL.Path == pushPath {
		seen.To = message.To
	}
	return seen
}

func TestConformance(t *testing.T) {
	t.Parallel()
	answer := func(status int, kind channel.Kind) channeltest.Answer {
		return channeltest.Answer{
			Name: fmt.Sprint(status, " of a push service"), Status: status, Body: `{"code": 1, "errno": 102, "message": "{to}: {text}"}`,
			Want: channeltest.Want{Kind: kind, Code: fmt.Sprint(status)},
		}
	}
	busy := answer(429, channel.Throttled)
	busy.Header, busy.Want.RetryAfter = map[string]string{"Retry-After": "60"}, time.Minute
	c := channeltest.HTTP{
		Message: message,
		Secrets: []string{vapidPrivate, browserAuth, pushPath},
		New:     sender,
		Read:    read,
		Accept:  accept,
		Answers: []channeltest.Answer{
			{Name: "201", Status: 201},
			{Name: "202", Status: 202},
			answer(400, channel.Rejected),
			answer(401, channel.Misconfigured),
			answer(403, channel.Misconfigured),
			answer(404, channel.BadAddress),
			answer(405, channel.Rejected),
			answer(410, channel.BadAddress),
			answer(413, channel.Rejected),
			busy,
			answer(500, channel.Ambiguous),
			answer(503, channel.Ambiguous),
		},
	}.Case()
	// The endpoint is the customer's address, so that what it is unknown at is no wrong set-up (RFC 8030, 7.3).
	c.Situations = slices.DeleteFunc(c.Situations, func(s channeltest.Situation) bool { return s.Name == "404 page" })
	channeltest.Run(t, c)
}

// request is what a push service got.
type request struct {
	method, uri string
	header      http.Header
	body        []byte
}

// capture gives a sender whose requests end up in the returned variable.
func capture(t testing.TB, c webpush.Config) (*webpush.Sender, *request) {
	got := new(request)
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		*got = request{r.Method, r.URL.String(), r.Header, body}
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Location": {location}}, Body: http.NoBody}, err
	})
	return newSender(t, c), got
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		vary                func(*channel.Message)
		ttl, urgency, topic string
		payload             webpush.Payload
		subject             string
	}{
		"usual": {
			vary: func(*channel.Message) {},
			ttl:  "86400", urgency: "normal", topic: "send-1",
			payload: webpush.Payload{Title: "Ada, your parcel", Body: "It is late.", Link: "https://shop.example.com/p/1", Tag: "send-1", SendKey: "send-1"},
			subject: "mailto:push@example.com",
		},
		"urgent, short, of a long key": {
			vary: func(m *channel.Message) {
				m.Urgent, m.Life, m.Key = true, 90*time.Second+time.Millisecond, "outreach/c1/7 part 2"
				m.Content = channel.Content{Text: "Es ist spät."}
			},
			ttl: "91", urgency: "high", topic: "1gBU0a-IqCy5MQyRWYme2_gqyY5B3C0l",
			payload: webpush.Payload{Body: "Es ist spät.", Tag: "1gBU0a-IqCy5MQyRWYme2_gqyY5B3C0l", SendKey: "outreach/c1/7 part 2"},
			subject: "https://example.com/contact",
		},
		"endless": {
			vary: func(m *channel.Message) { m.Life = 1 << 62 },
			ttl:  "2419200", urgency: "normal", topic: "send-1",
			payload: webpush.Payload{Title: "Ada, your parcel", Body: "It is late.", Link: "https://shop.example.com/p/1", Tag: "send-1", SendKey: "send-1"},
			subject: "mailto:push@example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			c.Subject = tc.subject
			s, got := capture(t, c)
			m := message
			tc.vary(&m)
			receipt, err := s.Send(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, channel.Receipt{ProviderID: "qDIYHNcfAIPP_5ITvURr-d6BGt"}, receipt)

			require.Equal(t, "POST "+endpoint, got.method+" "+got.uri)
			checkAuthorization(t, got.header.Get("Authorization"), tc.subject)
			got.header.Del("Authorization")
			require.Equal(t, http.Header{
				"Content-Encoding": {"aes128gcm"}, "Content-Type": {"application/octet-stream"},
				"Ttl": {tc.ttl}, "Urgency": {tc.urgency}, "Topic": {tc.topic},
			}, got.header)
			text, err := decrypt(got.body)
			require.NoError(t, err)
			var payload webpush.Payload
			require.NoError(t, json.Unmarshal(text, &payload))
			require.Equal(t, tc.payload, payload)
		})
	}
}

// checkAuthorization holds the header to RFC 8292: a JWT for this push service
// and this day, signed with the key that it names.
func checkAuthorization(t *testing.T, header, subject string) {
	t.Helper()
	token, ok := strings.CutPrefix(header, "vapid t=")
	require.True(t, ok)
	token, key, ok := strings.Cut(token, ", k=")
	require.True(t, ok)
	require.Equal(t, vapidPublic, key)
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	require.JSONEq(t, `{"typ": "JWT", "alg": "ES256"}`, string(raw(parts[0])))
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	require.NoError(t, json.Unmarshal(raw(parts[1]), &claims))
	require.Equal(t, "https://push.example.net", claims.Aud)
	require.Equal(t, subject, claims.Sub)
	left := time.Until(time.Unix(claims.Exp, 0))
	require.True(t, left > time.Hour && left <= 24*time.Hour, "%v", left)

	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw(key))
	require.NoError(t, err)
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), raw(parts[2])
	require.Len(t, signature, 64)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	require.True(t, ecdsa.Verify(public, digest[:], r, s))
}

// TestPayloadLaw: whatever the texts, a message arrives whole or is refused
// without a request, and its body is of one length, which tells nothing.
func TestPayloadLaw(t *testing.T) {
	t.Parallel()
	s, got := capture(t, config())
	rapid.Check(t, func(rt *rapid.T) {
		*got = request{}
		m := message
		m.Key = rapid.StringN(1, 60, -1).Draw(rt, "key")
		m.Content = channel.Content{
			Subject: rapid.StringN(0, 100, -1).Draw(rt, "title"),
			Text:    "x" + strings.Repeat(rapid.StringN(0, 20, -1).Draw(rt, "text"), rapid.IntRange(0, 100).Draw(rt, "times")),
		}
		_, err := s.Send(t.Context(), m)
		if err != nil {
			require.Equal(rt, channel.Rejected, channel.KindOf(err))
			require.Empty(rt, got.uri)
			return
		}
		require.Len(rt, got.body, 4096)
		text, err := decrypt(got.body)
		require.NoError(rt, err)
		var payload webpush.Payload
		require.NoError(rt, json.Unmarshal(text, &payload))
		require.Equal(rt, m.Content, channel.Content{Subject: payload.Title, Text: payload.Body})
		require.Equal(rt, m.Key, payload.SendKey)
	})
}

// TestLargestMessage: 3993 bytes of JSON fit, and one more does not.
func TestLargestMessage(t *testing.T) {
	t.Parallel()
	s, got := capture(t, config())
	m := message
	m.Content = channel.Content{Text: strings.Repeat("x", 3993-len(`{"body":"","tag":"send-1","send_key":"send-1"}`))}
	_, err := s.Send(t.Context(), m)
	require.NoError(t, err)
	text, err := decrypt(got.body)
	require.NoError(t, err)
	require.Len(t, text, 3993)

	*got = request{}
	m.Content.Text += "x"
	_, err = s.Send(t.Context(), m)
	require.Equal(t, &channel.Error{
		Kind: channel.Rejected, Provider: webpush.Name, Code: "not_sent",
		Detail: "message: takes 3994 bytes, 3993 are the most; shorten the template",
	}, err)
	require.Empty(t, got.uri)
}

func TestMessageName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "", "/": "", "/m/abc": "abc", "https://push.example.net/m/abc/": "abc", "/" + strings.Repeat("x", 513): "",
	} {
		c := config()
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, r.Body)
			return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Location": {given}}, Body: http.NoBody}, err
		})
		receipt, err := newSender(t, c).Send(t.Context(), message)
		require.NoError(t, err)
		require.Equal(t, channel.Receipt{ProviderID: want}, receipt, given)
	}
}

// TestBadSubscriptions: what is no subscription, or leads inside, is suppressed
// and never called.
func TestBadSubscriptions(t *testing.T) {
	t.Parallel()
	s, got := capture(t, config())
	const inside = "subscription: its endpoint is no public host; no push service is there"
	for address, want := range map[string]string{
		"device-token-1": "subscription: is not a JSON object with endpoint and keys; send it as JSON.stringify(subscription) gives it",
		subscription("http://push.example.net/1"):        "subscription: endpoint is not an https URL; send it as JSON.stringify(subscription) gives it",
		subscription("https://127.0.0.1/"):               inside,
		subscription("https://169.254.169.254/latest"):   inside,
		subscription("https://[::1]:8443/"):              inside,
		subscription("https://[::ffff:10.0.0.1]/"):       inside,
		subscription("https://localhost/"):               inside,
		subscription("https://db.internal/"):             inside,
		subscription("https://kubernetes/"):              inside,
		subscription("https://kubernetes.default.svc./"): "",
		subscription("https://2130706433/"):              inside,
		subscription("https://127.1/"):                   inside,
	} {
		*got = request{}
		m := message
		m.To = address
		_, err := s.Send(t.Context(), m)
		if want == "" {
			require.NoError(t, err, "only its address can tell: %s", address)
			continue
		}
		require.Equal(t, &channel.Error{Kind: channel.BadAddress, Provider: webpush.Name, Code: "not_sent", Detail: want}, err, address)
		require.Empty(t, got.uri, address)
	}
}

// TestOtherKeys: keys that are refused from the start are a wrong set-up. Once
// one browser has taken a message they are not, and no subscription can hold
// up the others.
func TestOtherKeys(t *testing.T) {
	t.Parallel()
	const foreign = "https://push.example.org/1"
	c := config()
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		status := http.StatusCreated
		if r.URL.String() == foreign {
			status = http.StatusForbidden
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}, err
	})
	s := newSender(t, c)
	m := message
	m.To = subscription(foreign)
	want := &channel.Error{
		Kind: channel.Misconfigured, Provider: webpush.Name, Code: "403",
		Detail: "the push service refuses the VAPID keys or their subject; check that pages subscribe with the same public key",
	}
	_, err := s.Send(t.Context(), m)
	require.Equal(t, want, err)
	_, err = s.Send(t.Context(), message)
	require.NoError(t, err)
	want.Kind, want.Detail = channel.Rejected, "the subscription was not made with the VAPID keys that others were"
	_, err = s.Send(t.Context(), m)
	require.Equal(t, want, err)
}

// TestAllowLocal: a push service of a test's own is called when that is
// allowed.
func TestAllowLocal(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(accept))
	t.Cleanup(server.Close)
	c := config()
	c.Transport, c.AllowLocal = server.Client().Transport, true
	m := message
	m.To = subscription(server.URL + pushPath)
	receipt, err := newSender(t, c).Send(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, channel.Receipt{ProviderID: "qDIYHNcfAIPP_5ITvURr-d6BGt"}, receipt)
}

func TestRepeatsSafely(t *testing.T) {
	t.Parallel()
	require.True(t, newSender(t, config()).RepeatsSafely(message.To))
}

func TestGeneratedKeysFit(t *testing.T) {
	t.Parallel()
	keys, err := webpush.GenerateKeys()
	require.NoError(t, err)
	other, err := webpush.GenerateKeys()
	require.NoError(t, err)
	require.NotEqual(t, keys, other)
	_, err = webpush.New(webpush.Config{PublicKey: keys.Public, PrivateKey: keys.Private, Subject: "mailto:push@example.com"})
	require.NoError(t, err)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	const subject = "webpush: subject: is neither mailto: with an address nor an https url; write it like mailto:push@example.com"
	const private = "webpush: private_key: is not 32 bytes of base64url without padding; make one with outreach webpush-keys"
	for name, tc := range map[string]struct {
		spoil func(*webpush.Config)
		want  string
	}{
		"nothing":       {func(c *webpush.Config) { *c = webpush.Config{} }, "webpush: public_key: missing; set it\nprivate_key: missing; set it\nsubject: missing; set it"},
		"a line's end":  {func(c *webpush.Config) { c.PrivateKey += "\n" }, "webpush: private_key: has spaces or other characters that no such value has; copy it again"},
		"half a key":    {func(c *webpush.Config) { c.PrivateKey = c.PrivateKey[:20] }, private},
		"no key":        {func(c *webpush.Config) { c.PrivateKey = strings.Repeat("A", 43) }, private},
		"another's key": {func(c *webpush.Config) { c.PublicKey = browserPublic }, "webpush: public_key: is not the private key's; make both with outreach webpush-keys"},
		"bare address":  {func(c *webpush.Config) { c.Subject = "push@example.com" }, subject},
		"a name in it":  {func(c *webpush.Config) { c.Subject = "mailto:Push<push@example.com>" }, subject},
		"not encrypted": {func(c *webpush.Config) { c.Subject = "http://example.com" }, subject},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			tc.spoil(&c)
			_, err := webpush.New(c)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config()
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "webpush", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v", c, c, c, c, c, &c) + logged.String()
	require.NotContains(t, printed, vapidPrivate)
	require.Contains(t, printed, "private key redacted")
}
