package sendgrid_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sendgrid/rest"
	sg "github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
)

// TestAccountTrouble: what SendGrid says of the account holds the channel,
// whatever the status, and is told in words of ours.
func TestAccountTrouble(t *testing.T) {
	t.Parallel()
	const noSend = "the api key may not send mail; give it Mail Send access"
	for _, tc := range []struct {
		status          int
		message, detail string
	}{
		{403, "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.", "the sender's address is not verified; verify it or its domain in SendGrid"},
		{400, "The from address ada@example.com does not match a verified Sender Identity.", "the sender's address is not verified; verify it or its domain in SendGrid"},
		{401, "Maximum credits exceeded", "the plan's credits are used up; enlarge it or wait for its next period"},
		{401, "The provided authorization grant is invalid, expired, or revoked", "the api key is unknown; make one with Mail Send access"},
		{401, "Authenticated user is not authorized to send mail", noSend},
		{403, "access forbidden", noSend},
		{403, "Your account has been temporarily suspended", "the account is suspended; ask SendGrid's support"},
		{401, "Your account is deactivated", "the account is deactivated; ask SendGrid's support"},
		{403, "This account is currently under review", "the account is under review; ask SendGrid's support"},
		{403, "Your account is frozen", "the account is frozen; look after its payment"},
		{403, "The requestor's IP Address is not whitelisted", "this machine's address may not use the account; add it to SendGrid's IP access list"},
		{403, "no more of ada@example.com", "the account or its credentials are refused"},
	} {
		t.Run(tc.message, func(t *testing.T) {
			t.Parallel()
			err := answered(t, tc.status, nil, fmt.Sprintf(`{"errors": [{"message": %q, "field": null}]}`, tc.message))
			require.Equal(t, &channel.Error{Kind: channel.Misconfigured, Provider: "sendgrid", Code: fmt.Sprint(tc.status), Detail: tc.detail}, err)
		})
	}
}

// answered sends the message to a server that answers so, once.
func answered(t *testing.T, status int, header map[string]string, body string) error {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	_, err := sender(t, config(server.URL)).Send(t.Context(), message)
	require.EqualValues(t, 1, asked.Load(), "a message is handed over once")
	return err
}

// TestLibraryCallsNoRefusalAnError: the library returns no error for a 4xx or
// 5xx; the sender reads the status.
func TestLibraryCallsNoRefusalAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer server.Close()
	r := sg.GetRequest(secret, "/v3/mail/send", server.URL)
	r.Method = rest.Post
	res, err := sg.API(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	require.Equal(t, channel.Misconfigured, channel.KindOf(answered(t, http.StatusUnauthorized, nil, "")))
}

// TestLibraryRetryIsNotUsed: the library's retry helpers sleep whatever the
// answer says and hand the mail over again; the sender returns at once, with
// the pause that X-Ratelimit-Reset names.
func TestLibraryRetryIsNotUsed(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	err := answered(t, http.StatusTooManyRequests, map[string]string{
		"Date": at.Format(http.TimeFormat), "X-RateLimit-Reset": fmt.Sprint(at.Add(9 * time.Second).Unix()),
	}, "")
	require.Equal(t, &channel.Error{
		Kind: channel.Throttled, Provider: "sendgrid", Code: "429", Detail: "the provider asks for patience", RetryAfter: 9 * time.Second,
	}, err)
}

// TestLibraryClientMixesMails: the library's client keeps the body of a mail
// in itself, so that mails sent at the same time swap places. Each mail here
// has a request of its own, which the race detector sees too.
func TestLibraryClientMixesMails(t *testing.T) {
	t.Parallel()
	client := sg.NewSendClient(secret)
	client.BaseURL, client.Body = "http://127.0.0.1:1", []byte("first")
	_, err := client.Send(mail.NewV3Mail())
	require.Error(t, err)
	require.NotEqual(t, "first", string(client.Body), "the library has mended it: a mail leaves its client as it was")

	var keys sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		keys.Store(read(r, body).Key, true)
		accept(w, r)
	}))
	defer server.Close()
	s := sender(t, config(server.URL))
	errs := make(chan error, 20)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			m := message
			m.Key = fmt.Sprint("send-", i)
			_, err := s.Send(t.Context(), m)
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	for i := range 20 {
		_, came := keys.Load(fmt.Sprint("send-", i))
		require.True(t, came, "mail %d took the place of another, or lost its own", i)
	}
}

// TestLibraryHasNoTimeout: the library's own HTTP client waits for ever; a
// call here ends after ten seconds even when its context never does.
func TestLibraryHasNoTimeout(t *testing.T) {
	t.Parallel()
	require.Zero(t, rest.DefaultClient.HTTPClient.Timeout)
	synctest.Test(t, func(t *testing.T) {
		c := config("")
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		begun := time.Now()
		_, err := sender(t, c).Send(context.Background(), message)
		require.Equal(t, channel.Ambiguous, channel.KindOf(err))
		require.Equal(t, 10*time.Second, time.Since(begun))
	})
}

// TestLibraryPanicsOnOtherKeys: the library's key reader does; New answers with
// an error, as TestWebhookKey holds.
func TestLibraryPanicsOnOtherKeys(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	text := encoded(t, &key.PublicKey)
	require.Panics(t, func() { _, _ = eventwebhook.ConvertPublicKeyBase64ToECDSA(text) })
}
