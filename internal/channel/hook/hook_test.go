package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/hook"
	"github.com/outreach-engine/outreach/internal/customer"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func client(t *testing.T, c hook.Config) *hook.Client {
	t.Helper()
	h, err := hook.New(c)
	require.NoError(t, err)
	return h
}

func call(url string) channel.Message {
	return channel.Message{
		Key: "coupons.c1.1.coupon.webhook", Customer: "c1", Channel: customer.Webhook, To: url,
		Content: channel.Content{Text: `{"key":"coupons.c1.1.coupon.webhook"}`},
	}
}

// answering serves one answer.
func answering(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/coupons?of=x"
}

// TestSignature computes the signature by itself, and holds that of the
// specification's own example.
func TestSignature(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	want := func(id, stamp, body string) string {
		mac := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		want("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`))
	for _, signed := range []bool{true, false} {
		var seen *http.Request
		var body []byte
		url := answering(t, func(_ http.ResponseWriter, r *http.Request) {
			seen = r
			body, _ = io.ReadAll(r.Body)
		})
		config := hook.Config{}
		if signed {
			config.Secret = secret
		}
		h := client(t, config)
		require.Equal(t, signed, h.Signs())
		_, err = h.Send(t.Context(), call(url))
		require.NoError(t, err)
		require.Equal(t, "POST /coupons?of=x", seen.Method+" "+seen.URL.String())
		require.Equal(t, "application/json", seen.Header.Get("Content-Type"))
		require.JSONEq(t, call("").Content.Text, string(body))
		id, stamp := seen.Header.Get("webhook-id"), seen.Header.Get("webhook-timestamp")
		require.Equal(t, call("").Key, id)
		at, err := strconv.ParseInt(stamp, 10, 64)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), time.Unix(at, 0), time.Minute)
		if !signed {
			require.Empty(t, seen.Header.Values("webhook-signature"))
			continue
		}
		require.Equal(t, want(id, stamp, string(body)), seen.Header.Get("webhook-signature"))
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const js = "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		kind, body string
		status     int
		want       string
	}{
		"texts, numbers and truths": {js, ` {"value": 12.50, "code": "A1", "new": true, "old": false} `, 200, `{"code":"A1","new":"yes","old":"no","value":12.5}`},
		"what is not flat":          {js, `{"code": "A1", "more": {"a": 1}, "list": [1], "none": null, "empty": ""}`, 201, `{"code":"A1"}`},
		"without a type":            {"", `{"code": "A1"}`, 200, `{"code":"A1"}`},
		"nothing":                   {"", ``, 204, ``},
		"an empty object":           {js, `{}`, 200, ``},
		"a list":                    {js, `["A1"]`, 200, ``},
		"a text":                    {"text/plain", `ok`, 200, ``},
		"json that says nothing":    {js, ``, 200, ``},
		"as much as may be":         {js, `{"code":"` + strings.Repeat("a", 16<<10-11) + `"}`, 200, `{"code":"` + strings.Repeat("a", 16<<10-11) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			got, err := client(t, hook.Config{}).Send(t.Context(), call(url))
			require.NoError(t, err)
			require.Equal(t, channel.Receipt{Answer: c.want}, got)
		})
	}
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	header := func(pairs ...string) func(http.Header) {
		return func(h http.Header) {
			for i := 0; i < len(pairs); i += 2 {
				h.Set(pairs[i], pairs[i+1])
			}
		}
	}
	const now, later = "Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:02:00 GMT"
	for name, c := range map[string]struct {
		status int
		header func(http.Header)
		body   string
		kind   channel.Kind
		code   string
		retry  time.Duration
	}{
		"refused":                {400, header(), "no", channel.Rejected, "400", 0},
		"not there":              {404, header("Retry-After", "9"), "", channel.Rejected, "404", 0},
		"gone":                   {410, header(), "", channel.Rejected, "410", 0},
		"patience":               {429, header("Retry-After", "30"), "", channel.Throttled, "429", 30 * time.Second},
		"patience by date":       {429, header("Retry-After", later, "Date", now), "", channel.Throttled, "429", 2 * time.Minute},
		"patience for ever":      {429, header("Retry-After", "99999999"), "", channel.Throttled, "429", 24 * time.Hour},
		"patience, unreadable":   {429, header("Retry-After", "soon"), "", channel.Throttled, "429", 0},
		"trouble":                {500, header(), "", channel.Unavailable, "500", 0},
		"trouble for a while":    {503, header("Retry-After", "5"), "", channel.Unavailable, "503", 5 * time.Second},
		"a gateway":              {504, header(), "", channel.Unavailable, "504", 0},
		"elsewhere":              {307, header("Location", "/other"), "", channel.Rejected, "307", 0},
		"too large":              {200, header(), strings.Repeat("a", 16<<10+1), channel.Rejected, "too_large", 0},
		"json that breaks off":   {200, header("Content-Type", "application/json"), `{"code": "A`, channel.Rejected, "not_json", 0},
		"a body that breaks off": {200, header("Content-Length", "100"), `{"code": "A1"}`, channel.Ambiguous, "no_answer", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			url := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				c.header(w.Header())
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := client(t, hook.Config{}).Send(t.Context(), call(url))
			var e *channel.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, []any{c.kind, hook.Name, c.code, c.retry}, []any{e.Kind, e.Provider, e.Code, e.RetryAfter}, e.Detail)
			require.NotContains(t, e.Error(), "127.0.0.1")
			require.Equal(t, int32(1), calls.Load(), "one call, and nobody is followed")
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	hangUp := answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	release := make(chan struct{})
	slow := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	impatient := hook.Config{Timeout: 50 * time.Millisecond}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		config hook.Config
		url    string
		detail string
	}{
		"nobody is there": {t.Context(), hook.Config{}, "http://" + free.Addr().String(), "the connection was refused"},
		"it hangs up":     {t.Context(), hook.Config{}, hangUp, "the connection broke"},
		"it is slow":      {t.Context(), impatient, slow, "the webhook did not answer in time"},
		"nobody waits":    {cancelled, hook.Config{}, slow, "the call was cancelled"},
	} {
		_, err := client(t, c.config).Send(c.ctx, call(c.url))
		require.Equal(t, &channel.Error{Kind: channel.Ambiguous, Provider: hook.Name, Code: "no_answer", Detail: c.detail}, err, name)
	}
}

// TestOnlyEncryptedOrHome holds that no call leaves the machine in the clear.
func TestOnlyEncryptedOrHome(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://api.example.com/", "http://127.0.0.1.example.com/", "ftp://localhost/", "localhost:80", "", "https://u:p@localhost/"} {
		_, err := client(t, hook.Config{}).Send(t.Context(), call(url))
		require.Equal(t, channel.Rejected, channel.KindOf(err), url)
	}
}

func TestOnlyWebhooks(t *testing.T) {
	t.Parallel()
	letter := call("care@example.com")
	letter.Channel = customer.Email
	_, err := client(t, hook.Config{}).Send(t.Context(), letter)
	require.Equal(t, channel.Misconfigured, channel.KindOf(err))
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	short := "whsec_" + base64.StdEncoding.EncodeToString([]byte("too short for this"))
	for secret, want := range map[string]string{
		"hello":     "webhook secret: does not begin with whsec_; write whsec_ and the base64 of 24 to 64 random bytes",
		"whsec_***": "webhook secret: is not base64 behind whsec_; copy it again",
		short:       "webhook secret: has 18 bytes; take 24 to 64 random ones",
	} {
		_, err := hook.New(hook.Config{Secret: secret})
		require.EqualError(t, err, want)
	}
	h := client(t, hook.Config{Secret: secret})
	require.Equal(t, "webhook webhook webhook", fmt.Sprintf("%v %s %#v", h, h, h))
}
