package line_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

func open(t *testing.T, base string, rt http.RoundTripper) *line.Line {
	t.Helper()
	l, err := line.Open(base, rt)
	require.NoError(t, err)
	return l
}

func serve(t *testing.T, h http.HandlerFunc) *line.Line {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return open(t, server.URL+"/under", nil)
}

// TestCallCarriesOneRequest: a library that sends again gets an error, and the
// far side hears nothing of it.
func TestCallCarriesOneRequest(t *testing.T) {
	t.Parallel()
	var paths []string
	l := serve(t, func(_ http.ResponseWriter, r *http.Request) { paths = append(paths, r.Host[:9]+r.URL.RequestURI()) })
	call, done := l.Call(t.Context())
	defer done()
	_, err := call.Client().Get("https://api.example.com/v1/x?a=%2Fb")
	require.NoError(t, err)
	_, err = call.Client().Post("https://api.example.com/v1/y", "text/plain", strings.NewReader("again"))
	require.ErrorContains(t, err, "a call carries one request")
	require.Equal(t, []string{"127.0.0.1/under/v1/x?a=%2Fb"}, paths)
	require.Equal(t, http.StatusOK, call.Status)
}

func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	l := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) })
	call, done := l.Call(t.Context())
	defer done()
	resp, err := call.Client().Get("https://api.example.com/")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Len(t, body, 256<<10)
	require.Equal(t, body, call.Body)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSilence: without an answer, only a request that surely was not written
// is Unavailable.
func TestSilence(t *testing.T) {
	t.Parallel()
	spent, cancel := context.WithCancel(t.Context())
	cancel()
	broken := roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	for name, tc := range map[string]struct {
		ctx  context.Context
		base string
		rt   http.RoundTripper
		want channel.Error
	}{
		"context is spent":         {spent, "https://a.example", broken, channel.Error{Kind: channel.Unavailable, Code: "no_connection", Detail: "the call was cancelled"}},
		"transport does not tell":  {t.Context(), "https://a.example", broken, channel.Error{Kind: channel.Ambiguous, Code: "no_answer", Detail: "the connection broke after the request was written"}},
		"nobody listens":           {t.Context(), "http://127.0.0.1:1", nil, channel.Error{Kind: channel.Unavailable, Code: "no_connection", Detail: "the connection was refused"}},
		"certificate is not known": {t.Context(), "", nil, channel.Error{Kind: channel.Unavailable, Code: "no_connection", Detail: "the provider's certificate is not trusted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.base == "" {
				server := httptest.NewUnstartedServer(http.NotFoundHandler())
				server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would report the handshake
				server.StartTLS()
				t.Cleanup(server.Close)
				tc.base = server.URL
			}
			call, done := open(t, tc.base, tc.rt).Call(tc.ctx)
			defer done()
			_, err := call.Client().Get("https://api.example.com/")
			require.Error(t, err)
			tc.want.Provider = "p"
			require.Equal(t, &tc.want, call.Trouble("p", err))
		})
	}
}

// TestRetryAfterLaw: whatever the header holds, the pause lies between nothing
// and a day.
func TestRetryAfterLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.OneOf(
			rapid.StringMatching(`[0-9]{1,25}`),
			rapid.StringMatching(`[ -~]{0,30}`),
			rapid.Custom(func(rt *rapid.T) string {
				return time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(rt, "at"), 0).UTC().Format(http.TimeFormat)
			}),
		).Draw(rt, "retry after")
		l, err := line.Open("https://a.example", roundTrip(func(*http.Request) (*http.Response, error) {
			h := http.Header{"Retry-After": {value}, "Date": {"Sun, 01 Nov 2026 10:00:00 GMT"}}
			return &http.Response{StatusCode: 429, Header: h, Body: http.NoBody}, nil
		}))
		require.NoError(rt, err)
		call, done := l.Call(context.Background())
		defer done()
		_, err = call.Client().Get("https://api.example.com/")
		require.NoError(rt, err)
		e := call.Trouble("p", nil)
		require.Equal(rt, channel.Throttled, e.Kind)
		require.True(rt, e.RetryAfter >= 0 && e.RetryAfter <= 24*time.Hour, "%v", e.RetryAfter)
	})
}
