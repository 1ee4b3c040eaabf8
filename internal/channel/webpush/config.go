package webpush

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"strings"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

const mailto = "mailto:"

// Config is with which keys browsers are sent to. It prints without its
// secret.
type Config struct {
	// The VAPID keys, base64url without padding, as GenerateKeys makes them: a
	// point of P-256 in 65 bytes and its scalar in 32. Pages subscribe with the
	// public one; a new pair makes every subscription useless.
	PublicKey  string `json:"public_key"`
	PrivateKey string `json:"-"`

	// Subject is where a push service finds who sends: mailto: and an address,
	// or an https URL (RFC 8292, 2.1).
	Subject string `json:"subject"`

	// Transport carries the requests; nil is one of its own, which refuses to
	// connect to anything that is not a public address. One that is given is
	// trusted to do so itself.
	Transport http.RoundTripper `json:"-"`

	// AllowLocal lets subscriptions lead into one's own network. It is for
	// tests: subscriptions come from outside, and so would say which hosts
	// inside are called.
	AllowLocal bool `json:"allow_local"`
}

// String gives the settings without the private key.
func (c Config) String() string {
	return fmt.Sprintf("webpush subject %s, public key %s, private key %s", c.Subject, c.PublicKey, line.Redact(c.PrivateKey))
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// transport gives what carries the requests.
func (c Config) transport() http.RoundTripper {
	switch {
	case c.Transport != nil:
		return c.Transport
	case c.AllowLocal:
		return open()
	}
	return guard()
}

// check names what is wrong in the settings.
func (c Config) check() error {
	if err := line.Required("public_key", c.PublicKey, "private_key", c.PrivateKey, "subject", c.Subject); err != nil {
		return err
	}
	private, err := privateKey(c.PrivateKey)
	if err != nil {
		return err
	}
	if public := encodeKey(private.PublicKey().Bytes()); public != c.PublicKey {
		return errors.New("public_key: is not the private key's; make both with outreach webpush-keys")
	}
	if !reachable(c.Subject) {
		return errors.New("subject: is neither mailto: with an address nor an https url; write it like mailto:push@example.com")
	}
	return nil
}

func privateKey(text string) (*ecdh.PrivateKey, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		if key, err := ecdh.P256().NewPrivateKey(raw); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("private_key: is not 32 bytes of base64url without padding; make one with outreach webpush-keys")
}

func encodeKey(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// reachable reports whether a subject is one that RFC 8292 takes.
func reachable(subject string) bool {
	if address, ok := strings.CutPrefix(subject, mailto); ok {
		parsed, err := mail.ParseAddress(address)
		return err == nil && parsed.Address == address
	}
	u, err := url.Parse(subject)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// Keys are a new pair of VAPID keys, in the form that Config takes.
type Keys struct{ Public, Private string }

// GenerateKeys makes a pair of keys from the machine's randomness.
func GenerateKeys() (Keys, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return Keys{}, fmt.Errorf("vapid keys: no randomness: %w", err)
	}
	return Keys{Public: encodeKey(key.PublicKey().Bytes()), Private: encodeKey(key.Bytes())}, nil
}
