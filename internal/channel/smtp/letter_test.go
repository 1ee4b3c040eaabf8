package smtp_test

import (
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
)

// post sends a message and gives the mail as it arrived.
func post(t testing.TB, c smtp.Config, m channel.Message) string {
	t.Helper()
	s := serve(t, &server{})
	address := config(s.address)
	c.Host, c.Port = address.Host, address.Port
	receipt, err := sender(t, c).Send(t.Context(), m)
	require.NoError(t, err)
	mails := s.received()
	require.Len(t, mails, 1)
	require.Contains(t, mails[0], "\r\nMessage-ID: <"+receipt.ProviderID+">\r\n")
	return mails[0]
}

func TestMail(t *testing.T) {
	t.Parallel()
	m := message
	m.Content.Subject = "Ada, dein Päckchen verspätet sich leider noch ein wenig, und wir wissen, warum"
	m.Content.Text = "Es tut uns leid.\n.\n..ends\nA long line, " + strings.Repeat("and on ", 14)
	m.Unsubscribe = "https://example.com/u/token"
	got := post(t, config(""), m)
	parsed, err := mail.ReadMessage(strings.NewReader(got))
	require.NoError(t, err)
	date, err := parsed.Header.Date()
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), date, time.Minute)
	got = strings.Replace(got, parsed.Header.Get("Date"), "DATE", 1)
	require.Equal(t, strings.ReplaceAll(`From: "Parcels" <news@example.com>
To: <ada@example.com>
Subject: =?utf-8?q?Ada,_dein_P=C3=A4ckchen_versp=C3=A4tet_sich_leider_noch_ein_wen?=
 =?utf-8?q?ig,_und_wir_wissen,_warum?=
Date: DATE
Message-ID: <dc6668f1a040d660c423c9009d413c2d@example.com>
X-Outreach-Key: parcels.c1.1.late.email
Auto-Submitted: auto-generated
List-Unsubscribe: <https://example.com/u/token>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="=_dc6668f1a040d660c423c9009d413c2d"

--=_dc6668f1a040d660c423c9009d413c2d
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Es tut uns leid.
.
..ends
A long line, and on and on and on and on and on and on and on and on and on=
 and on and on and on and on and on=20

--=_dc6668f1a040d660c423c9009d413c2d
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<html><body class=3D"x"><div style=3D"display:none;max-height:0;overflow:hi=
dden">5 &lt; 6 days</div><p>Sorry.</p></body></html>

--=_dc6668f1a040d660c423c9009d413c2d--
`, "\n", "\r\n"), got)
}

func TestSenders(t *testing.T) {
	t.Parallel()
	c := config("")
	c.ReturnPath = "bounces@example.net"
	s := serve(t, &server{offers: []string{"DSN"}})
	address := config(s.address)
	c.Host, c.Port = address.Host, address.Port
	m := message
	m.From = `"Jürgen, of Parcels" <juergen@example.org>`
	_, err := sender(t, c).Send(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, []string{
		"EHLO mail.example.com",
		"MAIL FROM:<bounces@example.net> RET=HDRS ENVID=parcels.c1.1.late.email",
		"RCPT TO:<ada@example.com> NOTIFY=FAILURE ORCPT=rfc822;ada@example.com",
		"DATA",
	}, s.seen())
	parsed, err := mail.ReadMessage(strings.NewReader(s.received()[0]))
	require.NoError(t, err)
	from, err := parsed.Header.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, []*mail.Address{{Name: "Jürgen, of Parcels", Address: "juergen@example.org"}}, from)
	require.True(t, strings.HasSuffix(parsed.Header.Get("Message-Id"), "@example.org>"))
}

func TestOneKind(t *testing.T) {
	t.Parallel()
	text, page := message, message
	text.Content.HTML, page.Content.Text = "", ""
	require.Equal(t, map[string]string{"text/plain": "Sorry."}, arrived(t, text))
	require.Equal(t, map[string]string{
		"text/html": `<html><body class="x"><div style="display:none;max-height:0;overflow:hidden">5 &lt; 6 days</div><p>Sorry.</p></body></html>`,
	}, arrived(t, page))
}

func arrived(t testing.TB, m channel.Message) map[string]string {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(post(t, config(""), m)))
	require.NoError(t, err)
	return bodies(parsed)
}

// TestTextsArriveAsTheyAre holds that no text changes on its way, ends the
// mail early, or adds a header, and that all lines are short and ASCII.
func TestTextsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	from := sender(t, config(s.address))
	texts := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`([a-z.=]{0,90}\r?\n){0,5}`),
		rapid.SampledFrom([]string{"\r\n.\r\nMAIL FROM:<b@example.com>", ".", "..", "\n.\n", "x\r\nBcc: b@example.com", "=_", strings.Repeat("ä", 2000), strings.Repeat("a ", 2000)}),
	)
	plain := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	rapid.Check(t, func(r *rapid.T) {
		m := message
		m.Content.Subject = "s" + texts.Draw(r, "subject")
		m.Content.Text = "t" + texts.Draw(r, "text")
		m.Content.HTML = "<p>" + texts.Draw(r, "html")
		before := len(s.received())
		_, err := from.Send(t.Context(), m)
		require.NoError(r, err)
		got := s.received()[before:]
		require.Len(r, got, 1)
		for line := range strings.Lines(got[0]) {
			require.LessOrEqual(r, len(line), 100)
			require.True(r, strings.HasSuffix(line, "\r\n"))
			require.NotContains(r, strings.TrimSuffix(line, "\r\n"), "\r")
			require.False(r, strings.ContainsFunc(line, func(c rune) bool { return c >= utf8.RuneSelf }))
		}
		parsed, err := mail.ReadMessage(strings.NewReader(got[0]))
		require.NoError(r, err)
		require.Len(r, parsed.Header, 9, "headers: %v", parsed.Header)
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		require.NoError(r, err)
		words := strings.FieldsFunc(m.Content.Subject, func(c rune) bool { return c <= ' ' || c == 0x7f })
		require.Equal(r, strings.Join(words, " "), subject)
		b := bodies(parsed)
		require.Equal(r, strings.TrimRight(plain.Replace(m.Content.Text), "\n"), strings.TrimRight(b["text/plain"], "\n"))
		require.Contains(r, strings.TrimRight(b["text/html"], "\n"), strings.TrimRight(plain.Replace(m.Content.HTML), "\n"))
	})
}

func TestAWordLongerThanALine(t *testing.T) {
	t.Parallel()
	m := message
	m.Content.Subject = strings.Repeat("a", 1000)
	require.Equal(t, channel.Rejected, trouble(t, config("127.0.0.1:1"), m).Kind)
}
