package customer

import (
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// pushLimit bounds an address of push messages, in bytes. Neither Firebase nor
// browsers name a limit; no token and no subscription is near it.
const pushLimit = 4096

// Browser is where a browser takes push messages: its PushSubscription
// (https://www.w3.org/TR/push-api/).
type Browser struct {
	Endpoint string // https, at the browser's push service
	Key      string // its public key: a point of P-256 in 65 bytes, base64url without padding
	Auth     string // its secret for authentication: 16 bytes, base64url without padding
}

// IsBrowser reports whether an address of push messages is meant for a browser:
// a JSON object, as JSON.stringify(subscription) writes it. Any other is a
// device's token.
func IsBrowser(address string) bool { return strings.HasPrefix(strings.TrimSpace(address), "{") }

// ReadBrowser reads {"endpoint": "https://…", "keys": {"p256dh": "…", "auth":
// "…"}}. What else stands in it is left out. The trouble is "" when there is
// none, and shows nothing of the address.
func ReadBrowser(address string) (b Browser, trouble string) {
	var object struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256dh string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
	}
	switch {
	case len(address) > pushLimit:
		return Browser{}, "subscription: is longer than 4096 bytes; send it as JSON.stringify(subscription) gives it"
	case json.Unmarshal([]byte(address), &object) != nil:
		return Browser{}, "subscription: is not a JSON object with endpoint and keys; send it as JSON.stringify(subscription) gives it"
	}
	if trouble := checkEndpoint(object.Endpoint); trouble != "" {
		return Browser{}, trouble
	}
	key, auth := decode(object.Keys.P256dh), decode(object.Keys.Auth)
	const authBytes = 16 // RFC 8291, 3.2
	switch _, err := ecdh.P256().NewPublicKey(key); {
	case err != nil:
		return Browser{}, "subscription: keys.p256dh is not a public key (65 bytes, base64url); send it as JSON.stringify(subscription) gives it"
	case len(auth) != authBytes:
		return Browser{}, "subscription: keys.auth is not a secret (16 bytes, base64url); send it as JSON.stringify(subscription) gives it"
	}
	encode := base64.RawURLEncoding.EncodeToString
	return Browser{Endpoint: object.Endpoint, Key: encode(key), Auth: encode(auth)}, ""
}

// Address gives the subscription as an address of push messages: what
// ReadBrowser reads, and nothing else.
func (b Browser) Address() string {
	type keys struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	}
	text, _ := json.Marshal(struct { // texts alone: it never fails
		Endpoint string `json:"endpoint"`
		Keys     keys   `json:"keys"`
	}{b.Endpoint, keys{b.Key, b.Auth}})
	return string(text)
}

func checkEndpoint(text string) (trouble string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !visible(text) {
		return "subscription: endpoint is not an https URL; send it as JSON.stringify(subscription) gives it"
	}
	return ""
}

// decode reads base64 of either alphabet, with padding or without; nil is none.
func decode(text string) []byte {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return data
}

// CheckPushToken says what is wrong with an address of push messages, "" when
// nothing is: a browser's subscription must be whole, and a device's token is 1
// to 4096 visible ASCII characters without a space. Whether anything arrives
// there only the provider knows. The trouble shows nothing of the address.
func CheckPushToken(text string) (trouble string) {
	switch {
	case IsBrowser(text):
		_, trouble = ReadBrowser(text)
		return trouble
	case text == "":
		return "push token: is empty; send what the app got from Firebase, or the browser's subscription"
	case len(text) > pushLimit:
		return "push token: is longer than 4096 bytes; send what the app got from Firebase, or the browser's subscription"
	case !visible(text):
		return "push token: has spaces or characters that no token has; send what the app got from Firebase, or the browser's subscription"
	}
	return ""
}

// visible reports whether a text is of visible ASCII characters alone.
func visible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
