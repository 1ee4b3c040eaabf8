package customer_test

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

// The browser of RFC 8291, appendix A.
const (
	browserKey  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	browserAuth = "BTBZMqHH6r4Tts7J_aSIgg"
)

func subscription(endpoint, key, auth string) string {
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, key, auth)
}

func TestReadBrowser(t *testing.T) {
	t.Parallel()
	const endpoint = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"
	want := customer.Browser{Endpoint: endpoint, Key: browserKey, Auth: browserAuth}
	raw, err := base64.RawURLEncoding.DecodeString(browserKey)
	require.NoError(t, err)
	for name, address := range map[string]string{
		"as browsers write it": subscription(endpoint, browserKey, browserAuth),
		"the other alphabet":   " " + subscription(endpoint, base64.StdEncoding.EncodeToString(raw), browserAuth+"=="),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, customer.IsBrowser(address))
			got, trouble := customer.ReadBrowser(address)
			require.Empty(t, trouble)
			require.Equal(t, want, got)
			require.Empty(t, customer.CheckPushToken(address))
		})
	}
}

func TestCheckPushToken(t *testing.T) {
	t.Parallel()
	const again = "; send it as JSON.stringify(subscription) gives it"
	const which = "; send what the app got from Firebase, or the browser's subscription"
	const https = "https://push.example.net/1"
	off := make([]byte, 65) // 0, 0 is not on the curve
	off[0] = 4
	notAPoint := base64.RawURLEncoding.EncodeToString(off)
	for name, tc := range map[string]struct{ text, want string }{
		"a short token":   {"tok-1", ""},
		"Firebase's":      {"cQ1x_9-Zk0:APA91b" + strings.Repeat("aB3_-", 28), ""},
		"nothing":         {"", "push token: is empty" + which},
		"a space":         {"tok 1", "push token: has spaces or characters that no token has" + which},
		"a line's end":    {"tok\n", "push token: has spaces or characters that no token has" + which},
		"not ASCII":       {"tök", "push token: has spaces or characters that no token has" + which},
		"not UTF-8":       {"tok\xff", "push token: has spaces or characters that no token has" + which},
		"a long token":    {strings.Repeat("a", 4096), ""},
		"a longer one":    {strings.Repeat("a", 4097), "push token: is longer than 4096 bytes" + which},
		"half an object":  {`{"endpoint": "https://push`, "subscription: is not a JSON object with endpoint and keys" + again},
		"other types":     {`{"endpoint": 1}`, "subscription: is not a JSON object with endpoint and keys" + again},
		"no endpoint":     {subscription("", browserKey, browserAuth), "subscription: endpoint is not an https URL" + again},
		"not encrypted":   {subscription("http://push.example.net/1", browserKey, browserAuth), "subscription: endpoint is not an https URL" + again},
		"a user":          {subscription("https://a:b@push.example.net/1", browserKey, browserAuth), "subscription: endpoint is not an https URL" + again},
		"a space in it":   {subscription("https://push.example.net/ 1", browserKey, browserAuth), "subscription: endpoint is not an https URL" + again},
		"no keys":         {`{"endpoint": "https://push.example.net/1"}`, "subscription: keys.p256dh is not a public key (65 bytes, base64url)" + again},
		"a short key":     {subscription(https, browserKey[:40], browserAuth), "subscription: keys.p256dh is not a public key (65 bytes, base64url)" + again},
		"off the curve":   {subscription(https, notAPoint, browserAuth), "subscription: keys.p256dh is not a public key (65 bytes, base64url)" + again},
		"not base64":      {subscription(https, "?", browserAuth), "subscription: keys.p256dh is not a public key (65 bytes, base64url)" + again},
		"a short secret":  {subscription(https, browserKey, browserAuth[:10]), "subscription: keys.auth is not a secret (16 bytes, base64url)" + again},
		"a longer object": {subscription(https+strings.Repeat("a", 4096), browserKey, browserAuth), "subscription: is longer than 4096 bytes" + again},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, customer.CheckPushToken(tc.text))
		})
	}
}

// FuzzReadBrowser: whatever is taken has keys that a message can be encrypted
// with, and an endpoint without blanks.
func FuzzReadBrowser(f *testing.F) {
	f.Add(subscription("https://push.example.net/1", browserKey, browserAuth))
	f.Add(`{"endpoint":"https://[::1]:443/","keys":{}}`)
	f.Fuzz(func(t *testing.T, address string) {
		b, trouble := customer.ReadBrowser(address)
		if trouble != "" {
			require.Equal(t, customer.Browser{}, b)
			return
		}
		require.True(t, strings.HasPrefix(strings.ToLower(b.Endpoint), "https://"))
		key, err := base64.RawURLEncoding.DecodeString(b.Key)
		require.NoError(t, err)
		_, err = ecdh.P256().NewPublicKey(key)
		require.NoError(t, err)
		require.Len(t, b.Auth, 22)
	})
}
