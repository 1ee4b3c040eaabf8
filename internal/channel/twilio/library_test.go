package twilio_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/outreach-engine/outreach/internal/channel"
)

// What the client library does that nobody would expect of it. Each test
// shows the library's way first, then that the sender is free of it. Where the
// first half fails, the library has mended itself, and the sender may be
// simpler.

// bareService is the library as its own pages show it, aimed at a server.
func bareService(t *testing.T, handler http.HandlerFunc) (service *api.ApiService, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = countNew(connections)
	server.Start()
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client.Client{
		Credentials: client.NewCredentials("SK"+hex32, secret),
		HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.Scheme, r.URL.Host = target.Scheme, target.Host
			return transport.RoundTrip(r)
		})},
	}
	c.SetAccountSid("AC" + hex32)
	return api.NewApiServiceWithClient(c), connections
}

func countNew(n *atomic.Int32) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
}

func create(service *api.ApiService) error {
	p := &api.CreateMessageParams{}
	_, err := service.CreateMessage(p.SetTo(message.To).SetBody(message.Content.Text))
	return err
}

// TestLibraryLeaksRefusedAnswers: it leaves a refusal's body open, which costs
// a connection whenever the body goes on behind its JSON.
func TestLibraryLeaksRefusedAnswers(t *testing.T) {
	t.Parallel()
	const sends = 10
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"code": 21610, "message": "x", "status": 400}` + strings.Repeat("\n", 16<<10)))
	}
	service, leaked := bareService(t, refuse)
	for range sends {
		require.Error(t, create(service))
	}
	require.EqualValues(t, sends, leaked.Load())

	kept := new(atomic.Int32)
	server := httptest.NewUnstartedServer(http.HandlerFunc(refuse))
	server.Config.ConnState = countNew(kept)
	server.Start()
	t.Cleanup(server.Close)
	s := sender(t, config(server.URL))
	for range sends {
		_, err := s.Send(t.Context(), message)
		require.Equal(t, channel.BadAddress, channel.KindOf(err))
	}
	require.EqualValues(t, 1, kept.Load())
}

// TestLibraryForgetsAnAcceptance: a 201 whose body breaks off is a plain EOF
// to it, as if there had been no answer at all.
func TestLibraryForgetsAnAcceptance(t *testing.T) {
	t.Parallel()
	accept := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }
	service, _ := bareService(t, accept)
	require.EqualError(t, create(service), "EOF")

	server := httptest.NewServer(http.HandlerFunc(accept))
	t.Cleanup(server.Close)
	_, err := sender(t, config(server.URL)).Send(t.Context(), message)
	require.Equal(t, &channel.Error{
		Kind: channel.Ambiguous, Provider: "twilio", Code: "201", Detail: "the answer is not the provider's usual one",
	}, err)
}

// TestLibraryLosesHeaders: how long to wait stands in a header only.
func TestLibraryLosesHeaders(t *testing.T) {
	t.Parallel()
	throttle := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"code": 20429, "message": "Too Many Requests", "status": 429}`))
	}
	service, _ := bareService(t, throttle)
	var rest *client.TwilioRestError
	require.ErrorAs(t, create(service), &rest)
	require.Equal(t, client.TwilioRestError{Code: 20429, Message: "Too Many Requests", Status: 429}, *rest)

	server := httptest.NewServer(http.HandlerFunc(throttle))
	t.Cleanup(server.Close)
	_, err := sender(t, config(server.URL)).Send(t.Context(), message)
	require.Equal(t, &channel.Error{
		Kind: channel.Throttled, Provider: "twilio", Code: "20429", Detail: "too many requests", RetryAfter: 3 * time.Second,
	}, err)
}

// TestLibraryCutsQueries: it deletes a point and the digits behind it from
// what it asks for. The sender asks for nothing that has them; what it does
// ask for arrives whole (TestFindReadsAllPages, TestFindAsksWhatItCan).
func TestLibraryCutsQueries(t *testing.T) {
	t.Parallel()
	asked := make(chan url.Values, 1)
	service, _ := bareService(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Query()
		_, _ = w.Write([]byte(`{"messages": []}`))
	})
	_, err := service.PageMessage((&api.ListMessageParams{}).SetTo("a.123b"), "PA.4", "")
	require.NoError(t, err)
	require.Equal(t, url.Values{"To": {"ab"}, "PageToken": {"PA"}}, <-asked)
}
