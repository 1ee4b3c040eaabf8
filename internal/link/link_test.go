package link_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
)

var (
	issued = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	usual  = link.Link{
		Kind: link.Unsubscribe, Customer: "cmfrggzdfmztwq2lk", Topic: "offers", Channel: customer.Email,
		Message: "price-drop.cmfrggzdfmztwq2lk.3.price-drop.email", Issued: issued,
	}
)

func key(b byte) (k link.Key) {
	for i := range k {
		k[i] = b
	}
	return k
}

func signer(t require.TestingT, keys ...link.Key) *link.Signer {
	s, err := link.NewSigner(keys)
	require.NoError(t, err)
	return s
}

func TestATokenIsShortAndSaysNothing(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	token := s.Sign(usual)
	require.Regexp(t, `^[A-Za-z0-9_-]+$`, token)
	require.LessOrEqual(t, len(token), 75)
	l, err := s.Verify(token, issued)
	require.NoError(t, err)
	require.Equal(t, usual, l)
}

func TestWhoSigned(t *testing.T) {
	t.Parallel()
	former, newest := key(1), key(2)
	token := signer(t, former).Sign(usual)
	l, err := signer(t, newest, former).Verify(token, issued)
	require.NoError(t, err, "a former key still verifies")
	require.Equal(t, usual, l)
	_, err = signer(t, newest).Verify(token, issued)
	require.ErrorIs(t, err, link.ErrForged)
	_, err = signer(t, former).Verify(signer(t, newest, former).Sign(usual), issued)
	require.ErrorIs(t, err, link.ErrForged, "the first key signs")
	_, err = link.NewSigner(nil)
	require.EqualError(t, err, "link keys: there is none, give one of 32 bytes")
}

// TestEachBitCounts changes every bit of a token.
func TestEachBitCounts(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1), key(2))
	whole, err := base64.RawURLEncoding.DecodeString(s.Sign(usual))
	require.NoError(t, err)
	for i := range whole {
		for bit := range 8 {
			changed := append([]byte(nil), whole...)
			changed[i] ^= 1 << bit
			_, err := s.Verify(base64.RawURLEncoding.EncodeToString(changed), issued)
			require.ErrorIs(t, err, link.ErrForged, "byte %d bit %d", i, bit)
		}
	}
	for n := range whole {
		_, err := s.Verify(base64.RawURLEncoding.EncodeToString(whole[:n]), issued)
		require.Error(t, err, "the first %d bytes", n)
	}
}

func TestWhatIsNoToken(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	token := s.Sign(usual)
	for name, text := range map[string]string{
		"nothing": "", "short": "abc", "padded": token + "=", "a space": token + " ", "other letters": token + "+", "too long": strings.Repeat("a", 4096),
		"without a topic": s.Sign(link.Link{Kind: link.Unsubscribe, Customer: "c1"}),
		"nobody":          s.Sign(link.Link{Kind: link.Preferences}),
		"no kind":         s.Sign(link.Link{Customer: "c1", Topic: "offers"}),
	} {
		_, err := s.Verify(text, issued)
		require.ErrorIs(t, err, link.ErrUnreadable, name)
	}
}

func TestHowLongLinksHold(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	_, err := s.Verify(s.Sign(usual), issued.AddDate(40, 0, 0))
	require.NoError(t, err, "unsubscribing has no end")
	page := usual
	page.Kind = link.Preferences
	token := s.Sign(page)
	_, err = s.Verify(token, issued.AddDate(0, 0, 90).Add(-time.Nanosecond))
	require.NoError(t, err)
	l, err := s.Verify(token, issued.AddDate(0, 0, 90))
	require.ErrorIs(t, err, link.ErrExpired)
	require.Equal(t, page, l)
	require.Equal(t, issued.AddDate(0, 0, 90), page.Expires())
	require.Zero(t, usual.Expires())
}

func TestURL(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	page := usual
	page.Kind = link.Preferences
	require.Equal(t, "https://news.example.com/u/"+s.Sign(usual), s.URL("https://news.example.com", usual))
	require.Equal(t, "https://example.com/hello/p/"+s.Sign(page), s.URL("https://example.com/hello/", page))
	require.Empty(t, s.URL("", usual))
	require.Empty(t, s.URL("https://news.example.com", link.Link{Kind: link.Unsubscribe, Customer: "c1"}))
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	k := key(0xfb)
	std := base64.StdEncoding.EncodeToString(k[:])
	for _, text := range []string{k.Hex(), strings.ToUpper(k.Hex()), std, strings.TrimRight(std, "="), base64.URLEncoding.EncodeToString(k[:])} {
		keys, err := link.ParseKeys(" " + text + " ,," + key(1).Hex())
		require.NoError(t, err, text)
		require.Equal(t, []link.Key{k, key(1)}, keys)
	}
	for _, text := range []string{"secret", key(1).Hex()[2:], key(1).Hex() + "00", "!"} {
		_, err := link.ParseKeys(key(2).Hex() + "," + text)
		require.EqualError(t, err, "link key 2: is not 32 bytes in hex or base64, make one with openssl rand -hex 32")
	}
	keys, err := link.ParseKeys("")
	require.NoError(t, err)
	require.Empty(t, keys)
}

// TestWhatIsSignedComesBack holds for any texts, those of the engine's own
// form and others.
func TestWhatIsSignedComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.StringMatching(`c[a-z2-7]{16}`), rapid.StringMatching(`[!-~]{1,40}`)).Draw(t, "id")
		c := rapid.SampledFrom([]customer.Channel{"", customer.SMS, customer.Email, customer.Push}).Draw(t, "channel")
		rule := rapid.StringMatching(`[a-z-]{0,6}`).Draw(t, "rule")
		message := rapid.OneOf(
			rapid.String(),
			rapid.Just(rule+"."+id+".7."+rule+rule+"-b."+string(c)),
			rapid.Just(rule+"."+id+".7."+rule+".x"),
			rapid.Just("\x00"+rule+"."+id+".\x02"),
		).Draw(t, "message")
		l := link.Link{
			Kind: rapid.SampledFrom([]link.Kind{link.Unsubscribe, link.Preferences}).Draw(t, "kind"), Customer: customer.ID(id),
			Topic: customer.Topic(rapid.StringN(1, 20, 60).Draw(t, "topic")), Channel: c, Message: message,
			Issued: issued.AddDate(0, 0, rapid.IntRange(-2000, 50_000).Draw(t, "day")),
		}
		s := signer(t, key(3))
		back, err := s.Verify(s.Sign(l), l.Issued)
		require.NoError(t, err)
		require.Equal(t, l, back)
	})
}

func FuzzVerify(f *testing.F) {
	s := signer(f, key(1), key(2))
	f.Add(s.Sign(usual))
	f.Add("")
	f.Add(strings.Repeat("_", 100))
	f.Fuzz(func(t *testing.T, token string) {
		l, err := s.Verify(token, issued)
		if err != nil {
			require.True(t, err == link.ErrUnreadable || err == link.ErrForged || err == link.ErrExpired)
			return
		}
		again, err := s.Verify(s.Sign(l), issued)
		require.NoError(t, err)
		require.Equal(t, l, again)
	})
}

// FuzzSigned reads anything that carries a right signature, as an older engine
// with the same key may have made it.
func FuzzSigned(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 1, 'c', 1, 't'})
	f.Add([]byte{0x31, 0, 0, 0})
	f.Fuzz(func(t *testing.T, said []byte) {
		_, _ = link.Read(said)
	})
}
