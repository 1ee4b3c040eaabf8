package webpush

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"142.250.74.106": true, "2a00:1450:4001:80b::200a": true, "::ffff:142.250.74.106": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "fe80::1%eth0": false, "fc00::1": false,
		"fd00:ec2::254": false, "ff02::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001::1": false, "fec0::1": false,
	} {
		require.Equal(t, want, public(netip.MustParseAddr(address)), address)
	}
	require.False(t, public(netip.Addr{}))
}

// TestNamesThatLeadInside: a public name whose address is one's own is refused
// when the connection is made, and nothing reaches the host.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a host inside was called")
	}))
	t.Cleanup(server.Close)
	keys, err := GenerateKeys()
	require.NoError(t, err)
	s, err := New(Config{
		PublicKey: keys.Public, PrivateKey: keys.Private, Subject: "mailto:push@example.com",
		Transport: misled{t, server.URL, guard()},
	})
	require.NoError(t, err)
	_, err = s.Send(t.Context(), channel.Message{
		Key: "send-1", Channel: customer.Push, Content: channel.Content{Text: "It is late."},
		To: `{"endpoint": "https://push.example.net/1", "keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg", "p256dh": "` + keys.Public + `"}}`,
	})
	require.Equal(t, &channel.Error{
		Kind: channel.Rejected, Provider: Name, Code: "not_sent",
		Detail: "the push service's name leads to an address that is not public",
	}, err)
}

// misled is a transport for which every name leads to one host, as a name
// server's answer would.
type misled struct {
	t     *testing.T
	base  string
	inner http.RoundTripper
}

func (m misled) RoundTrip(r *http.Request) (*http.Response, error) {
	base, err := url.Parse(m.base)
	require.NoError(m.t, err)
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host = base.Scheme, base.Host
	return m.inner.RoundTrip(out)
}

// TestLocalIsReachedWhenAllowed: the transport of tests connects to the machine
// itself.
func TestLocalIsReachedWhenAllowed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	for allow, want := range map[bool]error{true: nil, false: errLocal} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		require.NoError(t, err)
		response, err := Config{AllowLocal: allow}.transport().RoundTrip(r)
		require.ErrorIs(t, err, want)
		if err == nil {
			require.NoError(t, response.Body.Close())
		}
	}
}
