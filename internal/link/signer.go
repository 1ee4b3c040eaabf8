package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// KeyLength is the length of a key, in bytes.
const KeyLength = 32

// Key signs tokens. It is a secret: who has it can unsubscribe anybody.
type Key [KeyLength]byte

// number names a key in tokens, and tells nothing of it.
func (k Key) number() byte { return sha256.Sum256(append([]byte("outreach link key "), k[:]...))[0] }

// ParseKeys reads keys as OUTREACH_LINK_SECRET holds them, newest first: 32
// bytes each, in hex or base64 (either alphabet, with or without padding),
// separated by commas. Errors hold no key.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		b := decodeKey(word)
		if len(b) != KeyLength {
			return nil, fmt.Errorf("link key %d: is not %d bytes in hex or base64, make one with openssl rand -hex %d", len(keys)+1, KeyLength, KeyLength)
		}
		keys = append(keys, Key(b))
	}
	return keys, nil
}

// decodeKey gives a key's bytes, none when it is neither hex nor base64.
func decodeKey(word string) []byte {
	if b, err := hex.DecodeString(word); err == nil {
		return b
	}
	word = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(word, "="))
	b, err := base64.RawURLEncoding.DecodeString(word)
	if err != nil {
		return nil
	}
	return b
}

// Hex gives the key as ParseKeys reads it.
func (k Key) Hex() string { return hex.EncodeToString(k[:]) }

// Signer makes and reads tokens. It is immutable and safe for concurrent use.
type Signer struct {
	keys []Key // newest first
}

// NewSigner gives the signer that signs with the first key and takes what any
// of them signed. It wants at least one.
func NewSigner(keys []Key) (*Signer, error) {
	if len(keys) == 0 {
		return nil, errors.New("link keys: there is none, give one of 32 bytes")
	}
	return &Signer{keys: append([]Key(nil), keys...)}, nil
}

// macLength is the length of a signature, in bytes: 128 bits of HMAC-SHA256,
// the least that RFC 2104 section 5 lets one cut it to.
const macLength = 16

// maxToken bounds what is read, in letters.
const maxToken = 2048

// Sign gives the token of a link: letters, digits, - and _, some 60 to 110 of
// them. An Unsubscribe without a topic, and a link that comes to more than
// 1,500 bytes, is not read back.
func (s *Signer) Sign(l Link) string {
	key := s.keys[0]
	b := l.write(key.number())
	return base64.RawURLEncoding.EncodeToString(append(b, key.mac(b)...))
}

func (k Key) mac(b []byte) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write(b) // never fails (hash.Hash)
	return h.Sum(nil)[:macLength]
}

// Verify gives what a token says at an instant. The error is ErrUnreadable,
// ErrForged, or ErrExpired: with the last one the link is given as well. How
// long it takes to refuse one tells nothing of what the right one would be.
func (s *Signer) Verify(token string, now time.Time) (Link, error) {
	if len(token) > maxToken {
		return Link{}, ErrUnreadable
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < headLength+macLength {
		return Link{}, ErrUnreadable
	}
	said, mac := b[:len(b)-macLength], b[len(b)-macLength:]
	if !s.signed(said, mac) {
		return Link{}, ErrForged
	}
	l, ok := read(said)
	switch {
	case !ok:
		return Link{}, ErrUnreadable
	case l.Kind == Preferences && !now.Before(l.Expires()):
		return l, ErrExpired
	}
	return l, nil
}

// signed reports whether a known key made the signature.
func (s *Signer) signed(said, mac []byte) bool {
	found := false
	for _, key := range s.keys {
		if key.number() == said[1] && hmac.Equal(key.mac(said), mac) {
			found = true
		}
	}
	return found
}

// Expires gives the instant from which a link holds no more, zero for never.
func (l Link) Expires() time.Time {
	if l.Kind != Preferences {
		return time.Time{}
	}
	return l.Issued.Add(PreferencesLife)
}

// The paths that tokens stand behind.
const (
	UnsubscribePath = "/u/"
	PreferencesPath = "/p/"
)

// URL gives the whole address of a link below the engine's public one, such as
// https://news.example.com; "" where there is no public address, or the link
// says too little.
func (s *Signer) URL(public string, l Link) string {
	path := UnsubscribePath
	if l.Kind == Preferences {
		path = PreferencesPath
	}
	if public == "" || !l.whole() {
		return ""
	}
	return strings.TrimRight(public, "/") + path + s.Sign(l)
}
