// Package seal signs what the engine posts to a company's own systems, and
// checks what they post back, as Standard Webhooks says. It decides whether a
// text comes from somebody who has the secret, and lately; it knows no
// message and opens no connection.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package seal

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

// The headers of a signed text.
const (
	IDHeader        = "Webhook-Id"
	TimestampHeader = "Webhook-Timestamp"
	SignatureHeader = "Webhook-Signature"
)

// Fresh is how far a text's timestamp may be from now, either way.
const Fresh = 5 * time.Minute

// prefix opens a serialised secret.
const prefix = "whsec_"

// version opens a signature by HMAC-SHA256.
const version = "v1,"

// A secret's length in bytes, as Standard Webhooks has it.
const (
	minSecret = 24
	maxSecret = 64
)

// Key is a secret's bytes; nil signs nothing. It prints as nothing.
type Key []byte

// Format implements fmt.Formatter: whatever the verb, a key says only whether
// there is one.
func (k Key) Format(f fmt.State, _ rune) {
	word := "redacted"
	if k == nil {
		word = "unset"
	}
	_, _ = f.Write([]byte(word))
}

// ReadKey reads a secret: whsec_ and the base64 of 24 to 64 random bytes; nil
// for "". The error says what is wrong with it, and does not show it.
func ReadKey(text string) (Key, error) {
	if text == "" {
		return nil, nil
	}
	encoded, ok := strings.CutPrefix(text, prefix)
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

// Sign writes a call's headers: its id, which stays the same when the call is
// made again, the instant of this attempt, and with a secret the signature
// over both and the body. The id is made of the engine's own names and not of
// anything that a customer chose, so its points cannot be played with.
func (k Key) Sign(h http.Header, id, body string, now time.Time) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "outreach")
	h.Set(IDHeader, id)
	h.Set(TimestampHeader, stamp)
	if k == nil {
		return
	}
	h.Set(SignatureHeader, version+base64.StdEncoding.EncodeToString(k.sum(id, stamp, body)))
}

func (k Key) sum(id, stamp, body string) []byte {
	mac := hmac.New(sha256.New, k)
	_, _ = mac.Write([]byte(id + "." + stamp + "." + body))
	return mac.Sum(nil)
}

// Verify checks what came in: one of its signatures is this key's, and its
// timestamp is within five minutes of now. Without a key nothing passes. The
// error says which it was, and holds nothing of the text.
func (k Key) Verify(header func(name string) string, body string, now time.Time) error {
	id, stamp := header(IDHeader), header(TimestampHeader)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	switch {
	case k == nil:
		return errors.New("no webhook secret is set, so nothing that is signed can be believed; set one")
	case id == "" || err != nil:
		return errors.New("webhook-id or webhook-timestamp is missing; sign as Standard Webhooks says")
	case now.Sub(time.Unix(seconds, 0)).Abs() > Fresh:
		return errors.New("webhook-timestamp is more than five minutes away from now; sign anew, and look at the clock")
	}
	want := k.sum(id, stamp, body)
	for one := range strings.FieldsSeq(header(SignatureHeader)) {
		encoded, ok := strings.CutPrefix(one, version)
		got, err := base64.StdEncoding.DecodeString(encoded)
		if ok && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return errors.New("webhook-signature is not of this secret and body; sign the body as it is sent")
}
