package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// secretPrefix opens a serialised secret.
const secretPrefix = "whsec_"

// A secret's length in bytes, as Standard Webhooks has it.
const (
	minSecret = 24
	maxSecret = 64
)

// readSecret gives a secret's bytes; nil for "".
func readSecret(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, errors.New("webhook secret: does not begin with whsec_; write whsec_ and the base64 of 24 to 64 random bytes")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("webhook secret: is not base64 behind whsec_; copy it again")
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("webhook secret: has %d bytes; take 24 to 64 random ones", len(key))
	}
	return key, nil
}

// sign writes a call's headers: its id, which stays the same when the call is
// made again, the instant of this attempt, and with a secret the signature
// over both and the body. The id is made of the engine's own names and not of
// anything that a customer chose, so its points cannot be played with.
func (c *Client) sign(h http.Header, id, body string, now time.Time) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "outreach")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	if c.key == nil {
		return
	}
	mac := hmac.New(sha256.New, c.key)
	_, _ = mac.Write([]byte(id + "." + stamp + "." + body))
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
