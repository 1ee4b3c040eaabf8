package sendgrid

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"github.com/outreach-engine/outreach/internal/channel"
)

const (
	freshness = 5 * time.Minute // either way, unless Config.Freshness says otherwise
	maxEvents = 10_000          // of one callback; SendGrid gathers far fewer
)

// errNoKey wraps ErrForged: without a key nothing tells a true callback from a
// forged one.
var errNoKey = fmt.Errorf("webhook_key: missing, so no callback can be believed; "+
	"set OUTREACH_SENDGRID_WEBHOOK_KEY to the Signed Event Webhook's verification key: %w", channel.ErrForged)

// Reports implements channel.Reporter for the Event Webhook: a JSON array of
// events, signed by ECDSA over the time and the raw body. An event that cannot
// be read, or says nothing that matters here, is left out; the others count.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
func (s *Sender) Reports(c channel.Callback) ([]channel.Report, error) {
	if err := s.believe(c); err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	entries, err := split(c.Body)
	if err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	var out []channel.Report
	for _, entry := range entries {
		if e, ok := readEvent(entry); ok {
			out = append(out, e.reports(s.config.Groups)...)
		}
	}
	return out, nil
}

// Reply implements channel.Reporter: SendGrid reads the status alone.
func (s *Sender) Reply([]channel.Report) (contentType, body string) { return "", "" }

// believe checks signature and age. The library checks no age. The signature
// is over the bytes as they came, with the line end that SendGrid adds.
func (s *Sender) believe(c channel.Callback) error {
	if s.key == nil {
		return errNoKey
	}
	stamp := c.Header(eventwebhook.TimestampHTTPHeader)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !s.fresh(c.At, seconds) {
		return channel.ErrForged
	}
	good, err := eventwebhook.VerifySignature(s.key, c.Body, c.Header(eventwebhook.VerificationHTTPHeader), stamp)
	if err != nil || !good {
		return channel.ErrForged
	}
	return nil
}

// fresh compares whole seconds, as the header has no more.
func (s *Sender) fresh(now time.Time, seconds int64) bool {
	window := s.config.Freshness
	if window == 0 {
		window = freshness
	}
	return now.Truncate(time.Second).Sub(time.Unix(seconds, 0)).Abs() <= window
}

// split takes the array apart without reading its entries.
func split(body []byte) ([]json.RawMessage, error) {
	var entries []json.RawMessage
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) || json.Unmarshal(body, &entries) != nil {
		return nil, errors.New("callback: its body is not a JSON array of events; point SendGrid's Event Webhook, and nothing else, here")
	}
	if len(entries) > maxEvents {
		return nil, fmt.Errorf("callback: %d events are more than %d", len(entries), maxEvents)
	}
	return entries, nil
}

// publicKey reads the key as SendGrid shows it. The library's own reader
// panics on a key of another kind.
func publicKey(text string) (*ecdsa.PublicKey, error) {
	wrong := func(why string) error {
		return fmt.Errorf("webhook_key: %s; copy the verification key of SendGrid's Signed Event Webhook", why)
	}
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, wrong("not base64")
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, wrong("not a public key")
	}
	ec, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, wrong("a key of another kind than ECDSA")
	}
	return ec, nil
}
