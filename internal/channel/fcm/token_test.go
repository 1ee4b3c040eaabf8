package fcm_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
)

func TestTokenIsFetchedOnce(t *testing.T) {
	t.Parallel()
	messages := httptest.NewServer(http.HandlerFunc(accept))
	t.Cleanup(messages.Close)
	tokenURL, fetched := tokenServer(t, grant)
	s := newSender(t, fcm.Config{ServiceAccount: keyFile(t, tokenURL), BaseURL: messages.URL})
	for _, err := range sendAtOnce(t.Context(), s) {
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, fetched.Load())
}

func sendAtOnce(ctx context.Context, s channel.Sender) []error {
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.Send(ctx, message) })
	}
	wg.Wait()
	return errs
}

// TestTokenTrouble: while there is no token nothing was sent, so nothing is
// ambiguous.
func TestTokenTrouble(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		want   channel.Error
	}{
		"key deleted":   {400, `{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}`, channel.Error{Kind: channel.Misconfigured, Code: "token_400", Detail: "no access token: the service account's key is refused; check private_key and email"}},
		"client":        {401, `{"error": "invalid_client"}`, channel.Error{Kind: channel.Misconfigured, Code: "token_401", Detail: "no access token: the service account's key is refused; check private_key and email"}},
		"down":          {503, `busy`, channel.Error{Kind: channel.Unavailable, Code: "token_503", Detail: "no access token: the token endpoint gave none", RetryAfter: 4 * time.Second}},
		"not a token":   {200, `{}`, channel.Error{Kind: channel.Unavailable, Code: "token_200", Detail: "no access token: the token endpoint gave none"}},
		"not even JSON": {200, `<html>`, channel.Error{Kind: channel.Unavailable, Code: "token_200", Detail: "no access token: the token endpoint gave none"}},
		"too many":      {429, ``, channel.Error{Kind: channel.Throttled, Code: "token_429", Detail: "the provider asks for patience", RetryAfter: 4 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokenURL, _ := tokenServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "4")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			s := newSender(t, fcm.Config{ServiceAccount: keyFile(t, tokenURL), BaseURL: refusing(t)})
			_, err := s.Send(t.Context(), message)
			tc.want.Provider = fcm.Name
			require.Equal(t, &tc.want, err)
		})
	}
}

// refusing gives the address of a server that must not be reached.
func refusing(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a message was sent without a token")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestTokenStalls: the call that fetches and the one that waits for it both
// end with their own deadlines.
func TestTokenStalls(t *testing.T) {
	t.Parallel()
	tokenURL, _ := tokenServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := newSender(t, fcm.Config{ServiceAccount: keyFile(t, tokenURL), BaseURL: refusing(t)})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for _, err := range sendAtOnce(ctx, s) {
		require.Equal(t, channel.Unavailable, channel.KindOf(err))
	}
	require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
}

// TestTokenRunsOutEarly: a held token that is refused is dropped and costs one
// message a second try; a fresh one that is refused is a wrong set-up.
func TestTokenRunsOutEarly(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	messages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if revoked.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error": {"code": 401, "status": "UNAUTHENTICATED"}}`)
			return
		}
		accept(w, r)
	}))
	t.Cleanup(messages.Close)
	tokenURL, fetched := tokenServer(t, grant)
	s := newSender(t, fcm.Config{ServiceAccount: keyFile(t, tokenURL), BaseURL: messages.URL})
	_, err := s.Send(t.Context(), message)
	require.NoError(t, err)
	revoked.Store(true)
	_, err = s.Send(t.Context(), message)
	require.Equal(t, channel.Unavailable, channel.KindOf(err))
	_, err = s.Send(t.Context(), message)
	require.Equal(t, channel.Misconfigured, channel.KindOf(err))
	require.EqualValues(t, 2, fetched.Load())
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*fcm.Config)
		want  string
	}{
		"not a file": {func(c *fcm.Config) { c.ServiceAccount = []byte("{}") }, "fcm: service_account: not a service account's JSON key file; download one from the Firebase console"},
		"nothing":    {func(c *fcm.Config) { *c = fcm.Config{} }, "fcm: project_id: missing; set it\nemail: missing; set it"},
		"project":    {func(c *fcm.Config) { c.ProjectID = "a/b" }, `fcm: project_id: "a/b" is not a project's id; copy it from the Firebase console`},
		"key":        {func(c *fcm.Config) { c.PrivateKey = "secret-1" }, "fcm: private_key: missing or not an RSA key in PEM; copy it with its BEGIN and END lines"},
		"token url":  {func(c *fcm.Config) { c.TokenURL = "token" }, "fcm: token_url: not an absolute url; leave it out for Google's"},
		"token ftp":  {func(c *fcm.Config) { c.TokenURL = "ftp://example.com/token" }, "fcm: token_url: not an http(s) url; leave it out for Google's"},
		"base":       {func(c *fcm.Config) { c.BaseURL = "https://fcm.googleapis.com?x=1" }, "fcm: base url: fcm.googleapis.com: a user, query or fragment has no place here; remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := fcm.Config{ServiceAccount: keyFile(t, "")}
			tc.spoil(&c)
			_, err := fcm.New(c)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := fcm.Config{ServiceAccount: keyFile(t, ""), PrivateKey: privateKey()}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "fcm", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v", c, c, c, c, c, &c) + logged.String()
	require.NotContains(t, printed, "PRIVATE KEY")
	require.Contains(t, printed, "private key redacted")
}
