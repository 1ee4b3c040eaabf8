package smtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	password = "pass-that-nobody-may-see"
	bearer   = "reports-that-nobody-may-forge"
)

var message = channel.Message{
	Key:      "parcels.c1.1.late.email",
	Customer: "c1",
	Channel:  customer.Email,
	To:       "ada@example.com",
	Topic:    "service",
	Template: "parcel-late",
	Content: channel.Content{
		Subject:   "Ada, your parcel is late",
		Preheader: "5 < 6 days",
		HTML:      `<html><body class="x"><p>Sorry.</p></body></html>`,
		Text:      "Sorry.",
	},
}

func config(address string) smtp.Config {
	host, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	return smtp.Config{Host: host, Port: number, TLS: smtp.None, From: "Parcels <news@example.com>", Hostname: "mail.example.com"}
}

func sender(t testing.TB, c smtp.Config) *smtp.Sender {
	t.Helper()
	s, err := smtp.New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// far opens a server by a script, and a sender that signs in there.
func far(s script) func(testing.TB) channeltest.Peer {
	return func(t testing.TB) channeltest.Peer {
		server := serve(t, &server{script: s, offers: []string{"AUTH PLAIN", "DSN", "SIZE 100000"}})
		c := config(server.address)
		c.User, c.Password = "outreach", password
		return channeltest.Peer{Sender: sender(t, c), Log: server.log}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	c := channeltest.Case{
		Message:    message,
		Secrets:    []string{password, bearer},
		Accepts:    far(nil),
		Refuses:    far(script{"RCPT": "550 5.7.1 <ada@example.com>: no"}),
		Silent:     far(script{".": hang}),
		Situations: []channeltest.Situation{{Name: "nobody listens", Open: absent, Want: channeltest.Want{Kind: channel.Unavailable, Code: "no_connection"}}},
	}
	for _, a := range answers {
		c.Situations = append(c.Situations, channeltest.Situation{
			Name: a.at + " " + a.reply, Open: far(script{a.at: a.reply}), Want: channeltest.Want{Kind: a.kind, Code: a.code},
		})
	}
	for _, at := range []string{"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		want := channeltest.Want{Kind: channel.Unavailable, Code: "no_connection"}
		if at == "." {
			want = channeltest.Want{Kind: channel.Ambiguous, Code: "no_answer"}
		}
		c.Situations = append(c.Situations,
			channeltest.Situation{Name: at + " hangs", Open: far(script{at: hang}), Timeout: 300 * time.Millisecond, Want: want},
			channeltest.Situation{Name: at + " drops", Open: far(script{at: drop}), Want: want},
		)
	}
	channeltest.Run(t, c)
}

// answers are what mail servers say, with the text that they like to add.
var answers = []struct {
	at, reply string
	kind      channel.Kind
	code      string
}{
	{".", "250 2.0.0 ok", "", ""},
	{".", "250-2.0.0 ok\r\n250 2.0.0 queued", "", ""},
	{"greeting", "421 4.3.2 busy", channel.Unavailable, "4.3.2"},
	{"greeting", "421 4.7.0 slow down", channel.Throttled, "4.7.0"},
	{"greeting", "554 5.7.1 go away", channel.Misconfigured, "5.7.1"},
	{"greeting", "hello", channel.Unavailable, "no_connection"},
	{"AUTH", "535 5.7.8 wrong", channel.Misconfigured, "5.7.8"},
	{"AUTH", "535 wrong", channel.Misconfigured, "535"},
	{"AUTH", "504 no", channel.Misconfigured, "504"},
	{"AUTH", "454 4.7.0 not now", channel.Unavailable, "4.7.0"},
	{"MAIL", "530 5.7.0 sign in first", channel.Misconfigured, "5.7.0"},
	{"MAIL", "550 5.7.60 not your sender", channel.Misconfigured, "5.7.60"},
	{"MAIL", "550 5.1.8 bad sender", channel.Misconfigured, "5.1.8"},
	{"MAIL", "552 5.3.4 too large", channel.Rejected, "5.3.4"},
	{"MAIL", "451 4.3.0 trouble", channel.Unavailable, "4.3.0"},
	{"MAIL", "421 4.7.28 too many", channel.Throttled, "4.7.28"},
	{"RCPT", "550 5.1.1 <ada@example.com>: unknown", channel.BadAddress, "5.1.1"},
	{"RCPT", "550 5.1.10 <ada@example.com>: no mail there", channel.BadAddress, "5.1.10"},
	{"RCPT", "550-5.1.1 <ada@example.com>\r\n550 5.1.1 is unknown", channel.BadAddress, "5.1.1"},
	{"RCPT", "501 5.1.3 syntax", channel.BadAddress, "5.1.3"},
	{"RCPT", "550 5.2.1 disabled", channel.BadAddress, "5.2.1"},
	{"RCPT", "550 <ada@example.com> unavailable", channel.BadAddress, "550"},
	{"RCPT", "550 4.1.1 a contradiction", channel.BadAddress, "550"},
	{"RCPT", "550 5.7.1 blocked", channel.Rejected, "5.7.1"},
	{"RCPT", "550 5.7.0 local policy", channel.Rejected, "5.7.0"},
	{"RCPT", "554 5.7.1 relay access denied", channel.Rejected, "5.7.1"},
	{"RCPT", "552 5.2.2 full", channel.Rejected, "5.2.2"},
	{"RCPT", "553 name not allowed", channel.Rejected, "553"},
	{"RCPT", "450 4.2.0 greylisted", channel.Unavailable, "4.2.0"},
	{"RCPT", "450 4.7.1 greylisted", channel.Throttled, "4.7.1"},
	{"RCPT", "452 4.5.3 too many", channel.Throttled, "4.5.3"},
	{"RCPT", "452 full", channel.Unavailable, "452"},
	{"RCPT", "what?", channel.Unavailable, "no_connection"},
	{"RCPT", "354 not yet", channel.Unavailable, "no_connection"},
	{"DATA", "554 5.5.1 no", channel.Rejected, "5.5.1"},
	{"DATA", "451 4.3.0 no", channel.Unavailable, "4.3.0"},
	{"DATA", "250 what?", channel.Unavailable, "no_connection"},
	{".", "451 4.3.0 later", channel.Unavailable, "4.3.0"},
	{".", "421 4.3.2 closing", channel.Unavailable, "4.3.2"},
	{".", "554 5.6.0 content", channel.Rejected, "5.6.0"},
	{".", "550 5.7.1 spam", channel.Rejected, "5.7.1"},
	{".", "550 5.1.1 <ada@example.com> after all", channel.BadAddress, "5.1.1"},
	{".", "550 no", channel.Rejected, "550"},
	{".", "what?", channel.Ambiguous, "no_answer"},
	{".", "354 go on", channel.Ambiguous, "no_answer"},
}

func absent(t testing.TB) channeltest.Peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return channeltest.Peer{Sender: sender(t, config(l.Addr().String())), Log: channeltest.NewLog()}
}

// trouble sends to a server by a script and gives what came of it.
func trouble(t testing.TB, c smtp.Config, m channel.Message) *channel.Error {
	t.Helper()
	_, err := sender(t, c).Send(t.Context(), m)
	var e *channel.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestALargeMailThatBreaksOffWasNotTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{script: script{"body": drop}})
	m := message
	m.Content.Text = strings.Repeat("Sorry. ", 4<<20)
	require.Equal(t, channel.Unavailable, trouble(t, config(s.address), m).Kind)
	require.Empty(t, s.received())
}

func TestWhatTheServerCannotTake(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{offers: []string{"SIZE 2000"}})
	large, foreign := message, message
	large.Content.Text = strings.Repeat("Sorry. ", 1000)
	foreign.To = "jürgen@example.com"
	require.Equal(t, "too_large", trouble(t, config(s.address), large).Code)
	require.Equal(t, "no_smtputf8", trouble(t, config(s.address), foreign).Code)
	for to, kind := range map[string]channel.Kind{
		"ada":                           channel.BadAddress,
		"ada@example.com\r\nDATA":       channel.BadAddress,
		"Ada <ada@example.com>":         channel.BadAddress,
		"ada@example.com> NOTIFY=NEVER": channel.BadAddress,
	} {
		m := message
		m.To = to
		require.Equal(t, kind, trouble(t, config(s.address), m).Kind, to)
	}
	for _, spoil := range []func(*channel.Message){
		func(m *channel.Message) { m.Key = "a\r\nb" },
		func(m *channel.Message) { m.Unsubscribe = "https://example.com/u/1>\r\nBcc: b@example.com" },
		func(m *channel.Message) { m.Unsubscribe = "http://example.com/u/1" },
	} {
		m := message
		spoil(&m)
		require.Equal(t, channel.Rejected, trouble(t, config(s.address), m).Kind)
	}
	m := message
	m.From = "nobody"
	require.Equal(t, channel.Misconfigured, trouble(t, config(s.address), m).Kind)
	require.Empty(t, s.received())
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const mails = 1000
	s := serve(t, &server{})
	from := sender(t, config(s.address))
	for i := range mails {
		m := message
		m.Key = fmt.Sprint("k", i)
		_, err := from.Send(t.Context(), m)
		require.NoError(t, err)
	}
	require.Len(t, s.received(), mails)
	require.Equal(t, mails/100, s.log.Connections())
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	const workers, each = 24, 10
	s := serve(t, &server{})
	from := sender(t, config(s.address))
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				m := message
				m.Key = fmt.Sprintf("k%d-%d", w, i)
				_, err := from.Send(t.Context(), m)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Len(t, s.received(), workers*each)
	s.mu.Lock()
	defer s.mu.Unlock()
	require.LessOrEqual(t, s.most, 8+1, "one may be hung up while the next is opened")
}

func TestAConnectionThatBrokeWhileItWaited(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	from := sender(t, config(s.address))
	for i := range 3 {
		m := message
		m.Key = fmt.Sprint("k", i)
		_, err := from.Send(t.Context(), m)
		require.NoError(t, err)
		s.dropAll()
		<-s.ended
	}
	require.Len(t, s.received(), 3)
	require.Equal(t, 3, s.log.Connections())
	_, err := from.Send(t.Context(), message)
	require.NoError(t, err)

	for _, sign := range []string{"421 4.3.2 closing", "what?", hang} {
		other := serve(t, &server{script: script{"RSET": sign}})
		from = sender(t, config(other.address))
		for range 2 {
			_, err := from.Send(t.Context(), message)
			require.NoError(t, err, sign)
		}
		require.Equal(t, 2, other.log.Connections(), sign)
	}
}

// TestTheServerGoesWhileNobodySends holds that a mail which found nobody is
// known not to be taken.
func TestTheServerGoesWhileNobodySends(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := (&server{}).on(t, l)
	from := sender(t, config(s.address))
	_, err = from.Send(t.Context(), message)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s.dropAll()
	<-s.ended
	_, err = from.Send(t.Context(), message)
	require.Equal(t, channel.Unavailable, channel.KindOf(err))
}

func TestConnectionsThatNobodyWantsAreLeft(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	c := config(s.address)
	c.Idle = time.Millisecond
	_, err := sender(t, c).Send(t.Context(), message)
	require.NoError(t, err)
	<-s.ended
	commands := s.seen()
	require.Equal(t, "QUIT", commands[len(commands)-1])
}

func TestWaitingForAConnectionEndsInTime(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{script: script{".": hang}})
	c := config(s.address)
	from := sender(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _, _ = from.Send(ctx, message) })
	}
	<-s.log.First()
	require.Eventually(t, func() bool { return len(s.received()) == 8 }, 10*time.Second, time.Millisecond)
	spent, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	_, err := from.Send(spent, message)
	require.Equal(t, &channel.Error{
		Kind: channel.Unavailable, Provider: "smtp", Code: "no_connection", Detail: "the deadline passed before the mail was written",
	}, err)
	cancel()
	all.Wait()
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	secure, vouching := certificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(vouching.Certificate())
	start := serve(t, &server{offers: []string{"STARTTLS"}, tls: secure})
	plain := serve(t, &server{})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", secure)
	require.NoError(t, err)
	implicit := (&server{}).on(t, listener)
	for name, c := range map[string]struct {
		server *server
		way    smtp.TLS
		roots  *x509.CertPool
		kind   channel.Kind
		code   string
	}{
		"starttls":                {start, smtp.StartTLS, roots, "", ""},
		"implicit":                {implicit, smtp.Implicit, roots, "", ""},
		"none":                    {plain, smtp.None, nil, "", ""},
		"starttls is not offered": {plain, smtp.StartTLS, roots, channel.Misconfigured, "no_starttls"},
		"starttls, untrusted":     {start, smtp.StartTLS, nil, channel.Misconfigured, "untrusted"},
		"implicit, untrusted":     {implicit, smtp.Implicit, nil, channel.Misconfigured, "untrusted"},
		"implicit to a plain one": {plain, smtp.Implicit, roots, channel.Misconfigured, "no_tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := config(c.server.address)
			settings.TLS, settings.Roots = c.way, c.roots
			_, err := sender(t, settings).Send(t.Context(), message)
			if c.kind == "" {
				require.NoError(t, err)
				return
			}
			var e *channel.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, []any{c.kind, c.code}, []any{e.Kind, e.Code}, e.Detail)
		})
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	for offer, want := range map[string]string{
		"AUTH LOGIN PLAIN": "AUTH PLAIN AG91dHJlYWNoAHBhc3MtdGhhdC1ub2JvZHktbWF5LXNlZQ==",
		"AUTH LOGIN":       "AUTH LOGIN outreach " + password,
	} {
		s := serve(t, &server{offers: []string{offer}})
		c := config(s.address)
		c.User, c.Password = "outreach", password
		_, err := sender(t, c).Send(t.Context(), message)
		require.NoError(t, err)
		require.Contains(t, s.seen(), want)
	}
	for _, offers := range [][]string{nil, {"AUTH XOAUTH2"}} {
		s := serve(t, &server{offers: offers})
		c := config(s.address)
		c.User, c.Password = "outreach", password
		require.Equal(t, "no_auth", trouble(t, c, message).Code)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*smtp.Config)
		want  string
	}{
		"nothing":          {func(c *smtp.Config) { *c = smtp.Config{} }, "smtp: host: missing; set it\nfrom: missing; set it"},
		"tls":              {func(c *smtp.Config) { c.TLS = "ssl" }, `smtp: tls: "ssl" is unknown; write starttls, implicit or none`},
		"port":             {func(c *smtp.Config) { c.Port = 70000 }, "smtp: port: 70000 is none; write one from 1 to 65535"},
		"user alone":       {func(c *smtp.Config) { c.User = "x" }, "smtp: user, password: one of them is missing; set both or neither"},
		"in the clear":     {func(c *smtp.Config) { c.Host, c.User, c.Password = "mail.example.com", "x", password }, "smtp: password: it would travel unencrypted; take tls starttls or implicit"},
		"from":             {func(c *smtp.Config) { c.From = "news" }, `smtp: from: "news" is no sender; write it like Parcels <news@example.com>`},
		"return path":      {func(c *smtp.Config) { c.ReturnPath = "a <a@example.com>" }, `smtp: return_path: "a <a@example.com>" is not a bare email address; write it like bounces@example.com`},
		"hostname":         {func(c *smtp.Config) { c.Hostname = "a b" }, `smtp: hostname: "a b" is none; write it like mail.example.com`},
		"timeout":          {func(c *smtp.Config) { c.Timeout = -1 }, "smtp: timeout, idle: less than nothing; write how long one message may take, and how long a connection is kept"},
		"secret of spaces": {func(c *smtp.Config) { c.ReportSecret = "a b" }, "smtp: report_secret: has spaces or other characters that no such value has; copy it again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := config("127.0.0.1:25")
			c.spoil(&settings)
			_, err := smtp.New(settings)
			require.EqualError(t, err, c.want)
		})
	}
	_, err := smtp.New(smtp.Config{Host: "mail.example.com", From: "news@example.com"})
	require.NoError(t, err, "everything else has its usual value")
	_, err = smtp.New(smtp.Config{Host: "mail.example.com", From: "news@example.com", TLS: smtp.None})
	require.NoError(t, err, "a mail server of the house may take mails unencrypted, without a password")
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config("127.0.0.1:25")
	c.User, c.Password, c.ReportSecret = "outreach", password, bearer
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "smtp", c, "pointer", &c)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v", c, c, c, c, c, &c) + logged.String()
	require.NotContains(t, printed, password)
	require.NotContains(t, printed, bearer)
	require.Contains(t, printed, "password redacted")
}
