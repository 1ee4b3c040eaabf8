package seal_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/seal"
)

// secret, and what follows of it, are the specification's own example.
const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	id        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	body      = `{"test": 2432232314}`
	signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var then = time.Unix(1614265330, 0)

func key(t *testing.T, secret string) seal.Key {
	t.Helper()
	k, err := seal.ReadKey(secret)
	require.NoError(t, err)
	return k
}

func TestSign(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	key(t, secret).Sign(h, id, body, then)
	require.Equal(t, http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"outreach"},
		"Webhook-Id": {id}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {signature},
	}, h)
	require.NoError(t, key(t, secret).Verify(h.Get, body, then))
	unsigned := http.Header{}
	key(t, "").Sign(unsigned, id, body, then)
	require.Empty(t, unsigned.Values(seal.SignatureHeader))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const other = "whsec_AAKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for name, c := range map[string]struct {
		secret, id, signature, body string
		after                       time.Duration
		want                        string
	}{
		"as it was sent":      {secret, id, signature, body, 0, ""},
		"among others":        {secret, id, "v1a,xxx v1,AAAA " + signature, body, 0, ""},
		"at the last moment":  {secret, id, signature, body, seal.Fresh, ""},
		"by a slow clock":     {secret, id, signature, body, -seal.Fresh, ""},
		"too late":            {secret, id, signature, body, seal.Fresh + time.Second, "more than five minutes away"},
		"too early":           {secret, id, signature, body, -seal.Fresh - time.Second, "more than five minutes away"},
		"another secret":      {other, id, signature, body, 0, "not of this secret"},
		"another body":        {secret, id, signature, body + " ", 0, "not of this secret"},
		"another id":          {secret, "msg", signature, body, 0, "not of this secret"},
		"no id":               {secret, "", signature, body, 0, "webhook-id or webhook-timestamp is missing"},
		"no signature":        {secret, id, "", body, 0, "not of this secret"},
		"an empty signature":  {secret, id, "v1,", body, 0, "not of this secret"},
		"of another version":  {secret, id, "v2" + signature[2:], body, 0, "not of this secret"},
		"without a secret":    {"", id, signature, body, 0, "no webhook secret is set"},
		"without a timestamp": {secret, id, signature, body, 1, "webhook-timestamp is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			h.Set(seal.IDHeader, c.id)
			h.Set(seal.SignatureHeader, c.signature)
			if c.after != 1 {
				h.Set(seal.TimestampHeader, strconv.FormatInt(then.Unix(), 10))
			}
			err := key(t, c.secret).Verify(h.Get, c.body, then.Add(c.after))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestKeysPrintNothing(t *testing.T) {
	t.Parallel()
	k := key(t, secret)
	require.Equal(t, "redacted redacted redacted redacted unset", fmt.Sprintf("%v %s %x %#v %v", k, k, k, k, seal.Key(nil)))
}
