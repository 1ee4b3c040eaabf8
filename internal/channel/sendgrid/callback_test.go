package sendgrid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/customer"
)

var now = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

// vendor signs as SendGrid does.
type vendor struct{ key *ecdsa.PrivateKey }

func newVendor(t testing.TB) vendor {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return vendor{key}
}

func encoded(t testing.TB, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

// callback is a signed one, made and received at an instant.
func (v vendor) callback(t testing.TB, body string, at time.Time) channel.Callback {
	t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	digest := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, v.key, digest[:])
	require.NoError(t, err)
	return received(body, base64.StdEncoding.EncodeToString(signature), stamp)
}

func received(body, signature, stamp string) channel.Callback {
	headers := map[string]string{
		"X-Twilio-Email-Event-Webhook-Signature": signature,
		"X-Twilio-Email-Event-Webhook-Timestamp": stamp,
	}
	return channel.Callback{
		URL:    "https://example.com/callbacks/sendgrid",
		Header: func(name string) string { return headers[name] },
		Body:   []byte(body),
		At:     now,
	}
}

// reporter knows the vendor's key and three groups.
func (v vendor) reporter(t testing.TB) *sendgrid.Sender {
	t.Helper()
	c := config("")
	c.WebhookKey = encoded(t, &v.key.PublicKey)
	c.Groups = map[customer.Topic]int{"tips": 1234, "offers": 5678}
	s, err := sendgrid.New(c)
	require.NoError(t, err)
	return s
}

const delivered = `[{"email":"ada@example.com","timestamp":1793527190,"event":"delivered","sg_event_id":"e1","sg_message_id":"m1.recvd-1.2","send_key":"send-1","response":"250 ada@example.com ok"}]` + "\r\n"

var deliveredReports = []channel.Report{{
	ID: "sendgrid:e1", Kind: channel.ReportDelivered, Channel: customer.Email, Key: "send-1",
	ProviderID: "m1", Address: "ada@example.com", At: time.Unix(1793527190, 0).UTC(),
}}

func TestReportsBelievesTheProvider(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	for name, tc := range map[string]struct{ made, got time.Time }{
		"at once":            {now, now},
		"five minutes ago":   {now.Add(-5 * time.Minute), now},
		"and half a second":  {now.Add(-5 * time.Minute), now.Add(time.Second / 2)},
		"its clock is ahead": {now.Add(5 * time.Minute), now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := v.callback(t, delivered, tc.made)
			c.At = tc.got
			reports, err := v.reporter(t).Reports(c)
			require.NoError(t, err)
			require.Equal(t, deliveredReports, reports)
		})
	}
	mediaType, reply := v.reporter(t).Reply(deliveredReports)
	require.Empty(t, mediaType+reply)
}

func TestReportsRefusesForgeries(t *testing.T) {
	t.Parallel()
	v, stranger := newVendor(t), newVendor(t)
	good := v.callback(t, delivered, now)
	stamp, signature := good.Header(eventwebhook.TimestampHTTPHeader), good.Header(eventwebhook.VerificationHTTPHeader)
	for name, c := range map[string]channel.Callback{
		"another's key":            stranger.callback(t, delivered, now),
		"another's body":           received(strings.Replace(delivered, "ada", "eve", 1), signature, stamp),
		"without its line end":     received(strings.TrimSpace(delivered), signature, stamp),
		"another's time":           received(delivered, signature, strconv.FormatInt(now.Unix()+1, 10)),
		"no signature":             received(delivered, "", stamp),
		"no time":                  received(delivered, signature, ""),
		"signature is not base64":  received(delivered, "?", stamp),
		"signature is not ASN.1":   received(delivered, base64.StdEncoding.EncodeToString([]byte("x")), stamp),
		"signature of zeros":       received(delivered, base64.StdEncoding.EncodeToString([]byte{0x30, 6, 2, 1, 0, 2, 1, 0}), stamp),
		"signature of minus ones":  received(delivered, base64.StdEncoding.EncodeToString([]byte{0x30, 6, 2, 1, 0xff, 2, 1, 0xff}), stamp),
		"time is no number":        received(delivered, signature, "today"),
		"time is out of the world": received(delivered, signature, "9223372036854775807"),
		"replayed after a while":   v.callback(t, delivered, now.Add(-5*time.Minute-time.Second)),
		"from the future":          v.callback(t, delivered, now.Add(5*time.Minute+time.Second)),
		"empty":                    received("", "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports, err := v.reporter(t).Reports(c)
			require.ErrorIs(t, err, channel.ErrForged)
			require.Empty(t, reports)
		})
	}
}

func TestFreshnessIsASetting(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c := config("")
	c.WebhookKey, c.Freshness = " "+encoded(t, &v.key.PublicKey)+"\n", 24*time.Hour
	s, err := sendgrid.New(c)
	require.NoError(t, err)
	reports, err := s.Reports(v.callback(t, delivered, now.Add(-24*time.Hour)))
	require.NoError(t, err)
	require.Equal(t, deliveredReports, reports)
	_, err = s.Reports(v.callback(t, delivered, now.Add(-24*time.Hour-time.Second)))
	require.ErrorIs(t, err, channel.ErrForged)
}

// TestNoKeyBelievesNothing: the error names the setting.
func TestNoKeyBelievesNothing(t *testing.T) {
	t.Parallel()
	s, err := sendgrid.New(config(""))
	require.NoError(t, err)
	_, err = s.Reports(newVendor(t).callback(t, delivered, now))
	require.ErrorIs(t, err, channel.ErrForged)
	require.ErrorContains(t, err, "sendgrid: webhook_key: missing, so no callback can be believed; set OUTREACH_SENDGRID_WEBHOOK_KEY")
}

func TestWebhookKey(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const mend = "; copy the verification key of SendGrid's Signed Event Webhook"
	for key, want := range map[string]string{
		"?":                          "sendgrid: webhook_key: not base64" + mend,
		"aGVq":                       "sendgrid: webhook_key: not a public key" + mend,
		encoded(t, &other.PublicKey): "sendgrid: webhook_key: a key of another kind than ECDSA" + mend,
	} {
		c := config("")
		c.WebhookKey = key
		_, err := sendgrid.New(c)
		require.EqualError(t, err, want)
	}
}

func TestReportsReadsEachEventByItself(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	one := strings.Trim(delivered, "[]\r\n")
	for name, body := range map[string]string{
		"odd neighbours":  `[null, 7, "x", [], {}, {"event": []}, ` + one + `, {"event": "delivered"}]`,
		"no name":         `[{"event": "delivered", "timestamp": 1793527190}, ` + one + `]`,
		"no time":         `[{"event": "delivered", "sg_event_id": "e0"}, ` + one + `]`,
		"odd times":       `[{"event": "open", "sg_event_id": "e0", "timestamp": -1}, {"event": "open", "sg_event_id": "e0", "timestamp": 1e99}, ` + one + `]`,
		"unknown kind":    `[{"event": "account_status_change", "sg_event_id": "e0", "timestamp": 1793527190}, ` + one + `]`,
		"fields of types": ` [` + strings.Replace(strings.Replace(one, "1793527190", `"1793527190"`, 1), `"response"`, `"reason": {"a": 1}, "asm_group_id": [], "type": null, "response"`, 1) + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports, err := v.reporter(t).Reports(v.callback(t, body, now))
			require.NoError(t, err)
			require.Equal(t, deliveredReports, reports)
		})
	}
}

func TestReportsRefusesOtherBodies(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	const noArray = "sendgrid: callback: its body is not a JSON array of events; point SendGrid's Event Webhook, and nothing else, here"
	one := `{"event": "delivered", "sg_event_id": "e", "timestamp": 1793527190}`
	for name, tc := range map[string]struct{ body, want string }{
		"nothing":   {"", noArray},
		"an object": {one, noArray},
		"null":      {"null", noArray},
		"cut short": {"[" + one, noArray},
		"two":       {"[][]", noArray},
		"too many":  {"[" + strings.Repeat(one+",", 10_000) + one + "]", "sendgrid: callback: 10001 events are more than 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports, err := v.reporter(t).Reports(v.callback(t, tc.body, now))
			require.EqualError(t, err, tc.want)
			require.False(t, errors.Is(err, channel.ErrForged))
			require.Empty(t, reports)
		})
	}
	reports, err := v.reporter(t).Reports(v.callback(t, "["+strings.Repeat(one+",", 9_999)+one+"]", now))
	require.NoError(t, err)
	require.Len(t, reports, 10_000)
	reports, err = v.reporter(t).Reports(v.callback(t, "[]", now))
	require.NoError(t, err)
	require.Empty(t, reports)
}
